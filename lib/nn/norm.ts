import { noGrad } from '../autograd/modes.js';
import { showShape, ValueError } from '../core/errors.js';
import { groupNorm, localResponseNorm } from '../ops/normalization/groupNorm.js';
import { layerNorm, rmsNorm } from '../ops/normalization/layerNorm.js';
import type { Tensor } from '../tensor.js';
import { type Call, named } from './arguments.js';
import { Layer, type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

const sizesOf = (shape: number | readonly number[]): readonly number[] => (typeof shape === 'number' ? [shape] : shape);

/** Arguments of `LayerNorm`. */
export interface LayerNormOptions extends Placement {
  /** The last dimensions, over which mean and variance are taken. */
  normalizedShape: number | readonly number[];
  /** Added to the variance, 1e-5 unless given. */
  eps?: number;
  /** Learn a weight and a bias for each element; true unless given. */
  elementwiseAffine?: boolean;
  /** False leaves the weight alone. */
  bias?: boolean;
}

/**
 * Mean 0 and variance 1 over the last dimensions, then times `weight` plus `bias` (Ba, Kiros and Hinton 2016). PyTorch: torch.nn.LayerNorm.
 * @example
 * new tg.nn.LayerNorm(4).forward(tg.randn(2, 4)).shape // => [ 2, 4 ]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    ...args: Call<
      [normalizedShape: number | readonly number[], eps?: number, elementwiseAffine?: boolean, bias?: boolean],
      LayerNormOptions
    >
  ) {
    super();
    const options = named<LayerNormOptions>(
      'LayerNorm(normalizedShape, eps=1e-5, elementwiseAffine=true, bias=true, device=null, dtype=null)',
      args,
    );
    this.normalizedShape = sizesOf(options.normalizedShape);
    this.eps = options.eps;
    this.elementwiseAffine = options.elementwiseAffine;
    this.weight = this.elementwiseAffine ? parameter(this.normalizedShape, options) : null;
    this.bias = this.elementwiseAffine && options.bias ? parameter(this.normalizedShape, options) : null;
    this.resetParameters();
  }

  /** Weights 1, biases 0. */
  resetParameters(): void {
    startAffine(this);
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    const { eps, elementwiseAffine } = this;
    return `${showShape(this.normalizedShape)}, ${showOptions({ eps, elementwiseAffine })}`;
  }
}

/** Arguments of `RMSNorm`. */
export interface RMSNormOptions extends Placement {
  /** The last dimensions, over which the mean square is taken. */
  normalizedShape: number | readonly number[];
  /** Added to the mean square; the dtype's smallest step from 1 unless given. */
  eps?: number | null;
  /** Learn a weight for each element; true unless given. */
  elementwiseAffine?: boolean;
}

/** Divided by the root of the mean square over the last dimensions, then times `weight` (Zhang and Sennrich 2019). PyTorch: torch.nn.RMSNorm. */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;

  constructor(
    ...args: Call<
      [normalizedShape: number | readonly number[], eps?: number | null, elementwiseAffine?: boolean],
      RMSNormOptions
    >
  ) {
    super();
    const options = named<RMSNormOptions>(
      'RMSNorm(normalizedShape, eps=null, elementwiseAffine=true, device=null, dtype=null)',
      args,
    );
    this.normalizedShape = sizesOf(options.normalizedShape);
    this.eps = options.eps;
    this.elementwiseAffine = options.elementwiseAffine;
    this.weight = this.elementwiseAffine ? parameter(this.normalizedShape, options) : null;
    this.resetParameters();
  }

  /** Weights 1. */
  resetParameters(): void {
    startAffine(this);
  }

  forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, this.weight, this.eps);
  }

  override extraRepr(): string {
    const { eps, elementwiseAffine } = this;
    return `${showShape(this.normalizedShape)}, ${showOptions({ eps, elementwiseAffine })}`;
  }
}

/** Arguments of `GroupNorm`. */
export interface GroupNormOptions extends Placement {
  /** Groups, which divide numChannels. */
  numGroups: number;
  numChannels: number;
  /** Added to the variance, 1e-5 unless given. */
  eps?: number;
  /** Learn a weight and a bias for each channel; true unless given. */
  affine?: boolean;
}

/**
 * Mean 0 and variance 1 in each group of channels of each sample [N, C, ...], then times `weight` plus `bias` of each channel (Wu and He
 * 2018). ValueError where the channels do not divide into the groups. PyTorch: torch.nn.GroupNorm.
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    ...args: Call<[numGroups: number, numChannels: number, eps?: number, affine?: boolean], GroupNormOptions>
  ) {
    super();
    const options = named<GroupNormOptions>(
      'GroupNorm(numGroups, numChannels, eps=1e-5, affine=true, device=null, dtype=null)',
      args,
    );
    this.numGroups = options.numGroups;
    this.numChannels = options.numChannels;
    this.eps = options.eps;
    this.affine = options.affine;
    if (this.numChannels % this.numGroups !== 0) {
      throw new ValueError(`GroupNorm: ${this.numChannels} channels do not divide into ${this.numGroups} groups`);
    }
    this.weight = this.affine ? parameter([this.numChannels], options) : null;
    this.bias = this.affine ? parameter([this.numChannels], options) : null;
    this.resetParameters();
  }

  /** Weights 1, biases 0. */
  resetParameters(): void {
    startAffine(this);
  }

  forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, this.weight, this.bias, this.eps);
  }

  override extraRepr(): string {
    const { numGroups, numChannels, eps, affine } = this;
    return `${numGroups}, ${numChannels}, ${showOptions({ eps, affine })}`;
  }
}

/** Each element divided by a power of the sum of squares over `size` neighbouring channels (Krizhevsky et al. 2012). PyTorch: torch.nn.LocalResponseNorm. */
export class LocalResponseNorm extends Layer {
  declare readonly size: number;
  declare readonly alpha: number;
  declare readonly beta: number;
  declare readonly k: number;

  constructor(
    ...args: Call<
      [size: number, alpha?: number, beta?: number, k?: number],
      { size: number; alpha?: number; beta?: number; k?: number }
    >
  ) {
    super('LocalResponseNorm(size, alpha=1e-4, beta=0.75, k=1)', args);
  }

  forward(input: Tensor): Tensor {
    return localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
  }
}

function startAffine({ weight, bias = null }: { weight: Parameter | null; bias?: Parameter | null }): void {
  noGrad(() => {
    weight?.fill_(1);
    bias?.zero_();
  });
}
