import { luFactor, luSolve } from '../../../kernels/cpu/linalg/lu.js';
import { count, sameShape } from '../../../kernels/view.js';
import { apply, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { LinAlgError, ShapeError, showShape } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import {
  batchOf,
  checkMatrices,
  eachMatrix,
  identities,
  read,
  sizes,
  together,
  transposed,
  which,
  write,
} from './matrices.js';

/** The name of the operation, and whether a singular matrix is an error. */
interface Solve {
  readonly name: string;
  readonly check: boolean;
}

/** A X = B for batches of equal shape: X, and for each matrix the place of a zero pivot or 0. */
const solveRow: Row<Solve> = {
  name: 'solve',
  infer: ([a, b]) => [
    { shape: b.shape, dtype: b.dtype },
    { shape: batchOf(a), dtype: 'int32' },
  ],
  kernel(_k, [x, info], [a, b], { name, check }) {
    const [n, k] = sizes(b);
    const right = read(b);
    const zeros = eachMatrix(x, a, (matrix, piece, i) => {
      const pivots = new Int32Array(n);
      const singular = luFactor(matrix, n, n, pivots, true);
      if (singular > 0 && check) {
        throw new LinAlgError(
          `${name}: ${which(a.shape, i)} is singular: pivot ${singular} is zero. linalg.lstsq and linalg.pinv take such matrices`,
        );
      }
      piece.set(right[i]);
      luSolve(matrix, n, pivots, piece, k);
      return singular;
    });
    write(info, zeros);
  },
  saves: [0],
  savesResults: [0],
  grad(t, [g], [a], [x], attributes) {
    const toRight = solveMatrices(transposed(a), g, attributes)[0];
    return [t.neg(t.matmul(toRight, transposed(x))), toRight];
  },
};

/** Solves batches of square systems whose batch dimensions agree. */
export function solveMatrices(a: Tensor, b: Tensor, attributes: Solve): Tensor[] {
  return apply(solveRow, [a, b], attributes);
}

function isVector(a: Tensor, b: Tensor): boolean {
  return b.shape.length === 1 || (a.shape.length - 1 === b.shape.length && sameShape(b.shape, a.shape.slice(0, -1)));
}

function solveAny(a: Tensor, b: Tensor, left: boolean, attributes: Solve): Tensor[] {
  const { name } = attributes;
  checkMatrices(name, a, true);
  if (isVector(a, b)) {
    const [x, info] = solveAny(a, b.unsqueeze(-1), true, attributes);
    return [x.squeeze(-1), info];
  }
  checkMatrices(name, b);
  const [n] = sizes(a);
  if (sizes(b)[left ? 0 : 1] !== n) {
    throw new ShapeError(
      `${name}: A ${showShape(a.shape)} and B ${showShape(b.shape)}: B needs ${n} ${left ? 'rows' : 'columns'}, as A has`,
    );
  }
  const [matrix, right] = together(name, a, b);
  if (left) return solveMatrices(matrix, right, attributes);
  const [x, info] = solveMatrices(transposed(matrix), transposed(right), attributes);
  return [transposed(x), info];
}

type SolveOptions = { B?: Tensor; left?: boolean };

/**
 * The X for which A X = B, or X A = B where `left` is false; A is square, B a vector or matrix. LinAlgError where A is singular.
 * PyTorch: torch.linalg.solve.
 * @example
 * tg.linalg.solve(tg.tensor([[2, 0], [0, 4]]), tg.tensor([2, 2])) // => tensor([1.0000, 0.5000])
 */
export const solve: Fn<[A: Tensor, B: Tensor], SolveOptions, Tensor> = fn(
  'linalg.solve(A, B, *, left=true)',
  (a, b, { left }) => solveAny(a, b, left, { name: 'linalg.solve', check: true })[0],
  {
    samples: (m) => [
      [m(3, 3), m(3, 2)],
      [m(2, 3, 3), m(3, 2)],
      [m(3, 3), m(3)],
      [m(3, 3), m(2, 3), { left: false }],
    ],
    errors: (m) => [
      [[m(2, 3), m(2)], 'linalg.solve: the matrices of (2, 3) are not square'],
      [[m(3, 3), m(2, 2)], 'B needs 3 rows'],
    ],
  },
);

/** `solve` that reports singular matrices in `info` (int32: the zero pivot's place, or 0). PyTorch: torch.linalg.solve_ex. */
export const solveEx: Fn<
  [A: Tensor, B: Tensor],
  SolveOptions & { checkErrors?: boolean },
  Results<'result' | 'info'>
> = fn('linalg.solveEx(A, B, *, left=true, checkErrors=false)', (a, b, { left, checkErrors }) =>
  results(['result', 'info'], solveAny(a, b, left, { name: 'linalg.solveEx', check: checkErrors })),
);

function inverse(a: Tensor, attributes: Solve): Tensor[] {
  checkMatrices(attributes.name, a, true);
  return solveMatrices(a, identities(a, sizes(a)[0]), attributes);
}

/** Inverse of square matrices; LinAlgError where there is none. PyTorch: torch.linalg.inv. */
export const inv: Fn<[A: Tensor], Record<never, never>, Tensor> = fn(
  'linalg.inv(A)',
  (a) => inverse(a, { name: 'linalg.inv', check: true })[0],
  {
    samples: (m) => [[m(3, 3)], [m(2, 2, 2)]],
    errors: (m) => [
      [[m(2, 3)], 'linalg.inv: the matrices of (2, 3) are not square'],
      [[m(3)], '(3,) is not a matrix'],
      [[m(2, 2).mul(0)], 'is singular: pivot 1 is zero'],
    ],
  },
);

/** `inv` that reports singular matrices in `info`. PyTorch: torch.linalg.inv_ex. */
export const invEx: Fn<[A: Tensor], { checkErrors?: boolean }, Results<'inverse' | 'info'>> = fn(
  'linalg.invEx(A, *, checkErrors=false)',
  (a, { checkErrors }) => results(['inverse', 'info'], inverse(a, { name: 'linalg.invEx', check: checkErrors })),
);

/** The inverse of the linear map that a tensor is, from its last dimensions to its first `ind`. PyTorch: torch.linalg.tensorinv. */
export const tensorinv: Fn<[A: Tensor, ind?: number], { ind?: number }, Tensor> = fn(
  'linalg.tensorinv(A, ind=2)',
  (a, ind) => {
    const [rows, columns] = [a.shape.slice(0, ind), a.shape.slice(ind)];
    if (ind < 1 || count(rows) !== count(columns)) {
      throw new ShapeError(
        `linalg.tensorinv: the first ${ind} sizes of ${showShape(a.shape)} and the rest must have equal products`,
      );
    }
    return inv(a.reshape(count(rows), count(columns))).reshape([...columns, ...rows]);
  },
  { samples: (m) => [[m(2, 3, 6)]], errors: (m) => [[[m(2, 3, 4)], 'must have equal products']] },
);

/** The X for which tensordot(A, X) is B; `dims` of A are moved to its end first. PyTorch: torch.linalg.tensorsolve. */
export const tensorsolve: Fn<
  [A: Tensor, B: Tensor, dims?: readonly number[] | null],
  { B?: Tensor; dims?: readonly number[] | null },
  Tensor
> = fn(
  'linalg.tensorsolve(A, B, dims:list=null)',
  (a, b, dims) => {
    const rank = a.shape.length;
    const last = (dims ?? []).map((d) => wrapDim('linalg.tensorsolve', d, rank));
    const order = [...a.shape.keys()].filter((d) => !last.includes(d));
    const moved = a.permute([...order, ...last]);
    const shape = moved.shape.slice(b.shape.length);
    if (count(shape) !== count(b.shape)) {
      throw new ShapeError(`linalg.tensorsolve: A ${showShape(a.shape)} is not square for B ${showShape(b.shape)}`);
    }
    return solve(moved.reshape(count(b.shape), count(shape)), b.reshape(-1)).reshape(shape);
  },
  {
    samples: (m) => [
      [m(2, 3, 6), m(2, 3)],
      [m(2, 6, 3), m(2, 3), [1]],
    ],
    errors: (m) => [[[m(2, 3, 4), m(2, 3)], 'is not square']],
  },
);
