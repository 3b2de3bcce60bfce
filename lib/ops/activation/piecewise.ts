import { type Operand, type PointwiseFn, pointwiseBy, pointwiseFn } from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { randLike } from '../creation/random.js';
import { integral } from '../pointwise/formulas.js';
import { slopedRow } from '../pointwise/rectify.js';

/** An activation without parameters, with a switch for writing into its input. */
export type Activation = PointwiseFn<[input: Tensor, inplace?: boolean], { inplace?: boolean }>;

const hardtanhRow: PointwiseRow = pointwiseRow('hardtanh', 1, 2, {
  forward: (s, x, low, high) => s.minimum(s.maximum(x, low), high),
  grad: (s, g, x, _y, low, high) => s.where(s.logicalOr(s.le(x, low), s.le(high, x)), s.const(0), g),
  refuses: ['bool'],
  domain: [0.1, 0.2],
});

/** The input brought into [minVal, maxVal]; no gradient at the bounds. PyTorch: torch.nn.functional.hardtanh. */
export const hardtanh: PointwiseFn<
  [input: Tensor, minVal?: number, maxVal?: number, inplace?: boolean],
  { minVal?: number; maxVal?: number; inplace?: boolean }
> = pointwiseBy(
  'hardtanh(input, minVal=-1, maxVal=1, inplace=false)',
  (x: Operand, low: number, high: number) => ({ row: hardtanhRow, operands: [x], numbers: [low, high] }),
  { samples: (m) => [[m(2, 3)], [m(2, 3), -0.5, 0.25]] },
);

/** `min(max(input, 0), 6)`. PyTorch: torch.nn.functional.relu6. */
export const relu6: Activation = pointwiseBy(
  'relu6(input, inplace=false)',
  (x: Operand) => ({ row: hardtanhRow, operands: [x], numbers: [0, 6] }),
  { samples: (m) => [[m(2, 3)]] },
);

/** `min(max(input + 3, 0), 6) / 6`. PyTorch: torch.nn.functional.hardsigmoid. */
export const hardsigmoid: Activation = pointwiseFn(
  'hardsigmoid(input, inplace=false)',
  1,
  {
    forward: (s, x) => s.div(s.minimum(s.maximum(s.add(x, s.const(3)), s.const(0)), s.const(6)), s.const(6)),
    grad: (s, g, x) => {
      const inside = s.logicalAnd(s.lt(s.const(-3), x), s.lt(x, s.const(3)));
      return s.where(inside, s.div(g, s.const(6)), s.const(0));
    },
    refuses: integral,
    domain: [-2.9, 2.9],
  },
  { samples: (m) => [[m(2, 3)]] },
);

/** `input * hardsigmoid(input)`. PyTorch: torch.nn.functional.hardswish. */
export const hardswish: Activation = pointwiseFn(
  'hardswish(input, inplace=false)',
  1,
  {
    forward: (s, x) => {
      const gate = s.minimum(s.maximum(s.add(x, s.const(3)), s.const(0)), s.const(6));
      return s.div(s.mul(x, gate), s.const(6));
    },
    grad: (s, g, x) => {
      const middle = s.mul(g, s.add(s.div(x, s.const(3)), s.const(0.5)));
      return s.where(s.lt(x, s.const(-3)), s.const(0), s.where(s.lt(x, s.const(3)), middle, g));
    },
    refuses: integral,
    domain: [-2.9, 2.9],
  },
  { samples: (m) => [[m(2, 3)]] },
);

const leakyRow: PointwiseRow = pointwiseRow('leakyRelu', 1, 1, {
  forward: (s, x, slope) => s.where(s.lt(s.const(0), x), x, s.mul(x, slope)),
  grad: (s, g, x, _y, slope) => s.where(s.lt(s.const(0), x), g, s.mul(g, slope)),
  refuses: integral,
  domain: [0.1, 3],
});

/** The input where it is positive, `negativeSlope` times it elsewhere. PyTorch: torch.nn.functional.leaky_relu. */
export const leakyRelu: PointwiseFn<
  [input: Tensor, negativeSlope?: number, inplace?: boolean],
  { negativeSlope?: number; inplace?: boolean }
> = pointwiseBy(
  'leakyRelu(input, negativeSlope=0.01, inplace=false)',
  (x: Operand, slope: number) => ({ row: leakyRow, operands: [x], numbers: [slope] }),
  { samples: (m) => [[m(2, 3)], [m(2, 3), 0.2]] },
);

/**
 * `leakyRelu` whose slope is the middle of [lower, upper], or in training drawn from it for each element.
 * PyTorch: torch.nn.functional.rrelu.
 */
export const rrelu: PointwiseFn<
  [input: Tensor, lower?: number, upper?: number, training?: boolean, inplace?: boolean],
  { lower?: number; upper?: number; training?: boolean; inplace?: boolean }
> = pointwiseBy(
  'rrelu(input, lower=0.125, upper=0.3333333333333333, training=false, inplace=false)',
  (x: Operand, lower: number, upper: number, training: boolean) => {
    if (!(lower <= upper)) throw new ValueError(`rrelu: lower ${lower} must not be above upper ${upper}`);
    if (!training) return { row: leakyRow, operands: [x], numbers: [(lower + upper) / 2] };
    const slope = randLike(x as Tensor)
      .mul(upper - lower)
      .add(lower);
    return { row: slopedRow, operands: [x, slope], numbers: [] };
  },
  {
    samples: (m) => [[m(2, 3)], [m(2, 3), 0.1, 0.5], [m(2, 3), { lower: 0.5, upper: 0.5, training: true }]],
    errors: (m) => [[[m(2), 1, 0], 'must not be above']],
  },
);

/** The input where it is above `threshold`, else `value`. PyTorch: torch.nn.functional.threshold. */
export const threshold: PointwiseFn<
  [input: Tensor, threshold: number, value: number, inplace?: boolean],
  { threshold?: number; value?: number; inplace?: boolean }
> = pointwiseFn(
  'threshold(input, threshold, value, inplace=false)',
  1,
  {
    forward: (s, x, threshold, value) => s.where(s.le(x, threshold), value, x),
    grad: (s, g, x, _y, threshold) => s.where(s.le(x, threshold), s.const(0), g),
    refuses: ['bool'],
    domain: [0.6, 3],
  },
  { samples: (m) => [[m(2, 3), 0.5, -1]] },
);

const softshrinkRow: PointwiseRow = pointwiseRow('softshrink', 1, 1, {
  forward: (s, x, lambd) =>
    s.where(s.lt(lambd, x), s.sub(x, lambd), s.where(s.lt(x, s.neg(lambd)), s.add(x, lambd), s.const(0))),
  grad: (s, g, x, _y, lambd) => s.where(s.le(s.abs(x), lambd), s.const(0), g),
  refuses: integral,
  domain: [0.6, 3],
});

/** The input moved towards 0 by `lambd`, and 0 where it would cross it. PyTorch: torch.nn.functional.softshrink. */
export const softshrink: PointwiseFn<[input: Tensor, lambd?: number], { lambd?: number }> = pointwiseBy(
  'softshrink(input, lambd=0.5)',
  (x: Operand, lambd: number) => {
    if (!(lambd >= 0)) throw new ValueError(`softshrink: lambd is ${lambd}; it must not be negative`);
    return { row: softshrinkRow, operands: [x], numbers: [lambd] };
  },
  {
    samples: (m) => [[m(2, 3)], [m(2, 3), 0.25]],
    errors: (m) => [[[m(2), -1], 'must not be negative']],
  },
);
