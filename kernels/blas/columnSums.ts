import type { Floats, Matrix, Vector } from '../cpu/matrix.js';
import { scratch } from '../cpu/scratch.js';
import { blasFor, multiply, policy } from './gemm.js';

const { ceil, min } = Math;

/** Rows that are added up in the matrix's own type before they become double. */
const together = 256;

const ones: readonly [Float32Array, Float64Array] = [
  new Float32Array(together).fill(1),
  new Float64Array(together).fill(1),
];
const sumsFor = scratch();

/** The sums of a matrix's columns through the system's BLAS; false, and nothing done, where that is not the way. */
export function columnSums(rows: number, columns: number, to: Vector, m: Matrix): boolean {
  const { data } = m;
  // Vectors need no call: up to some 2000 elements they are faster.
  const blas = rows * columns >= 4 * policy.products && m.column === 1 ? blasFor(data, data, data) : null;
  if (blas === null) return false;
  const pieces = ceil(rows / together);
  const sums = sumsFor(pieces * columns);
  // In the matrix's own type, one row of sums for each piece.
  const found: Floats = data.BYTES_PER_ELEMENT === 4 ? new Float32Array(sums.buffer) : sums;
  const left: Matrix = { data: ones[data.BYTES_PER_ELEMENT === 4 ? 0 : 1], offset: 0, row: together, column: 1 };
  for (let k = 0; k < pieces; k++) {
    const [first, result] = [k * together, { data: found, offset: k * columns, row: columns, column: 1 }];
    const piece = { ...m, offset: m.offset + first * m.row };
    if (!multiply(blas, 1, columns, min(together, rows - first), result, left, piece, false)) return false;
  }
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let k = 0; k < pieces; k++) sum += found[k * columns + j];
    to.data[to.offset + j * to.step] = sum;
  }
  return true;
}
