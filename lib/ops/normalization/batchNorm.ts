import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { noGrad } from '../../autograd/modes.js';
import { type Fn, fn } from '../../core/define.js';
import { showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { affine, checkChannels, checkRank, orNull, perChannel } from '../shape/affine.js';
import { normalized } from './normalized.js';

/** Throws where every mean would be over one element: nothing would be left. */
function checkSeveral(name: string, x: Tensor, elements: number): void {
  if (elements !== 1) return;
  throw new ValueError(
    `${name}: needs more than one value for each mean in training, got an input of shape ${showShape(x.shape)}`,
  );
}

/** Moves running statistics towards new ones, in place and outside the tape. */
function follow(running: Tensor | null, value: Tensor, momentum: number): void {
  if (running === null) return;
  noGrad(() => running.mul_(1 - momentum).add_(value.reshape(running.shape), { alpha: momentum }));
}

/** The dimensions of [N, C, ...] other than the channels. */
const besidesChannels = (x: Tensor): number[] => x.shape.flatMap((_, d) => (d === 1 ? [] : [d]));

/** Results: the normalized input times weight plus bias, and mean and (biased) variance per channel. */
function withBatchStatistics(
  name: string,
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  momentum: number,
  eps: number,
): Tensor[] {
  const spread = (v: Tensor): Tensor => perChannel(v, x);
  const [y, mean, variance] = normalized(
    name,
    x,
    besidesChannels(x),
    eps,
    orNull(weight, spread),
    orNull(bias, spread),
  );
  const n = count(x.shape) / x.shape[1];
  follow(runningMean, mean.detach(), momentum);
  follow(runningVar, variance.detach().mul(n / (n - 1)), momentum);
  return [y, mean, variance];
}

function withRunningStatistics(
  name: string,
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
): Tensor {
  if (runningMean === null || runningVar === null) {
    throw new ValueError(`${name}: needs runningMean and runningVar where it does not take the batch's statistics`);
  }
  const scale = runningVar.add(eps).rsqrt();
  const factor = weight === null ? scale : scale.mul(weight);
  const shift = runningMean.neg().mul(factor);
  return affine(x, perChannel(factor, x), perChannel(bias === null ? shift : shift.add(bias), x));
}

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  weight?: Tensor | null;
  bias?: Tensor | null;
  /** Take mean and variance of the batch, and move the running ones towards them, in place. */
  training?: boolean;
  /** How far the running statistics move towards the new ones. */
  momentum?: number;
  /** Added to the variance. */
  eps?: number;
}

/**
 * [N, C, ...] with mean 0 and variance 1 in each channel, then times `weight` plus `bias` (S. Ioffe and C. Szegedy, 2015).
 * In training the batch's own statistics are taken, and the running ones (the variance unbiased) moved in place; an empty batch
 * moves nothing.
 * PyTorch: torch.nn.functional.batch_norm.
 */
export const batchNorm: Fn<
  [
    input: Tensor,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    weight?: Tensor | null,
    bias?: Tensor | null,
    training?: boolean,
    momentum?: number,
    eps?: number,
  ],
  BatchNormOptions,
  Tensor
> = fn(
  'batchNorm(input, runningMean, runningVar, weight=null, bias=null, training=false, momentum=0.1, eps=1e-5)',
  (input, runningMean, runningVar, weight, bias, training, momentum, eps) => {
    checkTensor('batchNorm', input);
    if (count(input.shape) === 0) return input.clone();
    checkRank('batchNorm', input, 2);
    checkChannels('batchNorm', input, input.shape[1], { runningMean, runningVar, weight, bias });
    if (!training) return withRunningStatistics('batchNorm', input, runningMean, runningVar, weight, bias, eps);
    checkSeveral('batchNorm', input, count(input.shape) / input.shape[1]);
    return withBatchStatistics('batchNorm', input, weight, bias, runningMean, runningVar, momentum, eps)[0];
  },
  {
    samples: (m) => [
      [m(3, 2, 4), null, null, m(2), m(2), true],
      [m(3, 2), m(2), m.positive(2), { weight: m(2), eps: 0.1 }],
      [m(2, 3, 2, 2), null, null, { training: true, bias: m(3) }],
    ],
    errors: (m) => [
      [[m(3), null, null], 'it needs at least 2 dimensions'],
      [[m(3, 2), m(3), m(3)], 'runningMean has shape (3,)'],
      [[m(3, 2), null, null], 'needs runningMean and runningVar'],
      [[m(1, 2), null, null, { training: true }], 'needs more than one value for each mean'],
    ],
  },
);

/** Options of `instanceNorm`. */
export interface InstanceNormOptions {
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  weight?: Tensor | null;
  bias?: Tensor | null;
  /** Take mean and variance of each sample rather than the running ones. */
  useInputStats?: boolean;
  momentum?: number;
  eps?: number;
}

/**
 * [N, C, ...] with mean 0 and variance 1 in each channel of each sample, then times `weight` plus `bias`.
 * PyTorch: torch.nn.functional.instance_norm.
 */
export const instanceNorm: Fn<
  [
    input: Tensor,
    runningMean?: Tensor | null,
    runningVar?: Tensor | null,
    weight?: Tensor | null,
    bias?: Tensor | null,
    useInputStats?: boolean,
    momentum?: number,
    eps?: number,
  ],
  InstanceNormOptions,
  Tensor
> = fn(
  'instanceNorm(input, runningMean=null, runningVar=null, weight=null, bias=null, useInputStats=true, momentum=0.1, eps=1e-5)',
  (input, runningMean, runningVar, weight, bias, useInputStats, momentum, eps) => {
    checkRank('instanceNorm', input, useInputStats ? 3 : 2);
    checkChannels('instanceNorm', input, input.shape[1], { runningMean, runningVar, weight, bias });
    if (!useInputStats) {
      return withRunningStatistics('instanceNorm', input, runningMean, runningVar, weight, bias, eps);
    }
    const n = count(input.shape.slice(2));
    checkSeveral('instanceNorm', input, n);
    const dims = input.shape.slice(2).map((_, d) => d + 2);
    const spread = (v: Tensor): Tensor => perChannel(v, input);
    const [y, mean, variance] = normalized(
      'instanceNorm',
      input,
      dims,
      eps,
      orNull(weight, spread),
      orNull(bias, spread),
    );
    follow(runningMean, mean.detach().mean(0), momentum);
    follow(
      runningVar,
      variance
        .detach()
        .mean(0)
        .mul(n / (n - 1)),
      momentum,
    );
    return y;
  },
  {
    samples: (m) => [
      [m(3, 2, 4)],
      [m(2, 3, 2, 2), { weight: m(3), bias: m(3), eps: 0.1 }],
      [m(2, 3, 2), m(3), m.positive(3), { useInputStats: false }],
    ],
    errors: (m) => [
      [[m(3, 2)], 'it needs at least 3 dimensions'],
      [[m(3, 2, 1)], 'needs more than one value for each mean'],
      [[m(3, 2, 4), { weight: m(3) }], 'weight has shape (3,)'],
    ],
  },
);

/**
 * `batchNorm` that also returns mean and 1 / sqrt(variance + eps) per channel as [output, mean, scale]; both are empty outside
 * training. PyTorch: torch.native_batch_norm.
 */
export const nativeBatchNorm: Fn<
  [
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
  ],
  BatchNormOptions,
  [Tensor, Tensor, Tensor]
> = fn(
  'nativeBatchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps)',
  (input, weight, bias, runningMean, runningVar, training, momentum, eps) => {
    checkRank('nativeBatchNorm', input, 2);
    checkChannels('nativeBatchNorm', input, input.shape[1], { runningMean, runningVar, weight, bias });
    if (!training) {
      const y = withRunningStatistics('nativeBatchNorm', input, runningMean, runningVar, weight, bias, eps);
      const empty = zeros(0, { dtype: input.dtype, device: input.device });
      return [y, empty, empty.clone()];
    }
    const [y, mean, variance] = withBatchStatistics(
      'nativeBatchNorm',
      input,
      weight,
      bias,
      runningMean,
      runningVar,
      momentum,
      eps,
    );
    return [y, mean.flatten(), variance.add(eps).rsqrt().flatten()];
  },
  {
    samples: (m) => [
      [m(3, 2, 4), m(2), m(2), null, null, true, 0.1, 1e-5],
      [m(3, 2), null, null, m(2), m.positive(2), false, 0.1, 1e-5],
    ],
    errors: (m) => [[[m(3), null, null, null, null, true, 0.1, 1e-5], 'it needs at least 2 dimensions']],
  },
);
