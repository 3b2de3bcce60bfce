import type { TypedArray, View } from '../../types.js';
import { count } from '../../view.js';
import { type Heap, linked } from '../heap.js';
import { type LineKernels, lineKernelsOn, listBytes, most } from './lineCode.js';
import type { Walk } from './lineSteps.js';
import { copyRows, copyRowsOut } from './rows.js';

const { ceil, floor, max, min } = Math;

/** Elements staged at once. */
const tile = 16384;
/** Bytes behind an area that vectors may read and write. */
const slack = 64;

/** Contiguous elements as lines along a dimension: matrices whose columns they are, or one whose rows they are. */
interface Lines {
  readonly byRows: boolean;
  readonly size: number;
  /** Lines of a matrix, and matrices. */
  readonly across: number;
  readonly matrices: number;
}

function linesOf(shape: readonly number[], dim: number): Lines {
  const size = shape[dim];
  const inner = count(shape.slice(dim + 1));
  const outer = count(shape.slice(0, dim));
  return inner === 1
    ? { byRows: true, size, across: outer, matrices: 1 }
    : { byRows: false, size, across: inner, matrices: outer };
}

/**
 * A walk along all lines of contiguous operands of one shape, not empty: `outputs` have an element for each that is taken, `results` one for
 * each line, the lists of what is carried to its end. False, and nothing done, where there is no memory.
 */
export type WalkLines = (
  outputs: readonly View[],
  results: readonly (View | null)[],
  input: View,
  dim: number,
) => boolean;

/** Makes a walk, whose kernels are compiled at the first call. */
export function walkLines(walk: Walk): WalkLines {
  const opened = linked((heap) => lineKernelsOn(heap, walk));
  return (outputs, results, input, dim) => {
    const found = opened();
    return found !== null && run(found.heap, found.functions, outputs, results, input, linesOf(input.shape, dim));
  };
}

/** The heap's memory as a view's elements; what moves them need not know which they are. */
function memoryOf(heap: Heap, { dtype }: View): Float32Array {
  return dtype === 'float32' ? heap.f32 : (heap.i32 as TypedArray as Float32Array);
}

function run(
  heap: Heap,
  kernels: LineKernels,
  outputs: readonly View[],
  results: readonly (View | null)[],
  input: View,
  { byRows, size, across, matrices }: Lines,
): boolean {
  // Lines at once, elements of each at once, and whole matrices at once.
  const width = min(across, most, byRows ? max(4, 4 * floor(tile / 4 / size)) : across);
  const length = min(size, max(1, floor(tile / width)));
  const whole = width === across && length === size;
  const block = whole ? min(matrices, max(1, floor(min(tile / (width * length), most / width)))) : 1;
  const area = 16 * ceil(width / 4) * length * block + slack;
  const base = heap.reserve(area * (1 + outputs.length) + 2 * listBytes);
  if (base === 0) return false;
  const columns = byRows ? size : across;
  // In place, where no row writes into the next: less of the first cache.
  const to = byRows || columns % 4 === 0 ? base : base + area;
  const lists = base + (1 + outputs.length) * area;
  const kernel = byRows ? kernels.rows : kernels.columns;
  for (let k = 0; k < matrices; k += block) {
    const several = min(block, matrices - k);
    for (let line = 0; line < across; line += width) {
      const w = min(width, across - line);
      for (let done = 0; done < size; done += length) {
        const l = min(length, size - done);
        const from = kernels.backwards ? size - done - l : done;
        const [m, n] = byRows ? [w, l] : [l, w];
        const at = k * size * across + (byRows ? line * size + from : from * across + line);
        copyRows(heap.f32, base / 4, input.buffer as Float32Array, input.offset + at, columns, m * several, n);
        for (let s = 0; s < several; s++) {
          const shift = 4 * s * m * n;
          kernel(base + shift, to + shift, to + area + shift, lists + 4 * s * w, m, 4 * n, done);
        }
        for (let o = 0; o < outputs.length; o++) {
          const [{ buffer, offset }, place] = [outputs[o], (to + o * area) / 4];
          copyRowsOut(buffer as Float32Array, offset + at, columns, memoryOf(heap, outputs[o]), place, m * several, n);
        }
      }
      for (let r = 0; r < results.length; r++) {
        const result = results[r];
        if (result === null) continue;
        const place = (lists + r * listBytes) / 4;
        const carried = memoryOf(heap, result).subarray(place, place + several * w);
        (result.buffer as Float32Array).set(carried, result.offset + k * across + line);
      }
    }
  }
  return true;
}
