import {
  type Binary,
  binary,
  type Launch,
  type Operand,
  type OutOfPlace,
  outOfPlace,
  type PointwiseFn,
  pointwiseBy,
  pointwiseFn,
  type Unary,
  unary,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { isFloat, resultType } from '../../core/dtype.js';
import { ArgumentError, DTypeError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { flat, integral, signOf } from './formulas.js';

type Scaled = PointwiseFn<[input: Operand, other: Operand], { other?: Operand; alpha?: number }>;

const none: readonly number[] = [];

/** Picks the plain row, or the one with a factor. */
function scaled(plain: PointwiseRow, withAlpha: PointwiseRow, a: Operand, b: Operand, alpha: number): Launch {
  if (alpha === 1) return { row: plain, operands: [a, b], numbers: none };
  if (typeof alpha !== 'number') throw new ArgumentError(`${plain.name}: alpha must be a number, got ${typeof alpha}`);
  if (!Number.isInteger(alpha) && !isFloat(resultType([a, b]))) {
    throw new DTypeError(`${plain.name}: alpha is ${alpha}; for tensors of integers it must be a whole number`);
  }
  return { row: withAlpha, operands: [a, b], numbers: [alpha] };
}

const addRow: PointwiseRow = pointwiseRow('add', 2, 0, {
  forward: (s, a, b) => s.add(a, b),
  grad: [(_s, g) => g, (_s, g) => g],
});
const addScaledRow: PointwiseRow = pointwiseRow('add', 2, 1, {
  forward: (s, a, b, alpha) => s.add(a, s.mul(alpha, b)),
  grad: [(_s, g) => g, (s, g, _a, _b, _y, alpha) => s.mul(g, alpha)],
});

/**
 * `input + alpha * other`, element by element. PyTorch: torch.add.
 * @example
 * tg.tensor([1, 2]).add(tg.tensor([10, 20]), { alpha: 2 }) // => tensor([21., 42.])
 */
export const add: Scaled = pointwiseBy(
  'add(input, other, *, alpha=1)',
  (a: Operand, b: Operand, { alpha }: { alpha: number }) => scaled(addRow, addScaledRow, a, b, alpha),
  {
    samples: (m) => [
      [m(2, 3), m(3)],
      [m(2, 3), m(3), { alpha: 2 }],
    ],
    errors: (m) => [
      [[m(2, 3), m(2)], 'do not broadcast'],
      [[m.integers(5, 2), m.integers(5, 2), { alpha: 0.5 }], 'must be a whole number'],
    ],
  },
  1,
  addRow,
);

const subRow: PointwiseRow = pointwiseRow('sub', 2, 0, {
  forward: (s, a, b) => s.sub(a, b),
  grad: [(_s, g) => g, (s, g) => s.neg(g)],
});
const subScaledRow: PointwiseRow = pointwiseRow('sub', 2, 1, {
  forward: (s, a, b, alpha) => s.sub(a, s.mul(alpha, b)),
  grad: [(_s, g) => g, (s, g, _a, _b, _y, alpha) => s.neg(s.mul(g, alpha))],
});

function difference(a: Operand, b: Operand, alpha: number): Launch {
  if ([a, b].some((x) => x instanceof Tensor && x.dtype === 'bool')) {
    throw new DTypeError('sub: truth values cannot be subtracted; use logicalNot or bitwiseXor, or convert first');
  }
  return scaled(subRow, subScaledRow, a, b, alpha);
}

/** `input - alpha * other`, element by element; not for bool. PyTorch: torch.sub. */
export const sub: Scaled = pointwiseBy(
  'sub(input, other, *, alpha=1)',
  (a: Operand, b: Operand, { alpha }: { alpha: number }) => difference(a, b, alpha),
  {
    samples: (m) => [
      [m(2, 3), m(3)],
      [2, m(3)],
      [m(2, 3), m(3), { alpha: 2 }],
    ],
    errors: (m) => [[[m(2), m.bools(2)], 'truth values cannot be subtracted']],
  },
);

/** Product, element by element. PyTorch: torch.mul. */
export const mul: Binary = binary('mul(input, other)', {
  forward: (s, a, b) => s.mul(a, b),
  grad: [(s, g, _a, b) => s.mul(g, b), (s, g, a) => s.mul(g, a)],
});

/** `-input`; not for bool. PyTorch: torch.neg. */
export const neg: Unary = unary('neg(input)', {
  forward: (s, x) => s.neg(x),
  grad: (s, g) => s.neg(g),
  refuses: ['bool'],
});

/** The input itself; not for bool. PyTorch: torch.positive. */
export const positive: OutOfPlace<Unary> = outOfPlace(
  unary('positive(input)', {
    forward: (_s, x) => x,
    grad: (_s, g) => g,
    refuses: ['bool'],
  }),
);

/** Absolute value; its gradient at 0 is 0. PyTorch: torch.abs. */
export const abs: Unary = unary('abs(input)', {
  forward: (s, x) => s.abs(x),
  grad: (s, g, x) => s.mul(g, signOf(s, x)),
  refuses: ['bool'],
  domain: [0.1, 3],
});

/** 1, 0 or -1 by the sign; 0 for NaN. PyTorch: torch.sign. */
export const sign: Unary = unary('sign(input)', { forward: signOf, grad: flat, domain: [0.1, 3] });

/** `sign`, which it is for real numbers. PyTorch: torch.sgn. */
export const sgn: Unary = unary('sgn(input)', { forward: signOf, grad: flat, domain: [0.1, 3] });

const squareRow: PointwiseRow = pointwiseRow('square', 1, 0, {
  forward: (s, x) => s.mul(x, x),
  grad: (s, g, x) => s.mul(s.mul(g, s.const(2)), x),
});
const booleanSquareRow: PointwiseRow = pointwiseRow('square', 2, 0, { forward: (s, x, one) => s.mul(x, one) });

/** `input * input`; truth values become int32. PyTorch: torch.square. */
export const square: Unary = pointwiseBy('square(input)', (x: Operand) =>
  x instanceof Tensor && x.dtype === 'bool'
    ? { row: booleanSquareRow, operands: [x, 1], numbers: none }
    : { row: squareRow, operands: [x], numbers: none },
);

/** `1 / input`. PyTorch: torch.reciprocal. */
export const reciprocal: Unary = unary('reciprocal(input)', {
  forward: (s, x) => s.div(s.const(1), x),
  grad: (s, g, _x, y) => s.neg(s.mul(g, s.mul(y, y))),
  result: 'float',
  domain: [0.4, 3],
});

type Weighted = PointwiseFn<
  [input: Operand, tensor1: Operand, tensor2: Operand],
  { tensor1?: Operand; tensor2?: Operand; value?: number }
>;

/** `input + value * tensor1 * tensor2`. PyTorch: torch.addcmul. */
export const addcmul: Weighted = pointwiseFn(
  'addcmul(input, tensor1, tensor2, *, value=1)',
  3,
  {
    forward: (s, x, a, b, value) => s.add(x, s.mul(s.mul(value, a), b)),
    grad: [
      (_s, g) => g,
      (s, g, _x, _a, b, _y, value) => s.mul(g, s.mul(b, value)),
      (s, g, _x, a, _b, _y, value) => s.mul(g, s.mul(a, value)),
    ],
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 1), m(3)],
      [m(3), m(3), m(3), { value: 0.5 }],
    ],
  },
);

/** `input + value * tensor1 / tensor2`; floating point only. PyTorch: torch.addcdiv. */
export const addcdiv: Weighted = pointwiseFn(
  'addcdiv(input, tensor1, tensor2, *, value=1)',
  3,
  {
    forward: (s, x, a, b, value) => s.add(x, s.mul(value, s.div(a, b))),
    grad: [
      (_s, g) => g,
      (s, g, _x, _a, b, _y, value) => s.mul(g, s.div(value, b)),
      (s, g, _x, a, b, _y, value) => s.neg(s.mul(g, s.div(s.mul(value, a), s.mul(b, b)))),
    ],
    refuses: integral,
    domain: [
      [-3, 3],
      [-3, 3],
      [0.5, 3],
    ],
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 1), m.positive(3)],
      [m(3), m(3), m.positive(3), { value: 0.5 }],
    ],
    errors: (m) => [[[m.integers(5, 2), m.integers(5, 2), m.integers(5, 2)], 'does not take int32']],
  },
);

type Between = PointwiseFn<[input: Operand, end: Operand, weight: Operand], { end?: Operand; weight?: Operand }>;

/** `input + weight * (end - input)`, exact at both ends; the weight is a number or a tensor. PyTorch: torch.lerp. */
export const lerp: Between = pointwiseFn(
  'lerp(input, end, weight:operand)',
  3,
  {
    forward: (s, a, b, w) => {
      const step = s.sub(b, a);
      const one = s.const(1);
      return s.where(s.lt(s.abs(w), s.const(0.5)), s.add(a, s.mul(w, step)), s.sub(b, s.mul(step, s.sub(one, w))));
    },
    grad: [
      (s, g, _a, _b, w) => s.mul(g, s.sub(s.const(1), w)),
      (s, g, _a, _b, w) => s.mul(g, w),
      (s, g, a, b) => s.mul(g, s.sub(b, a)),
    ],
    refuses: integral,
  },
  {
    samples: (m) => [
      [m(2, 3), m(3), m(2, 1)],
      [m(2, 3), m(3), 0.25],
    ],
  },
);
