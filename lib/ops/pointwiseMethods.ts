import { type Operand, type OutOfPlace, outOfPlace, type PointwiseFn, pointwiseBy } from '../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../autograd/pointwise.js';
import { ValueError } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';

const whereRow: PointwiseRow = pointwiseRow('where', 3, 0, {
  forward: (s, condition, a, b) => s.where(condition, a, b),
  grad: [
    null,
    (s, g, condition) => s.where(condition, g, s.const(0)),
    (s, g, condition) => s.where(condition, s.const(0), g),
  ],
  exact: true,
});

/**
 * The elements of `input` where the condition is true, of `other` elsewhere; either may be a number. As a function the condition comes
 * first: `tg.where(condition, input, other)`. PyTorch: Tensor.where.
 */
export const where: OutOfPlace<
  PointwiseFn<[input: Operand, condition: Tensor, other: Operand], { condition?: Tensor; other?: Operand }>
> = outOfPlace(
  pointwiseBy(
    'where(input, condition, other)',
    (a: Operand, condition: Operand, b: Operand) => {
      // A condition of integers becomes one of truth values, which has no say in the result's dtype.
      const truth = condition instanceof Tensor && condition.dtype !== 'bool' ? condition.ne(0) : condition;
      return { row: whereRow, operands: [truth, a, b], numbers: [] };
    },
    {
      samples: (m) => [
        [m(2, 3), m.bools(2, 3), m(3)],
        [m(2, 3), m.bools(3), 0.5],
      ],
    },
  ),
);

const polygammaRow: PointwiseRow = pointwiseRow('polygamma', 1, 1, {
  forward: (s, x, n) => s.polygamma(n, x),
  grad: (s, g, x, _y, n) => s.mul(g, s.polygamma(s.add(n, s.const(1)), x)),
  result: 'float',
  domain: [0.6, 6],
});

/** The derivative of order `n` of `digamma`. As a function the order comes first. PyTorch: Tensor.polygamma. */
export const polygamma: PointwiseFn<[input: Tensor, n: number], { n?: number }> = pointwiseBy(
  'polygamma(input, n)',
  (input: Operand, n: number) => {
    if (!Number.isInteger(n) || n < 0) {
      throw new ValueError(`polygamma: the order must be a whole number that is not negative, got ${String(n)}`);
    }
    return { row: polygammaRow, operands: [input], numbers: [n] };
  },
  { samples: (m) => [[m.positive(2, 3), 2]] },
);
