import { firstOutside } from '../../../kernels/cpu/bounds.js';
import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { isInteger } from '../../core/dtype.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, showShape } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { fromNested, numberLike } from '../creation/values.js';

/** Indices as they are passed: a tensor of integers, or (nested) lists of integers. */
export type Indices = Tensor | number | readonly Indices[];

/** An index tensor of what was passed, on the device where it is used; int32 or int64. */
export function indexTensor(name: string, value: Indices, like: Tensor): Tensor {
  checkTensor(name, like);
  const index = value instanceof Tensor ? value : fromList(name, value, like);
  if (!isInteger(index.dtype)) {
    throw new DTypeError(
      `${name}: an index must be a tensor of integers, got ${index.dtype} of shape ${showShape(index.shape)}; convert it with to('int32')`,
    );
  }
  return index.dtype === 'int32' || index.dtype === 'int64' ? index : index.to('int32');
}

function fromList(name: string, value: number | readonly Indices[], like: Tensor): Tensor {
  const made = fromNested(value, 'int32', (x) => {
    if (typeof x !== 'number' || !Number.isInteger(x)) {
      throw new ArgumentError(`${name}: an index must be a tensor or a list of integers; ${String(x)} is neither`);
    }
  });
  return like.device === 'cpu' ? made : made.to(like.device);
}

/**
 * Throws IndexError where an index lies outside [0, size), or [-size, size) with `negative`. Elsewhere than on the CPU
 * nothing waits for the indices: kernels leave out what lies outside.
 */
export function checkBounds(name: string, index: Tensor, size: number, dim: number, negative: boolean): void {
  if (index.storage.device !== 'cpu' || count(index.shape) === 0) return;
  const found = firstOutside(index, size, negative);
  if (found !== null) throw outOfRange(name, found, size, dim, negative);
}

/** The error for an index outside [0, size), or [-size, size) with `negative`. */
export function outOfRange(name: string, index: number, size: number, dim: number, negative: boolean): IndexError {
  const range = size === 0 ? 'it is empty' : `use ${negative ? -size : 0} to ${size - 1}`;
  return new IndexError(`${name}: index ${index} is out of range for dimension ${dim} of size ${size}; ${range}`);
}

/** What a row's kernel that changes some elements starts from: in place, the elements are there already. */
export function begin(k: Tensor['storage']['kernels'], result: Tensor, input: Tensor): void {
  if (result !== input) k.copy(result, input);
}

/** Tensors without dimensions count as vectors of one element. */
export const asVector = (x: Tensor): Tensor => (x.shape.length === 0 ? x.reshape(1) : x);

/** An index of `gather` or `scatter`, and what it indexes, ready for their rows. */
export interface Along {
  readonly x: Tensor;
  readonly index: Tensor;
  readonly dim: number;
}

/** Checks an index of `gather` or `scatter`: as many dimensions, none larger but the one that is indexed, in range. */
export function checkAlong(name: string, input: Tensor, given: Indices, dim: number): Along {
  const index = asVector(indexTensor(name, given, input));
  const x = asVector(input);
  const d = wrapDim(name, dim, input.shape.length);
  const fits = index.shape.length === x.shape.length && index.shape.every((size, i) => i === d || size <= x.shape[i]);
  if (!fits && !index.shape.includes(0)) {
    throw new ShapeError(
      `${name}: an index of shape ${showShape(index.shape)} does not fit ${showShape(input.shape)} along dimension ${d}: it needs as many dimensions, and no other may be larger`,
    );
  }
  checkBounds(name, index, x.shape[d], d, false);
  return { x, index, dim: d };
}

/** A checked index with one dimension at most, as a vector; with `negative` it may count from the end. */
export function indexList(name: string, given: Indices, input: Tensor, dim: number, negative: boolean = false): Tensor {
  const index = indexTensor(name, given, input);
  if (index.shape.length > 1) {
    throw new ShapeError(`${name}: the index must have one dimension, got ${showShape(index.shape)}`);
  }
  checkBounds(name, index, input.shape[dim] ?? 1, dim, negative);
  return asVector(index);
}

/** A source cut to the index's shape; it may be larger. */
export function cutSource(name: string, source: Tensor, index: Tensor): Tensor {
  let part = asVector(source);
  if (part.shape.length !== index.shape.length || index.shape.some((size, d) => size > part.shape[d])) {
    if (index.shape.includes(0)) return numberLike(0, source).expand(index.shape);
    throw new ShapeError(
      `${name}: a source of shape ${showShape(source.shape)} is smaller than the index of shape ${showShape(index.shape)}; no size may be`,
    );
  }
  index.shape.forEach((size, d) => {
    if (size < part.shape[d]) part = part.narrow(d, 0, size);
  });
  return part;
}
