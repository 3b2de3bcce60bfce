import { operations, reader, type Scalar, type ScalarName } from './scalar.js';

/** A node of a formula: an input, a constant, or an operation on other nodes. Equal nodes are one object within a formula. */
export interface GraphNode {
  readonly id: number;
  readonly name: ScalarName | 'input' | 'const';
  readonly arguments: readonly GraphNode[];
  /** The constant, or the number of the input. */
  readonly value: number;
  /** Whether the value is true or false rather than a number. */
  readonly truth: boolean;
}

/** A pointwise computation as a graph. Inputs are elements of operands; which are tensors and which numbers is known at launch only. */
export interface Formula {
  readonly arity: number;
  readonly outputs: readonly GraphNode[];
  /** Every node, arguments before users. */
  readonly nodes: readonly GraphNode[];
  /** Which inputs the outputs depend on. */
  readonly reaches: readonly boolean[];
  /** Compiled code, in the places of `slots`. */
  readonly compiled: unknown[];
}

/** Whose code stands where in `Formula.compiled` and `Reduction.compiled`; every GPU asked for takes one of the places from `devices` on. */
export const slots = { loops: 0, sums: 1, vectors: 2, devices: 3 } as const;

/** What a formula's author writes: the computation over an abstract value. */
export type Build = <V>(s: Scalar<V>, ...inputs: V[]) => V | V[];

function fold(name: ScalarName, x: readonly GraphNode[]): number | null {
  if (x.some((node) => node.name !== 'const')) return null;
  return operations[name].evaluate(...x.map((node) => node.value));
}

/** Traces a computation into a graph: shares equal parts, folds constants, inserts conversions between numbers and truth values. */
export function formula(arity: number, build: Build): Formula {
  const nodes: GraphNode[] = [];
  const known = new Map<string, GraphNode>();

  function node(name: GraphNode['name'], args: readonly GraphNode[], value: number, truth: boolean): GraphNode {
    const key = `${name} ${Object.is(value, -0) ? '-0' : value} ${args.map((a) => a.id).join(' ')}`;
    let found = known.get(key);
    if (found === undefined) {
      found = { id: nodes.length, name, arguments: args, value, truth };
      known.set(key, found);
      nodes.push(found);
    }
    return found;
  }
  const constant = (value: number): GraphNode => {
    // Constants become part of generated code: nothing else may get there.
    if (typeof value !== 'number') throw new TypeError(`a formula's constant must be a number, got ${typeof value}`);
    return node('const', [], value, false);
  };
  const asTruth = (x: GraphNode): GraphNode => (x.truth ? x : node('ne', [x, constant(0)], 0, true));
  const asNumber = (x: GraphNode): GraphNode => (x.truth ? node('where', [x, constant(1), constant(0)], 0, false) : x);

  function operation(name: ScalarName, x: GraphNode[]): GraphNode {
    const { truths = 0, truth = false } = operations[name];
    const folded = fold(name, x);
    if (folded !== null) return constant(folded);
    const [a, b] = x;
    if (name === 'mul' && a.name === 'const' && a.value === 1) return asNumber(b);
    if ((name === 'mul' || name === 'div') && b.name === 'const' && b.value === 1) return asNumber(a);
    return node(
      name,
      x.map((value, i) => (i < truths ? asTruth(value) : asNumber(value))),
      0,
      truth,
    );
  }

  const inputs = Array.from({ length: arity }, (_, i) => node('input', [], i, false));
  const built = build(reader<GraphNode>(constant, operation), ...inputs);
  const outputs = Array.isArray(built) ? built : [built];
  const live = reach(outputs);
  return {
    arity,
    outputs,
    nodes: nodes.filter((n) => live.has(n)),
    reaches: inputs.map((input) => live.has(input)),
    compiled: [],
  };
}

function reach(outputs: readonly GraphNode[]): Set<GraphNode> {
  const live = new Set<GraphNode>();
  const visit = (n: GraphNode): void => {
    if (live.has(n)) return;
    live.add(n);
    n.arguments.forEach(visit);
  };
  outputs.forEach(visit);
  return live;
}

/** Reads a formula with another reader: `numbers` evaluates it. */
export function replay<V>(f: Formula, s: Scalar<V>, inputs: readonly V[]): V[] {
  const values = new Map<GraphNode, V>();
  for (const n of f.nodes) {
    if (n.name === 'input') values.set(n, inputs[n.value]);
    else if (n.name === 'const') values.set(n, s.const(n.value));
    else {
      const act = s[n.name] as (...x: V[]) => V;
      values.set(n, act(...n.arguments.map((a) => values.get(a) as V)));
    }
  }
  return f.outputs.map((n) => values.get(n) as V);
}

/** Whether a formula holds an operation that is dear enough to gather strided operands first. */
export function isCostly(f: Formula): boolean {
  return f.nodes.some((n) => n.name !== 'input' && n.name !== 'const' && operations[n.name].costly === true);
}

/** The formula that hands its input on: copies and conversions. */
export const identity: Formula = formula(1, (_s, x) => x);
