import { sameShape } from '../../../kernels/view.js';
import { apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { eigenpairs } from './eigh.js';
import { batchOf, checkMatrices, read, scratch, sizes, together, transposed } from './matrices.js';
import { decomposed } from './svd.js';

/** Bounds below which singular values count as zero: absolute, and relative to the largest. */
export interface Bounds {
  atol?: number | Tensor | null;
  rtol?: number | Tensor | null;
}

/** The bound for each matrix; rtol is the rounding error times the larger size, unless one of the two is given. */
function boundOf(a: Tensor, s: Tensor, { atol, rtol }: Bounds): Tensor {
  const rounding = a.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const relative = rtol ?? (atol === null || atol === undefined || atol === 0 ? Math.max(...sizes(a)) * rounding : 0);
  const largest = s.shape[s.shape.length - 1] === 0 ? zeros(batchOf(a), { dtype: s.dtype }) : s.amax(-1);
  const absolute = largest.mul(0).add(atol ?? 0);
  return largest.mul(relative).maximum(absolute).unsqueeze(-1);
}

/** Singular values, or sizes of eigenvalues of symmetric matrices. */
function spectrum(name: string, a: Tensor, hermitian: boolean): Tensor {
  return hermitian ? eigenpairs(name, a, 'L')[0].abs() : decomposed(name, a, false)[1];
}

type RankOptions = Bounds & { hermitian?: boolean };

/**
 * How many singular values (eigenvalues of a symmetric matrix where `hermitian`) exceed the larger of `atol` and `rtol` times the largest,
 * as int32. PyTorch: torch.linalg.matrix_rank.
 */
export const matrixRank: Fn<[A: Tensor], RankOptions, Tensor> = fn(
  'linalg.matrixRank(A, *, atol=null, rtol=null, hermitian=false)',
  (a, { atol, rtol, hermitian }) => {
    checkMatrices('linalg.matrixRank', a, hermitian);
    const values = spectrum('linalg.matrixRank', a.detach(), hermitian);
    return values.gt(boundOf(a, values, { atol, rtol })).sum(-1);
  },
  { samples: (m) => [[m(3, 3)], [m(2, 4, 3)], [m(3, 3), { atol: 1 }]], gradcheck: 'a count' },
);

interface Inverse extends Bounds {
  readonly name: string;
  /** Reads the lower triangle of a symmetric matrix; the gradient takes both as given, as PyTorch's does. */
  readonly hermitian: boolean;
}

/** Through singular values; the gradient holds where the rank does not change (Golub and Pereyra, 1973). */
const pinvRow: Row<Inverse> = {
  name: 'pinv',
  infer: ([a]) => [{ shape: [...batchOf(a), sizes(a)[1], sizes(a)[0]], dtype: a.dtype }],
  kernel(_k, [y], [a], { name, atol, rtol, hermitian }) {
    const [m, n] = sizes(a);
    const given = a.detach().to('float64');
    const wide = hermitian ? given.tril().add(transposed(given.tril(-1))) : given;
    const [u, s, vh] = decomposed(name, wide, false);
    const limits = read(boundOf(a, s, { atol, rtol }).unsqueeze(-1));
    const [us, values, vs] = [read(u), read(s.unsqueeze(-1)), read(vh)];
    const k = sizes(u)[1];
    const out = scratch(y, us.length);
    us.forEach((left, b) => {
      const target = out.pieces[b];
      for (let l = 0; l < k; l++) {
        if (!(values[b][l] > limits[b][0])) continue;
        for (let i = 0; i < n; i++) {
          const factor = vs[b][l * n + i] / values[b][l];
          for (let j = 0; j < m; j++) target[i * m + j] += factor * left[j * k + l];
        }
      }
    });
    out.store();
  },
  saves: [0],
  savesResults: [0],
  grad(t, [g], [a], [p]) {
    const [turned, gt] = [transposed(p), transposed(g)];
    const inner = t.neg(t.matmul(t.matmul(turned, g), turned));
    const left = t.sub(gt, t.matmul(a, t.matmul(p, gt)));
    const right = t.sub(gt, t.matmul(t.matmul(gt, p), a));
    const outer = t.add(t.matmul(left, t.matmul(p, turned)), t.matmul(t.matmul(turned, p), right));
    return [t.add(inner, outer)];
  },
};

/** The pseudoinverse under the name of the operation that called it. */
export function pseudoinverse(name: string, a: Tensor, bounds: Bounds, hermitian = false): Tensor {
  checkMatrices(name, a, hermitian);
  return apply1(pinvRow, [a], { name, hermitian, ...bounds });
}

/**
 * Pseudoinverse (Moore and Penrose); singular values up to the larger of `atol` and `rtol` times the largest count as zero. `hermitian`
 * reads the lower triangle of symmetric matrices. PyTorch: torch.linalg.pinv.
 */
export const pinv: Fn<[A: Tensor], RankOptions, Tensor> = fn(
  'linalg.pinv(A, *, atol=null, rtol=null, hermitian=false)',
  (a, { atol, rtol, hermitian }) => pseudoinverse('linalg.pinv', a, { atol, rtol }, hermitian),
  { samples: (m) => [[m(3, 3)], [m(2, 4, 3)], [m(2, 3)]], errors: (m) => [[[m(3)], 'is not a matrix']] },
);

type LstsqOptions = { B?: Tensor; rcond?: number | null; driver?: string | null };

const drivers: readonly string[] = ['gels', 'gelsy', 'gelsd', 'gelss'];

/**
 * The X with the smallest ||A X - B||, of those the smallest itself. Beside `solution`: `residuals` (squared, where A has full rank and
 * more rows than columns), `rank` (int32) and `singularValues`, each empty where PyTorch's `driver` of that name ('gelsy' unless given)
 * does not tell it. PyTorch: torch.linalg.lstsq.
 */
export const lstsq: Fn<
  [A: Tensor, B: Tensor, rcond?: number | null],
  LstsqOptions,
  Results<'solution' | 'residuals' | 'rank' | 'singularValues'>
> = fn(
  'linalg.lstsq(A, B, rcond=null, *, driver=null)',
  (a, b, rcond, options) => {
    const driver = options.driver ?? 'gelsy';
    if (!drivers.includes(driver))
      throw new ValueError(`linalg.lstsq: driver '${driver}' is none of ${drivers.join(', ')}`);
    checkMatrices('linalg.lstsq', a);
    const vector =
      b.shape.length === 1 || (b.shape.length === a.shape.length - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
    const [left, right] = together('linalg.lstsq', a, vector ? b.unsqueeze(-1) : b);
    const [m, n] = sizes(left);
    if (sizes(right)[0] !== m) {
      throw new ShapeError(
        `linalg.lstsq: A ${showShape(a.shape)} and B ${showShape(b.shape)}: B needs ${m} rows, as A has`,
      );
    }
    const bounds = { atol: 0, rtol: rcond };
    const x = pseudoinverse('linalg.lstsq', left, bounds).matmul(right);
    const none = (dtype: Tensor['dtype']): Tensor => zeros([0], { dtype, device: a.device });
    const values = decomposed('linalg.lstsq', left.detach(), false)[1];
    const rank = values.gt(boundOf(left, values, bounds)).sum(-1);
    const fits = m > n && driver !== 'gelsy' && (driver === 'gels' || rank.eq(n).all().item() === 1);
    const rest = fits ? left.matmul(x).sub(right).square().sum(-2) : none(a.dtype);
    return results(
      ['solution', 'residuals', 'rank', 'singularValues'],
      [
        vector ? x.squeeze(-1) : x,
        rest,
        driver === 'gels' ? none('int32') : rank,
        driver === 'gelsd' || driver === 'gelss' ? values : none(a.dtype),
      ],
    );
  },
  {
    samples: (m) => [
      [m(3, 3), m(3, 2)],
      [m(4, 3), m(4, 2), { driver: 'gelsd' }],
      [m(2, 3), m(2)],
    ],
    errors: (m) => [
      [[m(3, 2), m(2, 2)], 'B needs 3 rows'],
      [[m(3, 2), m(3, 2), { driver: 'qr' }], "driver 'qr' is none of gels, gelsy"],
    ],
    gradcheck: 'rank and singular values carry no gradient',
  },
);
