import { type Convolve, conv1d, conv2d, conv3d } from '../ops/convolution/convolution.js';
import { pad } from '../ops/shape/pad.js';
import { reach, type Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { ConvolutionLayer, type ConvolutionOptions, type PaddingMode } from './convolutionBase.js';

/** How the convolution layers are made. */
export type ConvolutionCall = Call<
  [
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    stride?: Size,
    padding?: Size | 'same' | 'valid',
    dilation?: Size,
    groups?: number,
    bias?: boolean,
    paddingMode?: PaddingMode,
  ],
  Omit<ConvolutionOptions, 'outputPadding'>
>;

const signature = (rank: number): string =>
  `Conv${rank}d(inChannels, outChannels, kernelSize, stride=1, padding=0, dilation=1, groups=1, bias=true, ` +
  "paddingMode='zeros', device=null, dtype=null)";

abstract class Convolution extends ConvolutionLayer {
  constructor(rank: number, args: readonly unknown[]) {
    super(signature(rank), rank, false, args);
  }

  protected run(convolve: Convolve, input: Tensor): Tensor {
    const { weight, bias, stride, dilation, groups } = this;
    if (this.paddingMode === 'zeros') return convolve(input, weight, bias, stride, this.padding, dilation, groups);
    return convolve(pad(input, this.margins(), this.paddingMode), weight, bias, stride, 0, dilation, groups);
  }

  /** The padding as `pad` takes it: before and after, the last dimension first. */
  private margins(): number[] {
    const { padding, kernelSize, dilation } = this;
    const sides = kernelSize.map((size, d): [number, number] => {
      if (typeof padding !== 'string') return [padding[d], padding[d]];
      const total = padding === 'same' ? reach(size, dilation[d]) - 1 : 0;
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
    return sides.reverse().flat();
  }
}

/**
 * Cross-correlation of [N, C, L] (or [C, L]) with learned kernels. `padding` may be 'same' or 'valid', `paddingMode` 'reflect', 'replicate'
 * or 'circular'; the parameters start uniform within +-1 / sqrt(inputs of one output). PyTorch: torch.nn.Conv1d.
 */
export class Conv1d extends Convolution {
  constructor(...args: ConvolutionCall) {
    super(1, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(conv1d, input);
  }
}

/**
 * Cross-correlation of images [N, C, H, W] (or [C, H, W]) with learned kernels; options and start as for `Conv1d`. PyTorch: torch.nn.Conv2d.
 * @example
 * new tg.nn.Conv2d(3, 8, 5, { padding: 2 }).forward(tg.ones(1, 3, 28, 28)).shape // => [ 1, 8, 28, 28 ]
 */
export class Conv2d extends Convolution {
  constructor(...args: ConvolutionCall) {
    super(2, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(conv2d, input);
  }
}

/** Cross-correlation of volumes [N, C, D, H, W] (or [C, D, H, W]) with learned kernels; options and start as for `Conv1d`. PyTorch: torch.nn.Conv3d. */
export class Conv3d extends Convolution {
  constructor(...args: ConvolutionCall) {
    super(3, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(conv3d, input);
  }
}
