import { type Formula, formula, identity } from '../../../kernels/dag.js';
import type { Kernels, Reduction, View } from '../../../kernels/types.js';
import { broadcastStrides } from '../../../kernels/view.js';
import type { Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { type DType, isFloat } from '../../core/dtype.js';
import { DTypeError } from '../../core/errors.js';
import { reducedShape } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';

/** What a reduction over dimensions remembers. */
export interface Over {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  readonly dtype: DType;
}

const first = formula(2, (_s, a) => a);
/** Sum of what was folded and the next element. */
export const adding: Formula = formula(2, (s, a, x) => s.add(a, x));

/** Makes a reduction of what it does beyond handing elements and folded value on. */
export function reduction(definition: Pick<Reduction, 'name' | 'combine'> & Partial<Reduction>): Reduction {
  return { init: 0, before: identity, after: first, compiled: [], ...definition };
}

/** Sum of the elements. */
export const addition: Reduction = reduction({ name: 'sum', combine: adding });

/** Mean of the elements. */
export const average: Reduction = reduction({
  name: 'mean',
  combine: adding,
  after: formula(2, (s, a, n) => s.div(a, n)),
});

/** A result of a reduction with its dimensions of size 1 back in place, so that it broadcasts against the input. */
export function restored(g: Tensor, x: Tensor, { dims, keepdim }: Pick<Over, 'dims' | 'keepdim'>): Tensor {
  return keepdim || g.shape.length === 0 ? g : g.reshape(reducedShape(x.shape, dims, true));
}

/** A gradient to a result of a reduction as one to every element that was folded into it. */
export function unfolded(t: Operations, g: Tensor, x: Tensor, over: Over): Tensor {
  const fitting = restored(g, x, over);
  if (modes.grad) return t.expand(fitting, x.shape);
  return alias(fitting, fitting.offset, x.shape, broadcastStrides(fitting.shape, fitting.strides, x.shape));
}

/** Runs a reduction into a result that may have kept its dimensions of size 1. */
export function reduceKernel(k: Kernels, folding: Reduction, y: View, x: View, dims: readonly number[]): void {
  const shape = reducedShape(x.shape, dims, false);
  const strides = y.shape.length === shape.length ? y.strides : y.strides.filter((_, d) => !dims.includes(d));
  k.reduce(folding, { buffer: y.buffer, offset: y.offset, shape, strides, dtype: y.dtype }, x, dims);
}

/** A row that folds dimensions with one kernel. */
export function reductionRow(folding: Reduction, rest: Pick<Row<Over>, 'grad' | 'saves' | 'savesResults'>): Row<Over> {
  return {
    name: folding.name,
    infer: ([x], { dims, keepdim, dtype }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype }],
    kernel: (k, [y], [x], { dims }) => reduceKernel(k, folding, y, x, dims),
    ...rest,
  };
}

/** How many elements are folded into one. */
export function foldedCount(shape: readonly number[], dims: readonly number[]): number {
  return dims.reduce((n, d) => n * shape[d], 1);
}

/** The dtype in which integers and truth values are summed: int32, where PyTorch has int64. */
export function wholeSum(dtype: DType): DType {
  return isFloat(dtype) || dtype === 'int64' ? dtype : 'int32';
}

/** Refuses what has no fractions to hold a mean. */
export function requireFloat(name: string, dtype: DType): void {
  if (isFloat(dtype)) return;
  throw new DTypeError(`${name}: needs floating-point elements, got ${dtype}; convert with to('float32') first`);
}

/** Calls `body` with at least one dimension; results get the shape of a tensor without dimensions back. */
export function asVector(input: Tensor, body: (x: Tensor) => readonly Tensor[]): readonly Tensor[] {
  return input.shape.length > 0 ? body(input) : body(input.reshape(1)).map((y) => y.reshape([]));
}
