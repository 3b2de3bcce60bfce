import { count } from '../../../kernels/view.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { average } from '../convolution/averagePool.js';
import { checkChannels, checkRank, orNull } from '../shape/affine.js';
import { padded } from '../shape/window.js';
import { normalized } from './normalized.js';

/**
 * [N, C, ...] with mean 0 and variance 1 in each of `numGroups` groups of channels, then times `weight` plus `bias` per channel
 * (Y. Wu and K. He, 2018). PyTorch: torch.nn.functional.group_norm.
 */
export const groupNorm: Fn<
  [input: Tensor, numGroups: number, weight?: Tensor | null, bias?: Tensor | null, eps?: number],
  { numGroups?: number; weight?: Tensor | null; bias?: Tensor | null; eps?: number },
  Tensor
> = fn(
  'groupNorm(input, numGroups, weight=null, bias=null, eps=1e-5)',
  (input, numGroups, weight, bias, eps) => {
    checkRank('groupNorm', input, 2);
    const [batch, channels] = input.shape;
    if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
      throw new ShapeError(
        `groupNorm: ${channels} channels cannot be dealt to ${numGroups} groups (input of shape ${showShape(input.shape)})`,
      );
    }
    checkChannels('groupNorm', input, channels, { weight, bias });
    const grouped = input.reshape(batch, numGroups, channels / numGroups, count(input.shape.slice(2)));
    // [N, groups, channels of a group, elements]: weights stand along the middle two.
    const spread = (v: Tensor): Tensor => v.reshape(numGroups, channels / numGroups, 1);
    return normalized('groupNorm', grouped, [2, 3], eps, orNull(weight, spread), orNull(bias, spread))[0].reshape(
      input.shape,
    );
  },
  {
    samples: (m) => [
      [m(2, 4, 3), 2],
      [m(2, 6), { numGroups: 3, weight: m(6), bias: m(6), eps: 0.1 }],
    ],
    errors: (m) => [
      [[m(2, 4, 3), 3], '4 channels cannot be dealt to 3 groups'],
      [[m(2, 4, 3), 2, m(2)], 'weight has shape (2,)'],
    ],
  },
);

/**
 * Each element divided by `(k + alpha mean(squares of `size` neighbouring channels))^beta` (A. Krizhevsky et al., 2012).
 * PyTorch: torch.nn.functional.local_response_norm.
 */
export const localResponseNorm: Fn<
  [input: Tensor, size: number, alpha?: number, beta?: number, k?: number],
  { size?: number; alpha?: number; beta?: number; k?: number },
  Tensor
> = fn(
  'localResponseNorm(input, size, alpha=1e-4, beta=0.75, k=1)',
  (input, size, alpha, beta, k) => {
    checkRank('localResponseNorm', input, 3);
    if (!Number.isInteger(size) || size < 1) {
      throw new ValueError(`localResponseNorm: size must be a positive integer, got ${size}`);
    }
    const squares = input.mul(input).unsqueeze(1).flatten(3);
    const whole = padded(squares, [Math.floor(size / 2), 0], [Math.floor((size - 1) / 2), 0]);
    const window = { size: [size, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1], ceilMode: false };
    const means = average('localResponseNorm', whole, window, true, null).reshape(input.shape);
    return input.div(means.mul(alpha).add(k).pow(beta));
  },
  {
    samples: (m) => [
      [m(2, 5, 3), 3],
      [m(2, 4, 2, 2), { size: 2, alpha: 0.5, beta: 0.5, k: 2 }],
    ],
    errors: (m) => [
      [[m(2, 5), 3], 'it needs at least 3 dimensions'],
      [[m(2, 5, 3), 0], 'size must be a positive integer, got 0'],
    ],
  },
);
