import type { Arguments } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Optimizer } from '../optimizer.js';
import { checkCount, options } from '../options.js';
import { LRScheduler, type ScheduleOptions } from './scheduler.js';

/** Options of `ConstantLR`. */
export interface ConstantLROptions extends ScheduleOptions {
  /** What the rate is multiplied by until `totalIters`, 1/3 unless given; in (0, 1]. */
  factor: number;
  /** 5 unless given. */
  totalIters: number;
}

function checkFactor(name: string, option: string, value: number, zero: boolean): void {
  if (value <= 1 && (zero ? value >= 0 : value > 0)) return;
  throw new ValueError(`${name}: ${option} must be ${zero ? 'from' : 'above'} 0 to 1, got ${value}`);
}

/** Multiplies the rate by `factor` until `totalIters` steps are done. PyTorch: torch.optim.lr_scheduler.ConstantLR. */
export class ConstantLR extends LRScheduler<ConstantLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, factor?: number, totalIters?: number, lastEpoch?: number],
      Partial<ConstantLROptions>
    >
  ) {
    super(args[0] as Optimizer, options(`ConstantLR(optimizer, factor=${1 / 3}, totalIters=5, lastEpoch=-1)`, args));
  }

  protected override check({ factor, totalIters }: ConstantLROptions): void {
    checkFactor('ConstantLR', 'factor', factor, false);
    checkCount('ConstantLR', 'totalIters', totalIters, 0);
  }

  getLr(): number[] {
    const { factor, totalIters } = this.options;
    if (this.lastEpoch === 0) return this.rates.map((lr) => lr * factor);
    return this.rates.map((lr) => (this.lastEpoch === totalIters ? lr * (1 / factor) : lr));
  }

  protected override closedForm(): number[] {
    const { factor, totalIters } = this.options;
    return this.baseLrs.map((lr) => lr * (this.lastEpoch >= totalIters ? 1 : factor));
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions extends ScheduleOptions {
  /** Factor at the start, 1/3 unless given; in (0, 1]. */
  startFactor: number;
  /** Factor at the end, 1 unless given; in [0, 1]. */
  endFactor: number;
  /** Steps from one to the other, 5 unless given. */
  totalIters: number;
}

/** Takes the rate's factor in a straight line from `startFactor` to `endFactor`. PyTorch: torch.optim.lr_scheduler.LinearLR. */
export class LinearLR extends LRScheduler<LinearLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, startFactor?: number, endFactor?: number, totalIters?: number, lastEpoch?: number],
      Partial<LinearLROptions>
    >
  ) {
    super(
      args[0] as Optimizer,
      options(`LinearLR(optimizer, startFactor=${1 / 3}, endFactor=1, totalIters=5, lastEpoch=-1)`, args),
    );
  }

  protected override check({ startFactor, endFactor, totalIters }: LinearLROptions): void {
    checkFactor('LinearLR', 'startFactor', startFactor, false);
    checkFactor('LinearLR', 'endFactor', endFactor, true);
    checkCount('LinearLR', 'totalIters', totalIters);
  }

  getLr(): number[] {
    const { startFactor, endFactor, totalIters } = this.options;
    const t = this.lastEpoch;
    if (t === 0) return this.rates.map((lr) => lr * startFactor);
    if (t > totalIters) return this.rates;
    const rise = endFactor - startFactor;
    return this.rates.map((lr) => lr * (1 + rise / (totalIters * startFactor + (t - 1) * rise)));
  }

  protected override closedForm(): number[] {
    const { startFactor, endFactor, totalIters } = this.options;
    const part = Math.min(totalIters, this.lastEpoch) / totalIters;
    return this.baseLrs.map((lr) => lr * (startFactor + (endFactor - startFactor) * part));
  }
}
