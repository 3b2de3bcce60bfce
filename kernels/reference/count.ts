import type { View } from '../types.js';
import { positions } from '../view.js';
import { lines, reader, writer } from './access.js';

/** How many elements are not zero; NaN is not. */
export function countNonzero(input: View): number {
  const read = reader(input);
  let found = 0;
  for (const at of positions(input)) if (Number(read(at)) !== 0) found++;
  return found;
}

/** The coordinates of the elements that are not zero, row-major: output [count, rank]. */
export function nonzero(output: View, input: View): void {
  const read = reader(input);
  const write = writer(output);
  const places = positions(output);
  const { shape } = input;
  let next = 0;
  positions(input).forEach((at, flat) => {
    if (Number(read(at)) === 0) return;
    let rest = flat;
    for (let d = shape.length - 1; d >= 0; d--) {
      if (next + d < places.length) write(places[next + d], rest % shape[d]);
      rest = Math.floor(rest / shape[d]);
    }
    next += shape.length;
  });
}

/** How often each value stands in a one-dimensional view of integers, or the sum of its weights. */
export function bincount(output: View, input: View, weights: View | null): void {
  const read = reader(input);
  const readWeight = weights && reader(weights);
  const weightAt = weights && positions(weights);
  const sums = new Float64Array(output.shape[0]);
  positions(input).forEach((at, i) => {
    const bin = Number(read(at));
    if (bin >= 0 && bin < sums.length) sums[bin] += readWeight && weightAt ? Number(readWeight(weightAt[i])) : 1;
  });
  const write = writer(output);
  positions(output).forEach((at, bin) => {
    write(at, sums[bin]);
  });
}

/** Where each value would go into the sorted last dimension: before equal elements, or after them when `right`. */
export function searchSorted(output: View, sorted: View, values: View, right: boolean): void {
  const line = lines(sorted, sorted.shape.length - 1);
  const perLine = sorted.shape.length === 1 ? 0 : values.shape[values.shape.length - 1];
  const read = reader(sorted);
  const readValue = reader(values);
  const write = writer(output);
  const to = positions(output);
  positions(values).forEach((at, i) => {
    const start = line.starts[perLine === 0 ? 0 : Math.floor(i / perLine)];
    const value = readValue(at);
    let low = 0;
    let high = line.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      const element = read(start + middle * line.stride);
      // Asked this way round, NaN goes behind everything.
      if (right ? element > value : element >= value) high = middle;
      else low = middle + 1;
    }
    write(to[i], low);
  });
}
