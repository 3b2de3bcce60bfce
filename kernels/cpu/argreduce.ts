import * as reference from '../reference/argreduce.js';
import type { View } from '../types.js';
import { isContiguous } from '../view.js';
import { argreduceVectors } from '../wasm/rows/argreduce.js';
import { dtypesKey, type Elements, elements, lines } from './rows.js';
import { specialize } from './specialize.js';

function loop(
  values: Elements | null,
  valuesOffset: number,
  indices: Int32Array,
  indicesOffset: number,
  input: Elements,
  starts: Float64Array,
  size: number,
  stride: number,
  largest: boolean,
): void {
  for (let line = 0; line < starts.length; line++) {
    const start = starts[line];
    let best = input[start];
    let index = 0;
    // A NaN ends the search at once: nothing beats it.
    for (let i = 1, p = start + stride; i < size && best === best; i++, p += stride) {
      const x = input[p];
      if ((largest ? x > best : x < best) || x !== x) {
        best = x;
        index = i;
      }
    }
    indices[indicesOffset + line] = index;
    if (values !== null) values[valuesOffset + line] = best;
  }
}

const compiled = specialize(loop);

/** `Kernels.argreduce`. */
export function argreduce(kind: 'max' | 'min', values: View | null, indices: View, input: View, dim: number): void {
  if (argreduceVectors(kind, values, indices, input, dim)) return;
  const fast =
    input.dtype !== 'float16' &&
    indices.dtype === 'int32' &&
    isContiguous(indices.shape, indices.strides) &&
    (values === null || (values.dtype === input.dtype && isContiguous(values.shape, values.strides)));
  if (!fast) return reference.argreduce(kind, values, indices, input, dim);
  const { starts, size, stride } = lines(input, dim);
  compiled(dtypesKey(input))(
    values && elements(values),
    values === null ? 0 : values.offset,
    indices.buffer as Int32Array,
    indices.offset,
    elements(input),
    starts,
    size,
    stride,
    kind === 'max',
  );
}
