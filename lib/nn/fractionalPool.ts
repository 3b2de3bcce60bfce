import { ArgumentError } from '../core/errors.js';
import { fractionalMaxPool2d, fractionalMaxPool3d } from '../ops/convolution/fractionalPool.js';
import type { Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';
import type { Pooled } from './maxPool.js';

/** Arguments of `FractionalMaxPool2d` and `FractionalMaxPool3d`: the wanted size or its ratio to the input's. */
export interface FractionalMaxPoolOptions<I extends boolean> {
  kernelSize: Size;
  /** The wanted sizes, or: */
  outputSize?: Size | null;
  /** Their ratios to the input's, between 0 and 1. */
  outputRatio?: Size | null;
  /** Return [values, indices] instead of values. */
  returnIndices?: I;
  /** Uniform numbers (N, C, dimensions) that place the windows; drawn unless given. */
  randomSamples?: Tensor | null;
}

/** How the fractional max pooling layers are made. */
export type FractionalMaxPoolCall<I extends boolean> = Call<
  [kernelSize: Size, outputSize?: Size | null, outputRatio?: Size | null, returnIndices?: I],
  FractionalMaxPoolOptions<I>
>;

abstract class FractionalMaxPool<I extends boolean> extends Layer {
  declare readonly kernelSize: Size;
  declare readonly outputSize: Size | null;
  declare readonly outputRatio: Size | null;
  declare readonly returnIndices: I;
  declare _random_samples: Tensor | null;

  constructor(rank: number, args: readonly unknown[]) {
    const name = `FractionalMaxPool${rank}d`;
    const signature = `${name}(kernelSize, outputSize=null, outputRatio=null, returnIndices=false, randomSamples=null)`;
    super(signature, args, { randomSamples: '_random_samples' });
    if ((this.outputSize === null) === (this.outputRatio === null)) {
      throw new ArgumentError(`${name}: give outputSize or outputRatio, and not both`);
    }
  }

  protected run(pool: typeof fractionalMaxPool2d, input: Tensor): Pooled<I> {
    const { kernelSize, outputSize, outputRatio, _random_samples } = this;
    const indices = this.returnIndices as true;
    return pool(input, kernelSize, outputSize, outputRatio, indices, _random_samples) as unknown as Pooled<I>;
  }
}

/** Largest elements of windows of [N, C, H, W] (or [C, H, W]) whose steps are drawn at random so that a size is met (Graham 2014). PyTorch: torch.nn.FractionalMaxPool2d. */
export class FractionalMaxPool2d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(...args: FractionalMaxPoolCall<I>) {
    super(2, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(fractionalMaxPool2d, input);
  }
}

/** `FractionalMaxPool2d` for volumes [N, C, D, H, W] (or [C, D, H, W]). PyTorch: torch.nn.FractionalMaxPool3d. */
export class FractionalMaxPool3d<I extends boolean = false> extends FractionalMaxPool<I> {
  constructor(...args: FractionalMaxPoolCall<I>) {
    super(3, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(fractionalMaxPool3d, input);
  }
}
