import { formula, identity } from '../../kernels/dag.js';
import type { Reduction } from '../../kernels/types.js';
import { apply1, type Row, refuseInt64 } from '../autograd/apply.js';
import { type Fn, fn } from '../core/define.js';
import { type DType, isFloat } from '../core/dtype.js';
import { type Dims, reducedShape, wrapDims } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';

/** What a reduction over dimensions remembers. */
export interface Over {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  readonly dtype: DType;
}

const first = formula(2, (_s, a) => a);

const addition: Reduction = {
  name: 'sum',
  init: 0,
  before: identity,
  combine: formula(2, (s, a, x) => s.add(a, x)),
  after: first,
  compiled: [],
};

/** A result of a reduction with its dimensions of size 1 back in place, so that it broadcasts against the input. */
export function restored(g: Tensor, x: Tensor, { dims, keepdim }: Over): Tensor {
  return keepdim ? g : g.reshape(reducedShape(x.shape, dims, true));
}

const sumRow: Row<Over> = {
  name: 'sum',
  infer([x], { dims, keepdim, dtype }) {
    refuseInt64('sum', dtype);
    return [{ shape: reducedShape(x.shape, dims, keepdim), dtype }];
  },
  kernel: (k, [y], [x], { dims }) => reduceKernel(k, addition, y, x, dims),
  grad: (t, [g], [x], _y, over) => [t.expand(restored(g, x, over), x.shape)],
};

/** Runs a reduction into a result that may have kept its dimensions of size 1. */
export function reduceKernel(
  k: Tensor['storage']['kernels'],
  reduction: Reduction,
  y: Tensor,
  x: Tensor,
  dims: readonly number[],
): void {
  const shape = reducedShape(x.shape, dims, false);
  const strides = y.shape.length === shape.length ? y.strides : y.strides.filter((_, d) => !dims.includes(d));
  k.reduce(reduction, { buffer: y.buffer, offset: y.offset, shape, strides, dtype: y.dtype }, x, dims);
}

type SumOptions = { dim?: Dims | null; keepdim?: boolean; dtype?: DType | null };

/**
 * Sum over `dim` (one, several, or null for all); integers and truth values sum to int32 unless `dtype` says otherwise.
 * PyTorch: torch.sum.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).sum(0) // => tensor([4., 6.])
 */
export const sum: Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], SumOptions, Tensor> = fn(
  'sum(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, { dtype }) => {
    const dims = wrapDims('sum', dim, input.shape.length);
    const result = dtype ?? (isFloat(input.dtype) || input.dtype === 'int64' ? input.dtype : 'int32');
    return apply1(sumRow, [input], { dims, keepdim, dtype: result });
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3, 4), [0, 2]], [m(2, 3), { dim: 1, keepdim: true }], [m()]] },
);
