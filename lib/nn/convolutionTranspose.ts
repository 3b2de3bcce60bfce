import { ArgumentError, ValueError } from '../core/errors.js';
import {
  type ConvolveTranspose,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../ops/convolution/convolution.js';
import { reach, type Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { ConvolutionLayer, type ConvolutionOptions } from './convolutionBase.js';

/** How the transposed convolution layers are made. */
export type ConvolutionTransposeCall = Call<
  [
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    stride?: Size,
    padding?: Size,
    outputPadding?: Size,
    groups?: number,
    bias?: boolean,
    dilation?: Size,
    paddingMode?: 'zeros',
  ],
  Omit<ConvolutionOptions, 'padding' | 'paddingMode'> & { padding?: Size; paddingMode?: 'zeros' }
>;

/** The sizes wanted of a transposed convolution's result, with or without batch and channels. */
export type OutputSizeCall = ForwardCall<
  [input: Tensor, outputSize?: readonly number[] | null],
  { outputSize?: readonly number[] | null }
>;

const signature = (rank: number): string =>
  `ConvTranspose${rank}d(inChannels, outChannels, kernelSize, stride=1, padding=0, outputPadding=0, groups=1, bias=true, ` +
  "dilation=1, paddingMode='zeros', device=null, dtype=null)";

abstract class ConvolutionTranspose extends ConvolutionLayer {
  constructor(rank: number, args: readonly unknown[]) {
    super(signature(rank), rank, true, args);
  }

  protected run(convolve: ConvolveTranspose, args: readonly unknown[]): Tensor {
    const { input, outputSize } = named<{ input: Tensor; outputSize: readonly number[] | null }>(
      `${this.constructor.name}.forward(input, outputSize=null)`,
      args,
      1,
    );
    const { weight, bias, stride, groups, dilation } = this;
    const padding = this.padding as readonly number[];
    const extra = outputSize === null ? this.outputPadding : this.extraFor(input, outputSize, padding);
    return convolve(input, weight, bias, stride, padding, extra, groups, dilation);
  }

  /** The output padding that gives the sizes wanted. */
  private extraFor(input: Tensor, wanted: readonly number[], padding: readonly number[]): number[] {
    const { kernelSize, stride, dilation } = this;
    const name = `${this.constructor.name}.forward`;
    const rank = kernelSize.length;
    if (wanted.length !== rank && wanted.length !== input.shape.length) {
      throw new ArgumentError(
        `${name}: outputSize must hold ${rank} or ${input.shape.length} sizes, got (${wanted.join(', ')})`,
      );
    }
    const sizes = wanted.slice(-rank);
    const plane = input.shape.slice(-rank);
    return sizes.map((size, d) => {
      const least = (plane[d] - 1) * stride[d] - 2 * padding[d] + reach(kernelSize[d], dilation[d]);
      if (size >= least && size < least + stride[d]) return size - least;
      throw new ValueError(
        `${name}: outputSize (${sizes.join(', ')}) cannot be reached: dimension ${d} can be ${least} to ${least + stride[d] - 1}`,
      );
    });
  }
}

/**
 * The gradient of `Conv1d` to its input as a layer: [N, C, L] (or [C, L]) becomes longer by the stride. `outputSize`, in forward, says
 * which of the possible sizes is meant. PyTorch: torch.nn.ConvTranspose1d.
 */
export class ConvTranspose1d extends ConvolutionTranspose {
  constructor(...args: ConvolutionTransposeCall) {
    super(1, args);
  }

  forward(...args: OutputSizeCall): Tensor {
    return this.run(convTranspose1d, args);
  }
}

/**
 * The gradient of `Conv2d` to its input as a layer, for images [N, C, H, W] (or [C, H, W]). PyTorch: torch.nn.ConvTranspose2d.
 * @example
 * new tg.nn.ConvTranspose2d(4, 2, 2, { stride: 2 }).forward(tg.ones(1, 4, 5, 5)).shape // => [ 1, 2, 10, 10 ]
 */
export class ConvTranspose2d extends ConvolutionTranspose {
  constructor(...args: ConvolutionTransposeCall) {
    super(2, args);
  }

  forward(...args: OutputSizeCall): Tensor {
    return this.run(convTranspose2d, args);
  }
}

/** The gradient of `Conv3d` to its input as a layer, for volumes [N, C, D, H, W] (or [C, D, H, W]). PyTorch: torch.nn.ConvTranspose3d. */
export class ConvTranspose3d extends ConvolutionTranspose {
  constructor(...args: ConvolutionTransposeCall) {
    super(3, args);
  }

  forward(...args: OutputSizeCall): Tensor {
    return this.run(convTranspose3d, args);
  }
}
