import type { FusedKernels, Normalized, View } from '../../types.js';
import { linked } from '../heap.js';
import { normalizeRowsOn } from './normalizeRowsCode.js';
import { blockBytes, copyOut, type Pieces, padded, stage, stageEntries } from './pieces.js';
import { slack } from './vectorRows.js';

type Backward = FusedKernels['normalizeBackward'];

/** The kernels, compiled at the first call. */
const opened = linked(normalizeRowsOn);

/** Normalizes rows that are lines of their own, a block of them at once; false where there is no memory for it. */
export function normalizeRows(output: View, operands: Normalized, pieces: Pieces, eps: number): boolean {
  const { input, weight, bias, mean, variance } = operands;
  const opening = opened();
  if (opening === null) return false;
  const { heap, functions: kernels } = opening;
  const { size, number, block } = pieces;
  const bytes = blockBytes(pieces);
  const row = padded(4 * size) + slack;
  // Rows go in pairs: each list holds one number more than a block.
  const apart = 4 * (block + 1);
  const from = heap.reserve(2 * bytes + 2 * row + 4 * apart);
  if (from === 0) return false;
  // In place, where no row writes into the next: less of the first cache.
  const to = size % 4 === 0 ? from : from + bytes;
  const weightAt = from + 2 * bytes;
  const biasAt = weightAt + row;
  const numbers = biasAt + row;
  const { f32 } = heap;
  const along = weight !== null || bias !== null;
  if (along) {
    stageEntries(f32, weightAt, weight, size, 1);
    stageEntries(f32, biasAt, bias, size, 0);
  }
  for (let first = 0; first < number; first += block) {
    const m = Math.min(block, number - first);
    stage(f32, from, input, size * first, size * m);
    kernels.measure(from, m, 4 * size, numbers, apart, eps);
    if (along) kernels.applyAlong(from, to, m, 4 * size, numbers, apart, weightAt, biasAt);
    else kernels.apply(from, to, m, 4 * size, numbers, apart);
    copyOut(output, size * first, f32, to, size * m);
    for (const [k, view] of [mean, variance].entries()) {
      copyOut(view, first, f32, numbers + k * apart, m);
    }
  }
  return true;
}

/** The gradients of `normalizeRows`. */
export function normalizeRowsBackward(
  to: Parameters<Backward>[0],
  gradients: Parameters<Backward>[1],
  operands: Normalized,
  pieces: Pieces,
  eps: number,
): boolean {
  const { input, weight, mean, variance } = operands;
  const opening = opened();
  if (opening === null) return false;
  const { heap, functions: kernels } = opening;
  const { size, number, block } = pieces;
  const bytes = blockBytes(pieces);
  const row = padded(4 * size) + slack;
  const apart = 4 * (block + 1);
  const gradientAt = heap.reserve(3 * bytes + 5 * row + 4 * apart);
  if (gradientAt === 0) return false;
  const inputAt = gradientAt + bytes;
  const resultAt = inputAt + bytes;
  const weightAt = resultAt + bytes;
  // Two rows each, of double.
  const toWeightAt = weightAt + row;
  const toBiasAt = toWeightAt + 2 * row;
  const numbers = toBiasAt + 2 * row;
  const { f32, f64 } = heap;
  stageEntries(f32, weightAt, weight, size, 1);
  f64.fill(0, toWeightAt / 8, numbers / 8);
  for (let first = 0; first < number; first += block) {
    const m = Math.min(block, number - first);
    stage(f32, gradientAt, gradients.output, size * first, size * m);
    stage(f32, inputAt, input, size * first, size * m);
    for (const [k, view] of [mean, variance, gradients.mean, gradients.variance].entries()) {
      stage(f32, numbers + k * apart, view, first, m);
    }
    const sizes = [m, 4 * size, numbers, apart];
    kernels.gradient(gradientAt, inputAt, resultAt, ...sizes, weightAt, toWeightAt, toBiasAt, eps);
    copyOut(to.input, size * first, f32, resultAt, size * m);
  }
  if (to.weight !== null) copyOut(to.weight, 0, f64, toWeightAt, size);
  if (to.bias !== null) copyOut(to.bias, 0, f64, toBiasAt, size);
  return true;
}
