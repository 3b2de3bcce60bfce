import {
  type Binary,
  binary,
  checkNumber,
  type Launch,
  type Operand,
  type OutOfPlace,
  outOfPlace,
  type PointwiseFn,
  pointwiseBy,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { flat } from './formulas.js';

const none: readonly number[] = [];

/** The larger element; NaN if either is. Equal ones share the gradient evenly. PyTorch: torch.maximum. */
export const maximum: OutOfPlace<Binary> = outOfPlace(
  binary('maximum(input, other)', {
    forward: (s, a, b) => s.maximum(a, b),
    grad: [
      (s, g, a, b) => s.where(s.eq(a, b), s.div(g, s.const(2)), s.where(s.lt(a, b), s.const(0), g)),
      (s, g, a, b) => s.where(s.eq(a, b), s.div(g, s.const(2)), s.where(s.lt(b, a), s.const(0), g)),
    ],
  }),
);

/** The smaller element; NaN if either is. Equal ones share the gradient evenly. PyTorch: torch.minimum. */
export const minimum: OutOfPlace<Binary> = outOfPlace(
  binary('minimum(input, other)', {
    forward: (s, a, b) => s.minimum(a, b),
    grad: [
      (s, g, a, b) => s.where(s.eq(a, b), s.div(g, s.const(2)), s.where(s.lt(b, a), s.const(0), g)),
      (s, g, a, b) => s.where(s.eq(a, b), s.div(g, s.const(2)), s.where(s.lt(a, b), s.const(0), g)),
    ],
  }),
);

/** The larger element; where one is NaN, the other. PyTorch: torch.fmax. */
export const fmax: OutOfPlace<Binary> = outOfPlace(
  binary('fmax(input, other)', {
    forward: (s, a, b) => s.where(s.ne(a, a), b, s.where(s.ne(b, b), a, s.maximum(a, b))),
    grad: [
      (s, g, a, b) => s.where(s.logicalOr(s.le(b, a), s.ne(b, b)), g, s.const(0)),
      (s, g, a, b) => s.where(s.logicalOr(s.le(b, a), s.ne(b, b)), s.const(0), g),
    ],
  }),
);

/** The smaller element; where one is NaN, the other. PyTorch: torch.fmin. */
export const fmin: OutOfPlace<Binary> = outOfPlace(
  binary('fmin(input, other)', {
    forward: (s, a, b) => s.where(s.ne(a, a), b, s.where(s.ne(b, b), a, s.minimum(a, b))),
    grad: [
      (s, g, a, b) => s.where(s.logicalOr(s.le(a, b), s.ne(b, b)), g, s.const(0)),
      (s, g, a, b) => s.where(s.logicalOr(s.le(a, b), s.ne(b, b)), s.const(0), g),
    ],
  }),
);

/** 0 below zero, 1 above, and `values` at zero. PyTorch: torch.heaviside. */
export const heaviside: Binary<'values'> = binary('heaviside(input, values)', {
  forward: (s, x, values) => {
    const zero = s.const(0);
    return s.where(s.eq(x, zero), values, s.where(s.lt(zero, x), s.const(1), zero));
  },
  grad: [flat, (s, g, x) => s.where(s.eq(x, s.const(0)), g, s.const(0))],
});

const clampRow: PointwiseRow = pointwiseRow('clamp', 3, 0, {
  forward: (s, x, low, high) => s.minimum(s.maximum(x, low), high),
  grad: [
    (s, g, x, low, high) => s.where(s.logicalAnd(s.le(low, x), s.le(x, high)), g, s.const(0)),
    (s, g, x, low, high) => s.where(s.logicalAnd(s.lt(low, high), s.lt(x, low)), g, s.const(0)),
    (s, g, x, low, high) => s.where(s.logicalOr(s.lt(high, low), s.lt(high, x)), g, s.const(0)),
  ],
  domain: [
    [-3, 3],
    [-2, -1],
    [1, 2],
  ],
  refuses: ['bool'],
});
const clampMinRow: PointwiseRow = pointwiseRow('clampMin', 2, 0, {
  forward: (s, x, low) => s.maximum(x, low),
  grad: [
    (s, g, x, low) => s.where(s.le(low, x), g, s.const(0)),
    (s, g, x, low) => s.where(s.lt(x, low), g, s.const(0)),
  ],
  refuses: ['bool'],
});
const clampMaxRow: PointwiseRow = pointwiseRow('clampMax', 2, 0, {
  forward: (s, x, high) => s.minimum(x, high),
  grad: [
    (s, g, x, high) => s.where(s.le(x, high), g, s.const(0)),
    (s, g, x, high) => s.where(s.lt(high, x), g, s.const(0)),
  ],
  refuses: ['bool'],
});

/**
 * Elements brought into [min, max]; each bound is a number, a tensor or null. `max` wins where `min` is larger; the gradient passes at
 * the bounds. PyTorch: torch.clamp.
 * @example
 * tg.tensor([-2, 0.5, 2]).clamp(-1, 1) // => tensor([-1.0000,  0.5000,  1.0000])
 */
export const clamp: PointwiseFn<
  [input: Tensor, min?: Operand | null, max?: Operand | null],
  { min?: Operand | null; max?: Operand | null }
> = pointwiseBy(
  'clamp(input, min=null, max=null)',
  (x: Operand, min: Operand | null, max: Operand | null): Launch => {
    if (min !== null && max !== null) return { row: clampRow, operands: [x, min, max], numbers: none };
    if (min !== null) return { row: clampMinRow, operands: [x, min], numbers: none };
    if (max !== null) return { row: clampMaxRow, operands: [x, max], numbers: none };
    throw new ArgumentError('clamp: at least one of min and max must be given');
  },
  {
    samples: (m) => [
      [m(2, 3), -0.5, 0.5],
      [m(2, 3), m(3), null],
      [m(2, 3), { max: m(3) }],
      [m(2, 3), m(3), m(2, 1)],
    ],
    errors: (m) => [[[m(2)], 'at least one of min and max']],
  },
);

/** Elements of at least `min`. PyTorch: torch.clamp_min. */
export const clampMin: Binary<'min'> = pointwiseBy('clampMin(input, min)', (x: Operand, min: Operand) => ({
  row: clampMinRow,
  operands: [x, min],
  numbers: none,
}));

/** Elements of at most `max`. PyTorch: torch.clamp_max. */
export const clampMax: Binary<'max'> = pointwiseBy('clampMax(input, max)', (x: Operand, max: Operand) => ({
  row: clampMaxRow,
  operands: [x, max],
  numbers: none,
}));

const nanToNumRow: PointwiseRow = pointwiseRow('nanToNum', 1, 3, {
  forward: (s, x, nan, posinf, neginf) =>
    s.where(
      s.ne(x, x),
      nan,
      s.where(s.eq(x, s.const(Infinity)), posinf, s.where(s.eq(x, s.const(-Infinity)), neginf, x)),
    ),
  grad: (s, g, x) => s.where(s.lt(s.abs(x), s.const(Infinity)), g, s.const(0)),
});

/** The largest finite number of each floating-point dtype. */
const largest: Readonly<Partial<Record<DType, number>>> = {
  float16: 65504,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

/**
 * NaN replaced by `nan`, infinities by `posinf` and `neginf` (null: the largest and lowest finite number of the dtype).
 * PyTorch: torch.nan_to_num.
 */
export const nanToNum: PointwiseFn<
  [input: Tensor, nan?: number | null, posinf?: number | null, neginf?: number | null],
  { nan?: number | null; posinf?: number | null; neginf?: number | null }
> = pointwiseBy(
  'nanToNum(input, nan=0, posinf=null, neginf=null)',
  (x: Operand, nan: number | null, posinf: number | null, neginf: number | null) => {
    const limit = x instanceof Tensor ? (largest[x.dtype] ?? 0) : 0;
    const numbers = [nan ?? 0, posinf ?? limit, neginf ?? -limit];
    for (const [i, value] of numbers.entries()) checkNumber('nanToNum', ['nan', 'posinf', 'neginf'][i], value);
    return { row: nanToNumRow, operands: [x], numbers };
  },
  { samples: (m) => [[m(2, 3).log()], [m(2, 3).log(), 1, 2, 3]] },
);
