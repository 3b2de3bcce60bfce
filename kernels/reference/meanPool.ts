import type { Spans, View } from '../types.js';
import { count, positions } from '../view.js';
import { reader, writer } from './access.js';

/** Every output element of a plane with the flat places of its window, and what their sum is divided by. */
function windowsOf(plane: readonly number[], spans: readonly Spans[]): { places: number[]; divisor: number }[] {
  let all = [{ places: [0], divisor: 1 }];
  spans.forEach(({ starts, ends, divisors }, d) => {
    all = all.flatMap(({ places, divisor }) =>
      starts.map((start, i) => {
        const along = Array.from({ length: Math.max(0, ends[i] - start) }, (_, k) => start + k);
        return { places: places.flatMap((at) => along.map((k) => at * plane[d] + k)), divisor: divisor * divisors[i] };
      }),
    );
  });
  return all;
}

/** `Kernels.fused.meanPool`, as its definition reads. */
export function meanPool(output: View, input: View, spans: readonly Spans[]): void {
  const [read, write] = [reader(input), writer(output)];
  const [from, to] = [positions(input), positions(output)];
  const plane = count(input.shape.slice(2));
  const all = windowsOf(input.shape.slice(2), spans);
  to.forEach((at, k) => {
    const { places, divisor } = all[k % all.length];
    const first = Math.floor(k / all.length) * plane;
    write(at, places.reduce((sum, place) => sum + Number(read(from[first + place])), 0) / divisor);
  });
}

/** `Kernels.fused.meanPoolBackward`, as its definition reads. */
export function meanPoolBackward(output: View, gradient: View, spans: readonly Spans[]): void {
  const [read, write] = [reader(gradient), writer(output)];
  const to = positions(output);
  const plane = count(output.shape.slice(2));
  const all = windowsOf(output.shape.slice(2), spans);
  const sums = to.map(() => 0);
  positions(gradient).forEach((at, k) => {
    const { places, divisor } = all[k % all.length];
    const first = Math.floor(k / all.length) * plane;
    for (const place of places) sums[first + place] += Number(read(at)) / divisor;
  });
  to.forEach((at, k) => void write(at, sums[k]));
}
