import { batchNorm } from '../ops/normalization/batchNorm.js';
import type { Tensor } from '../tensor.js';
import { ChannelNorm, type ChannelNormCall } from './batchNormBase.js';

abstract class BatchNorm extends ChannelNorm {
  /** The factor of the running statistics' move; counts the batch. */
  private moved(): number {
    const counted = this.training && this.trackRunningStats ? this.num_batches_tracked : null;
    counted?.add_(1);
    if (this.momentum !== null) return this.momentum;
    return counted === null ? 0 : 1 / counted.item();
  }

  protected run(input: Tensor): Tensor {
    const factor = this.moved();
    const { running_mean, running_var, weight, bias, eps } = this;
    const ofBatch = this.training || (running_mean === null && running_var === null);
    const running = !this.training || this.trackRunningStats;
    return batchNorm(
      input,
      running ? running_mean : null,
      running ? running_var : null,
      weight,
      bias,
      ofBatch,
      factor,
      eps,
    );
  }
}

/**
 * [N, C] or [N, C, L] with mean 0 and variance 1 in each channel, then times `weight` plus `bias` (Ioffe and Szegedy 2015). In training
 * the batch's statistics are taken and the running ones moved; in evaluation the running ones are taken. PyTorch: torch.nn.BatchNorm1d.
 */
export class BatchNorm1d extends BatchNorm {
  constructor(...args: ChannelNormCall) {
    super('BatchNorm1d', true, args);
  }

  forward(input: Tensor): Tensor {
    this.requireRank(input, [2, 3], '[N, C] or [N, C, L]');
    return this.run(input);
  }
}

/**
 * `BatchNorm1d` for images [N, C, H, W]. PyTorch: torch.nn.BatchNorm2d.
 * @example
 * new tg.nn.BatchNorm2d(3).forward(tg.randn(2, 3, 4, 4)).shape // => [ 2, 3, 4, 4 ]
 */
export class BatchNorm2d extends BatchNorm {
  constructor(...args: ChannelNormCall) {
    super('BatchNorm2d', true, args);
  }

  forward(input: Tensor): Tensor {
    this.requireRank(input, [4], '[N, C, H, W]');
    return this.run(input);
  }
}

/** `BatchNorm1d` for volumes [N, C, D, H, W]. PyTorch: torch.nn.BatchNorm3d. */
export class BatchNorm3d extends BatchNorm {
  constructor(...args: ChannelNormCall) {
    super('BatchNorm3d', true, args);
  }

  forward(input: Tensor): Tensor {
    this.requireRank(input, [5], '[N, C, D, H, W]');
    return this.run(input);
  }
}
