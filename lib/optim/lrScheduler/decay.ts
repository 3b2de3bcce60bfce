import type { Arguments } from '../../core/define.js';
import type { Optimizer } from '../optimizer.js';
import { checkCount, options } from '../options.js';
import { LRScheduler, perGroup, type ScheduleOptions } from './scheduler.js';

/** Options of `StepLR`. */
export interface StepLROptions extends ScheduleOptions {
  /** Steps between two decays. */
  stepSize: number;
  /** Factor of a decay, 0.1 unless given. */
  gamma: number;
}

/**
 * Multiplies the rate by `gamma` every `stepSize` steps. PyTorch: torch.optim.lr_scheduler.StepLR.
 * @example
 * const optimizer = new tg.optim.SGD([tg.zeros(1)], { lr: 1 });
 * const scheduler = new tg.optim.lrScheduler.StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
 * scheduler.step();
 * scheduler.getLastLr() // => [ 0.5 ]
 */
export class StepLR extends LRScheduler<StepLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, stepSize: number, gamma?: number, lastEpoch?: number],
      Partial<StepLROptions>
    >
  ) {
    super(args[0] as Optimizer, options('StepLR(optimizer, stepSize, gamma=0.1, lastEpoch=-1)', args));
  }

  protected override check({ stepSize }: StepLROptions): void {
    checkCount('StepLR', 'stepSize', stepSize);
  }

  getLr(): number[] {
    const { stepSize, gamma } = this.options;
    const decays = this.lastEpoch !== 0 && this.lastEpoch % stepSize === 0;
    return this.rates.map((lr) => (decays ? lr * gamma : lr));
  }

  protected override closedForm(): number[] {
    const { stepSize, gamma } = this.options;
    return this.baseLrs.map((lr) => lr * gamma ** Math.floor(this.lastEpoch / stepSize));
  }
}

/** Options of `MultiStepLR`. */
export interface MultiStepLROptions extends ScheduleOptions {
  /** The epochs at which the rate decays; one that is listed twice decays twice. */
  milestones: readonly number[];
  /** Factor of a decay, 0.1 unless given. */
  gamma: number;
}

/** Multiplies the rate by `gamma` at every milestone. PyTorch: torch.optim.lr_scheduler.MultiStepLR. */
export class MultiStepLR extends LRScheduler<MultiStepLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, milestones: readonly number[], gamma?: number, lastEpoch?: number],
      Partial<MultiStepLROptions>
    >
  ) {
    super(args[0] as Optimizer, options('MultiStepLR(optimizer, milestones, gamma=0.1, lastEpoch=-1)', args));
  }

  getLr(): number[] {
    const { milestones, gamma } = this.options;
    const times = milestones.filter((epoch) => epoch === this.lastEpoch).length;
    return this.rates.map((lr) => lr * gamma ** times);
  }

  protected override closedForm(): number[] {
    const { milestones, gamma } = this.options;
    const times = milestones.filter((epoch) => epoch <= this.lastEpoch).length;
    return this.baseLrs.map((lr) => lr * gamma ** times);
  }
}

/** Options of `ExponentialLR`. */
export interface ExponentialLROptions extends ScheduleOptions {
  /** Factor of every step. */
  gamma: number;
}

/** Multiplies the rate by `gamma` at every step. PyTorch: torch.optim.lr_scheduler.ExponentialLR. */
export class ExponentialLR extends LRScheduler<ExponentialLROptions> {
  constructor(
    ...args: Arguments<[optimizer: Optimizer, gamma: number, lastEpoch?: number], Partial<ExponentialLROptions>>
  ) {
    super(args[0] as Optimizer, options('ExponentialLR(optimizer, gamma, lastEpoch=-1)', args));
  }

  getLr(): number[] {
    return this.rates.map((lr) => (this.lastEpoch === 0 ? lr : lr * this.options.gamma));
  }

  protected override closedForm(): number[] {
    return this.baseLrs.map((lr) => lr * this.options.gamma ** this.lastEpoch);
  }
}

/** Options of `PolynomialLR`. */
export interface PolynomialLROptions extends ScheduleOptions {
  /** Steps until the rate is 0, 5 unless given. */
  totalIters: number;
  /** 1 unless given. */
  power: number;
}

/** Takes the rate to 0 as (1 - t / totalIters)^power. PyTorch: torch.optim.lr_scheduler.PolynomialLR. */
export class PolynomialLR extends LRScheduler<PolynomialLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, totalIters?: number, power?: number, lastEpoch?: number],
      Partial<PolynomialLROptions>
    >
  ) {
    super(args[0] as Optimizer, options('PolynomialLR(optimizer, totalIters=5, power=1, lastEpoch=-1)', args));
  }

  protected override check({ totalIters }: PolynomialLROptions): void {
    checkCount('PolynomialLR', 'totalIters', totalIters);
  }

  getLr(): number[] {
    const { totalIters, power } = this.options;
    const t = this.lastEpoch;
    if (t === 0 || t > totalIters) return this.rates;
    const decay = ((1 - t / totalIters) / (1 - (t - 1) / totalIters)) ** power;
    return this.rates.map((lr) => lr * decay);
  }

  protected override closedForm(): number[] {
    const { totalIters, power } = this.options;
    return this.baseLrs.map((lr) => lr * (1 - Math.min(totalIters, this.lastEpoch) / totalIters) ** power);
  }
}

/** A factor for an epoch, counted from 0. */
export type EpochFactor = (epoch: number) => number;

/** Options of `LambdaLR` and `MultiplicativeLR`. */
export interface LambdaLROptions extends ScheduleOptions {
  /** One function for every group, or one each. State dicts leave them out. */
  lrLambda: EpochFactor | readonly EpochFactor[];
}

type LambdaArguments = Arguments<
  [optimizer: Optimizer, lrLambda: EpochFactor | readonly EpochFactor[], lastEpoch?: number],
  Partial<LambdaLROptions>
>;

/** Sets the rate to the one at the start times a function of the epoch. PyTorch: torch.optim.lr_scheduler.LambdaLR. */
export class LambdaLR extends LRScheduler<LambdaLROptions> {
  constructor(...args: LambdaArguments) {
    super(args[0] as Optimizer, options('LambdaLR(optimizer, lrLambda, lastEpoch=-1)', args));
  }

  getLr(): number[] {
    const factors = perGroup('LambdaLR', this.optimizer, 'lrLambda', this.options.lrLambda);
    return this.baseLrs.map((lr, i) => lr * factors[i](this.lastEpoch));
  }
}

/** Multiplies the rate by a function of the epoch, from the first step on. PyTorch: torch.optim.lr_scheduler.MultiplicativeLR. */
export class MultiplicativeLR extends LRScheduler<LambdaLROptions> {
  constructor(...args: LambdaArguments) {
    super(args[0] as Optimizer, options('MultiplicativeLR(optimizer, lrLambda, lastEpoch=-1)', args));
  }

  getLr(): number[] {
    const factors = perGroup('MultiplicativeLR', this.optimizer, 'lrLambda', this.options.lrLambda);
    return this.rates.map((lr, i) => (this.lastEpoch > 0 ? lr * factors[i](this.lastEpoch) : lr));
  }
}
