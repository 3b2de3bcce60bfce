import { product as blasProduct } from '../blas/gemm.js';
import { product } from '../wasm/product/product.js';
import { type Floats, type Matrix, turned, type Vector } from './matrix.js';
import { scratch } from './scratch.js';
import { specialize } from './specialize.js';

export type { Floats, Matrix } from './matrix.js';

const { ceil, min } = Math;

// Blocks of this many rows, columns and steps are packed at a time: 256 KiB of the left matrix, 512 KiB of the right one.
const rowBlock = 128;
const columnBlock = 256;
const depthBlock = 256;
/** Products with fewer steps of depth, rows or columns, or fewer multiplications in all, do not earn back the packing. */
const smallestDepth = 3;
const smallestSide = 4;
const smallestWork = 512;

const leftScratch = scratch();
const rightScratch = scratch();

/** Packs rows in panels of four, step by step of depth; rows beyond the last are zero. */
function packLoop(
  target: Float64Array,
  source: Floats,
  offset: number,
  row: number,
  column: number,
  rows: number,
  depth: number,
): void {
  let to = 0;
  for (let i = 0; i < rows; i += 4) {
    let at = offset + i * row;
    if (i + 4 <= rows) {
      for (let k = 0; k < depth; k++, at += column, to += 4) {
        target[to] = source[at];
        target[to + 1] = source[at + row];
        target[to + 2] = source[at + 2 * row];
        target[to + 3] = source[at + 3 * row];
      }
    } else {
      for (let k = 0; k < depth; k++, at += column) {
        for (let r = 0; r < 4; r++) target[to++] = i + r < rows ? source[at + r * row] : 0;
      }
    }
  }
}

/** Multiplies packed blocks, four by four sums in registers at a time. */
function packedLoop(
  left: Float64Array,
  right: Float64Array,
  c: Floats,
  offset: number,
  row: number,
  column: number,
  rows: number,
  columns: number,
  depth: number,
  accumulate: boolean,
  tile: Float64Array,
): void {
  for (let j = 0; j < columns; j += 4) {
    for (let i = 0; i < rows; i += 4) {
      let c00 = 0,
        c01 = 0,
        c02 = 0,
        c03 = 0,
        c10 = 0,
        c11 = 0,
        c12 = 0,
        c13 = 0;
      let c20 = 0,
        c21 = 0,
        c22 = 0,
        c23 = 0,
        c30 = 0,
        c31 = 0,
        c32 = 0,
        c33 = 0;
      let p = i * depth;
      let q = j * depth;
      for (const end = p + 4 * depth; p < end; p += 4, q += 4) {
        const b0 = right[q],
          b1 = right[q + 1],
          b2 = right[q + 2],
          b3 = right[q + 3];
        const a0 = left[p];
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        const a1 = left[p + 1];
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        const a2 = left[p + 2];
        c20 += a2 * b0;
        c21 += a2 * b1;
        c22 += a2 * b2;
        c23 += a2 * b3;
        const a3 = left[p + 3];
        c30 += a3 * b0;
        c31 += a3 * b1;
        c32 += a3 * b2;
        c33 += a3 * b3;
      }
      if (!accumulate && i + 4 <= rows && j + 4 <= columns) {
        let at = offset + i * row + j * column;
        c[at] = c00;
        c[at + column] = c01;
        c[at + 2 * column] = c02;
        c[at + 3 * column] = c03;
        at += row;
        c[at] = c10;
        c[at + column] = c11;
        c[at + 2 * column] = c12;
        c[at + 3 * column] = c13;
        at += row;
        c[at] = c20;
        c[at + column] = c21;
        c[at + 2 * column] = c22;
        c[at + 3 * column] = c23;
        at += row;
        c[at] = c30;
        c[at + column] = c31;
        c[at + 2 * column] = c32;
        c[at + 3 * column] = c33;
        continue;
      }
      tile[0] = c00;
      tile[1] = c01;
      tile[2] = c02;
      tile[3] = c03;
      tile[4] = c10;
      tile[5] = c11;
      tile[6] = c12;
      tile[7] = c13;
      tile[8] = c20;
      tile[9] = c21;
      tile[10] = c22;
      tile[11] = c23;
      tile[12] = c30;
      tile[13] = c31;
      tile[14] = c32;
      tile[15] = c33;
      const height = rows - i < 4 ? rows - i : 4;
      const width = columns - j < 4 ? columns - j : 4;
      for (let r = 0; r < height; r++) {
        let at = offset + (i + r) * row + j * column;
        for (let s = 0; s < width; s++, at += column) c[at] = accumulate ? c[at] + tile[4 * r + s] : tile[4 * r + s];
      }
    }
  }
}

/** The product straight from the operands, four columns at a time. */
function directLoop(
  rows: number,
  columns: number,
  depth: number,
  c: Floats,
  cOffset: number,
  cRow: number,
  cColumn: number,
  a: Floats,
  aOffset: number,
  aRow: number,
  aColumn: number,
  b: Floats,
  bOffset: number,
  bRow: number,
  bColumn: number,
): void {
  for (let i = 0; i < rows; i++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      let c0 = 0,
        c1 = 0,
        c2 = 0,
        c3 = 0;
      let p = aOffset + i * aRow;
      let q = bOffset + j * bColumn;
      for (let k = 0; k < depth; k++, p += aColumn, q += bRow) {
        const x = a[p];
        c0 += x * b[q];
        c1 += x * b[q + bColumn];
        c2 += x * b[q + 2 * bColumn];
        c3 += x * b[q + 3 * bColumn];
      }
      const at = cOffset + i * cRow + j * cColumn;
      c[at] = c0;
      c[at + cColumn] = c1;
      c[at + 2 * cColumn] = c2;
      c[at + 3 * cColumn] = c3;
    }
    for (; j < columns; j++) {
      let sum = 0;
      let p = aOffset + i * aRow;
      let q = bOffset + j * bColumn;
      for (let k = 0; k < depth; k++, p += aColumn, q += bRow) sum += a[p] * b[q];
      c[cOffset + i * cRow + j * cColumn] = sum;
    }
  }
}

const packFor = specialize(packLoop);
/** The product of packed blocks, keyed by bytes per element of the result. */
export const packedFor: (key: number) => typeof packedLoop = specialize(packedLoop);
const directFor = specialize(directLoop);
const tile = new Float64Array(16);

function direct(rows: number, columns: number, depth: number, c: Matrix, a: Matrix, b: Matrix): void {
  const loop = directFor(c.data.BYTES_PER_ELEMENT);
  loop(
    rows,
    columns,
    depth,
    c.data,
    c.offset,
    c.row,
    c.column,
    a.data,
    a.offset,
    a.row,
    a.column,
    b.data,
    b.offset,
    b.row,
    b.column,
  );
}

/** Adds one row to every row of a matrix. */
function addRowLoop(
  c: Floats,
  offset: number,
  row: number,
  column: number,
  rows: number,
  columns: number,
  v: Floats,
  from: number,
  step: number,
): void {
  for (let i = 0; i < rows; i++) {
    let at = offset + i * row;
    for (let j = 0, p = from; j < columns; j++, at += column, p += step) c[at] += v[p];
  }
}

const addRowFor = specialize(addRowLoop);

/**
 * c = a b, plus one row where `start` is given, with rows, columns and depth of any size, through the first that takes it: the system's
 * BLAS, WebAssembly, JavaScript. The first two take sums of float32 in float32; JavaScript takes all in double and, beyond 256 steps,
 * rounds in between.
 */
export function gemm(
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  start: Vector | null = null,
): void {
  if (blasProduct(rows, columns, depth, c, a, b, start)) return;
  if (product(rows, columns, depth, c, a, b, start)) return;
  generated(rows, columns, depth, c, a, b);
  if (start !== null) {
    const add = addRowFor(c.data.BYTES_PER_ELEMENT);
    add(c.data, c.offset, c.row, c.column, rows, columns, start.data, start.offset, start.step);
  }
}

/** The product in JavaScript. */
function generated(rows: number, columns: number, depth: number, c: Matrix, a: Matrix, b: Matrix): void {
  if (rows * columns * depth < smallestWork || depth < smallestDepth || min(rows, columns) < smallestSide) {
    // A thin product, a vector above all, has its long side as the columns.
    if (columns < smallestSide && rows > columns) direct(columns, rows, depth, turned(c), turned(b), turned(a));
    else direct(rows, columns, depth, c, a, b);
    return;
  }
  const key = c.data.BYTES_PER_ELEMENT;
  const pack = packFor(key);
  const multiply = packedFor(key);
  const left = leftScratch(4 * ceil(min(rows, rowBlock) / 4) * min(depth, depthBlock));
  const right = rightScratch(4 * ceil(min(columns, columnBlock) / 4) * min(depth, depthBlock));
  for (let k = 0; k < depth; k += depthBlock) {
    const steps = min(depthBlock, depth - k);
    for (let j = 0; j < columns; j += columnBlock) {
      const width = min(columnBlock, columns - j);
      pack(right, b.data, b.offset + k * b.row + j * b.column, b.column, b.row, width, steps);
      for (let i = 0; i < rows; i += rowBlock) {
        const height = min(rowBlock, rows - i);
        pack(left, a.data, a.offset + i * a.row + k * a.column, a.row, a.column, height, steps);
        const at = c.offset + i * c.row + j * c.column;
        multiply(left, right, c.data, at, c.row, c.column, height, width, steps, k > 0, tile);
      }
    }
  }
}
