import {
  type Binary,
  binary,
  checkNumber,
  type Operand,
  type OutOfPlace,
  outOfPlace,
  type PointwiseFn,
  pointwiseBy,
  type Unary,
  unary,
} from '../../autograd/define.js';
import { type PointwiseDefinition, type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { ValueError } from '../../core/errors.js';
import { hasSignBit } from './formulas.js';

/** Compares, exactly on int64 too. */
function comparison(forward: PointwiseDefinition['forward']): PointwiseDefinition {
  return { forward, result: 'bool', exact: true };
}

/** Whether the elements are equal. PyTorch: torch.eq. */
export const eq: Binary = binary(
  'eq(input, other)',
  comparison((s, a, b) => s.eq(a, b)),
);

/** Whether the elements differ; NaN differs from everything. PyTorch: torch.ne. */
export const ne: Binary = binary(
  'ne(input, other)',
  comparison((s, a, b) => s.ne(a, b)),
);

/** Whether the input is less. PyTorch: torch.lt. */
export const lt: Binary = binary(
  'lt(input, other)',
  comparison((s, a, b) => s.lt(a, b)),
);

/** Whether the input is less or equal. PyTorch: torch.le. */
export const le: Binary = binary(
  'le(input, other)',
  comparison((s, a, b) => s.le(a, b)),
);

/**
 * Whether the input is greater. PyTorch: torch.gt.
 * @example
 * tg.tensor([1, 2, 3]).gt(2) // => tensor([false, false,  true])
 */
export const gt: Binary = binary(
  'gt(input, other)',
  comparison((s, a, b) => s.lt(b, a)),
);

/** Whether the input is greater or equal. PyTorch: torch.ge. */
export const ge: Binary = binary(
  'ge(input, other)',
  comparison((s, a, b) => s.le(b, a)),
);

/** Whether an element is neither infinite nor NaN. PyTorch: torch.isfinite. */
export const isfinite: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isfinite(input)',
    comparison((s, x) => s.logicalAnd(s.lt(s.const(-Infinity), x), s.lt(x, s.const(Infinity)))),
  ),
);

/** Whether an element is infinite. PyTorch: torch.isinf. */
export const isinf: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isinf(input)',
    comparison((s, x) => s.logicalOr(s.eq(x, s.const(Infinity)), s.eq(x, s.const(-Infinity)))),
  ),
);

/** Whether an element is NaN. PyTorch: torch.isnan. */
export const isnan: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isnan(input)',
    comparison((s, x) => s.ne(x, x)),
  ),
);

/** Whether an element is Infinity. PyTorch: torch.isposinf. */
export const isposinf: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isposinf(input)',
    comparison((s, x) => s.eq(x, s.const(Infinity))),
  ),
);

/** Whether an element is -Infinity. PyTorch: torch.isneginf. */
export const isneginf: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isneginf(input)',
    comparison((s, x) => s.eq(x, s.const(-Infinity))),
  ),
);

/** Whether the sign bit is set: for what is negative, and for -0. PyTorch: torch.signbit. */
export const signbit: OutOfPlace<Unary> = outOfPlace(unary('signbit(input)', { forward: hasSignBit, result: 'bool' }));

/** Whether an element is real: true for every element there is. PyTorch: torch.isreal. */
export const isreal: OutOfPlace<Unary> = outOfPlace(
  unary(
    'isreal(input)',
    comparison((s, x) => s.logicalOr(s.eq(x, x), s.ne(x, x))),
  ),
);

const iscloseRow: PointwiseRow = pointwiseRow('isclose', 2, 3, {
  forward: (s, a, b, rtol, atol, equalNan) => {
    const distance = s.abs(s.sub(a, b));
    const near = s.logicalAnd(s.lt(distance, s.const(Infinity)), s.le(distance, s.add(atol, s.abs(s.mul(rtol, b)))));
    const nan = s.logicalAnd(s.logicalAnd(s.ne(a, a), s.ne(b, b)), s.ne(equalNan, s.const(0)));
    return s.logicalOr(s.logicalOr(s.eq(a, b), near), nan);
  },
  result: 'bool',
});

/**
 * Whether `abs(input - other) <= atol + rtol * abs(other)`, element by element; infinities are close to themselves, NaN to NaN only
 * with `equalNan`. PyTorch: torch.isclose.
 */
export const isclose: OutOfPlace<
  PointwiseFn<
    [input: Operand, other: Operand, rtol?: number, atol?: number, equalNan?: boolean],
    { other?: Operand; rtol?: number; atol?: number; equalNan?: boolean }
  >
> = outOfPlace(
  pointwiseBy(
    'isclose(input, other, rtol=1e-5, atol=1e-8, equalNan=false)',
    (a: Operand, b: Operand, rtol: number, atol: number, equalNan: boolean) => {
      checkNumber('isclose', 'rtol', rtol);
      checkNumber('isclose', 'atol', atol);
      if (!(rtol >= 0 && atol >= 0))
        throw new ValueError(`isclose: rtol ${rtol} and atol ${atol} must not be negative`);
      return { row: iscloseRow, operands: [a, b], numbers: [rtol, atol, equalNan ? 1 : 0] };
    },
    {
      samples: (m) => [
        [m(2, 3), m(3)],
        [m(2, 3), m(3), { rtol: 0.5, equalNan: true }],
      ],
      gradcheck: 'truth values have no derivative',
      errors: (m) => [[[m(2), m(2), -1], 'must not be negative']],
    },
  ),
);
