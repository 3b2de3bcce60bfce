import type { View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { policy } from '../policy.js';
import { extreme } from './lineSteps.js';
import { walkLines } from './lines.js';

const walks = { max: walkLines(extreme('max')), min: walkLines(extreme('min')) };

/** Fewer rows than this leave lanes empty: long ones are cut up instead. */
const few = 3;
const long = 256;
/** Elements of a cut row that go side by side. */
const parts = 16;

/** Where the extreme of each part is. */
const places = { buffer: new Int32Array(parts), offset: 0, shape: [parts], strides: [1], dtype: 'int32' } as const;

/** The place of the extreme in a row: among those of its parts, every sixteenth element each, and its last elements. */
function joined(larger: boolean, row: Float32Array, start: number, size: number): number {
  const whole = size - (size % parts);
  let best = row[start];
  let at = 0;
  for (let k = 0; k < parts + size - whole; k++) {
    const place = k < parts ? parts * places.buffer[k] + k : whole + k - parts;
    const x = row[start + place];
    const better = best === best && (x !== x || (larger ? x > best : x < best));
    const alike = x === best || (x !== x && best !== best);
    if (better || (alike && place < at)) {
      best = x;
      at = place;
    }
  }
  return at;
}

function longRows(kind: 'max' | 'min', values: View | null, indices: View, input: View, size: number): boolean {
  const shape = [Math.floor(size / parts), parts];
  const { buffer, dtype } = input;
  const source = buffer as Float32Array;
  for (let line = 0; line < count(indices.shape); line++) {
    const start = input.offset + line * size;
    const matrix = { buffer, offset: start, shape, strides: [parts, 1], dtype };
    if (!walks[kind]([], [null, places], matrix, 0)) return false;
    const at = joined(kind === 'max', source, start, size);
    (indices.buffer as Int32Array)[indices.offset + line] = at;
    if (values) (values.buffer as Float32Array)[values.offset + line] = source[start + at];
  }
  return true;
}

/** `Kernels.argreduce` of float32 in vectors; false where JavaScript is the way. */
export function argreduceVectors(
  kind: 'max' | 'min',
  values: View | null,
  indices: View,
  input: View,
  dim: number,
): boolean {
  const { shape, strides } = input;
  const elements = count(shape);
  if (!(elements >= policy.lines) || shape.length === 0) return false;
  if (input.dtype !== 'float32' || indices.dtype !== 'int32' || (values && values.dtype !== 'float32')) return false;
  const plain = isContiguous(shape, strides) && isContiguous(indices.shape, indices.strides);
  if (!plain || (values && !isContiguous(values.shape, values.strides))) return false;
  const size = shape[dim];
  const byRows = count(shape.slice(dim + 1)) === 1;
  if (byRows && size >= long && elements < few * size) return longRows(kind, values, indices, input, size);
  return walks[kind]([], [values, indices], input, dim);
}
