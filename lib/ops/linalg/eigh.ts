import { eigenSymmetric } from '../../../kernels/cpu/linalg/jacobi.js';
import { apply, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { quotient } from '../reduction/quotient.js';
import { batchOf, checkConverged, checkFinite, checkMatrices, read, scratch, sizes, transposed } from './matrices.js';

interface Eigen {
  readonly name: string;
  readonly upper: boolean;
}

/** Copies one triangle of a matrix into the other. */
function mirror(a: Float64Array, n: number, upper: boolean): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      if (upper) a[i * n + j] = a[j * n + i];
      else a[j * n + i] = a[i * n + j];
    }
  }
}

const eighRow: Row<Eigen> = {
  name: 'eigh',
  infer: ([a]) => [
    { shape: a.shape.slice(0, -1), dtype: a.dtype },
    { shape: [...batchOf(a), ...sizes(a)], dtype: a.dtype },
  ],
  kernel(_k, [values, vectors], [a], { name, upper }) {
    const n = sizes(a)[0];
    const matrices = read(a);
    checkFinite(name, a, matrices);
    const [outValues, outVectors] = [scratch(values, matrices.length), scratch(vectors, matrices.length)];
    matrices.forEach((matrix, i) => {
      mirror(matrix, n, upper);
      checkConverged(name, a, i, eigenSymmetric(matrix, n, outValues.pieces[i], outVectors.pieces[i]));
    });
    outValues.store();
    outVectors.store();
  },
  savesResults: [0, 1],
  grad(t, [gw, gv], _inputs, [w, v]) {
    const gaps = t.sub(w.unsqueeze(-2), w.unsqueeze(-1));
    const product = t.matmul(transposed(v), gv);
    const skew = t.mul(t.sub(product, transposed(product)), 0.5);
    // Equal eigenvalues have no vectors of their own: nothing flows there.
    const turned = quotient(t, skew, gaps);
    return [t.matmul(v, t.matmul(t.add(turned, t.diagEmbed(gw)), transposed(v)))];
  },
};

/** Eigenvalues in ascending order and eigenvectors of symmetric matrices, of which one triangle is read. */
export function eigenpairs(name: string, a: Tensor, triangle: string): [Tensor, Tensor] {
  checkMatrices(name, a, true);
  if (triangle.toUpperCase() !== 'L' && triangle.toUpperCase() !== 'U') {
    throw new ValueError(`${name}: UPLO '${triangle}' is neither 'L' nor 'U'`);
  }
  const [values, vectors] = apply(eighRow, [a], { name, upper: triangle.toUpperCase() === 'U' });
  return [values, vectors];
}

const symmetric = (x: Tensor): Tensor => x.add(transposed(x)).detach();

type EighOptions = { UPLO?: 'L' | 'U' };

/**
 * Eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices, of which the lower (or upper) triangle is read.
 * Vectors are determined up to their sign. PyTorch: torch.linalg.eigh.
 */
export const eigh: Fn<[A: Tensor, UPLO?: 'L' | 'U'], EighOptions, Results<'eigenvalues' | 'eigenvectors'>> = fn(
  "linalg.eigh(A, UPLO='L')",
  (a, triangle) => results(['eigenvalues', 'eigenvectors'], eigenpairs('linalg.eigh', a, triangle)),
  {
    samples: (m) => [[symmetric(m(3, 3))], [symmetric(m(2, 2, 2)), 'U']],
    errors: (m) => [
      [[m(2, 3)], 'are not square'],
      [[m(2, 2), 'X'], "UPLO 'X' is neither 'L' nor 'U'"],
    ],
    gradcheck: 'reads one triangle, and its vectors are determined up to their sign',
  },
);

/** Eigenvalues of symmetric matrices in ascending order. PyTorch: torch.linalg.eigvalsh. */
export const eigvalsh: Fn<[A: Tensor, UPLO?: 'L' | 'U'], EighOptions, Tensor> = fn(
  "linalg.eigvalsh(A, UPLO='L')",
  (a, triangle) => eigenpairs('linalg.eigvalsh', a, triangle)[0],
  { samples: (m) => [[symmetric(m(3, 3))], [symmetric(m(2, 2, 2)), 'U']], gradcheck: 'reads one triangle' },
);
