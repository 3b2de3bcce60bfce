import type { Floats, Matrix, Vector } from '../cpu/matrix.js';
import { type Library, type MatrixProduct, systemBlas, type VectorProduct } from './library.js';

const { ceil, floor, max, min } = Math;

// CBLAS's constants.
const rowMajor = 101;
const asStored = 111;
const transposed = 112;

/** CBLAS counts in 32 bits. */
export const largest: number = 2 ** 31 - 1;

/** Multiplications up to which OpenBLAS multiplies matrices where they lie, and packs neither. */
const unpacked = 1e6;
/** In how many such pieces a product may be taken, and the least depth of one. */
const mostPieces = 8;
const leastDepth = 64;

/** Elements that are copied at once where one row is to be written many times: a larger copy takes two to three times as long. */
const nearby = 4096;

/** From how many multiplications on a product, a convolution of one image and a recurrent step, and from how many elements on a sum, earn back the call; tests lower them. */
export const policy: { products: number; convolutions: number; recurrences: number; sums: number } = {
  products: 512,
  convolutions: 4096,
  recurrences: 4096,
  sums: 4096,
};

/** How BLAS reads a matrix: a transposition, and how many elements lie from one stored row to the next. */
interface Reading {
  flag: number;
  step: number;
}

// Filled in anew by every product: a small one notices each object that is made.
const readA: Reading = { flag: 0, step: 0 };
const readB: Reading = { flag: 0, step: 0 };
const readC: Reading = { flag: 0, step: 0 };

/** Finds how BLAS reads a matrix; false where no flag expresses it. A stride along a dimension of one element means nothing. */
function read(reading: Reading, rows: number, columns: number, { row, column }: Matrix): boolean {
  if ((columns === 1 || column === 1) && (rows === 1 || row >= columns)) {
    reading.flag = asStored;
    reading.step = rows === 1 ? columns : row;
  } else if ((rows === 1 || row === 1) && (columns === 1 || column >= rows)) {
    reading.flag = transposed;
    reading.step = columns === 1 ? rows : column;
  } else return false;
  return reading.step <= largest;
}

function memory({ data, offset }: Matrix): Floats {
  return offset === 0 ? data : data.subarray(offset);
}

function swapped({ data, offset, row, column }: Matrix): Matrix {
  return { data, offset, row: column, column: row };
}

/** c = alpha a b, or c += alpha a b, where c and b have one column. */
function vector(
  gemv: VectorProduct,
  rows: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  alpha: number,
  beta: number,
): boolean {
  const stepB = depth === 1 ? 1 : b.row;
  const stepC = rows === 1 ? 1 : c.row;
  if (!(stepB >= 1 && stepB <= largest && stepC >= 1 && stepC <= largest) || !read(readA, rows, depth, a)) return false;
  // Some versions multiply what lies in c by beta, and a NaN there stays.
  if (beta === 0) for (let i = 0; i < rows; i++) c.data[c.offset + i * stepC] = 0;
  const high = readA.flag === asStored ? rows : depth;
  const wide = readA.flag === asStored ? depth : rows;
  gemv(rowMajor, readA.flag, high, wide, alpha, memory(a), readA.step, memory(b), stepB, beta, memory(c), stepC);
  return true;
}

/** The same where the columns of c follow each other. */
function matrices(
  gemm: MatrixProduct,
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  alpha: number,
  beta: number,
): boolean {
  if (!read(readC, rows, columns, c) || readC.flag !== asStored) return false;
  if (!read(readA, rows, depth, a) || !read(readB, depth, columns, b)) return false;
  // Where few elements are sums over a great depth, pieces that need no packing take up to a third of the time of the whole.
  const pieces = ceil((rows * columns * depth) / unpacked);
  if (pieces > 1 && pieces <= mostPieces && depth >= leastDepth * pieces && readB.flag === asStored) {
    return inPieces(gemm, rows, columns, depth, ceil(depth / pieces), c, a, b, alpha, beta);
  }
  const { flag, step } = readA;
  gemm(
    rowMajor,
    flag,
    readB.flag,
    rows,
    columns,
    depth,
    alpha,
    memory(a),
    step,
    memory(b),
    readB.step,
    beta,
    memory(c),
    readC.step,
  );
  return true;
}

/** The same, so many steps of depth at a time. */
function inPieces(
  gemm: MatrixProduct,
  rows: number,
  columns: number,
  depth: number,
  piece: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  alpha: number,
  beta: number,
): boolean {
  for (let k = 0; k < depth; k += piece) {
    const left = { ...a, offset: a.offset + k * a.column };
    const right = { ...b, offset: b.offset + k * b.row };
    matrices(gemm, rows, columns, min(piece, depth - k), c, left, right, alpha, k === 0 ? beta : 1);
  }
  return true;
}

/**
 * c = alpha a b, or c += alpha a b, for matrices of one floating-point type with one row, column and step at least. False, and nothing done, where
 * they lie so that no transposition flag expresses it.
 */
export function multiply(
  blas: Library,
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  accumulate: boolean,
  alpha: number = 1,
): boolean {
  const { gemm, gemv } = c.data.BYTES_PER_ELEMENT === 4 ? blas.single : blas.double;
  const beta = accumulate ? 1 : 0;
  if (columns === 1) return vector(gemv, rows, depth, c, a, b, alpha, beta);
  if (rows === 1) return vector(gemv, columns, depth, swapped(c), swapped(b), swapped(a), alpha, beta);
  if (matrices(gemm, rows, columns, depth, c, a, b, alpha, beta)) return true;
  return matrices(gemm, columns, rows, depth, swapped(c), swapped(b), swapped(a), alpha, beta);
}

/** The system's BLAS, if these arrays are something that it can work on: of one kind, and no mere look-alikes of arrays. */
export function blasFor(c: Floats, a: Floats, b: Floats): Library | null {
  const bytes = c.BYTES_PER_ELEMENT;
  if (a.BYTES_PER_ELEMENT !== bytes || b.BYTES_PER_ELEMENT !== bytes) return null;
  if (!ArrayBuffer.isView(c) || !ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return null;
  return systemBlas();
}

/** Writes one row to every row of a matrix. */
function repeat(rows: number, columns: number, c: Matrix, { data, offset, step }: Vector): void {
  const compact = c.column === 1 && c.row === columns;
  for (let j = 0; j < columns; j++) c.data[c.offset + j * c.column] = data[offset + j * step];
  // Each copy doubles what is there, as long as that stays in the first cache.
  const most = max(1, floor(nearby / columns));
  for (let done = 1; done < rows; ) {
    const next = compact ? min(done, rows - done, most) : 1;
    if (c.column === 1) c.data.copyWithin(c.offset + done * c.row, c.offset, c.offset + next * columns);
    else for (let j = 0; j < columns; j++) c.data[c.offset + done * c.row + j * c.column] = data[offset + j * step];
    done += next;
  }
}

/** The system's BLAS where a product of this size is worth a call. */
export function blasOf(rows: number, columns: number, depth: number, c: Matrix, a: Matrix, b: Matrix): Library | null {
  const work = rows * columns * depth;
  if (work < policy.products || work === 0 || max(rows, columns, depth) > largest) return null;
  return blasFor(c.data, a.data, b.data);
}

/** c = a b, plus one row where `start` is given, through the system's BLAS; false, with nothing that counts in c, where that is not the way. */
export function product(
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  start: Vector | null = null,
): boolean {
  const blas = blasOf(rows, columns, depth, c, a, b);
  if (blas === null) return false;
  if (start !== null) repeat(rows, columns, c, start);
  return multiply(blas, rows, columns, depth, c, a, b, start !== null);
}
