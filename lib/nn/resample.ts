import { type InterpolateMode, interpolate } from '../ops/layers/interpolate.js';
import { channelShuffle } from '../ops/shape/channelShuffle.js';
import { fold, unfold } from '../ops/shape/patches.js';
import { pixelShuffle, pixelUnshuffle } from '../ops/shape/pixel.js';
import type { Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/**
 * Channels become pixels: [N, C r r, H, W] to [N, C, H r, W r] (Shi et al. 2016). PyTorch: torch.nn.PixelShuffle.
 * @example
 * new tg.nn.PixelShuffle(2).forward(tg.ones(1, 8, 3, 3)).shape // => [ 1, 2, 6, 6 ]
 */
export class PixelShuffle extends Layer {
  declare readonly upscaleFactor: number;

  constructor(...args: Call<[upscaleFactor: number], { upscaleFactor: number }>) {
    super('PixelShuffle(upscaleFactor)', args);
  }

  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor);
  }
}

/** Pixels become channels: undoes `PixelShuffle`. PyTorch: torch.nn.PixelUnshuffle. */
export class PixelUnshuffle extends Layer {
  declare readonly downscaleFactor: number;

  constructor(...args: Call<[downscaleFactor: number], { downscaleFactor: number }>) {
    super('PixelUnshuffle(downscaleFactor)', args);
  }

  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor);
  }
}

/** Channels [N, C, ...] dealt to `groups` and interleaved (Zhang et al. 2018). PyTorch: torch.nn.ChannelShuffle. */
export class ChannelShuffle extends Layer {
  declare readonly groups: number;

  constructor(...args: Call<[groups: number], { groups: number }>) {
    super('ChannelShuffle(groups)', args);
  }

  forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups);
  }
}

/** The patches that a convolution's kernel sees, one in a column. */
interface PatchOptions {
  kernelSize: Size;
  dilation?: Size;
  padding?: Size;
  stride?: Size;
}

/** The patches that a convolution's kernel sees, one in a column: (N, C, H, W) becomes (N, C kh kw, patches). PyTorch: torch.nn.Unfold. */
export class Unfold extends Layer {
  declare readonly kernelSize: Size;
  declare readonly dilation: Size;
  declare readonly padding: Size;
  declare readonly stride: Size;

  constructor(...args: Call<[kernelSize: Size, dilation?: Size, padding?: Size, stride?: Size], PatchOptions>) {
    super('Unfold(kernelSize, dilation=1, padding=0, stride=1)', args);
  }

  forward(input: Tensor): Tensor {
    return unfold(input, this.kernelSize, this.dilation, this.padding, this.stride);
  }
}

/** The reverse of `Unfold`: puts patches back into images of `outputSize`, adding where they overlap. PyTorch: torch.nn.Fold. */
export class Fold extends Layer {
  declare readonly outputSize: Size;
  declare readonly kernelSize: Size;
  declare readonly dilation: Size;
  declare readonly padding: Size;
  declare readonly stride: Size;

  constructor(
    ...args: Call<
      [outputSize: Size, kernelSize: Size, dilation?: Size, padding?: Size, stride?: Size],
      PatchOptions & { outputSize: Size }
    >
  ) {
    super('Fold(outputSize, kernelSize, dilation=1, padding=0, stride=1)', args);
  }

  forward(input: Tensor): Tensor {
    return fold(input, this.outputSize, this.kernelSize, this.dilation, this.padding, this.stride);
  }
}

/** Arguments of `Upsample`: the wanted size, or what sizes are multiplied by. */
export interface UpsampleOptions {
  size?: Size | null;
  scaleFactor?: Size | null;
  /** 'nearest' unless given. */
  mode?: InterpolateMode;
  /** The corner elements stay in place; not for nearest. */
  alignCorners?: boolean | null;
  /** Take the ratio of the sizes for coordinates instead of `scaleFactor`. */
  recomputeScaleFactor?: boolean | null;
}

/**
 * [N, C, ...] brought to another size. PyTorch: torch.nn.Upsample.
 * @example
 * new tg.nn.Upsample({ scaleFactor: 2 }).forward(tg.ones(1, 1, 3, 3)).shape // => [ 1, 1, 6, 6 ]
 */
export class Upsample extends Layer {
  declare readonly size: Size | null;
  declare readonly scaleFactor: Size | null;
  declare readonly mode: InterpolateMode;
  declare readonly alignCorners: boolean | null;
  declare readonly recomputeScaleFactor: boolean | null;

  constructor(
    ...args: Call<
      [size?: Size | null, scaleFactor?: Size | null, mode?: InterpolateMode, alignCorners?: boolean | null],
      UpsampleOptions
    >
  ) {
    super("Upsample(size=null, scaleFactor=null, mode='nearest', alignCorners=null, recomputeScaleFactor=null)", args);
  }

  forward(input: Tensor): Tensor {
    const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
    return interpolate(input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor);
  }
}

/** How the older upsampling layers are made. */
export type UpsamplingCall = Call<
  [size?: Size | null, scaleFactor?: Size | null],
  { size?: Size | null; scaleFactor?: Size | null }
>;

abstract class Upsampling extends Layer {
  declare readonly size: Size | null;
  declare readonly scaleFactor: Size | null;
}

/** Images brought to another size by repeating the nearest pixel. PyTorch: torch.nn.UpsamplingNearest2d. */
export class UpsamplingNearest2d extends Upsampling {
  constructor(...args: UpsamplingCall) {
    super('UpsamplingNearest2d(size=null, scaleFactor=null)', args);
  }

  forward(input: Tensor): Tensor {
    return interpolate(input, this.size, this.scaleFactor);
  }
}

/** Images brought to another size between their pixels, corners kept in place. PyTorch: torch.nn.UpsamplingBilinear2d. */
export class UpsamplingBilinear2d extends Upsampling {
  constructor(...args: UpsamplingCall) {
    super('UpsamplingBilinear2d(size=null, scaleFactor=null)', args);
  }

  forward(input: Tensor): Tensor {
    return interpolate(input, this.size, this.scaleFactor, 'bilinear', true);
  }
}
