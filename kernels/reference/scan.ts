import type { View } from '../types.js';
import { arithmetic, beats, converter, lines, reader, writer } from './access.js';

/** Running sum, product, maximum or minimum along `dim`; `indices` tells where the running extreme last was. */
export function scan(
  kind: 'sum' | 'prod' | 'max' | 'min',
  output: View,
  indices: View | null,
  input: View,
  dim: number,
): void {
  if (kind === 'sum' || kind === 'prod') fold(kind, output, input, dim);
  else extreme(kind, output, indices, input, dim);
}

function fold(kind: 'sum' | 'prod', output: View, input: View, dim: number): void {
  const { add, multiply } = arithmetic(output.dtype);
  const combine = kind === 'sum' ? add : multiply;
  const convert = converter(output.dtype);
  const read = reader(input);
  const write = writer(output);
  const from = lines(input, dim);
  const to = lines(output, dim);
  from.starts.forEach((start, line) => {
    let running = convert(kind === 'sum' ? 0 : 1);
    for (let i = 0; i < from.size; i++) {
      running = combine(running, convert(read(start + i * from.stride)));
      write(to.starts[line] + i * to.stride, running);
    }
  });
}

function extreme(kind: 'max' | 'min', output: View, indices: View | null, input: View, dim: number): void {
  const read = reader(input);
  const write = writer(output);
  const writeIndex = indices && writer(indices);
  const from = lines(input, dim);
  const to = lines(output, dim);
  const toIndex = indices && lines(indices, dim);
  from.starts.forEach((start, line) => {
    let best = 0;
    for (let i = 0; i < from.size; i++) {
      // Turned round, so that an equal element (and a second NaN) takes the place too.
      if (!beats(kind, read(start + best * from.stride), read(start + i * from.stride))) best = i;
      write(to.starts[line] + i * to.stride, read(start + best * from.stride));
      if (writeIndex && toIndex) writeIndex(toIndex.starts[line] + i * toIndex.stride, best);
    }
  });
}
