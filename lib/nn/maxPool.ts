import { maxPool1d, maxPool2d, maxPool3d } from '../ops/convolution/maxPool.js';
import { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/convolution/unpool.js';
import type { Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { Layer } from './layer.js';

/** Arguments of `MaxPool1d`, `MaxPool2d`, `MaxPool3d`. */
export interface MaxPoolOptions<I extends boolean> {
  kernelSize: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** Minus infinity added on both sides, at most half of the window. */
  padding?: Size;
  /** Steps between the elements of a window, 1 unless given. */
  dilation?: Size;
  /** Return [values, indices] instead of values. */
  returnIndices?: I;
  /** Let the last window hang over the end. */
  ceilMode?: boolean;
}

/** How the max pooling layers are made. */
export type MaxPoolCall<I extends boolean> = Call<
  [kernelSize: Size, stride?: Size | null, padding?: Size, dilation?: Size, returnIndices?: I, ceilMode?: boolean],
  MaxPoolOptions<I>
>;

/** Values, or values and indices. */
export type Pooled<I extends boolean> = I extends true ? [values: Tensor, indices: Tensor] : Tensor;

abstract class MaxPool<I extends boolean> extends Layer {
  declare readonly kernelSize: Size;
  declare readonly stride: Size | null;
  declare readonly padding: Size;
  declare readonly dilation: Size;
  declare readonly returnIndices: I;
  declare readonly ceilMode: boolean;

  constructor(rank: number, args: readonly unknown[]) {
    super(`MaxPool${rank}d(kernelSize, stride=null, padding=0, dilation=1, returnIndices=false, ceilMode=false)`, args);
  }

  protected run(pool: typeof maxPool1d, input: Tensor): Pooled<I> {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const returnIndices = this.returnIndices as true;
    return pool(input, kernelSize, stride, padding, dilation, ceilMode, returnIndices) as unknown as Pooled<I>;
  }
}

/** Largest of each window of [N, C, L] (or [C, L]). PyTorch: torch.nn.MaxPool1d. */
export class MaxPool1d<I extends boolean = false> extends MaxPool<I> {
  constructor(...args: MaxPoolCall<I>) {
    super(1, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(maxPool1d, input);
  }
}

/**
 * Largest of each window of [N, C, H, W] (or [C, H, W]); with `returnIndices` forward gives [values, indices]. PyTorch: torch.nn.MaxPool2d.
 * @example
 * new tg.nn.MaxPool2d(2).forward(tg.ones(1, 3, 8, 8)).shape // => [ 1, 3, 4, 4 ]
 */
export class MaxPool2d<I extends boolean = false> extends MaxPool<I> {
  constructor(...args: MaxPoolCall<I>) {
    super(2, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(maxPool2d, input);
  }
}

/** Largest of each window of [N, C, D, H, W] (or [C, D, H, W]). PyTorch: torch.nn.MaxPool3d. */
export class MaxPool3d<I extends boolean = false> extends MaxPool<I> {
  constructor(...args: MaxPoolCall<I>) {
    super(3, args);
  }

  forward(input: Tensor): Pooled<I> {
    return this.run(maxPool3d, input);
  }
}

/** How the max unpooling layers are made. */
export type MaxUnpoolCall = Call<
  [kernelSize: Size, stride?: Size | null, padding?: Size],
  { kernelSize: Size; stride?: Size | null; padding?: Size }
>;

/** Values, their indices, and the size wanted where several pool to it. */
export type UnpoolCall = ForwardCall<
  [input: Tensor, indices: Tensor, outputSize?: readonly number[] | null],
  { indices?: Tensor; outputSize?: readonly number[] | null }
>;

abstract class MaxUnpool extends Layer {
  declare readonly kernelSize: Size;
  declare readonly stride: Size | null;
  declare readonly padding: Size;

  constructor(rank: number, args: readonly unknown[]) {
    super(`MaxUnpool${rank}d(kernelSize, stride=null, padding=0)`, args);
  }

  protected run(unpool: typeof maxUnpool1d, args: readonly unknown[]): Tensor {
    const { input, indices, outputSize } = named<{
      input: Tensor;
      indices: Tensor;
      outputSize: readonly number[] | null;
    }>(`${this.constructor.name}.forward(input, indices, outputSize=null)`, args, 1);
    return unpool(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}

/** Undoes `MaxPool1d` with its indices: all other elements become zero. PyTorch: torch.nn.MaxUnpool1d. */
export class MaxUnpool1d extends MaxUnpool {
  constructor(...args: MaxUnpoolCall) {
    super(1, args);
  }

  forward(...args: UnpoolCall): Tensor {
    return this.run(maxUnpool1d, args);
  }
}

/** Undoes `MaxPool2d` with its indices: all other elements become zero. PyTorch: torch.nn.MaxUnpool2d. */
export class MaxUnpool2d extends MaxUnpool {
  constructor(...args: MaxUnpoolCall) {
    super(2, args);
  }

  forward(...args: UnpoolCall): Tensor {
    return this.run(maxUnpool2d, args);
  }
}

/** Undoes `MaxPool3d` with its indices: all other elements become zero. PyTorch: torch.nn.MaxUnpool3d. */
export class MaxUnpool3d extends MaxUnpool {
  constructor(...args: MaxUnpoolCall) {
    super(3, args);
  }

  forward(...args: UnpoolCall): Tensor {
    return this.run(maxUnpool3d, args);
  }
}
