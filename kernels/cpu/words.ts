import type { TypedArray, View } from '../types.js';
import { count } from '../view.js';

/** From so many elements on an array over the same memory costs less than what it saves. */
const fewest = 64;
/** So many elements have halves that 31 bits cannot count. */
const most = 2 ** 30;

/**
 * Many indices as int32: an int64 view's lower halves where they lie. To read a bigint takes 16 ns. Who calls knows that the upper halves only repeat
 * the sign; memory is little-endian, as everywhere.
 */
export function asWords(view: View): View {
  if (view.dtype !== 'int64' || count(view.shape) < fewest) return view;
  const { buffer, byteOffset, length } = view.buffer as TypedArray;
  if (length >= most) return view;
  return {
    buffer: new Int32Array(buffer, byteOffset, 2 * length),
    offset: 2 * view.offset,
    shape: view.shape,
    strides: view.strides.map((stride) => 2 * stride),
    dtype: 'int32',
  };
}
