import type { Operand } from '../types.js';
import { count, isContiguous, isSingle, sameShape } from '../view.js';

/** Whether an operand is one number for all elements of a larger shape. */
export function isOne(x: Operand, shape: readonly number[]): boolean {
  return typeof x === 'number' || (isSingle(x) && count(shape) > 1);
}

/** Whether an operand can be read as 0, 1, 2, ... beside a contiguous output of `shape`. */
export function isFlat(x: Operand, shape: readonly number[]): boolean {
  if (typeof x === 'number' || isSingle(x)) return true;
  return sameShape(x.shape, shape) && isContiguous(shape, x.strides);
}
