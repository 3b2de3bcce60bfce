import {
  type Binary,
  binary,
  type Launch,
  type Operand,
  type PointwiseFn,
  pointwiseBy,
  type Unary,
  unary,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ValueError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { integral } from './formulas.js';

const none: readonly number[] = [];

const powRow: PointwiseRow = pointwiseRow('pow', 2, 0, {
  forward: (s, a, b) => s.pow(a, b),
  grad: [
    (s, g, a, b) => {
      const zero = s.const(0);
      return s.where(s.eq(b, zero), zero, s.mul(g, s.mul(b, s.pow(a, s.sub(b, s.const(1))))));
    },
    (s, g, a, b, y) => {
      const zero = s.const(0);
      const vanishes = s.logicalAnd(s.eq(a, zero), s.le(zero, b));
      return s.where(vanishes, zero, s.mul(g, s.mul(y, s.log(a))));
    },
  ],
  refuses: ['bool'],
  domain: [
    [0.3, 2],
    [-2, 2],
  ],
  ulps: 8,
});
const squareRow: PointwiseRow = pointwiseRow('pow', 1, 0, {
  forward: (s, x) => s.mul(x, x),
  grad: (s, g, x) => s.mul(s.mul(g, s.const(2)), x),
});
const cubeRow: PointwiseRow = pointwiseRow('pow', 1, 0, {
  forward: (s, x) => s.mul(s.mul(x, x), x),
  grad: (s, g, x) => s.mul(s.mul(g, s.const(3)), s.mul(x, x)),
});

function power(base: Operand, exponent: Operand): Launch {
  if (typeof exponent === 'number' && base instanceof Tensor) {
    if ((exponent === 2 || exponent === 3) && base.dtype !== 'bool' && base.dtype !== 'int64') {
      return { row: exponent === 2 ? squareRow : cubeRow, operands: [base], numbers: none };
    }
    if (exponent < 0 && Number.isInteger(exponent) && !isFloat(base.dtype)) {
      throw new ValueError(
        `pow: integers of dtype ${base.dtype} cannot be raised to the negative power ${exponent}; convert to a float first`,
      );
    }
  }
  return { row: powRow, operands: [base, exponent], numbers: none };
}

/**
 * `input` to the power `exponent`; either may be a number. The gradient to an exponent is 0 where the base is 0. Integers to a negative
 * power are a ValueError. PyTorch: torch.pow.
 * @example
 * tg.tensor([1, 2, 3]).pow(2) // => tensor([1., 4., 9.])
 */
export const pow: PointwiseFn<[input: Operand, exponent: Operand], { exponent?: Operand }> = pointwiseBy(
  'pow(input, exponent)',
  power,
  {
    samples: (m) => [
      [m.positive(2, 3), m(3)],
      [m(2, 3), 2],
      [m(2, 3), 3],
      [m.positive(2, 3), -0.5],
      [2, m(3)],
    ],
    errors: (m) => [[[m.integers(5, 3), -1], 'negative power -1']],
  },
);

/** `pow` in float64, whatever the operands. PyTorch: torch.float_power. */
export const floatPower: Fn<[input: Operand, exponent: Operand], { exponent?: Operand }, Tensor> = fn(
  'floatPower(input:operand, exponent:operand)',
  (input, exponent) => {
    const wide = (x: Operand): Operand => (typeof x === 'number' ? x : x.to('float64'));
    return pow(wide(input), wide(exponent));
  },
  { samples: (m) => [[m.positive(2, 3), m(3)]] },
);

/** Square root; NaN below 0. PyTorch: torch.sqrt. */
export const sqrt: Unary = unary('sqrt(input)', {
  forward: (s, x) => s.sqrt(x),
  grad: (s, g, _x, y) => s.div(g, s.mul(s.const(2), y)),
  result: 'float',
  domain: [0.3, 4],
});

/** `1 / sqrt(input)`. PyTorch: torch.rsqrt. */
export const rsqrt: Unary = unary('rsqrt(input)', {
  forward: (s, x) => s.div(s.const(1), s.sqrt(x)),
  grad: (s, g, _x, y) => s.mul(s.mul(g, s.const(-0.5)), s.mul(y, s.mul(y, y))),
  result: 'float',
  domain: [0.3, 4],
});

/** `sqrt(input ** 2 + other ** 2)` without overflow; floating point only. PyTorch: torch.hypot. */
export const hypot: Binary = binary('hypot(input, other)', {
  forward: (s, a, b) => {
    const [x, y] = [s.abs(a), s.abs(b)];
    const large = s.maximum(x, y);
    const ratio = s.div(s.minimum(x, y), large);
    const plain = s.mul(large, s.sqrt(s.add(s.const(1), s.mul(ratio, ratio))));
    const infinite = s.logicalOr(s.eq(x, s.const(Infinity)), s.eq(y, s.const(Infinity)));
    return s.where(infinite, s.const(Infinity), s.where(s.eq(large, s.const(0)), large, plain));
  },
  grad: [(s, g, a, _b, y) => s.mul(g, s.div(a, y)), (s, g, _a, b, y) => s.mul(g, s.div(b, y))],
  refuses: integral,
  domain: [0.3, 3],
});
