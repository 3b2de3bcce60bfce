import { ldlFactor as factorInPlace, ldlSolve as solveInPlace } from '../../../kernels/cpu/linalg/ldl.js';
import { sameShape } from '../../../kernels/view.js';
import { apply, apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { LinAlgError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { batchOf, checkMatrices, eachMatrix, read, sizes, together, which, write } from './matrices.js';

interface Ldl {
  readonly name: string;
  readonly check: boolean;
}

const ldlRow: Row<Ldl> = {
  name: 'ldlFactor',
  infer: ([a]) => [
    { shape: a.shape, dtype: a.dtype },
    { shape: a.shape.slice(0, -1), dtype: 'int32' },
    { shape: batchOf(a), dtype: 'int32' },
  ],
  kernel(_k, [packed, pivots, info], [a], { name, check }) {
    const n = sizes(a)[0];
    const places: number[] = [];
    const zeros = eachMatrix(packed, a, (matrix, piece, i) => {
      const exchanges = new Int32Array(n);
      const singular = factorInPlace(matrix, n, exchanges);
      if (singular > 0 && check) throw new LinAlgError(`${name}: pivot ${singular} of ${which(a.shape, i)} is zero`);
      for (let row = 0; row < n; row++) for (let j = 0; j <= row; j++) piece[row * n + j] = matrix[row * n + j];
      places.push(...exchanges);
      return singular;
    });
    write(pivots, places);
    write(info, zeros);
  },
};

function factor(name: string, a: Tensor, check: boolean): Tensor[] {
  checkMatrices(name, a, true);
  return apply(ldlRow, [a.detach()], { name, check });
}

type LdlOptions = { hermitian?: boolean };

/**
 * Factors symmetric matrices, of which the lower triangle is read, into L D L^T: L and D in one matrix, and exchanges of rows as int32 in
 * LAPACK's form. No gradient. PyTorch: torch.linalg.ldl_factor.
 */
export const ldlFactor: Fn<[A: Tensor], LdlOptions, Results<'LD' | 'pivots'>> = fn(
  'linalg.ldlFactor(A, *, hermitian=false)',
  (a) => results(['LD', 'pivots'], factor('linalg.ldlFactor', a, true).slice(0, 2)),
  {
    samples: (m) => [[m(3, 3)], [m(2, 4, 4)]],
    errors: (m) => [[[m(2, 3)], 'are not square']],
    gradcheck: 'no gradient',
  },
);

/** `ldlFactor` that reports a zero pivot in `info` (int32). PyTorch: torch.linalg.ldl_factor_ex. */
export const ldlFactorEx: Fn<
  [A: Tensor],
  LdlOptions & { checkErrors?: boolean },
  Results<'LD' | 'pivots' | 'info'>
> = fn('linalg.ldlFactorEx(A, *, hermitian=false, checkErrors=false)', (a, { checkErrors }) =>
  results(['LD', 'pivots', 'info'], factor('linalg.ldlFactorEx', a, checkErrors)),
);

/** A is symmetric: the gradient to B is the same solve. */
const solveRow: Row<null> = {
  name: 'ldlSolve',
  infer: ([b]) => [{ shape: b.shape, dtype: b.dtype }],
  kernel(k, [x], [b, packed, pivots]) {
    const [n, m] = sizes(b);
    const right = read(b);
    const places = Int32Array.from(k.read(pivots) as Int32Array);
    eachMatrix(x, packed, (matrix, piece, i) => {
      piece.set(right[i]);
      solveInPlace(matrix, n, places.subarray(i * n, i * n + n), piece, m);
    });
  },
  saves: [1, 2],
  grad: (_t, [g], [, packed, pivots]) => [apply1(solveRow, [g, packed, pivots], null), null, null],
};

type SolveOptions = LdlOptions & { pivots?: Tensor; B?: Tensor };

/** The X for which A X = B, from A's `ldlFactor`; a gradient goes to B alone. PyTorch: torch.linalg.ldl_solve. */
export const ldlSolve: Fn<[LD: Tensor, pivots: Tensor, B: Tensor], SolveOptions, Tensor> = fn(
  'linalg.ldlSolve(LD, pivots, B, *, hermitian=false)',
  (packed, pivots, b) => {
    checkMatrices('linalg.ldlSolve', packed, true);
    checkMatrices('linalg.ldlSolve', b);
    if (!sameShape(pivots.shape, packed.shape.slice(0, -1)) || sizes(b)[0] !== sizes(packed)[0]) {
      throw new ShapeError(
        `linalg.ldlSolve: LD ${showShape(packed.shape)}, pivots ${showShape(pivots.shape)} and B ${showShape(b.shape)} do not fit each other`,
      );
    }
    const [factors, right] = together('linalg.ldlSolve', packed.detach(), b);
    return apply1(solveRow, [right, factors, pivots.to('int32').expand(factors.shape.slice(0, -1))], null);
  },
);
