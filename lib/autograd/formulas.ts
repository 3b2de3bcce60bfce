import { type Build, type Formula, formula, type GraphNode } from '../../kernels/dag.js';
import { numbers, operations, reader, type Scalar } from '../../kernels/scalar.js';
import type { DType } from '../core/dtype.js';
import { AutogradError } from '../core/errors.js';
import type { Node, Rule } from '../core/node.js';
import { emptyTensor, type Tensor } from '../core/tensor.js';
import { modes } from './modes.js';
import { table } from './table.js';

/** A gradient: `g` of the result, then the inputs, then the result, then the row's numbers. */
export type GradientFormula = <V>(s: Scalar<V>, g: V, ...rest: V[]) => V;

/** What a pointwise row says of itself. */
export interface PointwiseDefinition {
  /** The mathematics: inputs, then the row's numbers. */
  readonly forward: <V>(s: Scalar<V>, ...inputs: V[]) => V;
  /** One formula per tensor input (null: no gradient, ever); none at all for what has no derivative. */
  readonly grad?: GradientFormula | readonly (GradientFormula | null)[];
  /** 'same' as the promoted inputs (default), 'float' where integers become the default float, or 'bool'. */
  readonly result?: 'same' | 'float' | 'bool';
  /** Works on int64: compares or moves, no arithmetic. */
  readonly exact?: boolean;
  /** dtypes it does not take. */
  readonly refuses?: readonly DType[];
  /** Where tests draw inputs from, per input; [-3, 3] unless given. */
  readonly domain?: readonly [number, number] | readonly (readonly [number, number])[];
  /** Error allowed against float64, relative to the larger of 1 and the result, in units of the dtype's rounding; 4 unless given. */
  readonly ulps?: number;
  /** Numbers the tests call it with. */
  readonly parameters?: readonly number[];
}

/** A pointwise row, ready to run. */
export interface PointwiseRow extends PointwiseDefinition {
  readonly name: string;
  /** How many inputs are tensors; numbers follow them. */
  readonly arity: number;
  readonly formula: Formula;
  readonly gradients: readonly (GradientFormula | null)[];
  readonly rule: Rule;
  /** Backward kernels by the set of wanted inputs. */
  readonly backwards: Map<number, Backward>;
}

/** A traced backward kernel; an output that is `g` itself needs no kernel. */
interface Backward {
  readonly formula: Formula | null;
  /** Per tensor input: which output of the formula, -1 for `g` itself, -2 for none. */
  readonly places: readonly number[];
  /** Per formula input (g, inputs, result, numbers): whether it is read. */
  readonly reaches: readonly boolean[];
}

/** Makes a row of its definition. `numbersTaken` scalars follow the `arity` tensor inputs. */
export function pointwiseRow(
  name: string,
  arity: number,
  numbersTaken: number,
  definition: PointwiseDefinition,
): PointwiseRow {
  const { grad } = definition;
  const gradients = grad === undefined ? [] : typeof grad === 'function' ? [grad] : grad;
  // Every field of every row, in one order: the engine then reads all rows as one kind of object.
  return {
    forward: definition.forward,
    grad,
    result: definition.result,
    exact: definition.exact,
    refuses: definition.refuses,
    domain: definition.domain,
    ulps: definition.ulps,
    parameters: definition.parameters,
    name,
    arity,
    formula: formula(arity + numbersTaken, definition.forward as Build),
    gradients,
    rule: { name, backward },
    backwards: new Map(),
  };
}

/** The backward kernel for a set of wanted inputs, traced once. */
export function backwardOf(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  let mask = 0;
  for (let i = 0; i < row.arity; i++) if (wanted[i]) mask |= 1 << i;
  let made = row.backwards.get(mask);
  if (made === undefined) {
    made = traceBackward(row, wanted);
    row.backwards.set(mask, made);
  }
  return made;
}

function traceBackward(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  const arity = row.formula.arity + 2;
  const asked = row.gradients.flatMap((grad, i) => (wanted[i] && grad !== null ? [i] : []));
  const trace = (indices: readonly number[]): Formula =>
    formula(arity, ((s: Scalar<GraphNode>, ...x: GraphNode[]) =>
      indices.map((i) => (row.gradients[i] as GradientFormula)(s, x[0], ...x.slice(1)))) as unknown as Build);
  const passes = asked.filter((i) => {
    const [out] = trace([i]).outputs;
    return out.name === 'input' && out.value === 0;
  });
  const computed = asked.filter((i) => !passes.includes(i));
  const f = computed.length === 0 ? null : trace(computed);
  const places = row.gradients.map((_, i) =>
    passes.includes(i) ? -1 : computed.indexOf(i) >= 0 ? computed.indexOf(i) : -2,
  );
  return { formula: f, places, reaches: f === null ? new Array<boolean>(arity).fill(false) : f.reaches };
}

/** Saved: inputs, result, numbers, in the order of the gradient formula's inputs after `g`. */
function backward(node: Node, [g]: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const row = node.attributes as PointwiseRow;
  const saved = node.saved as (Tensor | number | null)[];
  const gradient = g as Tensor;
  if (row.gradients.length === 0)
    throw new AutogradError(`${row.name}: has no gradient; detach its input if none is meant`);
  if (modes.grad) return recordedBackward(row, gradient, saved, wanted);
  const { formula: f, places } = backwardOf(row, wanted);
  if (f === null) return places.map((place) => (place === -1 ? gradient : null));
  const { dtype } = gradient;
  const outputs: Tensor[] = [];
  for (let i = 0; i < places.length; i++) {
    if (places[i] < 0) continue;
    outputs[places[i]] = emptyTensor(gradient.shape, node.edges[i]?.dtype ?? dtype, gradient.storage.device);
  }
  const operands: (Tensor | number)[] = [gradient];
  for (let i = 0; i < saved.length; i++) operands.push(saved[i] ?? 0);
  gradient.storage.kernels.pointwise(f, dtype, outputs, operands);
  if (places.length === 1) return outputs;
  return places.map((place) => (place >= 0 ? outputs[place] : place === -1 ? gradient : null));
}

/** The formulas read by tensors: how a gradient gets a gradient. */
function recordedBackward(
  row: PointwiseRow,
  g: Tensor,
  saved: readonly (Tensor | number | null)[],
  wanted: readonly boolean[],
): (Tensor | null)[] {
  const s = tensorReader();
  const rest = saved.map((x) => x ?? 0);
  return row.gradients.map((grad, i) => {
    if (grad === null || !wanted[i]) return null;
    const result = grad<Tensor | number>(s, g, ...rest);
    return typeof result === 'number' ? table().mul(table().zerosLike(g).add(1), result) : result;
  });
}

let tensors: Scalar<Tensor | number> | null = null;

function tensorReader(): Scalar<Tensor | number> {
  tensors ??= reader<Tensor | number>(
    (value) => value,
    (name, x) => {
      if (x.every((value) => typeof value === 'number')) return operations[name].evaluate(...(x as number[]));
      const t = table() as unknown as Record<string, (...x: (Tensor | number)[]) => Tensor>;
      return t[name](...x);
    },
  );
  return tensors;
}

/** Evaluates a row on numbers: the oracle of the tests. */
export function evaluate(row: PointwiseRow, ...inputs: number[]): number {
  return row.forward(numbers, ...inputs);
}
