import { choleskyFactor } from '../../../kernels/cpu/linalg/cholesky.js';
import { apply, apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { LinAlgError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import {
  batchOf,
  checkMatrices,
  eachMatrix,
  identities,
  sizes,
  together,
  transposed,
  which,
  write,
} from './matrices.js';
import { solveTriangle } from './triangular.js';

/** The name of the operation, and whether a matrix that is not positive definite is an error. */
interface Cholesky {
  readonly name: string;
  readonly check: boolean;
}

const lower = { upper: false, unitriangular: false };
const upper = { upper: true, unitriangular: false };

const choleskyRow: Row<Cholesky> = {
  name: 'cholesky',
  infer: ([a]) => [
    { shape: a.shape, dtype: a.dtype },
    { shape: batchOf(a), dtype: 'int32' },
  ],
  kernel(_k, [factor, info], [a], { name, check }) {
    const failures = eachMatrix(factor, a, (matrix, piece, i) => {
      const minor = choleskyFactor(matrix, sizes(a)[0]);
      if (minor > 0 && check) {
        throw new LinAlgError(
          `${name}: ${which(a.shape, i)} is not positive definite: its leading minor of order ${minor} is not positive`,
        );
      }
      piece.set(matrix);
      return minor;
    });
    write(info, failures);
  },
  savesResults: [0],
  grad(t, [g], _inputs, [factor]) {
    const turned = transposed(factor);
    const product = t.matmul(turned, g);
    const half = t.add(t.tril(product), transposed(t.tril(product, -1)));
    const middle = solveTriangle('cholesky', turned, t.mul(half, 0.5), upper);
    return [solveTriangle('cholesky', factor, middle, lower, false)];
  },
};

/** The lower factor (the upper one reads the upper triangle) and `info`. */
export function factorCholesky(a: Tensor, isUpper: boolean, attributes: Cholesky): Tensor[] {
  checkMatrices(attributes.name, a, true);
  if (!isUpper) return apply(choleskyRow, [a], attributes);
  const [factor, info] = apply(choleskyRow, [transposed(a)], attributes);
  return [transposed(factor), info];
}

/**
 * The lower triangular L with L L^T = A (upper: U^T U = A) of positive definite matrices, of which that triangle is read; else LinAlgError.
 * PyTorch: torch.linalg.cholesky.
 */
export const cholesky: Fn<[A: Tensor], { upper?: boolean }, Tensor> = fn(
  'linalg.cholesky(A, *, upper=false)',
  (a, options) => factorCholesky(a, options.upper, { name: 'linalg.cholesky', check: true })[0],
  {
    samples: (m) => [[definite(m(3, 3))], [definite(m(2, 2, 2)), { upper: true }]],
    gradcheck: 'reads one triangle',
    errors: (m) => [
      [[m(2, 2).mul(0)], 'is not positive definite: its leading minor of order 1'],
      [[m(2, 3)], 'are not square'],
    ],
  },
);

/** A positive definite matrix for samples. */
export function definite(x: Tensor): Tensor {
  return x
    .matmul(transposed(x))
    .add(identities(x, sizes(x)[0]))
    .detach();
}

/** `cholesky` that reports what is not positive definite in `info` (int32: the minor's order, or 0). PyTorch: torch.linalg.cholesky_ex. */
export const choleskyEx: Fn<[A: Tensor], { upper?: boolean; checkErrors?: boolean }, Results<'L' | 'info'>> = fn(
  'linalg.choleskyEx(A, *, upper=false, checkErrors=false)',
  (a, options) =>
    results(['L', 'info'], factorCholesky(a, options.upper, { name: 'linalg.choleskyEx', check: options.checkErrors })),
);

/** (L L^T) X = B. The gradient takes all of L as given, not its triangle: so does PyTorch's. */
const choleskySolveRow: Row<boolean> = {
  name: 'choleskySolve',
  infer: ([b]) => [{ shape: b.shape, dtype: b.dtype }],
  kernel(k, [x], [b, factor], isUpper) {
    const l = isUpper ? transposed(factor.detach()) : factor.detach();
    const half = solveTriangle('choleskySolve', l, b.detach(), lower);
    k.copy(x, solveTriangle('choleskySolve', transposed(l), half, upper));
  },
  saves: [1],
  savesResults: [0],
  grad(t, [g], [, factor], [x], isUpper) {
    const toRight = apply1(choleskySolveRow, [g, factor], isUpper);
    const product = t.matmul(toRight, transposed(x));
    const both = t.neg(t.add(product, transposed(product)));
    return [toRight, isUpper ? t.matmul(factor, both) : t.matmul(both, factor)];
  },
};

/** The X for which (L L^T) X = B, from B and a Cholesky factor. */
export function solveCholesky(name: string, b: Tensor, factor: Tensor, isUpper: boolean): Tensor {
  checkMatrices(name, b);
  checkMatrices(name, factor, true);
  if (sizes(b)[0] !== sizes(factor)[0]) {
    throw new ShapeError(
      `${name}: the factor ${showShape(factor.shape)} needs ${sizes(factor)[0]} rows in B, which is ${showShape(b.shape)}`,
    );
  }
  return apply1(choleskySolveRow, together(name, b, factor), isUpper);
}

/** (L L^T)^-1 from a Cholesky factor. */
export function invertCholesky(name: string, factor: Tensor, isUpper: boolean): Tensor {
  checkMatrices(name, factor, true);
  return solveCholesky(name, identities(factor, sizes(factor)[0]), factor, isUpper);
}
