import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import type { Facts } from '../../core/define.js';
import type { DType } from '../../core/dtype.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes, type Dims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { ones } from '../creation/creation.js';

/** Options of the functions over elements that a mask lets through; null lets all through. */
export type MaskOptions = { dim?: Dims | null; keepdim?: boolean; dtype?: DType | null; mask?: Tensor | null };

const extremes: Partial<Record<DType, [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-32768, 32767],
  int8: [-128, 127],
  uint8: [0, 255],
  bool: [0, 1],
};

/** The values that lose against any other: for a maximum and for a minimum. */
export function limits(dtype: DType): [number, number] {
  return extremes[dtype] ?? [-Infinity, Infinity];
}

/** The input with what the mask keeps out replaced by a value that does not count. */
export function filled(name: string, input: Tensor, mask: Tensor | null, identity: number): Tensor {
  checkTensor(name, input);
  if (mask === null) return input;
  if (!sameShape(broadcastShapes(name, mask.shape, input.shape), input.shape)) {
    throw new ShapeError(
      `${name}: the mask ${showShape(mask.shape)} does not expand to the input's ${showShape(input.shape)}`,
    );
  }
  return input.where(mask.to('bool'), identity);
}

/** How many elements the mask lets through. */
export function counted(input: Tensor, dim: Dims | null, keepdim: boolean, mask: Tensor | null): Tensor {
  const seen = mask === null ? ones([], { dtype: 'bool', device: input.device }) : mask.to('bool');
  return seen.expand(input.shape).sum(dim, keepdim);
}

/** A mask for samples that keeps one element of every line out. */
export const mostly = (x: Tensor): Tensor => x.gt(x.amin(-1, true));

/** What the tests need to know of a reduction under a mask. */
export const facts: Facts = {
  samples: (m) => [
    [m(2, 3)],
    [m(2, 3), 1, { mask: mostly(m(2, 3)) }],
    [m(2, 3, 2), [0, 2], { keepdim: true, mask: mostly(m(3, 2)) }],
  ],
  errors: (m) => [[[m(3), { mask: m.bools(2, 3) }], 'does not expand to the input']],
};
