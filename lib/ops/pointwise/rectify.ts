import {
  type Operand,
  type OutOfPlace,
  outOfPlace,
  type PointwiseFn,
  pointwiseBy,
  pointwiseFn,
} from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { checkTensor, type Tensor } from '../../core/tensor.js';
import { integral } from './formulas.js';

/**
 * `max(input, 0)`; its gradient at 0 is 0. PyTorch: torch.nn.functional.relu.
 * @example
 * tg.tensor([-1, 0, 2]).relu() // => tensor([0., 0., 2.])
 */
export const relu: PointwiseFn<[input: Tensor, inplace?: boolean], { inplace?: boolean }> = pointwiseFn(
  'relu(input, inplace=false)',
  1,
  {
    forward: (s, x) => s.maximum(x, s.const(0)),
    grad: (s, g, _x, y) => s.where(s.le(y, s.const(0)), s.const(0), g),
    refuses: ['bool'],
    domain: [0.1, 3],
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3).neg()]] },
);

/** The input where its size is above `lambd`, else 0. PyTorch: torch.nn.functional.hardshrink. */
export const hardshrink: OutOfPlace<PointwiseFn<[input: Tensor, lambd?: number], { lambd?: number }>> = outOfPlace(
  pointwiseFn(
    'hardshrink(input, lambd=0.5)',
    1,
    {
      forward: (s, x, lambd) => s.where(s.le(s.abs(x), lambd), s.const(0), x),
      grad: (s, g, x, _y, lambd) => s.where(s.le(s.abs(x), lambd), s.const(0), g),
      refuses: integral,
      domain: [0.6, 3],
    },
    { samples: (m) => [[m(2, 3)], [m(2, 3), 0.25]] },
  ),
);

/** The input where it is positive, `slope` times it elsewhere; the slopes are elements too. */
export const slopedRow: PointwiseRow = pointwiseRow('prelu', 2, 0, {
  forward: (s, x, slope) => s.where(s.lt(s.const(0), x), x, s.mul(slope, x)),
  grad: [
    (s, g, x, slope) => s.where(s.lt(s.const(0), x), g, s.mul(slope, g)),
    (s, g, x) => s.where(s.lt(s.const(0), x), s.const(0), s.mul(x, g)),
  ],
  refuses: integral,
  domain: [
    [-3, -0.1],
    [0.1, 1],
  ],
});

/** A weight laid along dimension 1 of the input. */
function alongChannels(input: Tensor, weight: Tensor): Tensor {
  checkTensor('prelu', input);
  checkTensor('prelu', weight);
  const rank = input.shape.length;
  if (weight.shape.length > 1 || (weight.shape.length === 0 && rank === 0)) {
    if (weight.shape.length === 0) return weight;
    throw new ShapeError(`prelu: the weight must have 0 or 1 dimensions, got ${showShape(weight.shape)}`);
  }
  const size = weight.shape[0] ?? 1;
  const channels = rank < 2 ? 1 : input.shape[1];
  if (size === 1) return weight.reshape([]);
  if (size !== channels) {
    throw new ShapeError(
      `prelu: the weight of shape ${showShape(weight.shape)} does not fit the input of shape ${showShape(input.shape)}: it needs 1 element or one for each of the ${channels} channels (dimension 1)`,
    );
  }
  return weight.reshape(input.shape.map((_, d) => (d === 1 ? size : 1)));
}

/**
 * The input where it is positive, `weight` times it elsewhere; one weight for all, or one for each channel (dimension 1).
 * PyTorch: torch.nn.functional.prelu.
 */
export const prelu: OutOfPlace<PointwiseFn<[input: Tensor, weight: Tensor], { weight?: Tensor }>> = outOfPlace(
  pointwiseBy(
    'prelu(input, weight)',
    (input: Operand, weight: Operand) => ({
      row: slopedRow,
      operands: [input, alongChannels(input as Tensor, weight as Tensor)],
      numbers: [],
    }),
    {
      samples: (m) => [
        [m(2, 3), m()],
        [m(2, 3, 2), m(3)],
      ],
      errors: (m) => [
        [[m(2, 3), m(2)], 'one for each of the 3 channels'],
        [[m(2, 3), m(1, 3)], 'must have 0 or 1 dimensions'],
      ],
    },
  ),
);
