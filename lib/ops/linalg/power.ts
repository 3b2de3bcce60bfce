import { matrixExponential } from '../../../kernels/cpu/linalg/exponential.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type None } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { ones, onesLike } from '../creation/creation.js';
import { crossProduct } from '../product/cross.js';
import { stack } from '../shape/combine.js';
import { checkMatrices, eachMatrix, identities, sizes, transposed } from './matrices.js';
import { inv } from './solve.js';

/** `matrixPower` under the name of the operation that called it. */
export function powerOf(name: string, a: Tensor, n: number): Tensor {
  checkMatrices(name, a, true);
  if (!Number.isInteger(n)) throw new ValueError(`${name}: n is ${n}; it must be an integer`);
  if (n < 0) return powerOf(name, inv(a), -n);
  // The identity still hangs on its input, with a gradient of zeros.
  if (n === 0) return identities(a, sizes(a)[0]).where(ones([], { dtype: 'bool', device: a.device }), a);
  let result: Tensor | null = null;
  let square = a;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : result.matmul(square);
    if (rest > 1) square = square.matmul(square);
  }
  return n === 1 ? a.clone() : (result as Tensor);
}

/** Product of n equal square matrices; of the inverse where n is negative, the identity for 0. PyTorch: torch.linalg.matrix_power. */
export const matrixPower: Fn<[A: Tensor, n: number], { n?: number }, Tensor> = fn(
  'linalg.matrixPower(A, n)',
  (a, n) => powerOf('linalg.matrixPower', a, n),
  {
    samples: (m) => [
      [m(3, 3), 3],
      [m(2, 2, 2), 0],
      [m(3, 3), -2],
      [m(3, 3), 1],
    ],
    errors: (m) => [
      [[m(2, 3), 2], 'are not square'],
      [[m(2, 2), 0.5], 'n is 0.5; it must be an integer'],
    ],
  },
);

const expRow: Row<null> = {
  name: 'matrixExp',
  infer: ([a]) => [{ shape: a.shape, dtype: a.dtype }],
  kernel(_k, [y], [a]) {
    const [n] = sizes(a);
    eachMatrix(y, a, (matrix, piece) => piece.set(matrixExponential(matrix, n)));
  },
  saves: [0],
  grad(t, [g], [a]) {
    // The exponential of [A^T G; 0 A^T] has the gradient in its upper right corner (Najfeld and Havel, 1995).
    const n = sizes(a)[0];
    const turned = transposed(a);
    const above = t.cat([turned, g], -1);
    const below = t.cat([t.zerosLike(turned), turned], -1);
    const whole = apply1(expRow, [t.cat([above, below], -2)], null);
    return [whole.narrow(-2, 0, n).narrow(-1, n, n)];
  },
};

/** Exponential of square matrices. PyTorch: torch.linalg.matrix_exp. */
export const matrixExp: Fn<[A: Tensor], None, Tensor> = fn(
  'linalg.matrixExp(A)',
  (a) => {
    checkMatrices('linalg.matrixExp', a, true);
    return apply1(expRow, [a], null);
  },
  { samples: (m) => [[m(3, 3)], [m(2, 2, 2)], [m(0, 0)]], errors: (m) => [[[m(2, 3)], 'are not square']] },
);

/** Where to split each product of neighbours so that least is multiplied: entry [i][j] for the matrices i to j. */
function splits(widths: readonly number[]): number[][] {
  const n = widths.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const split = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let length = 2; length <= n; length++) {
    for (let i = 0; i + length <= n; i++) {
      const j = i + length - 1;
      cost[i][j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + widths[i] * widths[k + 1] * widths[j + 1];
        if (total < cost[i][j]) [cost[i][j], split[i][j]] = [total, k];
      }
    }
  }
  return split;
}

/** The product of matrices in the cheapest order; the first and last may be vectors. */
export function chain(name: string, tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) throw new ShapeError(`${name}: no tensors given; it needs at least one`);
  for (const x of tensors) checkTensor(name, x);
  const last = tensors.length - 1;
  const matrices = tensors.map((x, i) => {
    if (x.shape.length === 1 && last > 0 && i === 0) return x.unsqueeze(0);
    if (x.shape.length === 1 && last > 0 && i === last) return x.unsqueeze(1);
    if (x.shape.length === 2) return x;
    throw new ShapeError(
      `${name}: tensor ${i} has shape ${showShape(x.shape)}; it must be a matrix, the first and last may be vectors`,
    );
  });
  matrices.slice(1).forEach((x, i) => {
    if (x.shape[0] !== matrices[i].shape[1]) {
      throw new ShapeError(
        `${name}: the shapes ${tensors.map((y) => showShape(y.shape)).join(' @ ')}: ${matrices[i].shape[1]} columns meet ${x.shape[0]} rows`,
      );
    }
  });
  const split = splits([matrices[0].shape[0], ...matrices.map((x) => x.shape[1])]);
  const multiply = (i: number, j: number): Tensor =>
    i === j ? matrices[i] : multiply(i, split[i][j]).mm(multiply(split[i][j] + 1, j));
  const y = multiply(0, last);
  const rows = tensors[0].shape.length === 1 && last > 0 ? y.squeeze(0) : y;
  return tensors[last].shape.length === 1 && last > 0 ? rows.squeeze(-1) : rows;
}

/** Product of matrices in the cheapest order; the first and last may be vectors. PyTorch: torch.linalg.multi_dot. */
export const multiDot: Fn<[tensors: readonly Tensor[]], None, Tensor> = fn(
  'linalg.multiDot(tensors:array)',
  (tensors) => chain('linalg.multiDot', tensors),
  {
    samples: (m) => [[[m(2, 3), m(3, 4), m(4, 2)]], [[m(3), m(3, 2), m(2)]]],
    errors: (m) => [[[[m(2, 3), m(4, 2)]], '3 columns meet 4 rows']],
  },
);

/** Cross product of vectors of three along `dim`; other dimensions broadcast. PyTorch: torch.linalg.cross. */
export const cross: Fn<[input: Tensor, other: Tensor], { other?: Tensor; dim?: number }, Tensor> = fn(
  'linalg.cross(input, other, *, dim=-1)',
  (input, other, { dim }) => crossProduct('linalg.cross', input, other, dim),
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(3, 2), m(3, 1), { dim: 0 }],
    ],
    errors: (m) => [[[m(2, 2), m(2, 2)], 'dimension 1 has size 2']],
  },
);

/** Dot products along `dim`; other dimensions broadcast. PyTorch: torch.linalg.vecdot. */
export const vecdot: Fn<[x: Tensor, y: Tensor], { y?: Tensor; dim?: number }, Tensor> = fn(
  'linalg.vecdot(x, y, *, dim=-1)',
  (x, y, { dim }) => x.mul(y).sum(dim, false, { dtype: x.dtype }),
  {
    samples: (m) => [
      [m(3), m(3)],
      [m(2, 3), m(1, 3), { dim: 0 }],
    ],
  },
);

/** Powers 0 to N - 1 (as many as there are elements) of each element, as a new last dimension. PyTorch: torch.linalg.vander. */
export const vander: Fn<[x: Tensor], { N?: number | null }, Tensor> = fn(
  'linalg.vander(x, *, N=null)',
  (given, { N: size }) => {
    checkTensor('linalg.vander', given);
    const x = given.shape.length === 0 ? given.reshape(1) : given;
    const n = size ?? x.shape[x.shape.length - 1];
    const powers = [onesLike(x)];
    while (powers.length < n) powers.push(powers[powers.length - 1].mul(x));
    return stack(powers.slice(0, n), -1);
  },
  { samples: (m) => [[m(3)], [m(2, 3), { N: 2 }], [m(), { N: 3 }]] },
);
