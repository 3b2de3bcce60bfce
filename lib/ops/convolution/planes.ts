import type { FusedKernels } from '../../../kernels/types.js';
import { count } from '../../../kernels/view.js';
import { apply1, type Row } from '../../autograd/apply.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { fromValues } from '../creation/values.js';
import { scatterRow, spreadAlong, takeAlong } from '../indexing/along.js';

/** [N, C, ...] with its spatial dimensions in one. */
const flat = (x: Tensor): Tensor => x.reshape(x.shape[0], x.shape[1], count(x.shape.slice(2)));

/** The elements of planes [N, C, ...] at the flat places that `indices` ([N, C, ...]) name. */
export const takeFromPlanes = (x: Tensor, indices: Tensor): Tensor =>
  takeAlong(flat(x), flat(indices), 2).reshape(indices.shape);

const addRow: Row<readonly number[]> = {
  name: 'addToPlanes',
  infer: ([x], shape) => [{ shape, dtype: x.dtype }],
  kernel: (k, [y], [x, indices]) => (k.fused as FusedKernels).addToPlanes(y, x, indices),
  saves: [1],
  grad: (_t, [g], [, indices]) => [takeFromPlanes(g, indices), null],
};

/** Planes of zeros with elements added at the flat places that `indices` (int32, of x's shape) name. */
export function addToPlanes(x: Tensor, indices: Tensor, shape: readonly number[]): Tensor {
  if (x.storage.kernels.fused !== undefined) return apply1(addRow, [x, indices], shape);
  return spreadAlong(flat(x), flat(indices), 2, [...shape.slice(0, 2), count(shape.slice(2))]).reshape(shape);
}

/** The same where of several elements for one place the last one stays. */
export function putInPlanes(x: Tensor, indices: Tensor, shape: readonly number[]): Tensor {
  const blank = zeros([...shape.slice(0, 2), count(shape.slice(2))], { dtype: x.dtype, device: x.device });
  return apply1(scatterRow, [blank, flat(indices), flat(x)], { dim: 2, mode: 'set', value: 0 }).reshape(shape);
}

/**
 * The largest of some elements of each plane of [N, C, ...], and where it is: `places` are flat, of shape [sizes..., candidates],
 * the same for all planes, or [N, C, sizes..., candidates].
 */
export function largest(x: Tensor, places: readonly number[], shape: readonly number[]): Tensor[] {
  const whole = [...x.shape.slice(0, 2), ...shape.slice(1 - x.shape.length)];
  const candidates = fromValues(places, shape, 'int32').to(x.device).expand(whole);
  const best = takeFromPlanes(x.detach(), candidates).argmax(-1, true);
  const indices = takeAlong(candidates, best, whole.length - 1).squeeze(-1);
  return [takeFromPlanes(x, indices), indices];
}
