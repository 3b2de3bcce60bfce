import type { View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { linked } from '../heap.js';
import { policy } from '../policy.js';
import { copyRows, copyRowsOut } from './rows.js';
import { softmaxOn } from './softmaxCode.js';
import { slack } from './vectorRows.js';

const { floor, max, min } = Math;

/** Elements staged at once of each operand. */
const tile = 16384;
/** Elements of a matrix that is staged in one piece, and columns staged at once at least else: short copies cost more than what they move. */
const piece = 16384;
const leastColumns = 128;
/** Columns of a vector. */
const lanes = 4;

const opened = linked(softmaxOn);

/** Whether operands are alike and lie in one run of float32. */
function isPlain(shape: readonly number[], views: readonly View[]): boolean {
  return views.every((x) => x.dtype === 'float32' && isContiguous(shape, x.strides));
}

/**
 * Runs a kernel over all lines along `dim` of operands of one shape, the last of them the output. False, and nothing done, where
 * JavaScript is the way.
 */
function alongLines(views: readonly View[], dim: number, logarithm: boolean, pick: 'forward' | 'backward'): boolean {
  const { shape } = views[0];
  const elements = count(shape);
  if (!(elements >= policy.lines) || !isPlain(shape, views)) return false;
  const linkedKernels = opened();
  if (linkedKernels === null) return false;
  const { heap, functions } = linkedKernels;
  const size = shape[dim] ?? 1;
  const inner = count(shape.slice(dim + 1));
  const byRows = inner === 1;
  if (!byRows && inner < lanes) return false;
  // A matrix after the other: of rows that are lines, or of lines side by side.
  const columns = byRows ? size : inner;
  const rows = byRows ? elements / size : size;
  const [height, width] = byRows
    ? [min(rows, max(1, floor(tile / size))), columns]
    : [rows, rows * columns <= piece ? columns : min(columns, max(leastColumns, lanes * floor(tile / lanes / size)))];
  const area = 4 * (4 * Math.ceil((height * width) / 4) + slack);
  const base = heap.reserve(area * views.length);
  if (base === 0) return false;
  const kernel = functions[2 * Number(logarithm) + Number(!byRows)][pick] as (...places: number[]) => void;
  const places = views.map((_, k) => base + k * area);
  // In place, where no row writes into the next: less of the first cache.
  if (columns % lanes === 0) places[views.length - 1] = base;
  const last = views.length - 1;
  const arrays = views.map((x) => x.buffer as Float32Array);
  for (let start = 0; start < elements; start += rows * columns) {
    for (let i = 0; i < rows; i += height) {
      const m = min(height, rows - i);
      for (let j = 0; j < columns; j += width) {
        // Fewer columns than a vector has would meet each other: the last ones come with some that have been.
        const n = max(min(width, columns - j), min(width, lanes));
        const at = start + i * columns + min(j, columns - n);
        for (let k = 0; k < last; k++) {
          copyRows(heap.f32, places[k] / 4, arrays[k], views[k].offset + at, columns, m, n);
        }
        if (last === 1) kernel(places[0], places[1], m, 4 * n);
        else kernel(places[0], places[1], places[2], m, 4 * n);
        copyRowsOut(arrays[last], views[last].offset + at, columns, heap.f32, places[last] / 4, m, n);
      }
    }
  }
  return true;
}

/** `Kernels.fused.softmax` of float32 in vectors; false where JavaScript is the way. */
export function softmaxVectors(output: View, input: View, dim: number, logarithm: boolean): boolean {
  return alongLines([input, output], dim, logarithm, 'forward');
}

/** `Kernels.fused.softmaxBackward` of float32 in vectors; false where JavaScript is the way. */
export function softmaxBackwardVectors(
  output: View,
  gradient: View,
  result: View,
  dim: number,
  logarithm: boolean,
): boolean {
  return alongLines([gradient, result, output], dim, logarithm, 'backward');
}
