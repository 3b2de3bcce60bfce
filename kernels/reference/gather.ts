import type { Operand, ScatterMode, View } from '../types.js';
import { positions } from '../view.js';
import { arithmetic, beats, converter, reader, wrap, writer } from './access.js';
import type { Element } from './element.js';

/** Positions in `view` of the coordinates of `shape`, with coordinate 0 along `dim`. */
function alongZero(view: View, shape: readonly number[], dim: number): number[] {
  return positions({ offset: view.offset, shape, strides: view.strides.map((s, d) => (d === dim ? 0 : s)) });
}

/** output[i][j] = input[index[i][j]][j], along any one dimension; output and index have one shape. */
export function gather(output: View, input: View, dim: number, index: View): void {
  const read = reader(input);
  const readIndex = reader(index);
  const write = writer(output);
  const size = input.shape[dim] ?? 1;
  const stride = input.strides[dim] ?? 0;
  const from = alongZero(input, index.shape, dim);
  const to = positions(output);
  positions(index).forEach((at, i) => {
    const chosen = wrap(readIndex(at), size);
    if (chosen >= 0) write(to[i], read(from[i] + chosen * stride));
  });
}

/** How a mode joins what is there and what comes, in the arithmetic of the output's dtype. */
function joiner(mode: ScatterMode, output: View): (there: Element, comes: Element) => Element {
  const { add, multiply } = arithmetic(output.dtype);
  switch (mode) {
    case 'set':
      return (_there, comes) => comes;
    case 'add':
      return add;
    case 'multiply':
      return multiply;
    default:
      return (there, comes) => (beats(mode, comes, there) ? comes : there);
  }
}

/** output[index[i][j]][j] = source[i][j], or added, multiplied, the larger, the smaller; the source may be larger than the index. */
export function scatter(output: View, dim: number, index: View, source: Operand, mode: ScatterMode): void {
  const read = reader(output);
  const readIndex = reader(index);
  const write = writer(output);
  const convert = converter(output.dtype);
  const join = joiner(mode, output);
  const size = output.shape[dim] ?? 1;
  const stride = output.strides[dim] ?? 0;
  const to = alongZero(output, index.shape, dim);
  const isNumber = typeof source === 'number';
  const readSource = isNumber ? () => source : reader(source);
  const from = isNumber ? to : positions({ ...source, shape: index.shape });
  positions(index).forEach((at, i) => {
    const chosen = wrap(readIndex(at), size);
    if (chosen < 0) return;
    const place = to[i] + chosen * stride;
    write(place, join(read(place), convert(readSource(from[i]))));
  });
}
