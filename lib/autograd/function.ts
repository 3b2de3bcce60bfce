import { isFloat } from '../core/dtype.js';
import { AutogradError } from '../core/errors.js';
import { Node, type Rule } from '../core/node.js';
import { alias, Tensor } from '../core/tensor.js';
import { attach, edgeOf, requiresGrad } from './edges.js';
import { modes, noGrad } from './modes.js';
import { table } from './table.js';

/** What a custom function remembers from its forward for its backward. */
export class FunctionContext {
  /** Which inputs need a gradient. */
  readonly needsInputGrad: readonly boolean[];
  #saved: Tensor[] = [];
  #node: Node | null = null;
  #fixed: Set<Tensor> = new Set();
  #dirty: Set<Tensor> = new Set();
  #materialize = true;

  constructor(needsInputGrad: readonly boolean[]) {
    this.needsInputGrad = needsInputGrad;
  }

  /** Keeps tensors for backward; a change of one in place before backward is then an error. */
  saveForBackward(...tensors: Tensor[]): void {
    this.#saved = tensors;
  }

  /** The kept tensors, in order. */
  get savedTensors(): Tensor[] {
    return (this.#node === null ? this.#saved : (this.#node.saved as Tensor[])).slice();
  }

  /** Results that have no gradient. */
  markNonDifferentiable(...tensors: Tensor[]): void {
    for (const x of tensors) this.#fixed.add(x);
  }

  /** Inputs that forward changed in place and returns. */
  markDirty(...tensors: Tensor[]): void {
    for (const x of tensors) this.#dirty.add(x);
  }

  /** Whether a gradient that never arrived comes as zeros (default) or as null. */
  setMaterializeGrads(value: boolean): void {
    this.#materialize = value;
  }

  /** For the engine: what forward said. */
  static settings(ctx: FunctionContext): {
    saved: Tensor[];
    fixed: Set<Tensor>;
    dirty: Set<Tensor>;
    materialize: boolean;
  } {
    return { saved: ctx.#saved, fixed: ctx.#fixed, dirty: ctx.#dirty, materialize: ctx.#materialize };
  }

  /** For the engine: from now on the tape holds what was saved. */
  static bind(ctx: FunctionContext, node: Node): void {
    ctx.#node = node;
    ctx.#saved = [];
  }
}

type Returned = Tensor | readonly Tensor[];
type Gradients = Tensor | null | undefined | readonly (Tensor | null | undefined)[];

/** The static side of a custom function: how it computes, and how its gradient does. */
export interface FunctionClass<A extends unknown[], R extends Returned> {
  readonly name: string;
  forward(ctx: FunctionContext, ...args: A): R;
  backward(ctx: FunctionContext, ...gradients: Tensor[]): Gradients;
}

interface Call {
  readonly ctx: FunctionContext;
  readonly definition: FunctionClass<unknown[], Returned>;
  readonly materialize: boolean;
  readonly count: number;
}

function ruleOf(name: string): Rule {
  return {
    name,
    foreign: true,
    backward(node, gradients) {
      const { ctx, definition, materialize, count } = node.attributes as Call;
      const given = gradients.map(
        (g, i) =>
          g ??
          (materialize
            ? table().zeros(node.results[i].shape, { dtype: node.results[i].dtype, device: node.results[i].device })
            : null),
      );
      const returned = definition.backward(ctx, ...(given as Tensor[]));
      const list = Array.isArray(returned)
        ? (returned as (Tensor | null | undefined)[])
        : [returned as Tensor | null | undefined];
      if (list.length !== count) {
        throw new AutogradError(
          `${name}: backward returned ${list.length} gradients for ${count} inputs; return null where there is none`,
        );
      }
      return list;
    },
  };
}

/** Runs a custom function's forward without recording, and records the whole as one operation. */
export function applyFunction<A extends unknown[], R extends Returned>(definition: FunctionClass<A, R>, args: A): R {
  const name = definition.name === '' ? 'Function' : definition.name;
  const inputs = args.map((x) => (x instanceof Tensor ? x : null));
  const needs = inputs.map((x) => modes.grad && x !== null && isFloat(x.dtype) && requiresGrad(x));
  const ctx = new FunctionContext(needs);
  const edges = inputs.map((x, i) => (needs[i] ? edgeOf(x as Tensor) : null));
  const made = noGrad(() => definition.forward(ctx, ...args));
  if (!needs.includes(true)) return made;
  const { saved, fixed, dirty, materialize } = FunctionContext.settings(ctx);
  const single = made instanceof Tensor;
  const results = (single ? [made] : [...(made as readonly Tensor[])]).map((y) => {
    if (!(y instanceof Tensor)) throw new AutogradError(`${name}: forward must return a tensor or a list of tensors`);
    // An input handed through would otherwise take this node in place of its own.
    return inputs.includes(y) && !dirty.has(y) ? alias(y, y.offset, y.shape, y.strides) : y;
  });
  for (const x of dirty) {
    if (!inputs.includes(x) || !results.includes(x))
      throw new AutogradError(`${name}: markDirty names inputs that forward changed in place and returned`);
  }
  const call: Call = { ctx, definition: definition as unknown as Call['definition'], materialize, count: args.length };
  const node = new Node(ruleOf(name), edges, saved, call);
  if (modes.anomaly) node.stack = new Error(name).stack ?? null;
  for (const y of results) {
    const before = y.edge;
    attach(node, y);
    if (fixed.has(y) || !isFloat(y.dtype)) y.edge = before?.node === node ? null : before;
    if (dirty.has(y)) y.storage.history++;
  }
  FunctionContext.bind(ctx, node);
  return (single ? results[0] : results) as R;
}

/**
 * The base of custom functions: a subclass has a static `forward(ctx, ...args)` and a static `backward(ctx, ...gradients)` that returns
 * one gradient per argument, null where there is none; `apply` runs it. Backward may be differentiated when it is written
 * in tensor operations. PyTorch: torch.autograd.Function.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: users extend it, as in PyTorch
export abstract class Function {
  /** Runs the function and records it. */
  static apply<A extends unknown[], R extends Returned>(this: FunctionClass<A, R>, ...args: A): R {
    // biome-ignore lint/complexity/noThisInStatic: the subclass is what runs
    return applyFunction(this, args);
  }
}
