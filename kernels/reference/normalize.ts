import type { FusedKernels, Normalization, Normalized, View } from '../types.js';
import { broadcastStrides, positions } from '../view.js';
import { reader, writer } from './access.js';

/** The positions of a view broadcast to a shape, for each line that `dims` make. */
function placesByLine(view: View, shape: readonly number[], dims: readonly number[]): number[][] {
  const strides = broadcastStrides(view.shape, view.strides, shape);
  const kept = shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const pick = (from: readonly number[], which: readonly number[]): number[] => which.map((d) => from[d]);
  const starts = positions({ offset: view.offset, shape: pick(shape, kept), strides: pick(strides, kept) });
  return starts.map((offset) => positions({ offset, shape: pick(shape, dims), strides: pick(strides, dims) }));
}

/** The elements of a view broadcast to a shape, line by line; one number everywhere where there is none. */
function valuesByLine(view: View | null, otherwise: number, like: View, dims: readonly number[]): number[][] {
  const read = view === null ? (): number => otherwise : reader(view);
  return placesByLine(view ?? like, like.shape, dims).map((line) => line.map((at) => Number(read(at))));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** (input - mean) / sqrt(variance + eps) weight + bias, and mean and variance of each line. */
export function normalize(output: View, operands: Normalized, { dims, eps }: Normalization): void {
  const { input, weight, bias, mean, variance } = operands;
  const write = writer(output);
  const to = placesByLine(output, input.shape, dims);
  const [w, b] = [valuesByLine(weight, 1, input, dims), valuesByLine(bias, 0, input, dims)];
  const [writeMean, writeVariance] = [writer(mean), writer(variance)];
  const [means, variances] = [positions(mean), positions(variance)];
  valuesByLine(input, 0, input, dims).forEach((x, k) => {
    const center = sum(x) / x.length;
    const spread = sum(x.map((value) => (value - center) ** 2)) / x.length;
    writeMean(means[k], center);
    writeVariance(variances[k], spread);
    const scale = 1 / Math.sqrt(spread + eps);
    x.forEach((value, i) => {
      write(to[k][i], (value - center) * scale * w[k][i] + b[k][i]);
    });
  });
}

/** The gradients of `normalize`. */
export const normalizeBackward: FusedKernels['normalizeBackward'] = (to, gradients, operands, { dims, eps }) => {
  const { input, weight, mean, variance } = operands;
  const { shape } = input;
  const values = (view: View | null, otherwise = 0): number[][] => valuesByLine(view, otherwise, input, dims);
  const [x, w, g, m, v] = [values(input), values(weight, 1), values(gradients.output), values(mean), values(variance)];
  const [toMean, toVariance] = [values(gradients.mean), values(gradients.variance)];
  const y = x.map((line, k) => line.map((value, i) => (value - m[k][i]) / Math.sqrt(v[k][i] + eps)));
  const write = writer(to.input);
  const at = placesByLine(to.input, shape, dims);
  y.forEach((line, k) => {
    const n = line.length;
    const scale = 1 / Math.sqrt(v[k][0] + eps);
    const weighted = line.map((_, i) => g[k][i] * w[k][i]);
    const first = sum(weighted) / n - toMean[k][0] / (n * scale);
    const second = sum(weighted.map((u, i) => u * line[i])) / n - (2 * toVariance[k][0]) / (n * scale * scale);
    line.forEach((value, i) => {
      write(at[k][i], scale * (weighted[i] - first - value * second));
    });
  });
  const total = (view: View | null, term: (k: number, i: number) => number): void => {
    if (view === null) return;
    const totals = new Map<number, number>(positions(view).map((place) => [place, 0]));
    placesByLine(view, shape, dims).forEach((line, k) => {
      line.forEach((place, i) => {
        totals.set(place, (totals.get(place) as number) + term(k, i));
      });
    });
    const put = writer(view);
    for (const [place, value] of totals) put(place, value);
  };
  total(to.weight, (k, i) => g[k][i] * y[k][i]);
  total(to.bias, (k, i) => g[k][i]);
};
