import { type Fn, fn } from '../../core/define.js';
import type { DType } from '../../core/dtype.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { type Dims, wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { normOver } from '../reduction/vectorNorm.js';
import { checkMatrices } from './matrices.js';
import { inv } from './solve.js';
import { decomposed } from './svd.js';

type VectorNormOptions = { ord?: number; dim?: Dims | null; keepdim?: boolean; dtype?: DType | null };

/**
 * Norm of the vectors along `dim` (all elements as one where null): (sum of |x|^ord)^(1/ord), the largest or smallest |x| for plus or minus
 * Infinity, the count of non-zero elements for 0. PyTorch: torch.linalg.vector_norm.
 */
export const vectorNorm: Fn<
  [x: Tensor, ord?: number, dim?: Dims | null, keepdim?: boolean],
  VectorNormOptions,
  Tensor
> = fn(
  'linalg.vectorNorm(x, ord=2, dim=null, keepdim=false, *, dtype=null)',
  (x, ord, dim, keepdim, { dtype }) => normOver('linalg.vectorNorm', x, ord, dim, keepdim, dtype),
  {
    samples: (m) => [
      [m(2, 3)],
      [m(2, 3), 1, 0],
      [m(2, 3), 3.5, 1, true],
      [m(2, 3), Infinity],
      [m(2, 3), -Infinity, 1],
      [m(2, 3), 0],
      [m(2, 3), 0.5],
      [m(2, 3), -1],
      [m(2, 3), { dtype: 'float64' }],
    ],
    errors: (m) => [
      [[m.integers(9, 3)], 'needs floating-point elements'],
      [[m(2, 0), Infinity, 1], 'has no elements'],
    ],
  },
);

/** 'fro', 'nuc', or plus or minus 1, 2 or Infinity. */
export type MatrixOrder = number | 'fro' | 'nuc';

/** Singular values of the matrices in two dimensions, and where those dimensions would be kept. */
function singular(
  name: string,
  x: Tensor,
  [rows, columns]: readonly number[],
  fold: (s: Tensor) => Tensor,
  keepdim: boolean,
): Tensor {
  const y = fold(decomposed(name, x.movedim([rows, columns], [-2, -1]), false)[1]);
  if (!keepdim) return y;
  return y.reshape(x.shape.map((size, d) => (d === rows || d === columns ? 1 : size)));
}

/** Sum of the singular values. */
export function nuclearNorm(name: string, x: Tensor, dim: Dims, keepdim: boolean): Tensor {
  return matrixNormOf(name, x, 'nuc', typeof dim === 'number' ? [dim] : dim, keepdim);
}

function matrixNormOf(name: string, x: Tensor, ord: MatrixOrder, dim: readonly number[], keepdim: boolean): Tensor {
  checkMatrices(name, x);
  const [rows, columns] = dim.map((d) => wrapDim(name, d, x.shape.length));
  if (dim.length !== 2 || rows === columns) {
    throw new ShapeError(`${name}: dim (${dim.join(', ')}) must be two dimensions of ${showShape(x.shape)}`);
  }
  if (ord === 'fro') return normOver(name, x, 2, [rows, columns], keepdim);
  if (ord === 'nuc') return singular(name, x, [rows, columns], (s) => s.sum(-1), keepdim);
  if (ord === 2) return singular(name, x, [rows, columns], (s) => s.amax(-1), keepdim);
  if (ord === -2) return singular(name, x, [rows, columns], (s) => s.amin(-1), keepdim);
  const [summed, compared] = Math.abs(ord) === 1 ? [rows, columns] : [columns, rows];
  if (Math.abs(ord) !== 1 && Math.abs(ord) !== Infinity) {
    throw new ValueError(`${name}: ord ${ord} is none of 'fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity`);
  }
  const sums = normOver(name, x, 1, summed, true);
  const y = ord > 0 ? sums.amax(compared, true) : sums.amin(compared, true);
  return keepdim ? y : y.squeeze([rows, columns]);
}

type MatrixNormOptions = { ord?: MatrixOrder; dim?: readonly number[]; keepdim?: boolean; dtype?: DType | null };

/**
 * Norm of matrices in two dimensions: 'fro' (root of the sum of squares), 'nuc' (sum of singular values), 2 and -2 (largest and smallest
 * of them), 1 and -1 (largest and smallest sum of a column), plus and minus Infinity (of a row). PyTorch: torch.linalg.matrix_norm.
 */
export const matrixNorm: Fn<
  [A: Tensor, ord?: MatrixOrder, dim?: readonly number[], keepdim?: boolean],
  MatrixNormOptions,
  Tensor
> = fn(
  "linalg.matrixNorm(A, ord='fro', dim=[-2, -1], keepdim=false, *, dtype=null)",
  (a, ord, dim, keepdim, { dtype }) =>
    matrixNormOf('linalg.matrixNorm', dtype === null ? a : a.to(dtype), ord, dim, keepdim),
  {
    samples: (m) => [
      [m(2, 3)],
      [m(3, 2), 'nuc'],
      [m(2, 3, 2), 2, [0, 2], true],
      [m(3, 3), -2],
      [m(2, 3), 1],
      [m(2, 3, 2), -Infinity, [-1, 0]],
    ],
    errors: (m) => [
      [[m(3)], 'is not a matrix'],
      [[m(2, 2), 3], 'ord 3 is none of'],
      [[m(2, 2), 1, [0, 0]], 'must be two dimensions'],
    ],
  },
);

type NormOptions = { ord?: MatrixOrder | null; dim?: Dims | null; keepdim?: boolean; dtype?: DType | null };

/**
 * `vectorNorm` along one dimension or of a vector, `matrixNorm` in two or of a matrix; without `ord` the root of the sum of squares.
 * PyTorch: torch.linalg.norm.
 */
export const norm: Fn<
  [A: Tensor, ord?: MatrixOrder | null, dim?: Dims | null, keepdim?: boolean],
  NormOptions,
  Tensor
> = fn(
  'linalg.norm(A, ord=null, dim=null, keepdim=false, *, dtype=null)',
  (a, ord, dim, keepdim, { dtype }) => {
    const x = dtype === null ? a : a.to(dtype);
    if (ord === null) return normOver('linalg.norm', x, 2, dim, keepdim);
    const dims = dim === null ? [...a.shape.keys()] : typeof dim === 'number' ? [dim] : dim;
    if (dims.length === 2) return matrixNormOf('linalg.norm', x, ord, dims, keepdim);
    if (dims.length !== 1 || typeof ord === 'string') {
      throw new ShapeError(
        `linalg.norm: ord ${ord} over ${dims.length} dimensions of ${showShape(a.shape)}: it takes vectors (a number) or matrices; give dim`,
      );
    }
    return normOver('linalg.norm', x, ord, dims, keepdim);
  },
  {
    samples: (m) => [[m(2, 3)], [m(4), 3], [m(2, 3), 1], [m(2, 3, 2), 'fro', [0, 1]], [m(2, 3), 2, 1, true]],
    errors: (m) => [[[m(2, 2, 2), 1], 'over 3 dimensions']],
  },
);

/**
 * Condition number: the largest singular value over the smallest, or for another norm `p` the norm times that of the inverse.
 * PyTorch: torch.linalg.cond.
 */
export const cond: Fn<[A: Tensor, p?: MatrixOrder | null], { p?: MatrixOrder | null }, Tensor> = fn(
  'linalg.cond(A, p=null)',
  (a, p) => {
    checkMatrices('linalg.cond', a, p !== null && Math.abs(Number(p)) !== 2);
    if (p !== null && Math.abs(Number(p)) !== 2) return matrixNorm(a, p).mul(matrixNorm(inv(a), p));
    const s = decomposed('linalg.cond', a, false)[1];
    if (s.shape[s.shape.length - 1] === 0) return s.sum(-1);
    return p === -2 ? s.amin(-1).div(s.amax(-1)) : s.amax(-1).div(s.amin(-1));
  },
  { samples: (m) => [[m(3, 3)], [m(2, 3, 3), 1], [m(4, 3), -2]], errors: (m) => [[[m(2, 3), 1], 'are not square']] },
);
