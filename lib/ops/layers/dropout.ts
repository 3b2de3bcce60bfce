import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type Maker } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { empty } from '../creation/creation.js';

/** Options of the dropout family. */
export interface DropoutOptions {
  /** Probability of an element (or channel) to be dropped. */
  p?: number;
  /** False leaves the input as it is. */
  training?: boolean;
  /** Write into the input. */
  inplace?: boolean;
}

/** `dropout` and its relatives. */
export type Dropout = Fn<[input: Tensor, p?: number, training?: boolean, inplace?: boolean], DropoutOptions, Tensor>;

/** 1 with probability 1 - p for each element, or for each channel of [N, C, ...]. */
function kept(x: Tensor, p: number, channels: boolean): Tensor {
  const shape = channels ? x.shape.map((size, d) => (d < 2 ? size : 1)) : x.shape;
  return empty(shape, { dtype: x.dtype, device: x.device }).bernoulli_(1 - p);
}

/** What dropout multiplies a tensor of a shape with. */
export function dropoutNoise(shape: readonly number[], { dtype, device }: Tensor, p: number): Tensor {
  const noise = empty(shape, { dtype, device });
  return p === 1 ? noise.fill_(0) : noise.bernoulli_(1 - p).div_(1 - p);
}

const times = (x: Tensor, noise: Tensor | number, inplace: boolean): Tensor => (inplace ? x.mul_(noise) : x.mul(noise));

/** Dropped elements become 0, the others grow by 1 / (1 - p). */
function plain(x: Tensor, p: number, channels: boolean, inplace: boolean): Tensor {
  if (p === 1) return times(x, 0, inplace);
  return times(x, kept(x, p, channels).div_(1 - p), inplace);
}

/** The value that SELU's negative side tends to: what dropped elements become before mean and variance are restored. */
const alpha = -1.7580993408473766;

/** Keeps mean 0 and variance 1 of inputs that have them (G. Klambauer et al., 2017). */
function selfNormalizing(x: Tensor, p: number, channels: boolean, inplace: boolean): Tensor {
  if (p === 1) return times(x, 0, inplace);
  const scale = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
  const noise = kept(x, p, channels);
  const shift = noise
    .neg()
    .add_(1 - p)
    .mul_(alpha * scale);
  const y = times(x, noise.mul_(scale), inplace);
  return inplace ? y.add_(shift) : y.add(shift);
}

type Drop = (x: Tensor, p: number, channels: boolean, inplace: boolean) => Tensor;

const samples = (m: Maker): unknown[][] => [
  [m(2, 3, 4), 0.5, false],
  [m(2, 3, 4), 0, true],
  [m(2, 3, 4), { p: 1, training: true }],
];

/**
 * `batched` says for how many dimensions the first one is the batch: an input with others is one without batch. Without it the
 * first two dimensions are always batch and channels.
 */
function make(name: string, training: boolean, drop: Drop, channels: boolean, batched = 0): Dropout {
  return fn(
    `${name}(input, p=0.5, training=${training}, inplace=false)`,
    (input, p, train, inplace) => {
      checkTensor(name, input);
      if (!(p >= 0 && p <= 1)) throw new ValueError(`${name}: p must be between 0 and 1, got ${p}`);
      const rank = input.shape.length;
      if (!train || p === 0) return input;
      if (channels && rank < 2) {
        throw new ShapeError(`${name}: the input has shape ${showShape(input.shape)}; it needs channels: (N, C, ...)`);
      }
      if (batched === 0 || rank === batched) return drop(input, p, channels, inplace);
      return drop(input.unsqueeze(0), p, channels, inplace).squeeze(0);
    },
    {
      samples,
      errors: (m) => [
        [[m(2, 3, 4), 1.5], 'p must be between 0 and 1, got 1.5'],
        ...(channels ? ([[[m(2), 0.5, true], 'it needs channels']] as [unknown[], string][]) : []),
      ],
    },
  );
}

/**
 * Zeroes each element with probability `p` and scales the others by 1 / (1 - p); the input itself where not in training.
 * PyTorch: torch.nn.functional.dropout.
 */
export const dropout: Dropout = make('dropout', true, plain, false);

/** Zeroes whole channels of [N, C, L] or [C, L] with probability `p`. PyTorch: torch.nn.functional.dropout1d. */
export const dropout1d: Dropout = make('dropout1d', true, plain, true, 3);

/** Zeroes whole channels of [N, C, H, W] with probability `p`; three dimensions count as [N, C, L]. PyTorch: torch.nn.functional.dropout2d. */
export const dropout2d: Dropout = make('dropout2d', true, plain, true);

/** Zeroes whole channels of [N, C, D, H, W] or [C, D, H, W] with probability `p`. PyTorch: torch.nn.functional.dropout3d. */
export const dropout3d: Dropout = make('dropout3d', true, plain, true, 5);

/**
 * Dropout for SELU: dropped elements take its negative limit, then mean and variance are restored (G. Klambauer et al., 2017).
 * PyTorch: torch.nn.functional.alpha_dropout.
 */
export const alphaDropout: Dropout = make('alphaDropout', false, selfNormalizing, false);

/** `alphaDropout` of whole channels of [N, C, ...]. PyTorch: torch.nn.functional.feature_alpha_dropout. */
export const featureAlphaDropout: Dropout = make('featureAlphaDropout', false, selfNormalizing, true);
