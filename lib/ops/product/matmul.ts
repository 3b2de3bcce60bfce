import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { checkRanks, product } from './product.js';

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
