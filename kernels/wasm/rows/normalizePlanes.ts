import type { FusedKernels, Normalized, View } from '../../types.js';
import { linked } from '../heap.js';
import { normalizePlanesOn, record } from './normalizePlanesCode.js';
import { blockBytes, copyOut, eachBlock, type Pieces, padded, stage, stageEntries, writeTable } from './pieces.js';

type Backward = FusedKernels['normalizeBackward'];

/** The kernels, compiled at the first call. */
const opened = linked(normalizePlanesOn);

/** Addresses behind the operands' blocks: the lines' records, two numbers for each of them, the tables, weights and biases, and the sums for both. */
interface Places {
  readonly lines: number;
  readonly numbers: number;
  /** From the first of the numbers to the second. */
  readonly apart: number;
  readonly lineOf: number;
  readonly entryOf: number;
  readonly weights: number;
  readonly biases: number;
  readonly toWeights: number;
  readonly toBiases: number;
  readonly end: number;
}

function placesFrom(lines: number, { number, lineCount, entryCount }: Pieces): Places {
  const apart = padded(4 * lineCount);
  const [table, entries] = [padded(4 * number), padded(4 * entryCount)];
  const numbers = lines + record * lineCount;
  const lineOf = numbers + 2 * apart;
  const entryOf = lineOf + table;
  const weights = entryOf + table;
  const biases = weights + entries;
  const toWeights = biases + entries;
  const toBiases = toWeights + 2 * entries;
  return {
    lines,
    numbers,
    apart,
    lineOf,
    entryOf,
    weights,
    biases,
    toWeights,
    toBiases,
    end: toBiases + 2 * entries,
  };
}

function writeTables(memory: Int32Array, { lineOf, entryOf }: Places, { outer, lineSteps, entrySteps }: Pieces): void {
  writeTable(memory, lineOf / 4, outer, lineSteps);
  writeTable(memory, entryOf / 4, outer, entrySteps);
}

/** Normalizes planes that together make lines, or have one weight each; false where there is no memory for it. */
export function normalizePlanes(output: View, operands: Normalized, pieces: Pieces, eps: number): boolean {
  const { input, weight, bias, mean, variance } = operands;
  const opening = opened();
  if (opening === null) return false;
  const { heap, functions: kernels } = opening;
  const { size, number, lineCount, entryCount } = pieces;
  const bytes = blockBytes(pieces);
  const from = heap.reserve(placesFrom(2 * bytes, pieces).end);
  if (from === 0) return false;
  // In place, where no row writes into the next: less of the first cache.
  const to = size % 4 === 0 ? from : from + bytes;
  const places = placesFrom(from + 2 * bytes, pieces);
  const { lines, numbers, apart, lineOf, entryOf, weights, biases } = places;
  const { f32, f64, i32 } = heap;
  f64.fill(0, lines / 8, numbers / 8);
  writeTables(i32, places, pieces);
  stageEntries(f32, weights, weight, entryCount, 1);
  stageEntries(f32, biases, bias, entryCount, 0);
  eachBlock(
    pieces,
    (first, m) => stage(f32, from, input, size * first, size * m),
    (first, m) => kernels.measure(from, m, 4 * size, lineOf + 4 * first, lines),
    (first, m) => {
      const n = (number * size) / lineCount;
      kernels.complete(lines + record * first, m, numbers + 4 * first, apart, n, eps);
    },
    (first, m) => {
      const tables = [lineOf + 4 * first, entryOf + 4 * first];
      kernels.apply(from, to, m, 4 * size, ...tables, lines, weights, biases);
      copyOut(output, size * first, f32, to, size * m);
    },
  );
  copyOut(mean, 0, f32, numbers, lineCount);
  copyOut(variance, 0, f32, numbers + apart, lineCount);
  return true;
}

/** The gradients of `normalizePlanes`. */
export function normalizePlanesBackward(
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
  const { size, number, lineCount, entryCount } = pieces;
  const bytes = blockBytes(pieces);
  const gradientAt = heap.reserve(placesFrom(3 * bytes, pieces).end);
  if (gradientAt === 0) return false;
  const inputAt = gradientAt + bytes;
  const resultAt = inputAt + bytes;
  const places = placesFrom(resultAt + bytes, pieces);
  const { lines, numbers, apart, lineOf, entryOf, weights, toWeights, toBiases, end } = places;
  const { f32, f64, i32 } = heap;
  writeTables(i32, places, pieces);
  stageEntries(f32, weights, weight, entryCount, 1);
  f64.fill(0, toWeights / 8, end / 8);
  stage(f32, numbers, mean, 0, lineCount);
  stage(f32, numbers + apart, variance, 0, lineCount);
  kernels.open(lines, lineCount, numbers, apart, eps);
  stage(f32, numbers, gradients.mean, 0, lineCount);
  stage(f32, numbers + apart, gradients.variance, 0, lineCount);
  eachBlock(
    pieces,
    (first, m) => {
      stage(f32, gradientAt, gradients.output, size * first, size * m);
      stage(f32, inputAt, input, size * first, size * m);
    },
    (first, m) => {
      const tables = [lineOf + 4 * first, entryOf + 4 * first];
      kernels.measureGradient(gradientAt, inputAt, m, 4 * size, ...tables, lines, weights, toWeights, toBiases);
    },
    (first, m) => {
      const n = (number * size) / lineCount;
      kernels.completeGradient(lines + record * first, m, numbers + 4 * first, apart, n);
    },
    (first, m) => {
      const tables = [lineOf + 4 * first, entryOf + 4 * first];
      kernels.applyGradient(gradientAt, inputAt, resultAt, m, 4 * size, ...tables, lines, weights);
      copyOut(to.input, size * first, f32, resultAt, size * m);
    },
  );
  if (to.weight !== null) copyOut(to.weight, 0, f64, toWeights, entryCount);
  if (to.bias !== null) copyOut(to.bias, 0, f64, toBiases, entryCount);
  return true;
}
