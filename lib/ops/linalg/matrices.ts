import { arrayTypes } from '../../../kernels/cpu/memory.js';
import type { TypedArray } from '../../../kernels/types.js';
import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { DTypeError, LinAlgError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { eye } from '../creation/ranges.js';

/** Rows and columns of the matrices in a batch. */
export function sizes(x: Tensor): [number, number] {
  return [x.shape[x.shape.length - 2], x.shape[x.shape.length - 1]];
}

/** The dimensions before the last two. */
export function batchOf(x: Tensor): number[] {
  return x.shape.slice(0, -2);
}

/** Refuses what is no batch of floating-point matrices; square ones where asked for. */
export function checkMatrices(name: string, x: Tensor, square = false): void {
  checkTensor(name, x);
  if (x.shape.length < 2) {
    throw new ShapeError(`${name}: ${showShape(x.shape)} is not a matrix or a batch of them; it needs two dimensions`);
  }
  const [m, n] = sizes(x);
  if (square && m !== n) throw new ShapeError(`${name}: the matrices of ${showShape(x.shape)} are not square`);
  if (x.dtype !== 'float32' && x.dtype !== 'float64') {
    throw new DTypeError(`${name}: takes float32 and float64, got ${x.dtype}; convert with to('float32')`);
  }
}

/** The matrices of a batch as row-major arrays in float64, of their own memory. */
export function read(x: Tensor): Float64Array[] {
  const data = Float64Array.from(x.storage.kernels.read(x) as Float64Array);
  const size = x.shape[x.shape.length - 2] * x.shape[x.shape.length - 1];
  return split(data, count(x.shape.slice(0, -2)), size);
}

/** The pieces of an array, one a matrix. */
function split<T extends TypedArray>(data: T, pieces: number, size: number): T[] {
  return Array.from({ length: pieces }, (_, i) => data.subarray(i * size, (i + 1) * size) as T);
}

/** Scratch for a result in float64, one piece for each matrix of the batch, and how to store it. */
export function scratch(y: Tensor, batch: number): { pieces: Float64Array[]; store(): void } {
  const data = new Float64Array(count(y.shape));
  return {
    pieces: split(data, batch, batch === 0 ? 0 : data.length / batch),
    store: () => write(y, data),
  };
}

/** Puts numbers in row-major order into a new tensor. */
export function write(y: Tensor, data: ArrayLike<number>): void {
  const values = new arrayTypes[y.dtype](data.length) as Float64Array;
  values.set(data);
  y.storage.kernels.upload(y.buffer, y.offset, values);
}

/** Fills a result of the same batch: `make` puts what comes of each matrix into its piece. Gives what `make` returned. */
export function eachMatrix<R>(
  y: Tensor,
  a: Tensor,
  make: (matrix: Float64Array, piece: Float64Array, i: number) => R,
): R[] {
  const matrices = read(a);
  const out = scratch(y, matrices.length);
  const returned = matrices.map((matrix, i) => make(matrix, out.pieces[i], i));
  out.store();
  return returned;
}

/** Which matrix of a batch an error is about. */
export function which(shape: readonly number[], i: number): string {
  return shape.length > 2 ? `matrix ${i} of ${showShape(shape)}` : `the matrix of ${showShape(shape)}`;
}

/** Refuses what no iteration converges on. */
export function checkFinite(name: string, x: Tensor, matrices: readonly Float64Array[]): void {
  matrices.forEach((matrix, i) => {
    if (!matrix.every(Number.isFinite)) {
      throw new LinAlgError(`${name}: ${which(x.shape, i)} holds infinities or NaN`);
    }
  });
}

/** Refuses an iteration's failure. */
export function checkConverged(name: string, x: Tensor, i: number, converged: boolean): void {
  if (!converged) throw new LinAlgError(`${name}: the iteration did not converge for ${which(x.shape, i)}`);
}

/** Two batches of matrices with their batch dimensions broadcast. */
export function together(name: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes(name, batchOf(a), batchOf(b));
  return [a.expand([...batch, ...sizes(a)]), b.expand([...batch, ...sizes(b)])];
}

/** The matrices with rows and columns exchanged. */
export const transposed = (x: Tensor): Tensor => x.transpose(-1, -2);

/** An identity matrix for every matrix of a batch. */
export function identities(x: Tensor, n: number): Tensor {
  return eye(n, { dtype: x.dtype, device: x.device }).expand([...batchOf(x), n, n]);
}
