import { solveTriangular as solveInPlace } from '../../../kernels/cpu/linalg/lu.js';
import { apply1, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { checkMatrices, eachMatrix, read, sizes, together, transposed } from './matrices.js';

interface Triangle {
  readonly upper: boolean;
  readonly unitriangular: boolean;
}

const triangularRow: Row<Triangle> = {
  name: 'solveTriangular',
  infer: ([, b]) => [{ shape: b.shape, dtype: b.dtype }],
  kernel(_k, [x], [a, b], { upper, unitriangular }) {
    const [n, k] = sizes(b);
    const right = read(b);
    eachMatrix(x, a, (matrix, piece, i) => {
      piece.set(right[i]);
      solveInPlace(matrix, n, piece, k, upper, unitriangular);
    });
  },
  saves: [0],
  savesResults: [0],
  grad(t, [g], [a], [x], { upper, unitriangular }) {
    const toRight = apply1(triangularRow, [transposed(a), g], { upper: !upper, unitriangular });
    const whole = t.neg(t.matmul(toRight, transposed(x)));
    const edge = unitriangular ? 1 : 0;
    return [upper ? t.triu(whole, edge) : t.tril(whole, -edge), toRight];
  },
};

/** `solveTriangular` under the name of the operation that called it. */
export function solveTriangle(name: string, a: Tensor, b: Tensor, triangle: Triangle, left = true): Tensor {
  checkMatrices(name, a, true);
  checkMatrices(name, b);
  if (sizes(b)[left ? 0 : 1] !== sizes(a)[0]) {
    throw new ShapeError(
      `${name}: A ${showShape(a.shape)} and B ${showShape(b.shape)}: B needs ${sizes(a)[0]} ${left ? 'rows' : 'columns'}, as A has`,
    );
  }
  const [matrix, right] = together(name, a, b);
  if (left) return apply1(triangularRow, [matrix, right], triangle);
  const turned = { upper: !triangle.upper, unitriangular: triangle.unitriangular };
  return transposed(apply1(triangularRow, [transposed(matrix), transposed(right)], turned));
}

type TriangularOptions = { B?: Tensor; upper: boolean; left?: boolean; unitriangular?: boolean };

/**
 * The X for which A X = B (X A = B where `left` is false), A being the upper or lower triangle of a matrix, with ones on its diagonal if
 * `unitriangular`. PyTorch: torch.linalg.solve_triangular.
 */
export const solveTriangular: Fn<[A: Tensor, B: Tensor], TriangularOptions, Tensor> = fn(
  'linalg.solveTriangular(A, B, *, upper, left=true, unitriangular=false)',
  (a, b, { upper, left, unitriangular }) =>
    solveTriangle('linalg.solveTriangular', a, b, { upper, unitriangular }, left),
  {
    samples: (m) => [
      [m(3, 3), m(3, 2), { upper: true }],
      [m(2, 3, 3), m(3, 2), { upper: false }],
      [m(3, 3), m(2, 3), { upper: false, left: false, unitriangular: true }],
    ],
    errors: (m) => [[[m(3, 3), m(2, 2), { upper: true }], 'B needs 3 rows']],
  },
);
