import * as reference from '../reference/normalize.js';
import type { Normalization, Normalized, View } from '../types.js';
import { broadcastStrides } from '../view.js';
import { normalizeVectors } from '../wasm/rows/normalize.js';
import { arePlain, dtypesKey, type Elements, elements, places, type Rows, rows } from './rows.js';
import { specialize } from './specialize.js';

/** Starts of lines, starts of a line's rows and steps along a row stand in lists by operand: input, output, weight, bias. Positions are integers, as in `softmax`. */
function normalizeLoop(
  input: Elements,
  output: Elements,
  weight: Elements | null,
  bias: Elements | null,
  mean: Elements,
  variance: Elements,
  meanOffset: number,
  varianceOffset: number,
  starts: readonly Float64Array[],
  rowStarts: readonly Float64Array[],
  steps: readonly number[],
  size: number,
  passes: number,
  eps: number,
): void {
  const [inputStarts, outputStarts, weightStarts, biasStarts] = starts;
  const [inputRows, outputRows, weightRows, biasRows] = rowStarts;
  const [di, dq, dw, db] = steps;
  const n = inputRows.length * size;
  for (let line = 0; line < inputStarts.length; line++) {
    const start = inputStarts[line] | 0;
    // Deviations from an element of the line: its own distance from the mean cannot drown the variance, so one pass does.
    let center = n > 0 ? input[start] : 0;
    let spread = 0;
    for (let pass = 0; pass < passes; pass++) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let row = 0; row < inputRows.length; row++) {
        let p = (start + inputRows[row]) | 0;
        let i = 0;
        for (; i + 3 < size; i += 4, p = (p + 4 * di) | 0) {
          const a = input[p] - center;
          const b = input[p + di] - center;
          const c = input[p + 2 * di] - center;
          const d = input[p + 3 * di] - center;
          s0 += a;
          s1 += b;
          s2 += c;
          s3 += d;
          t0 += a * a;
          t1 += b * b;
          t2 += c * c;
          t3 += d * d;
        }
        for (; i < size; i++, p = (p + di) | 0) {
          const a = input[p] - center;
          s0 += a;
          t0 += a * a;
        }
      }
      const off = (s0 + s1 + (s2 + s3)) / n;
      spread = (t0 + t1 + (t2 + t3)) / n - off * off;
      center += off;
    }
    if (spread < 0) spread = 0;
    mean[meanOffset + line] = center;
    variance[varianceOffset + line] = spread;
    const scale = 1 / Math.sqrt(spread + eps);
    for (let row = 0; row < inputRows.length; row++) {
      let p = (start + inputRows[row]) | 0;
      let q = (outputStarts[line] + outputRows[row]) | 0;
      let w = (weightStarts[line] + weightRows[row]) | 0;
      let b = (biasStarts[line] + biasRows[row]) | 0;
      if (weight === null && bias === null) {
        for (let i = 0; i < size; i++, p = (p + di) | 0, q = (q + dq) | 0) output[q] = (input[p] - center) * scale;
      } else {
        for (let i = 0; i < size; i++) {
          const y = (input[p] - center) * scale;
          output[q] = (weight === null ? y : y * weight[w]) + (bias === null ? 0 : bias[b]);
          p = (p + di) | 0;
          q = (q + dq) | 0;
          w = (w + dw) | 0;
          b = (b + db) | 0;
        }
      }
    }
  }
}

const compiled = specialize(normalizeLoop);

/** A view as it looks when broadcast to a shape. */
export const spreadTo = (view: View, shape: readonly number[]): View => ({
  ...view,
  shape,
  strides: broadcastStrides(view.shape, view.strides, shape),
});

/** Where lines start, by operand of one shape, and the rows of which every line is made, relative to its start. */
export function cut(
  shape: readonly number[],
  dims: readonly number[],
  operands: readonly View[],
): { starts: Float64Array[]; folded: Rows } {
  const kept = shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const pick = (from: readonly number[], which: readonly number[]): number[] => which.map((d) => from[d]);
  const starts = operands.map((x) => places(x.offset, pick(shape, kept), pick(x.strides, kept)));
  const relative = operands.map((x) => ({ offset: 0, strides: pick(x.strides, dims) }));
  return { starts, folded: rows(pick(shape, dims), ...relative) };
}

/** `Kernels.fused.normalize`: statistics in double. */
export function normalize(output: View, operands: Normalized, options: Normalization): void {
  if (normalizeVectors(output, operands, options)) return;
  const { input, weight, bias, mean, variance } = operands;
  if (!arePlain(output, input, weight, bias, mean, variance)) return reference.normalize(output, operands, options);
  const { shape } = input;
  const placed = [input, output, weight ?? output, bias ?? output].map((view) => spreadTo(view, shape));
  const { starts, folded } = cut(shape, options.dims, placed);
  compiled(dtypesKey(input))(
    elements(input),
    elements(output),
    weight && elements(weight),
    bias && elements(bias),
    elements(mean),
    elements(variance),
    mean.offset,
    variance.offset,
    starts,
    folded.starts,
    folded.strides,
    folded.size,
    input.dtype === 'float64' ? 2 : 1,
    options.eps,
  );
}
