import { type Floats, type Matrix, turned } from '../../cpu/matrix.js';
import type { Heap } from '../heap.js';

const { abs, ceil, min } = Math;

/** From this length on the platform's copy of a window is faster than a loop. */
const longRun = 64;
/** Bytes behind a staged operand that a pack may read: seven elements beyond the last row. */
export const slack = 64;

/** Where a staged matrix lies: its first element, and the bytes from row to row and from column to column. */
export interface Staged {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** The smallest multiple of a panel that holds `n`. */
export function panels(n: number, width: number): number {
  return width * ceil(n / width);
}

/** Elements from the first to the last in memory. */
function reach({ row, column }: Matrix, rows: number, columns: number): number {
  return (rows - 1) * abs(row) + (columns - 1) * abs(column) + 1;
}

/** A matrix is copied with what lies between its elements unless that is more than the elements. */
function isDense(m: Matrix, rows: number, columns: number): boolean {
  return reach(m, rows, columns) <= 2 * rows * columns;
}

/** Bytes for a staged matrix, slack included: whole cache lines. */
export function room(m: Matrix, rows: number, columns: number): number {
  return lines(m.data.BYTES_PER_ELEMENT * min(reach(m, rows, columns), 2 * rows * columns) + slack);
}

/** Bytes in whole cache lines. */
export function lines(bytes: number): number {
  return 64 * ceil(bytes / 64);
}

/** Copies the block of a matrix that starts at its offset to an address: as it lies where it is dense, compact else. */
export function stage(heap: Heap, address: number, m: Matrix, rows: number, columns: number): Staged {
  const { data, offset, row, column } = m;
  const bytes = data.BYTES_PER_ELEMENT;
  if (!isDense(m, rows, columns)) return gather(heap, address, m, rows, columns);
  const before = (row < 0 ? (1 - rows) * row : 0) + (column < 0 ? (1 - columns) * column : 0);
  const count = reach(m, rows, columns);
  heap.write(address, data, offset - before, count);
  return { address: address + bytes * before, row: bytes * row, column: bytes * column };
}

function gather(heap: Heap, address: number, m: Matrix, rows: number, columns: number): Staged {
  const bytes = m.data.BYTES_PER_ELEMENT;
  if (m.column !== 1 && m.row === 1) {
    compact(heap, address, turned(m), columns, rows);
    return { address, row: bytes, column: bytes * rows };
  }
  compact(heap, address, m, rows, columns);
  return { address, row: bytes * columns, column: bytes };
}

/** The heap as elements like a matrix's. */
function alike(heap: Heap, { data }: Matrix): Floats {
  return data.BYTES_PER_ELEMENT === 4 ? heap.f32 : heap.f64;
}

/** Copies a matrix to an address, row after row without a gap. */
export function compact(heap: Heap, address: number, m: Matrix, rows: number, columns: number): void {
  const { data, offset, row, column } = m;
  const bytes = data.BYTES_PER_ELEMENT;
  if (isCompact(m, rows, columns)) heap.write(address, data, offset, rows * columns);
  else if (column === 1 && columns >= longRun) {
    for (let i = 0; i < rows; i++) heap.write(address + bytes * i * columns, data, offset + i * row, columns);
  } else {
    const target = alike(heap, m);
    let at = address / bytes;
    for (let i = 0; i < rows; i++) {
      for (let j = 0, from = offset + i * row; j < columns; j++, from += column) target[at++] = data[from];
    }
  }
}

/** Whether the elements follow each other row by row. */
export function isCompact({ row, column }: Matrix, rows: number, columns: number): boolean {
  return (column === 1 || columns === 1) && (row === columns || rows === 1);
}

/** Copies a matrix from an address, its rows `pitch` elements apart, into the caller's memory. */
export function unstage(heap: Heap, address: number, pitch: number, m: Matrix, rows: number, columns: number): void {
  const { data, offset, row, column } = m;
  const bytes = data.BYTES_PER_ELEMENT;
  if (pitch === columns && isCompact(m, rows, columns)) heap.read(address, data, offset, rows * columns);
  else if (column === 1 && columns >= longRun) {
    for (let i = 0; i < rows; i++) heap.read(address + bytes * i * pitch, data, offset + i * row, columns);
  } else {
    const source = alike(heap, m);
    for (let i = 0, at = address / bytes; i < rows; i++, at += pitch) {
      for (let j = 0, to = offset + i * row; j < columns; j++, to += column) data[to] = source[at + j];
    }
  }
}

/**
 * Writes the offsets of `count` elements `stride` bytes apart, filled up to `whole`: with what follows where that is in the next
 * bytes, with the last one else, so that nothing far from the operand is read.
 */
export function writeOffsets(heap: Heap, address: number, count: number, stride: number, whole: number): void {
  const { i32 } = heap;
  const last = stride === 4 ? whole : count - 1;
  for (let i = 0; i < whole; i++) i32[address / 4 + i] = stride * min(i, last);
}
