import { isInteger } from '../../core/dtype.js';
import { DTypeError, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { elements } from '../elements.js';

/** The smallest and largest of non-negative integers, read from the device; null where there are none. */
export function extent(name: string, x: Tensor): [number, number] | null {
  if (!isInteger(x.dtype)) throw new DTypeError(`${name}: takes integers, got ${x.dtype}; convert with to('int32')`);
  const values = elements(x);
  if (values.length === 0) return null;
  const [low, high] = ofWords(values) ?? ofAny(values);
  if (low < 0) throw new ValueError(`${name}: takes integers of 0 or more, got ${low}`);
  return [low, high];
}

function ofAny(values: ArrayLike<number | bigint>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The same of int64 by their halves, which are read much faster; null of other dtypes and where an upper half is needed. */
function ofWords(values: ArrayLike<number | bigint>): [number, number] | null {
  if (!(values instanceof BigInt64Array)) return null;
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  let [low, high] = [words[0], words[0]];
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i];
    if (words[i + 1] !== value >> 31) return null;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
