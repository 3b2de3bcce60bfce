import * as reference from '../reference/normalize.js';
import type { FusedKernels, View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { normalizeBackwardVectors } from '../wasm/rows/normalize.js';
import { packed } from './copy.js';
import { cut, spreadTo } from './normalize.js';
import { arePlain, dtypesKey, type Elements, elements } from './rows.js';
import { scratch } from './scratch.js';
import { specialize } from './specialize.js';

/** Lists by operand: result, gradient, input, weight, the sums for weight and bias, mean, variance, and the gradients to these two. */
function backwardLoop(
  result: Elements,
  gradient: Elements,
  input: Elements,
  weight: Elements | null,
  weightSums: Elements | null,
  biasSums: Elements,
  mean: Elements,
  variance: Elements,
  toMean: Elements,
  toVariance: Elements,
  starts: readonly Float64Array[],
  rowStarts: readonly Float64Array[],
  steps: readonly number[],
  size: number,
  eps: number,
): void {
  const [
    resultStarts,
    gradientStarts,
    inputStarts,
    weightStarts,
    sumStarts,
    meanAt,
    varianceAt,
    toMeanAt,
    toVarianceAt,
  ] = starts;
  const [resultRows, gradientRows, inputRows, weightRows, sumRows] = rowStarts;
  const [dq, dg, dp, dw, ds] = steps;
  const n = inputRows.length * size;
  for (let line = 0; line < inputStarts.length; line++) {
    const center = mean[meanAt[line]];
    const scale = 1 / Math.sqrt(variance[varianceAt[line]] + eps);
    let first = 0;
    let second = 0;
    for (let row = 0; row < inputRows.length; row++) {
      let g = (gradientStarts[line] + gradientRows[row]) | 0;
      let p = (inputStarts[line] + inputRows[row]) | 0;
      let w = (weightStarts[line] + weightRows[row]) | 0;
      let s = (sumStarts[line] + sumRows[row]) | 0;
      if ((weight === null || dw === 0) && (weightSums === null || ds === 0)) {
        // One weight for the whole row: two chains of sums, and the weight once.
        let a0 = 0;
        let a1 = 0;
        let b0 = 0;
        let b1 = 0;
        let i = 0;
        for (; i + 1 < size; i += 2, g = (g + 2 * dg) | 0, p = (p + 2 * dp) | 0) {
          const u = gradient[g];
          const v = gradient[g + dg];
          a0 += u;
          a1 += v;
          b0 += u * (input[p] - center);
          b1 += v * (input[p + dp] - center);
        }
        if (i < size) {
          a0 += gradient[g];
          b0 += gradient[g] * (input[p] - center);
        }
        const a = a0 + a1;
        const b = (b0 + b1) * scale;
        const factor = weight === null ? 1 : weight[w];
        first += factor * a;
        second += factor * b;
        if (weightSums !== null) {
          biasSums[s] += a;
          weightSums[s] += b;
        }
      } else {
        for (let i = 0; i < size; i++, g = (g + dg) | 0, p = (p + dp) | 0, w = (w + dw) | 0, s = (s + ds) | 0) {
          const u = gradient[g];
          const v = u * (input[p] - center) * scale;
          const factor = weight === null ? 1 : weight[w];
          first += factor * u;
          second += factor * v;
          if (weightSums !== null) {
            biasSums[s] += u;
            weightSums[s] += v;
          }
        }
      }
    }
    const a = first / n - toMean[toMeanAt[line]] / (n * scale);
    const b = (second / n - (2 * toVariance[toVarianceAt[line]]) / (n * scale * scale)) * scale;
    for (let row = 0; row < inputRows.length; row++) {
      let g = (gradientStarts[line] + gradientRows[row]) | 0;
      let p = (inputStarts[line] + inputRows[row]) | 0;
      let q = (resultStarts[line] + resultRows[row]) | 0;
      let w = (weightStarts[line] + weightRows[row]) | 0;
      if (weight === null || dw === 0) {
        const factor = weight === null ? 1 : weight[w];
        for (let i = 0; i < size; i++, g = (g + dg) | 0, p = (p + dp) | 0, q = (q + dq) | 0) {
          result[q] = scale * (factor * gradient[g] - a - (input[p] - center) * b);
        }
      } else {
        for (let i = 0; i < size; i++, g = (g + dg) | 0, p = (p + dp) | 0, q = (q + dq) | 0, w = (w + dw) | 0) {
          result[q] = scale * (weight[w] * gradient[g] - a - (input[p] - center) * b);
        }
      }
    }
  }
}

const compiled = specialize(backwardLoop);
const [scratchOfWeight, scratchOfBias] = [scratch(), scratch()];

/** `Kernels.fused.normalizeBackward`: sums in double. */
export const normalizeBackward: FusedKernels['normalizeBackward'] = (to, gradients, operands, options) => {
  // Gradients that nothing arrived for are one zero, seen many times.
  const inOneRun = {
    output: packed(gradients.output),
    mean: packed(gradients.mean),
    variance: packed(gradients.variance),
  };
  if (normalizeBackwardVectors(to, inOneRun, operands, options.eps)) return;
  const { input, weight, mean, variance } = operands;
  const summed = to.weight ?? to.bias;
  const { output, mean: toMean, variance: toVariance } = gradients;
  if (!arePlain(to.input, to.weight, to.bias, output, toMean, toVariance, input, weight, mean, variance)) {
    return reference.normalizeBackward(to, gradients, operands, options);
  }
  const { shape } = input;
  const entries = summed === null ? 0 : count(summed.shape);
  const weightSums = scratchOfWeight(entries).fill(0, 0, entries);
  const biasSums = scratchOfBias(entries).fill(0, 0, entries);
  const sums: View =
    summed === null
      ? { ...input, offset: 0, strides: shape.map(() => 0) }
      : { ...summed, offset: 0, strides: contiguousStrides(summed.shape) };
  const placed = [to.input, output, input, weight ?? sums, sums, mean, variance, toMean, toVariance];
  const { starts, folded } = cut(
    shape,
    options.dims,
    placed.map((view) => spreadTo(view, shape)),
  );
  compiled(dtypesKey(input))(
    elements(to.input),
    elements(output),
    elements(input),
    weight && elements(weight),
    summed && weightSums,
    biasSums,
    elements(mean),
    elements(variance),
    elements(toMean),
    elements(toVariance),
    starts,
    folded.starts,
    folded.strides,
    folded.size,
    options.eps,
  );
  if (to.weight !== null) elements(to.weight).set(weightSums.subarray(0, entries), to.weight.offset);
  if (to.bias !== null) elements(to.bias).set(biasSums.subarray(0, entries), to.bias.offset);
};
