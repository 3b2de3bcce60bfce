import { ShapeError, showShape } from '../core/errors.js';
import { instanceNorm } from '../ops/normalization/batchNorm.js';
import type { Tensor } from '../tensor.js';
import { ChannelNorm, type ChannelNormCall } from './batchNormBase.js';

abstract class InstanceNorm extends ChannelNorm {
  /** `rank` spatial dimensions; without the batch dimension an input gets one for the time being. */
  protected run(input: Tensor, rank: number, expected: string): Tensor {
    this.requireRank(input, [rank + 1, rank + 2], expected);
    const single = input.shape.length === rank + 1;
    const channels = input.shape[single ? 0 : 1];
    if (this.affine && channels !== this.numFeatures) {
      throw new ShapeError(
        `${this.constructor.name}: made for ${this.numFeatures} channels, got ${channels} in ${showShape(input.shape)}`,
      );
    }
    const { running_mean, running_var, weight, bias, momentum, eps } = this;
    const ofInput = this.training || !this.trackRunningStats;
    const x = single ? input.unsqueeze(0) : input;
    const y = instanceNorm(x, running_mean, running_var, weight, bias, ofInput, momentum ?? 0, eps);
    return single ? y.squeeze(0) : y;
  }
}

/**
 * [N, C, L] (or [C, L]) with mean 0 and variance 1 in each channel of each sample. Learns a weight and a bias, and keeps running
 * statistics, only where asked to. PyTorch: torch.nn.InstanceNorm1d.
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(...args: ChannelNormCall) {
    super('InstanceNorm1d', false, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(input, 1, '[N, C, L] or [C, L]');
  }
}

/** `InstanceNorm1d` for images [N, C, H, W] (or [C, H, W]). PyTorch: torch.nn.InstanceNorm2d. */
export class InstanceNorm2d extends InstanceNorm {
  constructor(...args: ChannelNormCall) {
    super('InstanceNorm2d', false, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(input, 2, '[N, C, H, W] or [C, H, W]');
  }
}

/** `InstanceNorm1d` for volumes [N, C, D, H, W] (or [C, D, H, W]). PyTorch: torch.nn.InstanceNorm3d. */
export class InstanceNorm3d extends InstanceNorm {
  constructor(...args: ChannelNormCall) {
    super('InstanceNorm3d', false, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(input, 3, '[N, C, D, H, W] or [C, D, H, W]');
  }
}
