import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

/**
 * The channels of [N, C, ...] dealt out: from `groups` runs of neighbours one each in turn (X. Zhang et al., 2017).
 * PyTorch: torch.nn.functional.channel_shuffle.
 * @example
 * tg.nn.functional.channelShuffle(tg.arange(4).reshape(1, 4, 1), 2).tolist() // => [ [ [ 0 ], [ 2 ], [ 1 ], [ 3 ] ] ]
 */
export const channelShuffle: Fn<[input: Tensor, groups: number], { groups?: number }, Tensor> = fn(
  'channelShuffle(input, groups)',
  (input, groups) => {
    checkTensor('channelShuffle', input);
    const [batch, channels] = input.shape;
    if (input.shape.length < 3 || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw new ShapeError(
        `channelShuffle: the input has shape ${showShape(input.shape)}; it needs (N, C, ...) with C a multiple of the ${groups} groups`,
      );
    }
    const dealt = input.reshape(batch, groups, channels / groups, count(input.shape.slice(2))).transpose(1, 2);
    return dealt.reshape(input.shape);
  },
  {
    samples: (m) => [
      [m(2, 6, 3), 2],
      [m(1, 6, 2, 2), { groups: 3 }],
    ],
    errors: (m) => [[[m(2, 5, 3), 2], 'with C a multiple of the 2 groups']],
  },
);
