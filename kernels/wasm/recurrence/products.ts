import { multiply as multiplyByBlas } from '../../blas/gemm.js';
import type { Library } from '../../blas/library.js';
import type { Matrix } from '../../cpu/matrix.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import { depthBlock, type Gemm, panelColumns, panelRows } from '../product/gemm.js';
import { panels, type Staged } from '../product/staging.js';
import type { Pool } from '../threads/pool.js';
import { Work } from '../threads/threads.js';

const { min } = Math;

/** One side of products: a matrix in the heap, its rows (of the right side, its columns), and where they lie as panels. */
export interface Side {
  readonly matrix: Staged;
  readonly depth: number;
  readonly panels: number;
  /** Bytes of a block of depth. */
  readonly block: number;
}

/** Bytes for the panels of so many rows, or columns. */
export function sideBytes(count: number, depth: number): number {
  return 4 * panels(count, panelColumns) * depth;
}

/** Products of float32 matrices that lie in the heap: by the system's BLAS, or by panels. */
export class HeapProducts {
  private readonly heap: Heap;
  private readonly gemm: Gemm;
  private readonly blas: Library | null;
  private readonly pool: Pool | null;

  constructor(heap: Heap, gemm: Gemm, blas: Library | null, pool: Pool | null) {
    this.heap = heap;
    this.gemm = gemm;
    this.blas = blas;
    this.pool = pool;
  }

  /** Makes rows the left side of products; `to` has room for their panels. */
  left(matrix: Staged, rows: number, depth: number, to: number): Side {
    const { row, column } = matrix;
    return this.side(this.gemm.packStrided4, panelRows, matrix, row, column, rows, depth, to);
  }

  /** Makes columns the right side of products. */
  right(matrix: Staged, columns: number, depth: number, to: number): Side {
    const { row, column } = matrix;
    return this.side(this.gemm.packStrided8, panelColumns, matrix, column, row, columns, depth, to);
  }

  private side(
    pack: Gemm['packStrided4'],
    width: number,
    matrix: Staged,
    along: number,
    step: number,
    count: number,
    depth: number,
    to: number,
  ): Side {
    const whole = 4 * panels(count, width);
    if (this.blas === null) {
      for (let k = 0; k < depth; k += depthBlock) {
        const steps = min(depthBlock, depth - k);
        pack(to + whole * k, 4 * width * steps, matrix.address + k * step, along, step, count, steps);
      }
    }
    return { matrix, depth, panels: to, block: whole * depthBlock };
  }

  /**
   * c = a b, or that added: `rows` of the left side from `firstRow` on, `columns` of the right one from `firstColumn` on, both the first of a
   * panel. The rows of c lie `pitch` elements apart; they are written up to whole panels.
   */
  multiply(
    c: number,
    pitch: number,
    left: Side,
    firstRow: number,
    rows: number,
    right: Side,
    firstColumn: number,
    columns: number,
    accumulate: boolean,
  ): void {
    const { depth } = left;
    const { heap, blas, pool } = this;
    if (blas !== null) {
      const a = matrixIn(heap, left.matrix, firstRow * left.matrix.row);
      const b = matrixIn(heap, right.matrix, firstColumn * right.matrix.column);
      const to = { data: heap.f32, offset: c / 4, row: pitch, column: 1 };
      multiplyByBlas(blas, rows, columns, depth, to, a, b, accumulate);
      return;
    }
    const { multiplyBlocks } = this.gemm;
    const sides = [left.panels, left.block, firstRow, right.panels, right.block, firstColumn] as const;
    const more = accumulate ? 1 : 0;
    if (pool === null || rows * columns * depth < policy.sharedProducts)
      multiplyBlocks(...sides, c, 4 * pitch, rows, columns, depth, more);
    else share(multiplyBlocks, pool, sides, c, pitch, rows, columns, depth, more);
  }
}

function matrixIn({ f32 }: Heap, { address, row, column }: Staged, skipped: number): Matrix {
  return { data: f32, offset: (address + skipped) / 4, row: row / 4, column: column / 4 };
}

/** A product's columns, or rows where it is narrow, on all threads. */
function share(
  multiplyBlocks: Gemm['multiplyBlocks'],
  pool: Pool,
  [left, leftBlock, firstRow, right, rightBlock, firstColumn]: readonly [
    number,
    number,
    number,
    number,
    number,
    number,
  ],
  c: number,
  pitch: number,
  rows: number,
  columns: number,
  depth: number,
  more: number,
): void {
  const piece = (i: number, n: number, j: number, w: number): number[] => [
    ...[left, leftBlock, firstRow + i, right, rightBlock, firstColumn + j],
    ...[c + 4 * (i * pitch + j), 4 * pitch, n, w, depth, more],
  ];
  const work = new Work(pool);
  if (columns >= rows) work.share(multiplyBlocks, columns, panelColumns, (j, w) => piece(0, rows, j, w));
  else work.share(multiplyBlocks, rows, panelRows, (i, n) => piece(i, n, 0, columns));
  work.done();
}
