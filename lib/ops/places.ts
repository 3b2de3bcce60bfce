import type { ScatterMode } from '../../kernels/types.js';
import { count } from '../../kernels/view.js';
import { apply1, type Row } from '../autograd/apply.js';
import type { Tensor } from '../core/tensor.js';

/** Elements put at the places that indices of the same shape name along a dimension of `size` zeros. */
const placeRow: Row<{ dim: number; size: number; mode: ScatterMode }> = {
  name: 'place',
  infer: ([x], { dim, size }) => [{ shape: x.shape.with(dim, size), dtype: x.dtype }],
  kernel(k, [y], [x, indices], { dim, mode }) {
    k.fill(y, 0);
    k.scatter(y, dim, indices, x, mode);
  },
  saves: [1],
  grad: (_t, [g], [, indices], _y, { dim }) => [apply1(pickRow, [g, indices], dim), null],
};

/** The elements that indices of the result's shape name along a dimension. */
const pickRow: Row<number> = {
  name: 'pick',
  infer: ([x, indices]) => [{ shape: indices.shape, dtype: x.dtype }],
  kernel: (k, [y], [x, indices], dim) => k.gather(y, x, dim, indices),
  saves: [1],
  grad: (_t, [g], [x, indices], _y, dim) => [
    apply1(placeRow, [g, indices], { dim, size: x.shape[dim], mode: 'add' }),
    null,
  ],
};

/** The elements that indices name along a dimension, unchecked; all other dimensions agree. */
export const picked = (x: Tensor, dim: number, indices: Tensor): Tensor => apply1(pickRow, [x, indices], dim);

const flat = (x: Tensor): Tensor => x.reshape(x.shape[0], x.shape[1], count(x.shape.slice(2)));

/** Planes [N, C, ...] of zeros with elements at the flat places that `indices` (of x's shape) name: added, or the last one kept. */
export function placedInPlanes(x: Tensor, indices: Tensor, shape: readonly number[], mode: 'add' | 'set'): Tensor {
  const attributes = { dim: 2, size: count(shape.slice(2)), mode };
  return apply1(placeRow, [flat(x), flat(indices)], attributes).reshape(shape);
}

/** The elements of planes [N, C, ...] at the flat places that `indices` ([N, C, ...]) name. */
export const pickedFromPlanes = (x: Tensor, indices: Tensor): Tensor =>
  picked(flat(x), 2, flat(indices)).reshape(indices.shape);
