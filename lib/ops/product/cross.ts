import { checkTensor } from '../../autograd/apply.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes, wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';

/** Cross products along a dimension of size 3; the others broadcast. */
export function crossProduct(name: string, input: Tensor, other: Tensor, dim: number): Tensor {
  checkTensor(name, input);
  checkTensor(name, other);
  if (input.shape.length !== other.shape.length) {
    throw new ShapeError(
      `${name}: ${showShape(input.shape)} and ${showShape(other.shape)} must have the same number of dimensions`,
    );
  }
  const shape = broadcastShapes(name, input.shape, other.shape);
  const d = wrapDim(name, dim, shape.length);
  for (const x of [input, other]) {
    if (x.shape[d] !== 3)
      throw new ShapeError(`${name}: dimension ${d} has size ${x.shape[d]} in ${showShape(x.shape)}; it must be 3`);
  }
  const turned = (x: Tensor, order: number[]): Tensor => x.indexSelect(d, order);
  const [next, last] = [
    [1, 2, 0],
    [2, 0, 1],
  ];
  return turned(input, next)
    .mul(turned(other, last))
    .sub(turned(input, last).mul(turned(other, next)));
}
