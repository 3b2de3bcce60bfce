import { type Matrix, turned, type Vector } from '../../cpu/matrix.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import type { Pool } from '../threads/pool.js';
import { threadPool, Work } from '../threads/threads.js';
import { depthBlock, openProducts, overhang, type Products, panelRows, panelWidth } from './gemm.js';
import { compact, lines, panels, room, type Staged, slack, stage, unstage } from './staging.js';

const { abs, floor, max, min } = Math;

/** Up to this many elements both operands are packed whole, and the right one stays in the second cache. */
const smallSide = 2 ** 17;
const smallRight = 2 ** 16;
// A left block of 256 KiB and its sums stay in the second cache while panels of the right one, 8 KiB each, pass through the first.
const rowBlock = 256;
const columnBlock = 512;
/** Elements of an operand that are staged at a time, to be packed while they are in the second cache. */
const band = 32768;
// The same for several threads: few jobs, for whoever is done waits for the others at the end of each; bands are staged while the one before is packed.
const sharedRowBlock = 1024;
const sharedBand = 2 ** 19;
/** Elements of the right matrix, and steps of depth, that are packed before the rows of the left one are visited. */
const rightPart = 2 ** 22;
const depthPart = 4096;

/** The product's functions on a heap, and what the threads that see it are to do. */
interface Threads {
  readonly heap: Heap;
  readonly functions: Products;
  readonly pool: Pool | null;
  readonly work: Work;
}

/**
 * c = a b, plus one row where `start` is given, for matrices of one row, column and step at least; false, and nothing done,
 * where WebAssembly is not the way.
 */
export function product(
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  start: Vector | null = null,
): boolean {
  if (!(rows * columns * depth >= policy.products)) return false;
  const pool = rows * columns * depth >= policy.sharedProducts ? threadPool() : null;
  const linked = openProducts(c.data.BYTES_PER_ELEMENT, pool?.heap);
  if (linked === null) return false;
  const { heap, functions } = linked;
  if (pool === null && isSmall(rows, columns, depth))
    return small(heap, functions, rows, columns, depth, c, a, b, start);
  return large({ heap, functions, pool, work: new Work(pool) }, rows, columns, depth, c, a, b, start);
}

/** Whether a product is done in one go. */
export function isSmall(rows: number, columns: number, depth: number): boolean {
  return (
    depth <= depthBlock && columns * depth <= smallRight && rows * depth <= smallSide && rows * columns <= smallSide
  );
}

/** Copies the row to begin with to an address; gives that, or 0 where there is none. */
function stageStart(heap: Heap, address: number, start: Vector | null, columns: number): number {
  if (start === null) return 0;
  compact(heap, address, { data: start.data, offset: start.offset, row: columns, column: start.step }, 1, columns);
  return address;
}

/** In one go: both operands staged, one call, the result copied out. */
function small(
  heap: Heap,
  gemm: Products,
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  start: Vector | null,
): boolean {
  const bytes = c.data.BYTES_PER_ELEMENT;
  const left = room(a, rows, depth);
  const right = room(b, depth, columns);
  const sums = lines(bytes * rows * columns + overhang(columns, bytes));
  const first = start === null ? 0 : lines(bytes * columns + slack);
  const packed = bytes * depth * (panels(rows, panelRows) + panels(columns, panelWidth(bytes)));
  const at = heap.reserve(sums + first + left + right + packed);
  if (at === 0) return false;
  const row = stageStart(heap, at + sums, start, columns);
  const a0 = stage(heap, at + sums + first, a, rows, depth);
  const b0 = stage(heap, at + sums + first + left, b, depth, columns);
  const scratch = at + sums + first + left + right;
  gemm.product(a0.address, a0.row, a0.column, b0.address, b0.row, b0.column, row, at, rows, columns, depth, scratch);
  unstage(heap, at, columns, c, rows, columns);
  return true;
}

function from(m: Matrix, i: number, j: number): Matrix {
  return { data: m.data, offset: m.offset + i * m.row + j * m.column, row: m.row, column: m.column };
}

/**
 * Packs a whole matrix, `width` rows to a panel, in blocks of depth that follow each other; `to` holds rows up to a whole panel. Staged
 * in bands across the longer stride, which are dense if anything is, on several threads each while they pack the one before. The last
 * band is work still to be done.
 */
function pack(
  { heap, functions, pool, work }: Threads,
  width: number,
  to: number,
  staged: number,
  m: Matrix,
  rows: number,
  depth: number,
): void {
  const bytes = m.data.BYTES_PER_ELEMENT;
  const kernel = width === panelRows ? functions.packStrided4 : (functions.packStrided8 as Products['packStrided4']);
  const size = pool === null ? band : sharedBand;
  const whole = bytes * panels(rows, width);
  const put = (s: Staged, i: number, n: number, k: number, steps: number): void => {
    for (let first = k; first < k + steps; ) {
      const block = first - (first % depthBlock);
      const blockSteps = min(depthBlock, depth - block);
      const run = min(block + blockSteps, k + steps) - first;
      const target = to + whole * block + bytes * i * blockSteps + bytes * width * (first - block);
      const source = s.address + (first - k) * s.column;
      work.share(kernel, n, width, (l, lanes) => [
        target + bytes * l * blockSteps,
        bytes * width * blockSteps,
        source + l * s.row,
        s.row,
        s.column,
        lanes,
        run,
      ]);
      first += run;
    }
  };
  const apart = pool === null ? 0 : bandBytes(pool, bytes, rows, depth, width);
  const across = abs(m.row) >= abs(m.column);
  const most = across ? max(width, width * floor(size / depth / width)) : max(1, floor(size / rows));
  const end = across ? rows : depth;
  for (let first = 0; first < end; first += most) {
    const at = staged + ((first / most) % 2) * apart;
    const n = min(most, end - first);
    const finish = first === 0 ? null : work.begin();
    const band = across ? stage(heap, at, from(m, first, 0), n, depth) : stage(heap, at, from(m, 0, first), rows, n);
    finish?.();
    if (across) put(band, first, n, 0, depth);
    else put(band, 0, rows, first, n);
  }
}

/** Bytes for a band. */
function bandBytes(pool: Pool | null, bytes: number, rows: number, depth: number, width: number): number {
  return lines(2 * bytes * max(min(rows * depth, pool === null ? band : sharedBand), width * depth, rows) + slack);
}

/** Bytes for the bands that are in the heap at a time. */
function bandRoom(pool: Pool | null, bytes: number, rows: number, depth: number, width: number): number {
  return (pool === null ? 1 : 2) * bandBytes(pool, bytes, rows, depth, width);
}

/** In blocks: a part of the right matrix is packed, then each block of the left one's rows, so that each is packed once. */
function large(
  threads: Threads,
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  start: Vector | null,
): boolean {
  const { heap, pool, work } = threads;
  const bytes = c.data.BYTES_PER_ELEMENT;
  const panelColumns = panelWidth(bytes);
  const steps = min(depth, depthPart);
  const block = pool === null ? rowBlock : sharedRowBlock;
  const height = panels(min(rows, block), panelRows);
  const part = panels(min(columns, max(columnBlock, floor(rightPart / steps))), panelColumns);
  const width = min(part, columnBlock);
  const [leftRoom, rightRoom] = [
    bandRoom(pool, bytes, height, steps, panelRows),
    bandRoom(pool, bytes, part, steps, panelColumns),
  ];
  // Both at the same time where both are packed at the same time.
  const staging = pool === null ? max(leftRoom, rightRoom) : leftRoom + rightRoom;
  const first = start === null ? 0 : lines(bytes * columns + slack);
  // The results of a block are taken out while the next ones are computed.
  const sums = bytes * height * width;
  const apart = pool === null ? 0 : sums;
  const at = heap.reserve(sums + apart + bytes * (height * steps + part * steps) + staging + first);
  if (at === 0) return false;
  const left = at + sums + apart;
  const right = left + bytes * height * steps;
  const rightStaged = right + bytes * part * steps;
  const leftStaged = pool === null ? rightStaged : rightStaged + rightRoom;
  const row = stageStart(heap, rightStaged + staging, start, columns);
  for (let k = 0; k < depth; k += steps) {
    const d = min(steps, depth - k);
    for (let j = 0; j < columns; j += part) {
      const n = min(part, columns - j);
      pack(threads, panelColumns, right, rightStaged, turned(from(b, k, j)), n, d);
      for (let i = 0; i < rows; i += block) {
        const m = min(block, rows - i);
        pack(threads, panelRows, left, leftStaged, from(a, i, k), m, d);
        work.done();
        let before: { finish(): void; take(): void } | null = null;
        for (let jj = 0; jj < n; jj += columnBlock) {
          const w = min(columnBlock, n - jj);
          const pitch = panels(w, panelColumns);
          const [place, to] = [at + ((jj / columnBlock) % 2) * apart, from(c, i, j + jj)];
          if (k > 0) resume(heap, place, pitch, to, m, w);
          else if (row !== 0) repeat(heap, bytes, place, pitch, row / bytes + j + jj, m, w);
          const sides = [panels(m, panelRows), right, panels(n, panelColumns)] as const;
          multiply(threads, bytes, left, ...sides, jj, place, pitch, d, k > 0 || row !== 0);
          const take = (): void => unstage(heap, place, pitch, to, m, w);
          if (pool === null) {
            take();
            continue;
          }
          before?.finish();
          const finish = work.begin();
          before?.take();
          before = { finish, take };
        }
        before?.finish();
        before?.take();
      }
    }
  }
  return true;
}

/** Adds to the work the product of all packed rows and of `width` packed columns from `j` on, which all threads share out by columns, or by rows where it is narrow. */
function multiply(
  { functions, work }: Threads,
  bytes: number,
  left: number,
  rows: number,
  right: number,
  columns: number,
  j: number,
  sums: number,
  width: number,
  depth: number,
  accumulate: boolean,
): void {
  const panelColumns = panelWidth(bytes);
  const blocks = [bytes * rows * depthBlock, bytes * columns * depthBlock];
  const more = accumulate ? 1 : 0;
  const piece = (i: number, n: number, jj: number, w: number): number[] => [
    ...[left, blocks[0], i, right, blocks[1], j + jj],
    ...[sums + bytes * (i * width + jj), bytes * width, n, w, depth, more],
  ];
  if (width >= rows) {
    work.share(functions.multiplyBlocks, width, panelColumns, (jj, w) => piece(0, rows, jj, w));
  } else {
    work.share(functions.multiplyBlocks, rows, panelRows, (i, n) => piece(i, n, 0, width));
  }
}

/** Brings back sums that an earlier part of the depth has left in c. */
function resume(heap: Heap, sums: number, pitch: number, c: Matrix, rows: number, columns: number): void {
  for (let i = 0; i < rows; i++) compact(heap, sums + c.data.BYTES_PER_ELEMENT * i * pitch, from(c, i, 0), 1, columns);
}

/** Begins every row of sums with the same elements. */
function repeat(
  heap: Heap,
  bytes: number,
  sums: number,
  pitch: number,
  row: number,
  rows: number,
  columns: number,
): void {
  const elements = bytes === 4 ? heap.f32 : heap.f64;
  for (let i = 0; i < rows; i++) elements.copyWithin(sums / bytes + i * pitch, row, row + columns);
}
