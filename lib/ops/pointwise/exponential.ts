import {
  type Binary,
  binary,
  type Operand,
  type OutOfPlace,
  outOfPlace,
  type PointwiseFn,
  pointwiseBy,
  type Unary,
  unary,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import type { Tensor } from '../../core/tensor.js';
import { integral } from './formulas.js';

const { LN2, LN10 } = Math;
const positive: readonly [number, number] = [0.2, 4];

/** e to the power of each element. PyTorch: torch.exp. */
export const exp: Unary = unary('exp(input)', {
  forward: (s, x) => s.exp(x),
  grad: (s, g, _x, y) => s.mul(g, y),
  result: 'float',
});

/** 2 to the power of each element. PyTorch: torch.exp2. */
export const exp2: Unary = unary('exp2(input)', {
  forward: (s, x) => s.pow(s.const(2), x),
  grad: (s, g, _x, y) => s.mul(g, s.mul(y, s.const(LN2))),
  result: 'float',
});

/** `exp(input) - 1`, exact near 0. PyTorch: torch.expm1. */
export const expm1: Unary = unary('expm1(input)', {
  forward: (s, x) => s.expm1(x),
  grad: (s, g, _x, y) => s.mul(g, s.add(y, s.const(1))),
  result: 'float',
});

/** Natural logarithm; -Infinity at 0, NaN below. PyTorch: torch.log. */
export const log: Unary = unary('log(input)', {
  forward: (s, x) => s.log(x),
  grad: (s, g, x) => s.div(g, x),
  result: 'float',
  domain: positive,
});

/** Logarithm to base 2. PyTorch: torch.log2. */
export const log2: Unary = unary('log2(input)', {
  forward: (s, x) => s.log2(x),
  grad: (s, g, x) => s.div(g, s.mul(x, s.const(LN2))),
  result: 'float',
  domain: positive,
});

/** Logarithm to base 10. PyTorch: torch.log10. */
export const log10: Unary = unary('log10(input)', {
  forward: (s, x) => s.log10(x),
  grad: (s, g, x) => s.div(g, s.mul(x, s.const(LN10))),
  result: 'float',
  domain: positive,
});

/** `log(1 + input)`, exact near 0. PyTorch: torch.log1p. */
export const log1p: Unary = unary('log1p(input)', {
  forward: (s, x) => s.log1p(x),
  grad: (s, g, x) => s.div(g, s.add(x, s.const(1))),
  result: 'float',
  domain: [-0.6, 3],
});

/** `log(exp(input) + exp(other))` without overflow; floating point only. PyTorch: torch.logaddexp. */
export const logaddexp: OutOfPlace<Binary> = outOfPlace(
  binary('logaddexp(input, other)', {
    forward: (s, a, b) => {
      const rest = s.log1p(s.exp(s.neg(s.abs(s.sub(a, b)))));
      return s.where(s.eq(a, b), s.add(a, s.const(LN2)), s.add(s.maximum(a, b), rest));
    },
    grad: [
      (s, g, a, b) => s.div(g, s.add(s.const(1), s.exp(s.sub(b, a)))),
      (s, g, a, b) => s.div(g, s.add(s.const(1), s.exp(s.sub(a, b)))),
    ],
    refuses: integral,
  }),
);

/** `log2(2 ** input + 2 ** other)` without overflow; floating point only. PyTorch: torch.logaddexp2. */
export const logaddexp2: OutOfPlace<Binary> = outOfPlace(
  binary('logaddexp2(input, other)', {
    forward: (s, a, b) => {
      const rest = s.log1p(s.pow(s.const(2), s.neg(s.abs(s.sub(a, b)))));
      return s.where(s.eq(a, b), s.add(a, s.const(1)), s.add(s.maximum(a, b), s.div(rest, s.const(LN2))));
    },
    grad: [
      (s, g, a, b) => s.div(g, s.add(s.const(1), s.pow(s.const(2), s.sub(b, a)))),
      (s, g, a, b) => s.div(g, s.add(s.const(1), s.pow(s.const(2), s.sub(a, b)))),
    ],
    refuses: integral,
  }),
);

/** `input * log(other)`, and 0 where the input is 0. PyTorch: torch.xlogy. */
export const xlogy: Binary = binary('xlogy(input, other)', {
  forward: (s, a, b) => {
    const zero = s.const(0);
    const vanishes = s.logicalAnd(s.eq(a, zero), s.eq(b, b));
    return s.where(vanishes, zero, s.mul(a, s.log(b)));
  },
  grad: [
    (s, g, a, b) => {
      const zero = s.const(0);
      return s.where(s.logicalAnd(s.eq(a, zero), s.le(b, zero)), zero, s.mul(g, s.log(b)));
    },
    (s, g, a, b) => s.mul(g, s.div(a, b)),
  ],
  result: 'float',
  domain: positive,
});

/** The logistic function, `1 / (1 + exp(-input))`. PyTorch: torch.sigmoid. */
export const sigmoid: Unary = unary('sigmoid(input)', {
  forward: (s, x) => s.div(s.const(1), s.add(s.const(1), s.exp(s.neg(x)))),
  grad: (s, g, _x, y) => s.mul(g, s.mul(s.sub(s.const(1), y), y)),
  result: 'float',
});

const logitRow: PointwiseRow = pointwiseRow('logit', 1, 0, {
  forward: (s, x) => s.log(s.div(x, s.sub(s.const(1), x))),
  grad: (s, g, x) => {
    const one = s.const(1);
    const inside = s.logicalAnd(s.le(s.const(0), x), s.le(x, one));
    return s.where(inside, s.div(g, s.mul(x, s.sub(one, x))), s.const(NaN));
  },
  result: 'float',
  domain: [0.1, 0.9],
});
const clampedLogitRow: PointwiseRow = pointwiseRow('logit', 1, 1, {
  forward: (s, x, eps) => {
    const z = s.minimum(s.maximum(x, eps), s.sub(s.const(1), eps));
    return s.log(s.div(z, s.sub(s.const(1), z)));
  },
  grad: (s, g, x, _y, eps) => {
    const one = s.const(1);
    const inside = s.logicalAnd(s.le(eps, x), s.le(x, s.sub(one, eps)));
    return s.where(inside, s.div(g, s.mul(x, s.sub(one, x))), s.const(0));
  },
  result: 'float',
  domain: [0.25, 0.75],
});

/**
 * `log(input / (1 - input))`, the inverse of `sigmoid`; the input is first brought into [eps, 1 - eps] where `eps` is given.
 * PyTorch: torch.logit.
 */
export const logit: PointwiseFn<[input: Tensor, eps?: number | null], { eps?: number | null }> = pointwiseBy(
  'logit(input, eps=null)',
  (x: Operand, eps: number | null) =>
    eps === null
      ? { row: logitRow, operands: [x], numbers: [] }
      : { row: clampedLogitRow, operands: [x], numbers: [eps] },
  { samples: (m) => [[m(2, 3).sigmoid()], [m(2, 3).sigmoid(), 0.2]] },
);
