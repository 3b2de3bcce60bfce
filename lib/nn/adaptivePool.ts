import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from '../ops/convolution/adaptivePool.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';
import type { Pooled } from './maxPool.js';

/** One size for every spatial dimension, or one for each; null keeps the input's. */
export type OutputSize = number | readonly (number | null)[];

/** How the adaptive mean pooling layers are made. */
export type AdaptiveAvgPoolCall = Call<[outputSize: OutputSize], { outputSize: OutputSize }>;

/** How the adaptive max pooling layers are made. */
export type AdaptiveMaxPoolCall<I extends boolean> = Call<
  [outputSize: OutputSize, returnIndices?: I],
  { outputSize: OutputSize; returnIndices?: I }
>;

abstract class AdaptiveAvgPool extends Layer {
  declare readonly outputSize: OutputSize;

  constructor(rank: number, args: readonly unknown[]) {
    super(`AdaptiveAvgPool${rank}d(outputSize)`, args);
  }
}

/** Means of windows that cover [N, C, L] (or [C, L]) in `outputSize` parts along each dimension. PyTorch: torch.nn.AdaptiveAvgPool1d. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  constructor(...args: AdaptiveAvgPoolCall) {
    super(1, args);
  }

  forward(input: Tensor): Tensor {
    return adaptiveAvgPool1d(input, this.outputSize);
  }
}

/** Means of windows that cover [N, C, H, W] (or [C, H, W]) in `outputSize` parts along each dimension. PyTorch: torch.nn.AdaptiveAvgPool2d. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  constructor(...args: AdaptiveAvgPoolCall) {
    super(2, args);
  }

  forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize);
  }
}

/** Means of windows that cover [N, C, D, H, W] (or [C, D, H, W]) in `outputSize` parts along each dimension. PyTorch: torch.nn.AdaptiveAvgPool3d. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  constructor(...args: AdaptiveAvgPoolCall) {
    super(3, args);
  }

  forward(input: Tensor): Tensor {
    return adaptiveAvgPool3d(input, this.outputSize);
  }
}

abstract class AdaptiveMaxPool<I extends boolean> extends Layer {
  declare readonly outputSize: OutputSize;
  declare readonly returnIndices: I;

  constructor(rank: number, args: readonly unknown[]) {
    super(`AdaptiveMaxPool${rank}d(outputSize, returnIndices=false)`, args);
  }

  protected run(pool: typeof adaptiveMaxPool1d, input: Tensor): Pooled<I> {
    return pool(input, this.outputSize, this.returnIndices as true) as unknown as Pooled<I>;
  }
}

/** Largest elements of windows that cover [N, C, L] (or [C, L]) in `outputSize` parts along each dimension; with `returnIndices` forward gives [values, indices]. PyTorch: torch.nn.AdaptiveMaxPool1d. */
export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(...args: AdaptiveMaxPoolCall<I>) {
    super(1, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(adaptiveMaxPool1d, input);
  }
}

/** Largest elements of windows that cover [N, C, H, W] (or [C, H, W]) in `outputSize` parts along each dimension; with `returnIndices` forward gives [values, indices]. PyTorch: torch.nn.AdaptiveMaxPool2d. */
export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(...args: AdaptiveMaxPoolCall<I>) {
    super(2, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(adaptiveMaxPool2d, input);
  }
}

/** Largest elements of windows that cover [N, C, D, H, W] (or [C, D, H, W]) in `outputSize` parts along each dimension; with `returnIndices` forward gives [values, indices]. PyTorch: torch.nn.AdaptiveMaxPool3d. */
export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaxPool<I> {
  constructor(...args: AdaptiveMaxPoolCall<I>) {
    super(3, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(adaptiveMaxPool3d, input);
  }
}
