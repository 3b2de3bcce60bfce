import type { View } from '../types.js';
import { broadcastStrides, positions } from '../view.js';
import { arithmetic, converter, reader, wrap, writer } from './access.js';

/** The first index outside [0, size), or null; with `negative`, those down to -size are inside. */
export function checkIndices(index: View, size: number, negative = false): number | null {
  const read = reader(index);
  for (const at of positions(index)) {
    const i = Number(read(at));
    if (i >= size || i < (negative ? -size : 0)) return i;
  }
  return null;
}

/**
 * Pairs every element that the indices choose in `whole` with its partner in `part`, in the order of `part`:
 * the index dimensions of `part` stand at `position` among the kept ones.
 */
function pairs(
  whole: View,
  part: View,
  indices: readonly (View | null)[],
  position: number,
  visit: (wholeAt: number, partAt: number) => void,
): void {
  const chosen = whole.shape.map((_, d) => indices[d] ?? null);
  const kept = whole.strides.filter((_, d) => chosen[d] === null);
  const end = position + part.shape.length - kept.length;
  const indexShape = part.shape.slice(position, end);
  const start = positions({
    offset: whole.offset,
    shape: part.shape,
    strides: [...kept.slice(0, position), ...indexShape.map(() => 0), ...kept.slice(position)],
  });
  const steps = chosen.map((view, d) => {
    if (view === null) return null;
    const within = broadcastStrides(view.shape, view.strides, indexShape);
    const zeros = part.shape.map(() => 0);
    const at = positions({
      offset: view.offset,
      shape: part.shape,
      strides: [...zeros.slice(0, position), ...within, ...zeros.slice(end)],
    });
    return { at, read: reader(view), size: whole.shape[d], stride: whole.strides[d] };
  });
  positions(part).forEach((partAt, i) => {
    let wholeAt = start[i];
    for (const step of steps) {
      if (step === null) continue;
      const index = wrap(step.read(step.at[i]), step.size);
      if (index < 0) return;
      wholeAt += index * step.stride;
    }
    visit(wholeAt, partAt);
  });
}

/** Advanced indexing: the elements of `input` that the indices choose; a null index keeps its dimension. */
export function index(output: View, input: View, indices: readonly (View | null)[], position: number): void {
  const read = reader(input);
  const write = writer(output);
  pairs(input, output, indices, position, (from, to) => write(to, read(from)));
}

/** The reverse: writes `source` to the chosen elements of `output` (the last one wins), or adds it. */
export function indexPut(
  output: View,
  source: View,
  indices: readonly (View | null)[],
  position: number,
  accumulate: boolean,
): void {
  const { add } = arithmetic(output.dtype);
  const convert = converter(output.dtype);
  const there = reader(output);
  const read = reader(source);
  const write = writer(output);
  pairs(output, source, indices, position, (to, from) => {
    const value = convert(read(from));
    write(to, accumulate ? add(there(to), value) : value);
  });
}
