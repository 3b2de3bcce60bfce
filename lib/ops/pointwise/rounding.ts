import {
  type Binary,
  binary,
  checkNumber,
  type Operand,
  type PointwiseFn,
  pointwiseBy,
  type Unary,
  unary,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import type { Tensor } from '../../core/tensor.js';
import { flat, hasSignBit, integral } from './formulas.js';

/** Between whole numbers, where what rounds is flat. */
const between: readonly [number, number] = [0.1, 0.4];

/** Rounded down. PyTorch: torch.floor. */
export const floor: Unary = unary('floor(input)', {
  forward: (s, x) => s.floor(x),
  grad: flat,
  refuses: ['bool'],
  domain: between,
});

/** Rounded up. PyTorch: torch.ceil. */
export const ceil: Unary = unary('ceil(input)', {
  forward: (s, x) => s.ceil(x),
  grad: flat,
  refuses: ['bool'],
  domain: between,
});

/** Rounded towards zero. PyTorch: torch.trunc. */
export const trunc: Unary = unary('trunc(input)', {
  forward: (s, x) => s.trunc(x),
  grad: flat,
  refuses: ['bool'],
  domain: between,
});

/** What `trunc` takes away; floating point only. PyTorch: torch.frac. */
export const frac: Unary = unary('frac(input)', {
  forward: (s, x) => s.sub(x, s.trunc(x)),
  grad: (_s, g) => g,
  refuses: integral,
  domain: between,
});

const roundRow: PointwiseRow = pointwiseRow('round', 1, 0, {
  forward: (s, x) => s.round(x),
  grad: flat,
  refuses: ['bool'],
  domain: between,
});
const roundAfterRow: PointwiseRow = pointwiseRow('round', 1, 1, {
  forward: (s, x, scale) => s.div(s.round(s.mul(x, scale)), scale),
  grad: flat,
  refuses: integral,
  domain: [0.1001, 0.1004],
});
const roundBeforeRow: PointwiseRow = pointwiseRow('round', 1, 1, {
  forward: (s, x, scale) => s.mul(s.round(s.div(x, scale)), scale),
  grad: flat,
  refuses: integral,
  domain: between,
});

/**
 * Rounded to the nearest, halves to even; to `decimals` places after the point, or before it where negative (floating point only).
 * PyTorch: torch.round.
 * @example
 * tg.tensor([0.5, 1.5, 2.5]).round() // => tensor([0., 2., 2.])
 */
export const round: PointwiseFn<[input: Tensor], { decimals?: number }> = pointwiseBy(
  'round(input, *, decimals=0)',
  (x: Operand, { decimals }: { decimals: number }) => {
    checkNumber('round', 'decimals', decimals);
    if (decimals === 0) return { row: roundRow, operands: [x], numbers: [] };
    const row = decimals > 0 ? roundAfterRow : roundBeforeRow;
    return { row, operands: [x], numbers: [10 ** Math.abs(decimals)] };
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3), { decimals: 2 }], [m(2, 3), { decimals: -1 }]] },
);

/** The input's size with the other's sign, -0 included. PyTorch: torch.copysign. */
export const copysign: Binary = binary('copysign(input, other)', {
  forward: (s, a, b) => s.where(hasSignBit(s, b), s.neg(s.abs(a)), s.abs(a)),
  grad: [(s, g, a, _b, y) => s.where(s.eq(a, s.const(0)), s.const(0), s.mul(g, s.div(y, a))), flat],
  result: 'float',
  domain: [0.3, 3],
});

/** `input * 2 ** other`. PyTorch: torch.ldexp. */
export const ldexp: Binary = binary('ldexp(input, other)', {
  forward: (s, a, b) => s.mul(a, s.pow(s.const(2), b)),
  grad: [(s, g, _a, b) => s.mul(g, s.pow(s.const(2), b)), (s, g, _a, _b, y) => s.mul(g, s.mul(y, s.const(Math.LN2)))],
  result: 'float',
});
