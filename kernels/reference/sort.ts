import type { View } from '../types.js';
import { lines, reader, writer } from './access.js';
import type { Element } from './element.js';

/** Orders elements with NaN as the largest. */
function compare(a: Element, b: Element): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Stable sort along `dim`: values and where each came from; of shorter outputs the first ones. */
export function sort(values: View, indices: View, input: View, dim: number, descending: boolean): void {
  const read = reader(input);
  const writeValue = writer(values);
  const writeIndex = writer(indices);
  const from = lines(input, dim);
  const toValue = lines(values, dim);
  const toIndex = lines(indices, dim);
  from.starts.forEach((start, line) => {
    const elements = Array.from({ length: from.size }, (_, i) => read(start + i * from.stride));
    const order = elements.map((_, i) => i);
    order.sort((i, j) => (descending ? compare(elements[j], elements[i]) : compare(elements[i], elements[j])));
    order.slice(0, toValue.size).forEach((source, i) => {
      writeValue(toValue.starts[line] + i * toValue.stride, elements[source]);
      writeIndex(toIndex.starts[line] + i * toIndex.stride, source);
    });
  });
}
