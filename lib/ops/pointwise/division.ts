import {
  type Binary,
  binary,
  type Launch,
  type Operand,
  type PointwiseFn,
  pointwiseBy,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { isFloat, resultType } from '../../core/dtype.js';
import { ValueError } from '../../core/errors.js';
import { flat } from './formulas.js';

const none: readonly number[] = [];
const apart: readonly (readonly [number, number])[] = [
  [0.3, 3],
  [3.2, 5],
];

const divRow: PointwiseRow = pointwiseRow('div', 2, 0, {
  forward: (s, a, b) => s.div(a, b),
  grad: [(s, g, _a, b) => s.div(g, b), (s, g, _a, b, y) => s.neg(s.div(s.mul(g, y), b))],
  result: 'float',
  domain: [
    [-3, 3],
    [0.5, 3],
  ],
});

const truncRow: PointwiseRow = pointwiseRow('div', 2, 0, {
  forward: (s, a, b) => s.trunc(s.div(a, b)),
  grad: [flat, flat],
  domain: apart,
});

const floorOfIntegersRow: PointwiseRow = pointwiseRow('floorDivide', 2, 0, {
  forward: (s, a, b) => s.floor(s.div(a, b)),
  refuses: ['bool'],
});

// By way of the remainder, as Python does it: the rounded quotient alone may have crossed a whole number.
const floorOfFloatsRow: PointwiseRow = pointwiseRow('floorDivide', 2, 0, {
  forward: (s, a, b) => {
    const zero = s.const(0);
    const rest = s.fmod(a, b);
    const whole = s.round(s.div(s.sub(a, rest), b));
    const below = s.logicalAnd(s.ne(rest, zero), s.ne(s.lt(rest, zero), s.lt(b, zero)));
    return s.where(s.eq(b, zero), s.div(a, b), s.where(below, s.sub(whole, s.const(1)), whole));
  },
  grad: [flat, flat],
  domain: apart,
});

function floorDivision(a: Operand, b: Operand): Launch {
  const row = isFloat(resultType([a, b])) ? floorOfFloatsRow : floorOfIntegersRow;
  return { row, operands: [a, b], numbers: none };
}

type Rounded = PointwiseFn<
  [input: Operand, other: Operand],
  { other?: Operand; roundingMode?: 'floor' | 'trunc' | null }
>;

/**
 * Quotient, element by element; of integers too it is a float, unless `roundingMode` is 'floor' (down) or 'trunc' (towards zero). There
 * an integer divided by 0 gives 0. PyTorch: torch.div.
 * @example
 * tg.tensor([7, -7]).div(2, { roundingMode: 'floor' }) // => tensor([ 3., -4.])
 */
export const div: Rounded = pointwiseBy(
  'div(input, other, *, roundingMode=null)',
  (a: Operand, b: Operand, { roundingMode: mode }: { roundingMode: string | null }) => {
    if (mode === null) return { row: divRow, operands: [a, b], numbers: none };
    if (mode === 'trunc') return { row: truncRow, operands: [a, b], numbers: none };
    if (mode === 'floor') return floorDivision(a, b);
    throw new ValueError(`div: roundingMode is ${String(mode)}; use null, 'floor' or 'trunc'`);
  },
  {
    samples: (m) => [
      [m(2, 3), m.positive(3)],
      [2, m.positive(3)],
      [m(2, 3), m.positive(3), { roundingMode: 'floor' }],
      [m(2, 3), m.positive(3), { roundingMode: 'trunc' }],
    ],
    errors: (m) => [[[m(2), m(2), { roundingMode: 'round' }], "use null, 'floor' or 'trunc'"]],
  },
);

/** `div` without rounding. PyTorch: torch.true_divide. */
export const trueDivide: Binary = pointwiseBy('trueDivide(input, other)', (a: Operand, b: Operand) => ({
  row: divRow,
  operands: [a, b],
  numbers: none,
}));

/** The quotient rounded down; an integer divided by 0 gives 0. PyTorch: torch.floor_divide. */
export const floorDivide: Binary = pointwiseBy('floorDivide(input, other)', floorDivision);

/** What division rounded down leaves: its sign is the divisor's, as in Python. PyTorch: torch.remainder. */
export const remainder: Binary = binary('remainder(input, other)', {
  forward: (s, a, b) => s.remainder(a, b),
  grad: [(_s, g) => g, (s, g, a, b) => s.neg(s.mul(g, s.floor(s.div(a, b))))],
  refuses: ['bool'],
  domain: apart,
});

/** What division rounded towards zero leaves: its sign is the dividend's, as in C. PyTorch: torch.fmod. */
export const fmod: Binary = binary('fmod(input, other)', {
  forward: (s, a, b) => s.fmod(a, b),
  grad: [(_s, g) => g, (s, g, a, b) => s.neg(s.mul(g, s.trunc(s.div(a, b))))],
  refuses: ['bool'],
  domain: apart,
});
