import type { FusedKernels, View } from '../../types.js';
import { contiguousStrides, count } from '../../view.js';
import { blockBytes, floats, isPlain, opening, stageAlong } from './normalize.js';
import { eachBlock, piecesOf } from './pieces.js';
import { slack } from './vectorRows.js';

const { ceil, min, sqrt } = Math;

type To = Parameters<FusedKernels['normalizeBackward']>[0];

/** One number for each line. */
interface Lines {
  readonly mean: Float32Array;
  readonly scale: Float64Array;
  /** Sums of the gradients times weights, and of their products with the normalized input; of complete lines what they add to the gradient. */
  readonly shift: Float64Array;
  readonly slope: Float64Array;
}

function linesOf(mean: View, variance: View, eps: number, n: number): Lines {
  const scale = new Float64Array(n);
  const variances = floats(variance);
  for (let k = 0; k < n; k++) scale[k] = 1 / sqrt(variances[variance.offset + k] + eps);
  return {
    mean: floats(mean).subarray(mean.offset, mean.offset + n),
    scale,
    shift: new Float64Array(n),
    slope: new Float64Array(n),
  };
}

/** `Kernels.fused.normalizeBackward` of float32 in vectors; false where JavaScript is the way. */
export function normalizeBackwardVectors(
  to: To,
  gradients: Parameters<FusedKernels['normalizeBackward']>[1],
  operands: Parameters<FusedKernels['normalizeBackward']>[2],
  eps: number,
): boolean {
  const { input, weight, mean, variance } = operands;
  const { output: gradient, mean: toMean, variance: toVariance } = gradients;
  const whole = [input, gradient, to.input, mean, variance, toMean, toVariance];
  if (!isPlain(whole, [weight, to.weight, to.bias])) return false;
  const summed = to.weight ?? to.bias;
  const sums: View | null = summed && { ...summed, offset: 0, strides: contiguousStrides(summed.shape) };
  const pieces = piecesOf(
    input.shape,
    mean,
    [weight, sums].filter((x) => x !== null),
  );
  const opened = pieces && opening();
  if (pieces === null || opened === null) return false;
  const { heap, functions: kernels } = opened;
  const { size, number, along, block, lineCount, others, lines: lineOf } = pieces;
  const bytes = blockBytes(pieces);
  const row = 16 * ceil(size / 4) + slack;
  const gradientAt = heap.reserve(3 * bytes + 5 * row + 32 * block + 8);
  if (gradientAt === 0) return false;
  const inputAt = gradientAt + bytes;
  const resultAt = inputAt + bytes;
  const weightAt = resultAt + bytes;
  // Two rows each, of double.
  const toWeightAt = weightAt + row;
  const toBiasAt = toWeightAt + 2 * row;
  const sumsAt = toBiasAt + 2 * row;
  const numbersAt = sumsAt + 16 * block;
  const { f32, f64 } = heap;
  const byRows = number === lineCount && (along || (weight === null && sums === null));
  if (along || byRows) {
    stageAlong(f32, weightAt / 4, weight, size, 1);
    f64.fill(0, toWeightAt / 8, sumsAt / 8);
  }
  const load = (first: number, m: number): void => {
    for (const [view, place] of [
      [gradient, gradientAt],
      [input, inputAt],
    ] as const) {
      const at = view.offset + first * size;
      f32.set(floats(view).subarray(at, at + m * size), place / 4);
    }
  };
  const store = (first: number, m: number): void => {
    floats(to.input).set(f32.subarray(resultAt / 4, resultAt / 4 + m * size), to.input.offset + first * size);
  };
  const finish = (found: readonly Float64Array[]): void => {
    for (const [k, view] of [to.weight, to.bias].entries()) if (view !== null) floats(view).set(found[k], view.offset);
  };
  const alongSums = (): Float64Array[] =>
    [toWeightAt, toBiasAt].map((place) => f64.subarray(place / 8, place / 8 + size));
  if (byRows) {
    // Each piece is a line: its numbers need not come back in between.
    const epsAt = sumsAt;
    const numbersAt = epsAt + 8;
    f64[epsAt / 8] = eps;
    for (let first = 0; first < number; first += block) {
      const m = min(block, number - first);
      load(first, m);
      for (const [k, view] of [mean, variance, toMean, toVariance].entries()) {
        const at = view.offset + first;
        f32.set(floats(view).subarray(at, at + m), numbersAt / 4 + k * block);
      }
      const sizes = [m, 4 * size, numbersAt, 4 * block, epsAt];
      kernels.gradientOfRows(gradientAt, inputAt, resultAt, ...sizes, weightAt, toWeightAt, toBiasAt);
      store(first, m);
    }
    finish(alongSums());
    return true;
  }
  const n = (number * size) / lineCount;
  const lines = linesOf(mean, variance, eps, lineCount);
  const { scale, shift, slope } = lines;
  const weights = weight === null || along ? null : floats(weight);
  const entries = along || sums === null ? 0 : count(sums.shape);
  const [weightSums, biasSums] = [new Float64Array(entries), new Float64Array(entries)];
  const [weightPlaces, sumPlaces] = [others[0], others[others.length - 1]];

  const measure = (first: number, m: number): void => {
    for (let k = first, p = numbersAt / 4; k < first + m; k++, p += 4) {
      const line = lineOf[k];
      f32[p] = lines.mean[line];
      f32[p + 1] = scale[line];
    }
    if (along) {
      const places = [numbersAt, sumsAt, weightAt, toWeightAt, toBiasAt];
      kernels.gradientSumsAlong(gradientAt, inputAt, m, 4 * size, ...places);
    } else kernels.gradientSums(gradientAt, inputAt, m, 4 * size, numbersAt, sumsAt);
    for (let k = first, p = sumsAt / 8; k < first + m; k++, p += 2) {
      const line = lineOf[k];
      const factor = weights === null ? 1 : weights[weightPlaces[k]];
      const product = f64[p + 1] * scale[line];
      shift[line] += factor * f64[p];
      slope[line] += factor * product;
      if (entries > 0) {
        biasSums[sumPlaces[k]] += f64[p];
        weightSums[sumPlaces[k]] += product;
      }
    }
  };
  const [meanGradients, varianceGradients] = [floats(toMean), floats(toVariance)];
  /** Some lines have all of their sums. */
  const complete = (first: number, m: number): void => {
    for (let line = first; line < first + m; line++) {
      const factor = scale[line];
      const a = shift[line] / n - meanGradients[toMean.offset + line] / (n * factor);
      const b = slope[line] / n - (2 * varianceGradients[toVariance.offset + line]) / (n * factor * factor);
      shift[line] = -a * factor;
      slope[line] = -b * factor * factor;
    }
  };
  const write = (first: number, m: number): void => {
    if (number === lineCount) complete(first, m);
    else if (first === 0) complete(0, lineCount);
    for (let k = first, p = numbersAt / 4; k < first + m; k++, p += 4) {
      const line = lineOf[k];
      f32[p] = lines.mean[line];
      f32[p + 1] = weights === null ? scale[line] : scale[line] * weights[weightPlaces[k]];
      f32[p + 2] = slope[line];
      f32[p + 3] = shift[line];
    }
    const places = [gradientAt, inputAt, resultAt, m, 4 * size, numbersAt];
    if (along) kernels.applyGradientAlong(...places, weightAt);
    else kernels.applyGradient(...places);
    store(first, m);
  };
  eachBlock(pieces, load, measure, write);
  finish(along ? alongSums() : [weightSums, biasSums]);
  return true;
}
