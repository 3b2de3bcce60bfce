import { isInteger } from '../../core/dtype.js';
import { DTypeError, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { elements } from '../elements.js';

/** The smallest and largest of non-negative integers, read from the device; null where there are none. */
export function extent(name: string, x: Tensor): [number, number] | null {
  if (!isInteger(x.dtype)) throw new DTypeError(`${name}: takes integers, got ${x.dtype}; convert with to('int32')`);
  const values = elements(x);
  if (values.length === 0) return null;
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low < 0) throw new ValueError(`${name}: takes integers of 0 or more, got ${low}`);
  return [low, high];
}
