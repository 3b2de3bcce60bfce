import { count } from '../../kernels/view.js';
import { apply1, checkTensor, type Row, refuseInt64 } from '../autograd/apply.js';
import { type Fn, fn } from '../core/define.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { broadcastShapes } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';

function checkProduct(name: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `${name}: ${showShape(a.shape)} is ${a.dtype} and ${showShape(b.shape)} is ${b.dtype}; they must agree. Convert one with to(dtype)`,
    );
  }
  refuseInt64(name, a.dtype);
}

/** Matrices with equal batch dimensions: the kernel's own form. */
const matmulRow: Row<string> = {
  name: 'matmul',
  infer([a, b], name) {
    checkProduct(name, a, b);
    return [{ shape: [...a.shape.slice(0, -1), b.shape.at(-1) as number], dtype: a.dtype }];
  },
  kernel: (k, [y], [a, b]) => k.matmul(y, a, b),
  saves: [0, 1],
  grad: (t, [g], [a, b], _y, _attributes, wanted) => [
    wanted[0] ? t.matmul(g, b.transpose(-1, -2)) : null,
    wanted[1] ? t.matmul(a.transpose(-1, -2), g) : null,
  ],
};

/**
 * Matrix product of the last two dimensions; earlier ones broadcast, and a vector counts as a row or a column.
 * Sizes that meet must be equal (ShapeError). PyTorch: torch.matmul.
 * @example
 * tg.matmul(tg.ones(2, 3), tg.ones(3, 4)).shape // => [ 2, 4 ]
 */
export const matmul: Fn<[input: Tensor, other: Tensor], { other?: Tensor }, Tensor> = fn(
  'matmul(input, other)',
  (input, other) => product('matmul', input, other),
  {
    samples: (m) => [
      [m(2, 3), m(3, 4)],
      [m(3), m(3)],
      [m(2, 1, 2, 3), m(4, 3, 2)],
      [m(3), m(3, 2)],
      [m(2, 3), m(3)],
      [m(2, 0), m(0, 3)],
    ],
    errors: (m) => [
      [[m(2, 3), m(4, 5)], 'matmul: (2, 3) @ (4, 5): 3 columns meet 4 rows'],
      [[m(2), m()], 'both need at least one dimension'],
      [[m(2, 3, 4), m(3, 4, 2)], 'do not broadcast'],
      [[m(2, 3), m.integers(9, 3, 4)], 'is float32 and (3, 4) is int32; they must agree'],
    ],
  },
);

/** `matmul` under the name of the operation that called it. */
export function product(name: string, input: Tensor, other: Tensor): Tensor {
  checkTensor(name, input);
  checkTensor(name, other);
  if (input.shape.length === 0 || other.shape.length === 0) {
    throw new ShapeError(
      `${name}: ${showShape(input.shape)} @ ${showShape(other.shape)}: both need at least one dimension; use mul for scalars`,
    );
  }
  const a = input.shape.length === 1 ? input.unsqueeze(0) : input;
  const b = other.shape.length === 1 ? other.unsqueeze(1) : other;
  const [m, k, n] = [a.shape.at(-2) as number, a.shape.at(-1) as number, b.shape.at(-1) as number];
  if (k !== b.shape.at(-2)) {
    throw new ShapeError(
      `${name}: ${showShape(input.shape)} @ ${showShape(other.shape)}: ${k} columns meet ${b.shape.at(-2)} rows; they must be equal. Transpose one?`,
    );
  }
  const batch = broadcastShapes(name, a.shape.slice(0, -2), b.shape.slice(0, -2));
  let y: Tensor;
  if (b.shape.length === 2 && a.shape.length > 2) {
    // One big product instead of a batch with a repeated right-hand side.
    y = apply1(matmulRow, [a.reshape(count(batch) * m, k), b], name).reshape([...batch, m, n]);
  } else {
    y = apply1(matmulRow, [a.expand([...batch, m, k]), b.expand([...batch, k, n])], name);
  }
  if (input.shape.length === 1) y = y.squeeze(-2);
  return other.shape.length === 1 ? y.squeeze(-1) : y;
}

/** Checks that each tensor has the number of dimensions that its place asks for. */
function checkRanks(name: string, tensors: readonly Tensor[], ranks: readonly number[]): void {
  for (const x of tensors) checkTensor(name, x);
  if (tensors.every((x, i) => x.shape.length === ranks[i])) return;
  throw new ShapeError(
    `${name}: expected ${ranks.map((rank) => `${rank} dimension${rank === 1 ? '' : 's'}`).join(' and ')}, got the shapes ` +
      `${tensors.map((x) => showShape(x.shape)).join(' and ')}; matmul takes any`,
  );
}

/** A product of two tensors of certain ranks, which does not broadcast. */
export type Product<K extends string> = Fn<[input: Tensor, other: Tensor], { [name in K]?: Tensor }, Tensor>;

/** Product of two matrices. PyTorch: torch.mm. */
export const mm: Product<'mat2'> = fn(
  'mm(input, mat2)',
  (input, mat2) => {
    checkRanks('mm', [input, mat2], [2, 2]);
    return product('mm', input, mat2);
  },
  {
    samples: (m) => [[m(2, 3), m(3, 4)]],
    errors: (m) => [
      [[m(2, 3, 4), m(4, 5)], 'expected 2 dimensions and 2 dimensions'],
      [[m(2, 3), m(4, 5)], '3 columns meet 4 rows'],
    ],
  },
);

function checkBatches(name: string, a: Tensor, b: Tensor): void {
  checkRanks(name, [a, b], [3, 3]);
  if (a.shape[0] === b.shape[0]) return;
  throw new ShapeError(
    `${name}: ${showShape(a.shape)} @ ${showShape(b.shape)}: ${a.shape[0]} and ${b.shape[0]} matrices; the numbers must be equal. matmul broadcasts`,
  );
}

/** Products of as many pairs of matrices as the first dimension says. PyTorch: torch.bmm. */
export const bmm: Product<'mat2'> = fn(
  'bmm(input, mat2)',
  (input, mat2) => {
    checkBatches('bmm', input, mat2);
    return product('bmm', input, mat2);
  },
  {
    samples: (m) => [[m(2, 2, 3), m(2, 3, 4)]],
    errors: (m) => [
      [[m(2, 3), m(3, 5)], 'expected 3 dimensions and 3 dimensions'],
      [[m(2, 2, 3), m(3, 3, 2)], '2 and 3 matrices'],
    ],
  },
);

/** Product of a matrix and a vector. PyTorch: torch.mv. */
export const mv: Product<'vec'> = fn(
  'mv(input, vec)',
  (input, vec) => {
    checkRanks('mv', [input, vec], [2, 1]);
    return product('mv', input, vec);
  },
  { samples: (m) => [[m(2, 3), m(3)]], errors: (m) => [[[m(3), m(3)], 'expected 2 dimensions and 1 dimension']] },
);

function dotFn(name: string): Product<'other'> {
  return fn(
    `${name}(input, other)`,
    (input, other) => {
      checkRanks(name, [input, other], [1, 1]);
      return product(name, input, other);
    },
    {
      samples: (m) => [[m(3), m(3)]],
      errors: (m) => [
        [[m(2, 3), m(3)], 'expected 1 dimension and 1 dimension'],
        [[m(2), m(3)], '2 columns meet 3 rows'],
      ],
    },
  );
}

/** Sum of the products of two vectors' elements. PyTorch: torch.dot. */
export const dot: Product<'other'> = dotFn('dot');

/** `dot`, which it is for real numbers. PyTorch: torch.vdot. */
export const vdot: Product<'other'> = dotFn('vdot');

/** Sums of products over the last dimension of both; numbers scale. PyTorch: torch.inner. */
export const inner: Product<'other'> = fn(
  'inner(input, other)',
  (input, other) => {
    checkTensor('inner', input);
    checkTensor('inner', other);
    const [a, b] = [input.shape, other.shape];
    if (a.length === 0 || b.length === 0) return input.mul(other);
    if (a.at(-1) !== b.at(-1)) {
      throw new ShapeError(
        `inner: ${showShape(a)} and ${showShape(b)}: the last dimensions have ${a.at(-1)} and ${b.at(-1)} elements; they must be equal`,
      );
    }
    const [left, right] = [input, other].map((x) => x.reshape(count(x.shape.slice(0, -1)), x.shape.at(-1) as number));
    return product('inner', left, right.transpose(0, 1)).reshape([...a.slice(0, -1), ...b.slice(0, -1)]);
  },
  {
    samples: (m) => [
      [m(3), m(3)],
      [m(2, 3), m(4, 5, 3)],
      [m(), m(2, 2)],
    ],
    errors: (m) => [[[m(2, 3), m(4)], 'the last dimensions have 3 and 4 elements']],
  },
);

function outerFn(name: string): Product<'vec2'> {
  return fn(
    `${name}(input, vec2)`,
    (input, vec2) => {
      checkRanks(name, [input, vec2], [1, 1]);
      return input.unsqueeze(1).mul(vec2);
    },
    { samples: (m) => [[m(3), m(4)]], errors: (m) => [[[m(2, 3), m(3)], 'expected 1 dimension and 1 dimension']] },
  );
}

/** Products of all pairs of two vectors' elements. PyTorch: torch.outer. */
export const outer: Product<'vec2'> = outerFn('outer');

/** The older name of `outer`. PyTorch: torch.ger. */
export const ger: Product<'vec2'> = outerFn('ger');
