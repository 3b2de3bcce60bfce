import { type Described, type Fn, fn, type None, type Results, results, typed } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { definite, factorCholesky, invertCholesky, solveCholesky } from './cholesky.js';
import * as determinant from './determinant.js';
import { factorLu, solveLu } from './lu.js';
import { batchOf, checkMatrices, sizes, transposed } from './matrices.js';
import { pseudoinverse } from './pinv.js';
import * as power from './power.js';
import { factorQr, formProduct, reflect } from './qr.js';
import * as solve from './solve.js';
import { decomposed } from './svd.js';
import { solveTriangle } from './triangular.js';

export { geqrf } from './qr.js';

/** A function of one batch of matrices. */
export type OfMatrices = Fn<[input: Tensor], None, Tensor>;

/** Determinant of square matrices. PyTorch: torch.det. */
export const det: OfMatrices = fn('det(input)', (input) => determinant.det(input), { samples: (m) => [[m(3, 3)]] });

/** Sign of the determinant and logarithm of its absolute value. PyTorch: torch.slogdet. */
export const slogdet: Fn<[input: Tensor], None, Results<'sign' | 'logabsdet'>> = fn('slogdet(input)', (input) =>
  determinant.slogdet(input),
);

/** Logarithm of the determinant; NaN where that is negative. PyTorch: torch.logdet. */
export const logdet: OfMatrices = fn(
  'logdet(input)',
  (input) => {
    const { sign, logabsdet } = determinant.slogdet(input);
    return logabsdet.where(sign.ne(-1), NaN);
  },
  { samples: (m) => [[definite(m(3, 3))]], errors: (m) => [[[m(2, 3)], 'are not square']] },
);

/** Inverse of square matrices. PyTorch: torch.inverse. */
export const inverse: OfMatrices = fn('inverse(input)', (input) => solve.inv(input), { samples: (m) => [[m(3, 3)]] });

/** Exponential of square matrices. PyTorch: torch.matrix_exp. */
export const matrixExp: OfMatrices = fn('matrixExp(input)', (input) => power.matrixExp(input), {
  samples: (m) => [[m(3, 3)]],
});

/** Product of n equal square matrices. PyTorch: torch.matrix_power. */
export const matrixPower: Fn<[input: Tensor, n: number], { n?: number }, Tensor> = fn(
  'matrixPower(input, n)',
  (input, n) => power.powerOf('matrixPower', input, n),
  { samples: (m) => [[m(3, 3), 3]] },
);

/** Pseudoinverse; singular values up to `rcond` times the largest count as zero. PyTorch: torch.pinverse. */
export const pinverse: Fn<[input: Tensor, rcond?: number], { rcond?: number }, Tensor> = fn(
  'pinverse(input, rcond=1e-15)',
  (input, rcond) => pseudoinverse('pinverse', input, { rtol: rcond }),
  { samples: (m) => [[m(3, 2)]] },
);

type Upper = { upper?: boolean };

/** Cholesky factor of positive definite matrices: lower, or upper. PyTorch: torch.cholesky. */
export const cholesky: Fn<[input: Tensor, upper?: boolean], Upper, Tensor> = fn(
  'cholesky(input, upper=false)',
  (input, upper) => factorCholesky(input, upper, { name: 'cholesky', check: true })[0],
  { samples: (m) => [[definite(m(3, 3))], [definite(m(2, 2, 2)), true]], gradcheck: 'reads one triangle' },
);

/** The X for which A X = B, from B and the Cholesky factor of A. PyTorch: torch.cholesky_solve. */
export const choleskySolve: Fn<[input: Tensor, input2: Tensor, upper?: boolean], Upper & { input2?: Tensor }, Tensor> =
  fn(
    'choleskySolve(input, input2, upper=false)',
    (input, input2, upper) => solveCholesky('choleskySolve', input, input2, upper),
    {
      samples: (m) => [
        [m(3, 2), definite(m(3, 3)).tril()],
        [m(2, 3, 2), definite(m(3, 3)).triu(), true],
      ],
      errors: (m) => [[[m(2, 2), m(3, 3)], 'needs 3 rows in B']],
      gradcheck: 'its gradient takes all of the factor as given, as in PyTorch, its value reads a triangle',
    },
  );

/** Inverse of A from its Cholesky factor. PyTorch: torch.cholesky_inverse. */
export const choleskyInverse: Fn<[input: Tensor, upper?: boolean], Upper, Tensor> = fn(
  'choleskyInverse(input, upper=false)',
  (input, upper) => invertCholesky('choleskyInverse', input, upper),
  { samples: (m) => [[definite(m(3, 3)).tril()]], gradcheck: 'as choleskySolve' },
);

/** A = Q R; Q is square where `some` is false. PyTorch: torch.qr. */
export const qr: Fn<[input: Tensor, some?: boolean], { some?: boolean }, Results<'Q' | 'R'>> = fn(
  'qr(input, some=true)',
  (input, some) => results(['Q', 'R'], factorQr('qr', input, some ? 'reduced' : 'complete')),
  { samples: (m) => [[m(3, 2)], [m(2, 3)]] },
);

type SvdOptions = { some?: boolean; computeUv?: boolean };

/** A = U diag(S) V^T; U and V are square where `some` is false, zeros where `computeUv` is. PyTorch: torch.svd. */
export const svd: Fn<[input: Tensor, some?: boolean, computeUv?: boolean], SvdOptions, Results<'U' | 'S' | 'V'>> = fn(
  'svd(input, some=true, computeUv=true)',
  (input, some, computeUv) => {
    const [u, s, vh] = decomposed('svd', input, computeUv && !some);
    if (computeUv) return results(['U', 'S', 'V'], [u, s, transposed(vh)]);
    const none = (n: number): Tensor => zeros([...batchOf(input), n, n], { dtype: input.dtype, device: input.device });
    const [m, n] = sizes(input);
    return results(['U', 'S', 'V'], [none(m), s, none(n)]);
  },
  { samples: (m) => [[m(3, 2)], [m(2, 3), false]], gradcheck: 'its vectors are determined up to their sign' },
);

/** Packed factors, exchanges of rows and, where asked for, what was singular. */
export interface Lu {
  (input: Tensor, pivot: boolean | undefined, getInfos: true): Results<'LU' | 'pivots' | 'info'>;
  (input: Tensor, options: { pivot?: boolean; getInfos: true }): Results<'LU' | 'pivots' | 'info'>;
  (input: Tensor, pivot?: boolean, getInfos?: false): [Tensor, Tensor];
}

/** `linalg.luFactor` in its older form: a pair, or with `getInfos` an object with `info` too. PyTorch: torch.lu. */
export const lu: Lu & Described = typed<Lu>(
  'lu(input, pivot=true, getInfos=false)',
  ((input: Tensor, pivot: boolean, getInfos: boolean) => {
    const [packed, pivots, info] = factorLu(input, { name: 'lu', pivot, check: !getInfos });
    return getInfos ? results(['LU', 'pivots', 'info'], [packed, pivots, info]) : [packed, pivots];
  }) as never,
  { samples: (m) => [[m(3, 3)], [m(2, 4, 3)]] },
);

/** The X for which A X = B, from B and A's packed factors. PyTorch: torch.lu_solve. */
export const luSolve: Fn<
  [b: Tensor, LUData: Tensor, LUPivots: Tensor],
  { LUData?: Tensor; LUPivots?: Tensor },
  Tensor
> = fn('luSolve(b, LUData, LUPivots)', (b, packed, pivots) => solveLu('luSolve', packed, pivots, b, true, false));

type TriangularOptions = { A?: Tensor; upper?: boolean; transpose?: boolean; unitriangular?: boolean };

/** `linalg.solveTriangular` in its older form: also gives A back. PyTorch: torch.triangular_solve. */
export const triangularSolve: Fn<
  [b: Tensor, A: Tensor, upper?: boolean, transpose?: boolean, unitriangular?: boolean],
  TriangularOptions,
  Results<'solution' | 'clonedCoefficient'>
> = fn(
  'triangularSolve(b, A, upper=true, transpose=false, unitriangular=false)',
  (b, a, upper, transpose, unitriangular) => {
    checkMatrices('triangularSolve', a, true);
    const matrix = transpose ? transposed(a) : a;
    const solution = solveTriangle('triangularSolve', matrix, b, { upper: upper !== transpose, unitriangular });
    return results(['solution', 'clonedCoefficient'], [solution, a.clone()]);
  },
);

type OrmqrOptions = { tau?: Tensor; other?: Tensor; left?: boolean; transpose?: boolean };

/** Multiplies by the square Q that `geqrf` keeps as reflectors: Q other, or other Q; Q^T where `transpose`. PyTorch: torch.ormqr. */
export const ormqr: Fn<
  [input: Tensor, tau: Tensor, other: Tensor, left?: boolean, transpose?: boolean],
  OrmqrOptions,
  Tensor
> = fn('ormqr(input, tau, other, left=true, transpose=false)', (input, tau, other, left, transpose) => {
  checkMatrices('ormqr', other);
  if (batchOf(input).length !== batchOf(other).length) {
    throw new ShapeError(`ormqr: ${showShape(input.shape)} and ${showShape(other.shape)} must have the same batch`);
  }
  if (left) return reflect('ormqr', input, tau, other, transpose);
  return transposed(reflect('ormqr', input, tau, transposed(other), !transpose));
});

/** `linalg.householderProduct` under its older name. PyTorch: torch.orgqr. */
export const orgqr: Fn<[input: Tensor, tau: Tensor], { tau?: Tensor }, Tensor> = fn('orgqr(input, tau)', (input, tau) =>
  formProduct('orgqr', input, tau),
);
