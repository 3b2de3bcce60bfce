import type { Tensor } from '../../core/tensor.js';

export function nuclearNorm(_name: string, _x: Tensor, _dim: unknown, _keepdim: boolean): Tensor {
  throw new Error('soon');
}
