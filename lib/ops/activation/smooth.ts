import { type Operand, type PointwiseFn, pointwiseBy, pointwiseFn, type Unary, unary } from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { integral, logistic, logOnePlusExp } from '../pointwise/formulas.js';
import type { Activation } from './piecewise.js';

const { PI } = Math;

/** Constants of selu (Klambauer et al., 2017): the fixed point is mean 0, variance 1. */
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

// scale * (x, or alpha * (exp(x / width) - 1) below 0): the numbers of the three exponential units.
const exponentialRow = (name: string): PointwiseRow =>
  pointwiseRow(name, 1, 3, {
    forward: (s, x, alpha, width, scale) =>
      s.mul(scale, s.where(s.lt(s.const(0), x), x, s.mul(alpha, s.expm1(s.div(x, width))))),
    grad: (s, g, x, _y, alpha, width, scale) => {
      // The power is kept from overflowing where it is not chosen.
      const power = s.exp(s.div(s.minimum(x, s.const(0)), width));
      const slope = s.where(s.le(x, s.const(0)), s.mul(s.div(alpha, width), power), s.const(1));
      return s.mul(g, s.mul(scale, slope));
    },
    refuses: integral,
    domain: [-3, -0.1],
  });
const eluRow = exponentialRow('elu');
const celuRow = exponentialRow('celu');
const seluRow = exponentialRow('selu');

type WithAlpha = PointwiseFn<[input: Tensor, alpha?: number, inplace?: boolean], { alpha?: number; inplace?: boolean }>;

/** The input where it is positive, `alpha * (exp(input) - 1)` elsewhere. PyTorch: torch.nn.functional.elu. */
export const elu: WithAlpha = pointwiseBy(
  'elu(input, alpha=1, inplace=false)',
  (x: Operand, alpha: number) => ({ row: eluRow, operands: [x], numbers: [alpha, 1, 1] }),
  { samples: (m) => [[m(2, 3)], [m(2, 3), 0.5]] },
);

/** The input where it is positive, `alpha * (exp(input / alpha) - 1)` elsewhere. PyTorch: torch.nn.functional.celu. */
export const celu: WithAlpha = pointwiseBy(
  'celu(input, alpha=1, inplace=false)',
  (x: Operand, alpha: number) => {
    if (alpha === 0) throw new ValueError('celu: alpha is 0; the input is divided by it');
    return { row: celuRow, operands: [x], numbers: [alpha, alpha, 1] };
  },
  {
    samples: (m) => [[m(2, 3)], [m(2, 3), 0.8]],
    errors: (m) => [[[m(2), 0], 'divided by it']],
  },
);

/** `elu` with the constants that keep mean 0 and variance 1. PyTorch: torch.nn.functional.selu. */
export const selu: Activation = pointwiseBy(
  'selu(input, inplace=false)',
  (x: Operand) => ({ row: seluRow, operands: [x], numbers: [seluAlpha, 1, seluScale] }),
  { samples: (m) => [[m(2, 3)]] },
);

const geluRow: PointwiseRow = pointwiseRow('gelu', 1, 0, {
  forward: (s, x) => s.mul(x, s.ndtr(x)),
  grad: (s, g, x) => {
    const density = s.mul(s.const(1 / Math.sqrt(2 * PI)), s.exp(s.mul(s.const(-0.5), s.mul(x, x))));
    return s.mul(g, s.add(s.ndtr(x), s.mul(x, density)));
  },
  refuses: integral,
  keepsSlope: true,
});
const geluTanhRow: PointwiseRow = pointwiseRow('gelu', 1, 0, {
  forward: (s, x) => {
    const inner = s.mul(s.const(Math.sqrt(2 / PI)), s.mul(x, s.add(s.const(1), s.mul(s.const(0.044715), s.mul(x, x)))));
    return s.mul(s.mul(s.const(0.5), x), s.add(s.const(1), s.tanh(inner)));
  },
  grad: (s, g, x) => {
    const square = s.mul(x, x);
    const inner = s.mul(s.const(Math.sqrt(2 / PI)), s.mul(x, s.add(s.const(1), s.mul(s.const(0.044715), square))));
    const tanh = s.tanh(inner);
    const slope = s.mul(s.const(Math.sqrt(2 / PI)), s.add(s.const(1), s.mul(s.const(3 * 0.044715), square)));
    const rest = s.mul(s.mul(x, s.sub(s.const(1), s.mul(tanh, tanh))), slope);
    return s.mul(g, s.mul(s.const(0.5), s.add(s.add(s.const(1), tanh), rest)));
  },
  refuses: integral,
  keepsSlope: true,
});

/**
 * The input times the standard normal distribution function, or its approximation by tanh where `approximate` is 'tanh'.
 * PyTorch: torch.nn.functional.gelu.
 */
export const gelu: PointwiseFn<[input: Tensor, approximate?: 'none' | 'tanh'], { approximate?: 'none' | 'tanh' }> =
  pointwiseBy(
    "gelu(input, approximate='none')",
    (x: Operand, approximate: string) => {
      if (approximate !== 'none' && approximate !== 'tanh') {
        throw new ValueError(`gelu: approximate is ${String(approximate)}; use 'none' or 'tanh'`);
      }
      return { row: approximate === 'none' ? geluRow : geluTanhRow, operands: [x], numbers: [] };
    },
    {
      samples: (m) => [[m(2, 3)], [m(2, 3), { approximate: 'tanh' }]],
      errors: (m) => [[[m(2), 'erf'], "use 'none' or 'tanh'"]],
    },
  );

/** `input * sigmoid(input)`. PyTorch: torch.nn.functional.silu. */
export const silu: Activation = pointwiseFn(
  'silu(input, inplace=false)',
  1,
  {
    forward: (s, x) => s.div(x, s.add(s.const(1), s.exp(s.neg(x)))),
    grad: (s, g, x) => {
      const gate = logistic(s, x);
      return s.mul(g, s.mul(gate, s.add(s.const(1), s.mul(x, s.sub(s.const(1), gate)))));
    },
    refuses: integral,
  },
  { samples: (m) => [[m(2, 3)]] },
);

/** `input * tanh(softplus(input))`. PyTorch: torch.nn.functional.mish. */
export const mish: Activation = pointwiseFn(
  'mish(input, inplace=false)',
  1,
  {
    forward: (s, x) => s.mul(x, s.tanh(logOnePlusExp(s, x))),
    grad: (s, g, x) => {
      const gate = s.tanh(logOnePlusExp(s, x));
      const slope = s.mul(logistic(s, x), s.sub(s.const(1), s.mul(gate, gate)));
      return s.mul(g, s.add(gate, s.mul(x, slope)));
    },
    refuses: integral,
    keepsSlope: true,
    domain: [0.1, 3],
  },
  { samples: (m) => [[m(2, 3)]] },
);

/** `log(1 + exp(beta * input)) / beta`; the input itself where `beta * input` is above `threshold`. PyTorch: torch.nn.functional.softplus. */
export const softplus: PointwiseFn<
  [input: Tensor, beta?: number, threshold?: number],
  { beta?: number; threshold?: number }
> = pointwiseFn(
  'softplus(input, beta=1, threshold=20)',
  1,
  {
    forward: (s, x, beta, threshold) => {
      const z = s.mul(x, beta);
      return s.where(s.lt(threshold, z), x, s.div(logOnePlusExp(s, z), beta));
    },
    grad: (s, g, x, _y, beta, threshold) => {
      const z = s.mul(x, beta);
      return s.where(s.lt(threshold, z), g, s.mul(g, logistic(s, z)));
    },
    refuses: integral,
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3), 3, 0.2]] },
);

/** `log(sigmoid(input))` without overflow. PyTorch: torch.nn.functional.logsigmoid. */
export const logsigmoid: Unary = unary('logsigmoid(input)', {
  forward: (s, x) => s.neg(logOnePlusExp(s, s.neg(x))),
  grad: (s, g, x) => s.mul(g, logistic(s, s.neg(x))),
  refuses: integral,
});

/** `input / (1 + abs(input))`. PyTorch: torch.nn.functional.softsign. */
export const softsign: Unary = unary('softsign(input)', {
  forward: (s, x) => s.div(x, s.add(s.const(1), s.abs(x))),
  grad: (s, g, x) => {
    const size = s.add(s.const(1), s.abs(x));
    return s.div(g, s.mul(size, size));
  },
  result: 'float',
  refuses: ['bool'],
  domain: [0.1, 3],
});

/** `input - tanh(input)`. PyTorch: torch.nn.functional.tanhshrink. */
export const tanhshrink: Unary = unary('tanhshrink(input)', {
  forward: (s, x) => s.sub(x, s.tanh(x)),
  grad: (s, g, x) => {
    const tanh = s.tanh(x);
    return s.mul(g, s.mul(tanh, tanh));
  },
  result: 'float',
  refuses: ['bool'],
});

/** The first half along `dim` times the sigmoid of the second. PyTorch: torch.nn.functional.glu. */
export const glu: Fn<[input: Tensor, dim?: number], { dim?: number }, Tensor> = fn(
  'glu(input, dim=-1)',
  (input, dim) => {
    const rank = input.shape.length;
    if (rank === 0) throw new ShapeError('glu: a tensor without dimensions cannot be halved');
    const d = wrapDim('glu', dim, rank);
    const size = input.shape[d];
    if (size % 2 !== 0) {
      throw new ShapeError(`glu: dimension ${d} of ${showShape(input.shape)} is ${size}; it must be even to be halved`);
    }
    return input.narrow(d, 0, size / 2).mul(input.narrow(d, size / 2, size / 2).sigmoid());
  },
  {
    samples: (m) => [[m(2, 4)], [m(4, 3), 0]],
    errors: (m) => [
      [[m(2, 3)], 'it must be even'],
      [[m()], 'cannot be halved'],
    ],
  },
);
