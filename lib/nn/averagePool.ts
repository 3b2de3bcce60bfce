import {
  type AvgPool1dArguments,
  type AvgPoolArguments,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
} from '../ops/convolution/averagePool.js';
import type { Size } from '../ops/shape/window.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/** Arguments of `AvgPool1d`. */
export interface AvgPool1dOptions {
  kernelSize: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** Zeros added on both sides, at most half of the window. */
  padding?: Size;
  /** Let the last window hang over the end. */
  ceilMode?: boolean;
  /** Whether the padding counts in the mean. */
  countIncludePad?: boolean;
}

/** Arguments of `AvgPool2d` and `AvgPool3d`. */
export interface AvgPoolOptions extends AvgPool1dOptions {
  /** What sums are divided by instead of the window's size. */
  divisorOverride?: number | null;
}

/** How `AvgPool2d` and `AvgPool3d` are made. */
export type AvgPoolCall = Call<AvgPoolArguments, AvgPoolOptions>;

abstract class AvgPool extends Layer {
  declare readonly kernelSize: Size;
  declare readonly stride: Size | null;
  declare readonly padding: Size;
  declare readonly ceilMode: boolean;
  declare readonly countIncludePad: boolean;
}

/** Mean of each window of [N, C, L] (or [C, L]). PyTorch: torch.nn.AvgPool1d. */
export class AvgPool1d extends AvgPool {
  constructor(...args: Call<AvgPool1dArguments, AvgPool1dOptions>) {
    super('AvgPool1d(kernelSize, stride=null, padding=0, ceilMode=false, countIncludePad=true)', args);
  }

  forward(input: Tensor): Tensor {
    return avgPool1d(input, this.kernelSize, this.stride, this.padding, this.ceilMode, this.countIncludePad);
  }
}

abstract class SpatialAvgPool extends AvgPool {
  declare readonly divisorOverride: number | null;

  constructor(rank: number, args: readonly unknown[]) {
    super(
      `AvgPool${rank}d(kernelSize, stride=null, padding=0, ceilMode=false, countIncludePad=true, divisorOverride=null)`,
      args,
    );
  }

  protected run(pool: typeof avgPool2d, input: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return pool(input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
  }
}

/** Mean of each window of [N, C, H, W] (or [C, H, W]). PyTorch: torch.nn.AvgPool2d. */
export class AvgPool2d extends SpatialAvgPool {
  constructor(...args: AvgPoolCall) {
    super(2, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(avgPool2d, input);
  }
}

/** Mean of each window of [N, C, D, H, W] (or [C, D, H, W]). PyTorch: torch.nn.AvgPool3d. */
export class AvgPool3d extends SpatialAvgPool {
  constructor(...args: AvgPoolCall) {
    super(3, args);
  }

  forward(input: Tensor): Tensor {
    return this.run(avgPool3d, input);
  }
}

/** Arguments of `LPPool1d` and `LPPool2d`. */
export interface LPPoolOptions {
  /** The p of the norm. */
  normType: number;
  kernelSize: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** Let the last window hang over the end. */
  ceilMode?: boolean;
}

/** How the power-average pooling layers are made. */
export type LPPoolCall = Call<
  [normType: number, kernelSize: Size, stride?: Size | null, ceilMode?: boolean],
  LPPoolOptions
>;

abstract class LPPool extends Layer {
  declare readonly normType: number;
  declare readonly kernelSize: Size;
  declare readonly stride: Size | null;
  declare readonly ceilMode: boolean;

  constructor(rank: number, args: readonly unknown[]) {
    super(`LPPool${rank}d(normType, kernelSize, stride=null, ceilMode=false)`, args);
  }
}

/** The p-norm of each window of [N, C, L] (or [C, L]): (sum x^p)^(1/p). PyTorch: torch.nn.LPPool1d. */
export class LPPool1d extends LPPool {
  constructor(...args: LPPoolCall) {
    super(1, args);
  }

  forward(input: Tensor): Tensor {
    return lpPool1d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}

/** The p-norm of each window of [N, C, H, W] (or [C, H, W]): (sum x^p)^(1/p). PyTorch: torch.nn.LPPool2d. */
export class LPPool2d extends LPPool {
  constructor(...args: LPPoolCall) {
    super(2, args);
  }

  forward(input: Tensor): Tensor {
    return lpPool2d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}
