import { checkTensor } from '../../autograd/apply.js';
import { ArgumentError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

/** Checks a list of tensors that must not be empty. */
export function checkList(name: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new ArgumentError(`${name}: expected a list of tensors`);
  if (tensors.length === 0) throw new ArgumentError(`${name}: the list of tensors is empty; it needs at least one`);
  for (const x of tensors) checkTensor(name, x);
}
