import { luFactor as factorInPlace } from '../../../kernels/cpu/linalg/lu.js';
import { apply, apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { LinAlgError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import type { Operations } from '../index.js';
import {
  batchOf,
  checkMatrices,
  eachMatrix,
  identities,
  scratch,
  sizes,
  together,
  transposed,
  which,
  write,
} from './matrices.js';
import { solveTriangle } from './triangular.js';

interface Factoring {
  readonly name: string;
  readonly pivot: boolean;
  readonly check: boolean;
}

const lower = { upper: false, unitriangular: true };
const upper = { upper: true, unitriangular: false };

/** The upper left k x k part of matrices. */
const corner = (x: Tensor, k: number): Tensor => x.narrow(-2, 0, k).narrow(-1, 0, k);

/** Left and right solves with the transposed triangles of a packed square factorization: L^-T x U^-T. */
function unfactor(packed: Tensor, x: Tensor): Tensor {
  const turned = transposed(packed);
  const left = solveTriangle('luFactor', turned, x, { upper: true, unitriangular: true });
  return solveTriangle('luFactor', turned, left, { upper: false, unitriangular: false }, false);
}

/** The gradient of a factorization, by blocks where the matrix is not square (PyTorch's lu_factor_ex_backward). */
function luGradient(t: Operations, g: Tensor, packed: Tensor, pivots: Tensor): Tensor {
  const [m, n] = sizes(packed);
  const k = Math.min(m, n);
  const [g1, lu] = [corner(g, k), corner(packed, k)];
  const l = t.add(t.tril(lu, -1), identities(packed, k));
  const u = t.triu(lu);
  let [below, above] = [t.matmul(transposed(l), t.tril(g1, -1)), t.matmul(t.triu(g1), transposed(u))];
  let rest: Tensor | null = null;
  if (n > k) {
    const [g2, u2] = [g.narrow(-1, k, n - k), packed.narrow(-1, k, n - k)];
    below = t.sub(below, t.matmul(g2, transposed(u2)));
    rest = solveTriangle('luFactor', transposed(lu), g2, { upper: true, unitriangular: true });
  } else if (m > k) {
    const [g2, l2] = [g.narrow(-2, k, m - k), packed.narrow(-2, k, m - k)];
    above = t.sub(above, t.matmul(transposed(l2), g2));
    rest = solveTriangle('luFactor', transposed(lu), g2, { upper: false, unitriangular: false }, false);
  }
  const first = unfactor(lu, t.add(t.tril(below, -1), t.triu(above)));
  const whole = rest === null ? first : t.cat([first, rest], n > k ? -1 : -2);
  return t.matmul(permutation(pivots, m, packed), whole);
}

const luRow: Row<Factoring> = {
  name: 'luFactor',
  infer: ([a]) => [
    { shape: a.shape, dtype: a.dtype },
    { shape: [...batchOf(a), Math.min(...sizes(a))], dtype: 'int32' },
    { shape: batchOf(a), dtype: 'int32' },
  ],
  kernel(_k, [packed, pivots, info], [a], { name, pivot, check }) {
    const [m, n] = sizes(a);
    const places: number[] = [];
    const zeros = eachMatrix(packed, a, (matrix, piece, i) => {
      const exchanges = new Int32Array(Math.min(m, n));
      const singular = factorInPlace(matrix, m, n, exchanges, pivot);
      if (singular > 0 && check) throw new LinAlgError(`${name}: pivot ${singular} of ${which(a.shape, i)} is zero`);
      piece.set(matrix);
      for (const exchange of exchanges) places.push(exchange);
      return singular;
    });
    write(pivots, places);
    write(info, zeros);
  },
  savesResults: [0, 1],
  grad: (t, [g], _inputs, [packed, pivots]) => [luGradient(t, g, packed, pivots)],
};

/** L and U in one matrix, the exchanges of rows, and `info`. */
export function factorLu(a: Tensor, attributes: Factoring): Tensor[] {
  checkMatrices(attributes.name, a);
  return apply(luRow, [a], attributes);
}

const permutationRow: Row<number> = {
  name: 'luPermutation',
  infer: ([pivots, like], m) => [{ shape: [...pivots.shape.slice(0, -1), m, m], dtype: like.dtype }],
  kernel(k, [p], [pivots], m) {
    const count = pivots.shape[pivots.shape.length - 1];
    const exchanges = k.read(pivots) as Int32Array;
    const batch = pivots.shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const out = scratch(p, batch);
    out.pieces.forEach((matrix, i) => {
      const order = Array.from({ length: m }, (_, row) => row);
      for (let j = 0; j < count; j++) {
        const other = Number(exchanges[i * count + j]) - 1;
        [order[j], order[other]] = [order[other], order[j]];
      }
      order.forEach((row, column) => {
        matrix[row * m + column] = 1;
      });
    });
    out.store();
  },
};

/** The P of A = P L U, m x m, from exchanges of rows. */
function permutation(pivots: Tensor, m: number, like: Tensor): Tensor {
  return apply1(permutationRow, [pivots, like.detach()], m);
}

/** P, L and U from a packed factorization. */
export function unpackLu(name: string, packed: Tensor, pivots: Tensor): [Tensor, Tensor, Tensor] {
  checkMatrices(name, packed);
  const [m, n] = sizes(packed);
  const k = Math.min(m, n);
  if (pivots.shape.length !== packed.shape.length - 1 || pivots.shape.at(-1) !== k) {
    throw new ShapeError(
      `${name}: the pivots ${showShape(pivots.shape)} do not fit the factors ${showShape(packed.shape)}; they need ${k} a matrix`,
    );
  }
  const ones = identities(packed, m).narrow(-1, 0, k);
  const l = packed.narrow(-1, 0, k).tril(-1).add(ones);
  return [permutation(pivots, m, packed), l, packed.narrow(-2, 0, k).triu()];
}

const factorSamples: Parameters<typeof fn>[2] = {
  samples: (m) => [[m(3, 3)], [m(2, 3, 4)], [m(4, 3)]],
  errors: (m) => [[[m(3)], 'is not a matrix']],
};

/** Factors A = P L U: L and U in one matrix, and the exchanges of rows as int32, counted from 1. PyTorch: torch.linalg.lu_factor. */
export const luFactor: Fn<[A: Tensor], { pivot?: boolean }, Results<'LU' | 'pivots'>> = fn(
  'linalg.luFactor(A, *, pivot=true)',
  (a, { pivot }) => {
    const [packed, pivots] = factorLu(a, { name: 'linalg.luFactor', pivot, check: true });
    return results(['LU', 'pivots'], [packed, pivots]);
  },
  factorSamples,
);

/** `luFactor` that reports a zero pivot in `info` (int32). PyTorch: torch.linalg.lu_factor_ex. */
export const luFactorEx: Fn<
  [A: Tensor],
  { pivot?: boolean; checkErrors?: boolean },
  Results<'LU' | 'pivots' | 'info'>
> = fn('linalg.luFactorEx(A, *, pivot=true, checkErrors=false)', (a, { pivot, checkErrors }) =>
  results(['LU', 'pivots', 'info'], factorLu(a, { name: 'linalg.luFactorEx', pivot, check: checkErrors })),
);

/** Factors A = P L U: a permutation (empty where `pivot` is false), a unit lower and an upper triangle. PyTorch: torch.linalg.lu. */
export const lu: Fn<[A: Tensor], { pivot?: boolean }, Results<'P' | 'L' | 'U'>> = fn(
  'linalg.lu(A, *, pivot=true)',
  (a, { pivot }) => {
    const [packed, pivots] = factorLu(a, { name: 'linalg.lu', pivot, check: false });
    const [p, l, u] = unpackLu('linalg.lu', packed, pivots);
    return results(['P', 'L', 'U'], [pivot ? p : zeros([0], { dtype: a.dtype, device: a.device }), l, u]);
  },
  factorSamples,
);

/** The X for which A X = B (X A = B where `left` is false; A transposed where `adjoint`), from A's packed factors. */
export function solveLu(
  name: string,
  packed: Tensor,
  pivots: Tensor,
  b: Tensor,
  left: boolean,
  adjoint: boolean,
): Tensor {
  checkMatrices(name, packed, true);
  checkMatrices(name, b);
  if (!left) return transposed(solveLu(name, packed, pivots, transposed(b), true, !adjoint));
  const [factors, right] = together(name, packed, b);
  const p = permutation(pivots, sizes(packed)[0], packed);
  if (!adjoint) {
    return solveTriangle(name, factors, solveTriangle(name, factors, transposed(p).matmul(right), lower), upper);
  }
  const turned = transposed(factors);
  const half = solveTriangle(name, turned, right, { upper: false, unitriangular: false });
  return p.matmul(solveTriangle(name, turned, half, { upper: true, unitriangular: true }));
}

type LuSolveOptions = { pivots?: Tensor; B?: Tensor; left?: boolean; adjoint?: boolean };

/** The X for which A X = B (or X A = B), from A's `luFactor`; `adjoint` takes the transposed A. PyTorch: torch.linalg.lu_solve. */
export const luSolve: Fn<[LU: Tensor, pivots: Tensor, B: Tensor], LuSolveOptions, Tensor> = fn(
  'linalg.luSolve(LU, pivots, B, *, left=true, adjoint=false)',
  (packed, pivots, b, { left, adjoint }) => solveLu('linalg.luSolve', packed, pivots, b, left, adjoint),
);
