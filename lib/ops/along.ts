import { apply1, type Row } from '../autograd/apply.js';
import type { Tensor } from '../core/tensor.js';

const gatherRow: Row<number> = {
  name: 'gather',
  infer: ([x, index]) => [{ shape: index.shape, dtype: x.dtype }],
  kernel: (k, [y], [x, index], dim) => k.gather(y, x, dim, index),
  saves: [1],
  grad: (t, [g], [x, index], _y, dim) => [t.spreadAlong(g, index, dim, x.shape), null],
};

const spreadRow: Row<{ dim: number; shape: readonly number[] }> = {
  name: 'gatherBackward',
  infer: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  kernel(k, [y], [g, index], { dim }) {
    k.fill(y, 0);
    k.scatter(y, dim, index, g, 'add');
  },
  saves: [1],
  grad: (t, [g], [, index], _y, { dim }) => [t.takeAlong(g, index, dim), null],
};

/** `gather` of what has been checked. */
export function takeAlong(x: Tensor, index: Tensor, dim: number): Tensor {
  return apply1(gatherRow, [x, index], dim);
}

/** Zeros of a shape with `g` added along a dimension: the gradient of `takeAlong`. */
export function spreadAlong(g: Tensor, index: Tensor, dim: number, shape: readonly number[]): Tensor {
  return apply1(spreadRow, [g, index], { dim, shape });
}
