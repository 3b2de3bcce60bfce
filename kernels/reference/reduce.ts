import { replay } from '../dag.js';
import { numbers } from '../scalar.js';
import type { Reduction, View } from '../types.js';
import { positions } from '../view.js';
import { reader, writer } from './element.js';

/** Splits a view's strides and shape into the kept dimensions and the others. */
export function splitDims(
  input: View,
  dims: readonly number[],
): { kept: Omit<View, 'buffer' | 'dtype'>; folded: Omit<View, 'buffer' | 'dtype'> } {
  const pick = (wanted: boolean, offset: number): Omit<View, 'buffer' | 'dtype'> => ({
    offset,
    shape: input.shape.filter((_, d) => dims.includes(d) === wanted),
    strides: input.strides.filter((_, d) => dims.includes(d) === wanted),
  });
  return { kept: pick(false, input.offset), folded: pick(true, 0) };
}

/** `Kernels.reduce`, as its definition reads. */
export function reduce(reduction: Reduction, output: View, input: View, dims: readonly number[]): void {
  const { kept, folded } = splitDims(input, dims);
  const inner = positions(folded);
  const targets = positions(output);
  const [read, write] = [reader(input), writer(output)];
  positions(kept).forEach((base, i) => {
    let folding = reduction.init;
    for (const step of inner) {
      const [x] = replay(reduction.before, numbers, [Number(read(base + step))]);
      [folding] = replay(reduction.combine, numbers, [folding, x]);
    }
    write(targets[i], replay(reduction.after, numbers, [folding, inner.length])[0]);
  });
}
