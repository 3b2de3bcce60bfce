import { ShapeError, showShape } from '../core/errors.js';
import { logSoftmax, softmax } from '../ops/reduction/softmax.js';
import { softmin } from '../ops/reduction/softmin.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/** How the softmax layers are made. */
export type SoftmaxCall = Call<[dim?: number | null], { dim?: number | null }>;

abstract class AlongDim extends Layer {
  declare readonly dim: number | null;

  /** The dimension; where none was given PyTorch's old choice: 0 for up to one and for three dimensions, else 1. */
  protected dimOf({ shape }: Tensor): number {
    return this.dim ?? (shape.length < 2 || shape.length === 3 ? 0 : 1);
  }
}

/**
 * exp(x) over its sum along `dim`: positive numbers that add up to 1. PyTorch: torch.nn.Softmax.
 * @example
 * new tg.nn.Softmax(0).forward(tg.tensor([0, 0])) // => tensor([0.5000, 0.5000])
 */
export class Softmax extends AlongDim {
  constructor(...args: SoftmaxCall) {
    super('Softmax(dim=null)', args);
  }

  forward(input: Tensor): Tensor {
    return softmax(input, this.dimOf(input));
  }
}

/** The logarithm of `Softmax`, exact where a probability is too small to be a number. PyTorch: torch.nn.LogSoftmax. */
export class LogSoftmax extends AlongDim {
  constructor(...args: SoftmaxCall) {
    super('LogSoftmax(dim=null)', args);
  }

  forward(input: Tensor): Tensor {
    return logSoftmax(input, this.dimOf(input));
  }
}

/** `Softmax` of -x. PyTorch: torch.nn.Softmin. */
export class Softmin extends AlongDim {
  constructor(...args: SoftmaxCall) {
    super('Softmin(dim=null)', args);
  }

  forward(input: Tensor): Tensor {
    return softmin(input, this.dimOf(input));
  }
}

/** `Softmax` over the channels of [N, C, H, W] or [C, H, W]; ShapeError for other inputs. PyTorch: torch.nn.Softmax2d. */
export class Softmax2d extends Layer {
  constructor() {
    super('Softmax2d()', []);
  }

  forward(input: Tensor): Tensor {
    const rank = input.shape.length;
    if (rank !== 3 && rank !== 4) {
      throw new ShapeError(`Softmax2d: expected [N, C, H, W] or [C, H, W], got ${showShape(input.shape)}`);
    }
    return softmax(input, -3);
  }
}
