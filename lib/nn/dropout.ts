import { ValueError } from '../core/errors.js';
import {
  alphaDropout,
  type Dropout as Drop,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from '../ops/layers/dropout.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/** How the dropout layers are made. */
export type DropoutCall = Call<[p?: number, inplace?: boolean], { p?: number; inplace?: boolean }>;

abstract class DropoutLayer extends Layer {
  /** The probability of being dropped. */
  declare readonly p: number;
  declare readonly inplace: boolean;

  constructor(name: string, args: readonly unknown[]) {
    super(`${name}(p=0.5, inplace=false)`, args);
    if (!(this.p >= 0 && this.p <= 1)) throw new ValueError(`${name}: p must be between 0 and 1, got ${this.p}`);
  }

  protected run(drop: Drop, input: Tensor): Tensor {
    return drop(input, this.p, this.training, this.inplace);
  }
}

/**
 * Zeroes each element with probability `p` while training, and scales the others by 1 / (1 - p) (Hinton et al. 2012). PyTorch: torch.nn.Dropout.
 * @example
 * new tg.nn.Dropout(0.5).eval().forward(tg.ones(3)) // => tensor([1., 1., 1.])
 */
export class Dropout extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('Dropout', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(dropout, input);
  }
}

/** Zeroes whole channels of [N, C, L] or [C, L] with probability `p` while training. PyTorch: torch.nn.Dropout1d. */
export class Dropout1d extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('Dropout1d', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(dropout1d, input);
  }
}

/** Zeroes whole channels of [N, C, H, W] with probability `p` while training. PyTorch: torch.nn.Dropout2d. */
export class Dropout2d extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('Dropout2d', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(dropout2d, input);
  }
}

/** Zeroes whole channels of [N, C, D, H, W] or [C, D, H, W] with probability `p` while training. PyTorch: torch.nn.Dropout3d. */
export class Dropout3d extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('Dropout3d', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(dropout3d, input);
  }
}

/** Dropout that keeps mean 0 and variance 1, for `SELU` (Klambauer et al. 2017). PyTorch: torch.nn.AlphaDropout. */
export class AlphaDropout extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('AlphaDropout', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(alphaDropout, input);
  }
}

/** `AlphaDropout` of whole channels of [N, C, ...]. PyTorch: torch.nn.FeatureAlphaDropout. */
export class FeatureAlphaDropout extends DropoutLayer {
  constructor(...args: DropoutCall) {
    super('FeatureAlphaDropout', args);
  }

  forward(input: Tensor): Tensor {
    return this.run(featureAlphaDropout, input);
  }
}
