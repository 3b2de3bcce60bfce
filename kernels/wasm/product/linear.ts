import type { Matrix, Vector } from '../../cpu/matrix.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import { threadPool } from '../threads/threads.js';
import { type Gemm, openGemm, overhang, panelColumns, panelRows } from './gemm.js';
import { isSmall } from './product.js';
import { compact, lines, panels, room, type Staged, slack, stage, unstage } from './staging.js';

const { floor, max, min } = Math;

/** Elements of a matrix that are staged at a time for the sums of its columns. */
const band = 32768;

/** Where the gradients of a linear map go; null where not wanted. */
export interface LinearGradients {
  readonly input: Matrix | null;
  readonly weight: Matrix | null;
  readonly bias: Vector | null;
}

/**
 * Gradients of y = x w' + bias for `rows` rows in float32: g w, g' x and the sums of the columns of g, which is staged once for all.
 * False, and nothing done, where WebAssembly is not the way, or the products are better taken one by one.
 */
export function linearBackward(
  rows: number,
  inputs: number,
  outputs: number,
  to: LinearGradients,
  g: Matrix,
  x: Matrix,
  w: Matrix,
): boolean {
  if (g.data.BYTES_PER_ELEMENT !== 4 || !(rows * inputs * outputs >= policy.products)) return false;
  if (to.input !== null && !isSmall(rows, inputs, outputs)) return false;
  if (to.weight !== null && !isSmall(outputs, inputs, rows)) return false;
  if (threadPool() !== null && rows * inputs * outputs >= policy.sharedProducts) return false;
  const linked = openGemm();
  if (linked === null) return false;
  const { heap, functions } = linked;
  const most = max(rows, outputs);
  const result = lines(4 * most * inputs + overhang(inputs, 4));
  const sums = lines(8 * panels(outputs, 4));
  const spaces = [room(g, rows, outputs), room(x, rows, inputs), room(w, outputs, inputs)];
  const packed = 4 * (panels(most, panelRows) + panels(inputs, panelColumns)) * max(rows, outputs);
  const at = heap.reserve(result + sums + spaces[0] + spaces[1] + spaces[2] + packed);
  if (at === 0) return false;
  const given = at + result + sums;
  const other = given + spaces[0];
  const scratch = other + spaces[1] + spaces[2];
  const g0 = stage(heap, given, g, rows, outputs);
  if (to.input !== null) {
    const w0 = stage(heap, other + spaces[1], w, outputs, inputs);
    multiply(functions, at, rows, inputs, outputs, g0, w0, scratch);
    unstage(heap, at, inputs, to.input, rows, inputs);
  }
  if (to.weight !== null) {
    const x0 = stage(heap, other, x, rows, inputs);
    const across = { address: g0.address, row: g0.column, column: g0.row };
    multiply(functions, at, outputs, inputs, rows, across, x0, scratch);
    unstage(heap, at, inputs, to.weight, outputs, inputs);
  }
  if (to.bias !== null) {
    const first = at + result;
    const inRows = g0.column === 4;
    // Where its rows are not in order it is staged again: the products need their scratch no longer.
    if (!inRows) compact(heap, scratch, g, rows, outputs);
    clear(heap, first, outputs);
    functions.columnSums(first, inRows ? g0.address : scratch, inRows ? g0.row : 4 * outputs, rows, outputs);
    round(heap, first, outputs, to.bias);
  }
  return true;
}

function multiply(
  functions: Gemm,
  c: number,
  rows: number,
  columns: number,
  depth: number,
  a: Staged,
  b: Staged,
  scratch: number,
): void {
  functions.product(a.address, a.row, a.column, b.address, b.row, b.column, 0, c, rows, columns, depth, scratch);
}

/** The sums of a matrix's columns, taken in double; false, and nothing done, where WebAssembly is not the way. */
export function columnSums(rows: number, columns: number, to: Vector, m: Matrix): boolean {
  if (m.data.BYTES_PER_ELEMENT !== 4 || !(rows * columns >= policy.reductions)) return false;
  const linked = openGemm();
  if (linked === null) return false;
  const { heap, functions } = linked;
  const height = min(rows, max(1, floor(band / columns)));
  const sums = lines(8 * panels(columns, 4));
  const at = heap.reserve(sums + 4 * height * columns + slack);
  if (at === 0) return false;
  clear(heap, at, columns);
  for (let i = 0; i < rows; i += height) {
    const n = min(height, rows - i);
    compact(heap, at + sums, { ...m, offset: m.offset + i * m.row }, n, columns);
    functions.columnSums(at, at + sums, 4 * columns, n, columns);
  }
  round(heap, at, columns, to);
  return true;
}

function clear(heap: Heap, at: number, count: number): void {
  heap.f64.fill(0, at / 8, at / 8 + panels(count, 4));
}

function round(heap: Heap, at: number, count: number, { data, offset, step }: Vector): void {
  const { f64 } = heap;
  for (let j = 0; j < count; j++) data[offset + j * step] = f64[at / 8 + j];
}
