import { completeBasis, singularValues } from '../../../kernels/cpu/linalg/jacobi.js';
import { luFactor } from '../../../kernels/cpu/linalg/lu.js';
import { apply, apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type None, type Results, results } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { batchOf, checkMatrices, eachMatrix, read, sizes, transposed, write } from './matrices.js';
import { inv } from './solve.js';

/** Sign of the determinant and logarithm of its size; the matrix is overwritten. */
function signedLog(matrix: Float64Array, n: number): [number, number] {
  const pivots = new Int32Array(n);
  luFactor(matrix, n, n, pivots, true);
  let [sign, log] = [1, 0];
  for (let i = 0; i < n; i++) {
    const x = matrix[i * n + i];
    if (pivots[i] !== i + 1) sign = -sign;
    sign *= Math.sign(x);
    log += Math.log(Math.abs(x));
  }
  return [sign, log];
}

function determinant(matrix: Float64Array, n: number): number {
  const pivots = new Int32Array(n);
  luFactor(matrix, n, n, pivots, true);
  let product = 1;
  for (let i = 0; i < n; i++) product *= pivots[i] === i + 1 ? matrix[i * n + i] : -matrix[i * n + i];
  return product;
}

/** Cofactors from singular values: det(U) det(V) U diag(products of the others) V^T, right for singular matrices too. */
function cofactors(matrix: Float64Array, n: number, out: Float64Array): void {
  const [values, v] = [new Float64Array(n), new Float64Array(n * n)];
  const rank = singularValues(matrix, n, n, values, v);
  if (rank >= 0) completeBasis(matrix, n, n, rank);
  const sign = determinant(matrix.slice(), n) * determinant(v.slice(), n);
  for (let k = 0; k < n; k++) {
    let others = sign;
    for (let i = 0; i < n; i++) if (i !== k) others *= values[i];
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] += matrix[i * n + k] * others * v[j * n + k];
  }
}

const cofactorRow: Row<null> = {
  name: 'cofactors',
  infer: ([a]) => [{ shape: a.shape, dtype: a.dtype }],
  kernel(_k, [y], [a]) {
    const [n] = sizes(a);
    eachMatrix(y, a, (matrix, piece) => cofactors(matrix, n, piece));
  },
  saves: [0],
  savesResults: [0],
  grad(t, [g], [a], [y]) {
    const inverse = transposed(inv(a));
    const along = t.mul(t.sum(t.mul(g, y), [-2, -1], true), inverse);
    return [t.sub(along, t.matmul(t.matmul(inverse, transposed(g)), y))];
  },
};

const detRow: Row<null> = {
  name: 'det',
  infer: ([a]) => [{ shape: batchOf(a), dtype: a.dtype }],
  kernel: (_k, [y], [a]) =>
    write(
      y,
      read(a).map((matrix) => determinant(matrix, sizes(a)[0])),
    ),
  saves: [0],
  grad: (t, [g], [a]) => [t.mul(g.unsqueeze(-1).unsqueeze(-1), apply1(cofactorRow, [a], null))],
};

/** Determinant of square matrices. PyTorch: torch.linalg.det. */
export const det: Fn<[A: Tensor], None, Tensor> = fn(
  'linalg.det(A)',
  (a) => {
    checkMatrices('linalg.det', a, true);
    return apply1(detRow, [a], null);
  },
  { samples: (m) => [[m(3, 3)], [m(2, 2, 2)], [m(0, 0)]], errors: (m) => [[[m(2, 3)], 'are not square']] },
);

const slogdetRow: Row<null> = {
  name: 'slogdet',
  infer: ([a]) => [
    { shape: batchOf(a), dtype: a.dtype },
    { shape: batchOf(a), dtype: a.dtype },
  ],
  kernel(_k, [sign, log], [a]) {
    const all = read(a).map((matrix) => signedLog(matrix, sizes(a)[0]));
    write(
      sign,
      all.map(([x]) => x),
    );
    write(
      log,
      all.map(([, x]) => x),
    );
  },
  saves: [0],
  grad: (t, [, g], [a]) => [t.mul(g.unsqueeze(-1).unsqueeze(-1), transposed(inv(a)))],
};

/** Sign of the determinant and logarithm of its absolute value, without overflow. PyTorch: torch.linalg.slogdet. */
export const slogdet: Fn<[A: Tensor], None, Results<'sign' | 'logabsdet'>> = fn(
  'linalg.slogdet(A)',
  (a) => {
    checkMatrices('linalg.slogdet', a, true);
    return results(['sign', 'logabsdet'], apply(slogdetRow, [a], null));
  },
  { samples: (m) => [[m(3, 3)], [m(2, 2, 2)]], errors: (m) => [[[m(2, 3)], 'are not square']] },
);
