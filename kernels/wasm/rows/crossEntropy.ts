import type { View } from '../../types.js';
import { type Heap, linked } from '../heap.js';
import { policy } from '../policy.js';
import { type LossKernels, lossOn } from './crossEntropyCode.js';
import { copyRows, copyRowsOut } from './rows.js';
import { lower } from './softmaxCode.js';
import { slack } from './vectorRows.js';

const { ceil, max, min } = Math;

/** Elements staged at once of each operand, but for a matrix that needs more. */
const tile = 4096;
/** Columns of a vector: fewer would meet each other. */
const lanes = 4;
/** A matrix larger than this is left to JavaScript. */
const most = 2 ** 18;

const opened = linked(lossOn);

const bytesOf = (elements: number): number => 16 * ceil(elements / 4) + slack;

/** How lines are staged: as rows of one matrix, or as the columns of several that follow each other. */
interface Staging {
  readonly heap: Heap;
  readonly kernels: LossKernels;
  readonly byRows: boolean;
  /** Lines staged at once. */
  readonly block: number;
  readonly base: number;
  readonly bytes: number;
}

/** Reserves two areas for elements and five lists with 8 bytes for each line of a block; null where JavaScript is the way. */
function stagingOf(input: View, rows: number, size: number, inner: number): Staging | null {
  const byRows = inner === 1;
  if (input.dtype !== 'float32' || !(rows * size >= policy.lines) || (!byRows && inner < lanes)) return null;
  const block = byRows ? min(rows, max(1, Math.floor(tile / size))) : inner;
  const linkedKernels = block * size <= most ? opened() : null;
  if (linkedKernels === null) return null;
  const { heap, functions } = linkedKernels;
  const bytes = bytesOf(block * size);
  const base = heap.reserve(2 * bytes + 5 * bytesOf(2 * block));
  return base === 0 ? null : { heap, kernels: functions[Number(!byRows)], byRows, block, base, bytes };
}

/** Writes the largest elements of all lines, then their sums of exponentials relative to these; false where JavaScript is the way. */
export function totalVectors(totals: Float64Array, input: View, rows: number, size: number, inner: number): boolean {
  const staging = stagingOf(input, rows, size, inner);
  if (staging === null) return false;
  const { heap, kernels, byRows, block, base, bytes } = staging;
  const { f32, f64 } = heap;
  const largest = base + bytes;
  const sums = largest + bytesOf(block);
  const source = input.buffer as Float32Array;
  for (let first = 0; first < rows; first += block) {
    const m = min(block, rows - first);
    copyRows(f32, base / 4, source, input.offset + first * size, m * size, 1, m * size);
    if (byRows) kernels.totals(base, m, 4 * size, largest, sums);
    else kernels.totals(base, size, 4 * m, largest, sums);
    for (let k = 0; k < m; k++) {
      totals[first + k] = f32[largest / 4 + k];
      totals[rows + first + k] = f64[sums / 8 + k] * lower;
    }
  }
  return true;
}

/** The gradient to all logits but for the targets' shares; `factors` as for the loop in JavaScript. False where that is the way. */
export function gradientVectors(
  to: View,
  input: View,
  shifts: View,
  factors: Float64Array,
  rows: number,
  size: number,
  inner: number,
): boolean {
  const staging = stagingOf(input, rows, size, inner);
  if (staging === null) return false;
  const { heap, kernels, byRows, block, base, bytes } = staging;
  const { f32 } = heap;
  const target = base + bytes;
  const list = bytesOf(block);
  const lists = [0, 1, 2, 3].map((k) => target + bytes + k * list);
  const [source, kept, result] = [input, shifts, to].map((view) => view.buffer as Float32Array);
  for (let first = 0; first < rows; first += block) {
    const m = min(block, rows - first);
    copyRows(f32, base / 4, source, input.offset + first * size, m * size, 1, m * size);
    for (let k = 0; k < m; k++) {
      f32[lists[0] / 4 + k] = kept[shifts.offset + first + k];
      f32[lists[1] / 4 + k] = kept[shifts.offset + rows + first + k];
      f32[lists[2] / 4 + k] = factors[first + k];
      f32[lists[3] / 4 + k] = factors[rows + first + k];
    }
    if (byRows) kernels.gradient(base, target, m, 4 * size, ...lists);
    else kernels.gradient(base, target, size, 4 * m, ...lists);
    copyRowsOut(result, to.offset + first * size, m * size, f32, target / 4, 1, m * size);
  }
  return true;
}
