import type { Tensor } from '../core/tensor.js';

/** The elements in row-major order; float16 as numbers. */
export function elements(input: Tensor): ArrayLike<number | bigint> {
  const plain = input.dtype === 'float16' ? input.detach().to('float32') : input;
  return input.storage.kernels.read(plain) as ArrayLike<number | bigint>;
}
