import { formQ, qrFactor } from '../../../kernels/cpu/linalg/householder.js';
import { apply, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type None, type Results, results } from '../../core/define.js';
import { AutogradError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import type { Operations } from '../index.js';
import { batchOf, checkMatrices, identities, read, scratch, sizes, transposed } from './matrices.js';
import { solveTriangle } from './triangular.js';

/** Whether Q is square although A has fewer columns than rows. */
type Complete = boolean;

/** For at least as many rows as columns (Walter and Lehmann, 2012). */
function tallGradient(t: Operations, gq: Tensor, gr: Tensor, q: Tensor, r: Tensor): Tensor {
  const m = t.sub(t.matmul(r, transposed(gr)), t.matmul(transposed(gq), q));
  const symmetric = t.add(t.tril(m), transposed(t.tril(m, -1)));
  const inner = t.add(gq, t.matmul(q, symmetric));
  return solveTriangle('qr', transposed(r), inner, { upper: false, unitriangular: false }, false);
}

const qrRow: Row<Complete> = {
  name: 'qr',
  infer([a], complete) {
    const [m, n] = sizes(a);
    const k = complete ? m : Math.min(m, n);
    return [
      { shape: [...batchOf(a), m, k], dtype: a.dtype },
      { shape: [...batchOf(a), k, n], dtype: a.dtype },
    ];
  },
  kernel(_k, [q, r], [a]) {
    const [m, n] = sizes(a);
    const k = sizes(q)[1];
    const matrices = read(a);
    const [outQ, outR] = [scratch(q, matrices.length), scratch(r, matrices.length)];
    matrices.forEach((matrix, i) => {
      const tau = new Float64Array(Math.min(m, n));
      qrFactor(matrix, m, n, tau);
      formQ(matrix, m, n, tau, tau.length, outQ.pieces[i], k);
      for (let row = 0; row < Math.min(k, n); row++) {
        for (let column = row; column < n; column++) outR.pieces[i][row * n + column] = matrix[row * n + column];
      }
    });
    outQ.store();
    outR.store();
  },
  saves: [0],
  savesResults: [0, 1],
  grad(t, [gq, gr], [a], [q, r], complete) {
    const [m, n] = sizes(a);
    if (complete && m > n) {
      throw new AutogradError(
        `qr: the columns that mode 'complete' adds to Q for ${showShape(a.shape)} have no gradient; use mode 'reduced'`,
      );
    }
    if (m >= n) return [tallGradient(t, gq, gr, q, r)];
    // Wide: A = [X Y], R = [U V], Q U = X and Q V = Y.
    const [u, gu] = [r.narrow(-1, 0, m), gr.narrow(-1, 0, m)];
    const gv = gr.narrow(-1, m, n - m);
    const toQ = t.add(gq, t.matmul(a.narrow(-1, m, n - m), transposed(gv)));
    return [t.cat([tallGradient(t, toQ, gu, q, u), t.matmul(q, gv)], -1)];
  },
};

/** Q and R; in mode 'r' Q is empty. */
export function factorQr(name: string, a: Tensor, mode: string): Tensor[] {
  checkMatrices(name, a);
  if (mode !== 'reduced' && mode !== 'complete' && mode !== 'r') {
    throw new ValueError(`${name}: mode '${mode}' is none of reduced, complete, r`);
  }
  if (mode !== 'r') return apply(qrRow, [a], mode === 'complete');
  return [zeros([0], { dtype: a.dtype, device: a.device }), apply(qrRow, [a.detach()], false)[1]];
}

/**
 * A = Q R with orthonormal columns in Q and an upper triangular R. `mode`: 'reduced', 'complete' (square Q) or 'r' (R alone, no gradient).
 * PyTorch: torch.linalg.qr.
 */
export const qr: Fn<[A: Tensor, mode?: 'reduced' | 'complete' | 'r'], { mode?: string }, Results<'Q' | 'R'>> = fn(
  "linalg.qr(A, mode='reduced')",
  (a, mode) => results(['Q', 'R'], factorQr('linalg.qr', a, mode)),
  {
    samples: (m) => [[m(3, 3)], [m(2, 4, 3)], [m(2, 3)], [m(3, 3), 'complete']],
    errors: (m) => [
      [[m(3, 3), 'full'], "mode 'full' is none of reduced, complete, r"],
      [[m(3)], 'is not a matrix'],
    ],
  },
);

const geqrfRow: Row<null> = {
  name: 'geqrf',
  infer: ([a]) => [
    { shape: a.shape, dtype: a.dtype },
    { shape: [...batchOf(a), Math.min(...sizes(a))], dtype: a.dtype },
  ],
  kernel(_k, [packed, taus], [a]) {
    const matrices = read(a);
    const [out, outTau] = [scratch(packed, matrices.length), scratch(taus, matrices.length)];
    matrices.forEach((matrix, i) => {
      qrFactor(matrix, ...sizes(a), outTau.pieces[i]);
      out.pieces[i].set(matrix);
    });
    out.store();
    outTau.store();
  },
};

/** The packed form of a QR factorization: R above, reflectors below, and their factors tau; no gradient. PyTorch: torch.geqrf. */
export const geqrf: Fn<[input: Tensor], None, Results<'a' | 'tau'>> = fn(
  'geqrf(input)',
  (input) => {
    checkMatrices('geqrf', input);
    return results(['a', 'tau'], apply(geqrfRow, [input.detach()], null));
  },
  { samples: (m) => [[m(3, 3)], [m(2, 4, 3)]], gradcheck: 'no gradient' },
);

/** Applies the reflectors I - tau v v^T whose vectors stand below the diagonal of `a` to `x`, the last one first unless `turned`. */
export function reflect(name: string, a: Tensor, tau: Tensor, x: Tensor, turned: boolean): Tensor {
  checkMatrices(name, a);
  const [m, n] = sizes(a);
  const count = tau.shape[tau.shape.length - 1];
  if (tau.shape.length !== a.shape.length - 1 || count > n || sizes(x)[0] !== m) {
    throw new ShapeError(
      `${name}: reflectors in ${showShape(a.shape)} with factors tau ${showShape(tau.shape)} do not apply to ${showShape(x.shape)}`,
    );
  }
  const vectors = a
    .narrow(-1, 0, count)
    .tril(-1)
    .add(identities(a, m).narrow(-1, 0, count));
  let y = x;
  for (let step = 0; step < count; step++) {
    const i = turned ? step : count - 1 - step;
    const v = vectors.narrow(-1, i, 1);
    y = y.sub(v.mul(tau.narrow(-1, i, 1).unsqueeze(-1)).matmul(transposed(v).matmul(y)));
  }
  return y;
}

/** The first columns of the product of the reflectors, as many as A has. */
export function formProduct(name: string, a: Tensor, tau: Tensor): Tensor {
  checkMatrices(name, a);
  const [m, n] = sizes(a);
  if (m < n) throw new ShapeError(`${name}: ${showShape(a.shape)} has more columns than rows`);
  return reflect(name, a, tau, identities(a, m).narrow(-1, 0, n), false);
}

/** The first columns of the Q that `geqrf` keeps as reflectors. PyTorch: torch.linalg.householder_product. */
export const householderProduct: Fn<[A: Tensor, tau: Tensor], { tau?: Tensor }, Tensor> = fn(
  'linalg.householderProduct(A, tau)',
  (a, tau) => formProduct('linalg.householderProduct', a, tau),
  {
    samples: (m) => [
      [m(3, 2), m(2)],
      [m(2, 3, 3), m(2, 2)],
    ],
    errors: (m) => [[[m(2, 3), m(2)], 'more columns than rows']],
  },
);
