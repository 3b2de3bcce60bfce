import { completeBasis, singularValues } from '../../../kernels/cpu/linalg/jacobi.js';
import { apply, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { quotient } from '../reduction/quotient.js';
import { batchOf, checkConverged, checkFinite, checkMatrices, read, scratch, sizes, transposed } from './matrices.js';

interface Svd {
  readonly name: string;
  /** U and V are square. */
  readonly full: boolean;
}

/** Transposes a row-major rows x columns matrix into `out`, whose rows are `width` long. */
function transposeInto(a: Float64Array, rows: number, columns: number, out: Float64Array, width: number): void {
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * width + i] = a[i * columns + j];
}

/** U (m x p), values and V (n x n) of an m x n matrix with m >= n; p is m or n. */
function decompose(
  a: Float64Array,
  m: number,
  n: number,
  p: number,
): { u: Float64Array; values: Float64Array; v: Float64Array; ok: boolean } {
  const [values, v] = [new Float64Array(n), new Float64Array(n * n)];
  const rank = singularValues(a, m, n, values, v);
  const u = new Float64Array(m * p);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) u[i * p + j] = a[i * n + j];
  if (rank >= 0) completeBasis(u, m, p, rank);
  return { u, values, v, ok: rank >= 0 };
}

/** The gradient of U S V^T (Townsend, Differentiating the singular value decomposition, 2016). */
function svdGradient(t: Operations, [gu, gs, gv]: readonly Tensor[], [u, s, v]: readonly Tensor[]): Tensor {
  const [m, n, k] = [u.shape[u.shape.length - 2], v.shape[v.shape.length - 2], s.shape[s.shape.length - 1]];
  const squares = t.mul(s, s);
  const gaps = t.sub(squares.unsqueeze(-2), squares.unsqueeze(-1));
  const turned = (x: Tensor, g: Tensor): Tensor => {
    const product = t.matmul(transposed(x), g);
    return quotient(t, t.sub(product, transposed(product)), gaps);
  };
  const left = t.mul(turned(u, gu), s.unsqueeze(-2));
  const right = t.mul(s.unsqueeze(-1), turned(v, gv));
  const middle = t.add(t.add(left, right), t.diagEmbed(gs));
  let g = t.matmul(u, t.matmul(middle, transposed(v)));
  const outside = (x: Tensor, y: Tensor): Tensor => t.sub(y, t.matmul(x, t.matmul(transposed(x), y)));
  if (m > k) g = t.add(g, t.matmul(quotient(t, outside(u, gu), s.unsqueeze(-2)), transposed(v)));
  if (n > k) g = t.add(g, t.matmul(u, transposed(quotient(t, outside(v, gv), s.unsqueeze(-2)))));
  return g;
}

const svdRow: Row<Svd> = {
  name: 'svd',
  infer([a], { full }) {
    const [m, n] = sizes(a);
    const k = Math.min(m, n);
    const batch = batchOf(a);
    return [
      { shape: [...batch, m, full ? m : k], dtype: a.dtype },
      { shape: [...batch, k], dtype: a.dtype },
      { shape: [...batch, full ? n : k, n], dtype: a.dtype },
    ];
  },
  kernel(_k, [u, s, vh], [a], { name, full }) {
    const [m, n] = sizes(a);
    const matrices = read(a);
    checkFinite(name, a, matrices);
    const [outU, outS, outV] = [u, s, vh].map((y) => scratch(y, matrices.length));
    matrices.forEach((matrix, i) => {
      // A wide matrix is decomposed transposed, and U and V change places.
      const [tall, rows, columns] = m >= n ? [matrix, m, n] : [matrix.slice(), n, m];
      if (m < n) transposeInto(matrix, m, n, tall, m);
      const found = decompose(tall, rows, columns, full ? rows : columns);
      checkConverged(name, a, i, found.ok);
      outS.pieces[i].set(found.values);
      if (m >= n) {
        outU.pieces[i].set(found.u);
        transposeInto(found.v, n, n, outV.pieces[i], n);
      } else {
        outU.pieces[i].set(found.v);
        transposeInto(found.u, n, full ? n : m, outV.pieces[i], n);
      }
    });
    outU.store();
    outS.store();
    outV.store();
  },
  savesResults: [0, 1, 2],
  grad(t, [gu, gs, gvh], _inputs, [u, s, vh]) {
    const k = s.shape[s.shape.length - 1];
    const columns = (x: Tensor): Tensor => x.narrow(-1, 0, k);
    const [gv, v] = [columns(transposed(gvh)), columns(transposed(vh))];
    return [svdGradient(t, [columns(gu), gs, gv], [columns(u), s, v])];
  },
};

/** U, S and V^T under the name of the operation that called it. */
export function decomposed(name: string, a: Tensor, full: boolean): Tensor[] {
  checkMatrices(name, a);
  return apply(svdRow, [a], { name, full });
}

type SvdOptions = { fullMatrices?: boolean; driver?: string | null };

/**
 * A = U diag(S) Vh with orthonormal columns in U, rows in Vh, and singular values S in descending order; U and Vh are square unless
 * `fullMatrices` is false, and determined up to signs. PyTorch: torch.linalg.svd.
 */
export const svd: Fn<[A: Tensor, fullMatrices?: boolean], SvdOptions, Results<'U' | 'S' | 'Vh'>> = fn(
  'linalg.svd(A, fullMatrices=true, *, driver=null)',
  (a, full) => results(['U', 'S', 'Vh'], decomposed('linalg.svd', a, full)),
  {
    samples: (m) => [[m(3, 3)], [m(2, 4, 3), false], [m(2, 3)]],
    errors: (m) => [[[m(3)], 'is not a matrix']],
    gradcheck: 'its vectors are determined up to their sign',
  },
);

/** Singular values in descending order. PyTorch: torch.linalg.svdvals. */
export const svdvals: Fn<[A: Tensor], { driver?: string | null }, Tensor> = fn(
  'linalg.svdvals(A, *, driver=null)',
  (a) => decomposed('linalg.svdvals', a, false)[1],
  { samples: (m) => [[m(3, 3)], [m(2, 4, 3)], [m(2, 3)]], errors: (m) => [[[m(3)], 'is not a matrix']] },
);
