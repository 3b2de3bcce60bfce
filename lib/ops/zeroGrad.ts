import type { Tensor } from '../core/tensor.js';

/** Sets the gradients of tensors to null, or to zeros in the memory that they have. */
export function zeroGrad(tensors: Iterable<Tensor>, setToNull: boolean): void {
  for (const tensor of tensors) {
    if (setToNull) tensor.grad = null;
    else tensor.deposited?.detach_().zero_();
  }
}
