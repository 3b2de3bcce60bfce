import type { Matrix } from '../cpu/gemm.js';
import { gemmOn, panelColumns, panelRows } from './gemm.js';
import { linked } from './heap.js';
import { policy } from './policy.js';
import { panels, slack, stage, unstage, writeOffsets } from './staging.js';
import { share, threadPool } from './threads.js';

const { max, min } = Math;

// The left block, 512 KiB, stays in the second cache while panels of the right one, 8 KiB each, pass through the first.
const rowBlock = 512;
const columnBlock = 512;
const depthBlock = 256;

function from(m: Matrix, i: number, j: number): Matrix {
  return { data: m.data, offset: m.offset + i * m.row + j * m.column, row: m.row, column: m.column };
}

const opened = linked(gemmOn);

/** c = a b in float32, for matrices of one row, column and step at least; false, and nothing done, where WebAssembly is not the way. */
export function product(rows: number, columns: number, depth: number, c: Matrix, a: Matrix, b: Matrix): boolean {
  if (c.data.BYTES_PER_ELEMENT !== 4 || !(rows * columns * depth >= policy.products)) return false;
  const pool = rows * columns * depth >= policy.sharedProducts ? threadPool() : null;
  const linked = opened(pool?.heap);
  if (linked === null) return false;
  const { heap, functions: gemm } = linked;
  const height = panels(min(rows, rowBlock), panelRows);
  const width = panels(min(columns, columnBlock), panelColumns);
  const steps = min(depth, depthBlock);
  const staging = 4 * max(height, width) * steps + slack;
  const tables = 4 * (max(height, width) + steps);
  const at = heap.reserve(staging + tables + 4 * (height * steps + width * steps + height * width));
  if (at === 0) return false;
  // Every area is a multiple of 16 bytes, but for the steps: they come last.
  const left = at;
  const right = left + 4 * height * steps;
  const sums = right + 4 * width * steps;
  const rowTable = sums + 4 * height * width;
  const staged = rowTable + 4 * max(height, width);
  const stepTable = staged + staging;

  for (let i = 0; i < rows; i += rowBlock) {
    const m = min(rowBlock, rows - i);
    const m4 = panels(m, panelRows);
    for (let j = 0; j < columns; j += columnBlock) {
      const n = min(columnBlock, columns - j);
      const n8 = panels(n, panelColumns);
      for (let k = 0; k < depth; k += depthBlock) {
        const d = min(depthBlock, depth - k);
        const b0 = stage(heap, staged, from(b, k, j), d, n);
        writeOffsets(heap, rowTable, n, b0.column, n8);
        writeOffsets(heap, stepTable, d, b0.row, d);
        share(pool, gemm.pack8, n8, panelColumns, (first, size) => [
          right + 4 * first * d,
          staged,
          rowTable + 4 * first,
          size,
          stepTable,
          d,
        ]);
        const a0 = stage(heap, staged, from(a, i, k), m, d);
        writeOffsets(heap, rowTable, m, a0.row, m4);
        writeOffsets(heap, stepTable, d, a0.column, d);
        share(pool, gemm.pack4, m4, panelRows, (first, size) => [
          left + 4 * first * d,
          staged,
          rowTable + 4 * first,
          size,
          stepTable,
          d,
        ]);
        const more = k > 0 ? 1 : 0;
        // What is long enough to share out: columns, or the rows of a narrow product.
        if (n8 >= m4) {
          share(pool, gemm.multiply, n8, panelColumns, (first, size) => [
            left,
            right + 4 * first * d,
            sums + 4 * first,
            4 * n8,
            m4,
            size,
            d,
            more,
          ]);
        } else {
          share(pool, gemm.multiply, m4, panelRows, (first, size) => [
            left + 4 * first * d,
            right,
            sums + 4 * first * n8,
            4 * n8,
            size,
            n8,
            d,
            more,
          ]);
        }
      }
      unstage(heap, sums, n8, from(c, i, j), m, n);
    }
  }
  return true;
}
