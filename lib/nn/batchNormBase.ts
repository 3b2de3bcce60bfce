import { noGrad } from '../autograd/modes.js';
import { ShapeError, showShape } from '../core/errors.js';
import { ones, tensor, zeros } from '../ops/creation/creation.js';
import type { Tensor } from '../tensor.js';
import { type Call, named } from './arguments.js';
import { type Placement, showOptions } from './layer.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Arguments of the batch and instance normalization layers. */
export interface ChannelNormOptions extends Placement {
  numFeatures: number;
  /** Added to the variance. */
  eps?: number;
  /** How far the running statistics move towards the new ones; null takes the mean of all batches. */
  momentum?: number | null;
  /** Learn a weight and a bias for each channel. */
  affine?: boolean;
  /** Keep running statistics, and use them in evaluation. */
  trackRunningStats?: boolean;
}

/** How the batch and instance normalization layers are made. */
export type ChannelNormCall = Call<
  [numFeatures: number, eps?: number, momentum?: number | null, affine?: boolean, trackRunningStats?: boolean],
  ChannelNormOptions
>;

/** What batch and instance normalization share: options, parameters and running statistics. */
export abstract class ChannelNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  declare running_mean: Tensor | null;
  declare running_var: Tensor | null;
  /** How many batches the running statistics have seen. */
  declare num_batches_tracked: Tensor | null;

  constructor(name: string, switches: boolean, args: readonly unknown[]) {
    super();
    const options = named<ChannelNormOptions>(
      `${name}(numFeatures, eps=1e-5, momentum=0.1, affine=${switches}, trackRunningStats=${switches}, device=null, dtype=null)`,
      args,
    );
    const { numFeatures, device, dtype } = options;
    this.numFeatures = numFeatures;
    this.eps = options.eps;
    this.momentum = options.momentum;
    this.affine = options.affine;
    this.trackRunningStats = options.trackRunningStats;
    this.weight = this.affine ? new Parameter(ones(numFeatures, { device, dtype })) : null;
    this.bias = this.affine ? new Parameter(zeros(numFeatures, { device, dtype })) : null;
    const tracked = (make: () => Tensor): Tensor | null => (this.trackRunningStats ? make() : null);
    this.registerBuffer(
      'running_mean',
      tracked(() => zeros(numFeatures, { device, dtype })),
    );
    this.registerBuffer(
      'running_var',
      tracked(() => ones(numFeatures, { device, dtype })),
    );
    this.registerBuffer(
      'num_batches_tracked',
      tracked(() => tensor(0, { dtype: 'int32', device })),
    );
  }

  /** Running mean 0, running variance 1, no batches. */
  resetRunningStats(): void {
    this.running_mean?.zero_();
    this.running_var?.fill_(1);
    this.num_batches_tracked?.zero_();
  }

  /** Weights 1, biases 0, and the running statistics anew. */
  resetParameters(): void {
    this.resetRunningStats();
    noGrad(() => {
      this.weight?.fill_(1);
      this.bias?.zero_();
    });
  }

  protected requireRank(input: Tensor, ranks: readonly number[], expected: string): void {
    if (ranks.includes(input.shape.length)) return;
    throw new ShapeError(`${this.constructor.name}: expected ${expected}, got ${showShape(input.shape)}`);
  }

  override extraRepr(): string {
    const { eps, affine, trackRunningStats } = this;
    return `${this.numFeatures}, ${showOptions({ eps, momentum: String(this.momentum), affine, trackRunningStats })}`;
  }
}
