import type { View } from '../types.js';
import { positions } from '../view.js';
import { beats, lines, reader, writer } from './access.js';

/** Largest or smallest element along `dim` and where it is: the first of equal ones, the first NaN if there is one. */
export function argreduce(kind: 'max' | 'min', values: View | null, indices: View, input: View, dim: number): void {
  const { starts, size, stride } = lines(input, dim);
  const read = reader(input);
  const writeIndex = writer(indices);
  const indexAt = positions(indices);
  const writeValue = values && writer(values);
  const valueAt = values && positions(values);
  starts.forEach((start, line) => {
    let best = 0;
    for (let i = 1; i < size; i++) {
      if (beats(kind, read(start + i * stride), read(start + best * stride))) best = i;
    }
    writeIndex(indexAt[line], best);
    if (writeValue && valueAt) writeValue(valueAt[line], read(start + best * stride));
  });
}
