import ndarray, { type NdArray } from 'ndarray';
import { contiguousStrides } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type None } from '../../core/define.js';
import { DTypeError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

/**
 * The tensor as an `ndarray` (package `ndarray`): on the CPU it shares the tensor's memory, else it is a copy. bool is uint8 there.
 * DTypeError for float16, which the package has no type for.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).toNdarray().get(1, 0) // => 3
 */
export const toNdarray: Fn<[input: Tensor], None, NdArray> = fn('toNdarray(input)', (input) => {
  checkTensor('toNdarray', input);
  if (input.dtype === 'float16') {
    throw new DTypeError("toNdarray: the ndarray package has no float16; convert with to('float32') first");
  }
  const { buffer, offset, strides, shape } = input;
  // The package's types know arrays of numbers; at run time it takes BigInt64Array as well.
  if (input.device === 'cpu') return ndarray(buffer as Float32Array, [...shape], [...strides], offset);
  return ndarray(input.storage.kernels.read(input) as Float32Array, [...shape], contiguousStrides(shape));
});
