import { flatten, unflatten } from '../ops/shape/shape.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/**
 * Joins the dimensions from `startDim` to `endDim`; by default all but the first. PyTorch: torch.nn.Flatten.
 * @example
 * new tg.nn.Flatten().forward(tg.ones(2, 3, 4)).shape // => [ 2, 12 ]
 */
export class Flatten extends Layer {
  declare readonly startDim: number;
  declare readonly endDim: number;

  constructor(...args: Call<[startDim?: number, endDim?: number], { startDim?: number; endDim?: number }>) {
    super('Flatten(startDim=1, endDim=-1)', args);
  }

  forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim);
  }
}

/** Splits dimension `dim` into several; one size may be -1. PyTorch: torch.nn.Unflatten. */
export class Unflatten extends Layer {
  declare readonly dim: number;
  declare readonly unflattenedSize: readonly number[];

  constructor(
    ...args: Call<
      [dim: number, unflattenedSize: readonly number[]],
      { dim: number; unflattenedSize: readonly number[] }
    >
  ) {
    super('Unflatten(dim, unflattenedSize)', args);
  }

  forward(input: Tensor): Tensor {
    return unflatten(input, this.dim, this.unflattenedSize);
  }
}
