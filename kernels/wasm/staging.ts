import type { Matrix } from '../cpu/gemm.js';
import type { Heap } from './heap.js';

const { min } = Math;

/** From this length on the platform's copy is faster than a loop. */
const longRun = 16;
/** Bytes behind a staged operand that a pack may read: seven elements beyond the last row. */
export const slack = 64;

/** Where a staged matrix lies: bytes from row to row and from column to column. */
export interface Strides {
  readonly row: number;
  readonly column: number;
}

/** The smallest multiple of a panel that holds `n`. */
export function panels(n: number, width: number): number {
  return width * Math.ceil(n / width);
}

/** Copies the block of a matrix that starts at its offset to an address, with the longer run of elements inside where there is one. */
export function stage(heap: Heap, address: number, m: Matrix, rows: number, columns: number): Strides {
  if (m.column !== 1 && m.row === 1) {
    const turned = stage(heap, address, { ...m, row: m.column, column: 1 }, columns, rows);
    return { row: turned.column, column: turned.row };
  }
  copyIn(heap, address, m, rows, columns);
  return { row: 4 * columns, column: 4 };
}

function copyIn(heap: Heap, address: number, m: Matrix, rows: number, columns: number): void {
  const source = m.data as Float32Array;
  const { offset, row, column } = m;
  if (column === 1 && (row === columns || rows === 1)) heap.write(address, source, offset, rows * columns);
  else if (column === 1 && columns >= longRun) {
    for (let i = 0; i < rows; i++) heap.write(address + 4 * i * columns, source, offset + i * row, columns);
  } else {
    const target = heap.f32;
    let at = address / 4;
    for (let i = 0; i < rows; i++) {
      for (let j = 0, from = offset + i * row; j < columns; j++, from += column) target[at++] = source[from];
    }
  }
}

/** Copies a matrix from an address, its rows `pitch` elements apart, into the caller's memory. */
export function unstage(heap: Heap, address: number, pitch: number, m: Matrix, rows: number, columns: number): void {
  const target = m.data as Float32Array;
  const { offset, row, column } = m;
  if (column === 1 && row === columns && pitch === columns) heap.read(address, target, offset, rows * columns);
  else if (column === 1 && columns >= longRun) {
    for (let i = 0; i < rows; i++) heap.read(address + 4 * i * pitch, target, offset + i * row, columns);
  } else {
    const source = heap.f32;
    for (let i = 0, at = address / 4; i < rows; i++, at += pitch) {
      for (let j = 0, to = offset + i * row; j < columns; j++, to += column) target[to] = source[at + j];
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
