import type { Arguments } from '../../core/define.js';
import { StateDictError, ValueError } from '../../core/errors.js';
import type { Optimizer } from '../optimizer.js';
import { checkCount, options } from '../options.js';
import { LRScheduler, type ScheduleOptions, type SchedulerState } from './scheduler.js';

const { cos, PI } = Math;

/** Options of `CosineAnnealingLR`. */
export interface CosineAnnealingLROptions extends ScheduleOptions {
  /** Steps of half a period. */
  TMax: number;
  /** The smallest rate, 0 unless given. */
  etaMin: number;
}

/**
 * Takes the rate to `etaMin` and back along a cosine of half-period `TMax` (Loshchilov and Hutter 2017, without restarts):
 * etaMin + (lr - etaMin) (1 + cos(pi t / TMax)) / 2. PyTorch: torch.optim.lr_scheduler.CosineAnnealingLR.
 */
export class CosineAnnealingLR extends LRScheduler<CosineAnnealingLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, TMax: number, etaMin?: number, lastEpoch?: number],
      Partial<CosineAnnealingLROptions>
    >
  ) {
    super(args[0] as Optimizer, options('CosineAnnealingLR(optimizer, TMax, etaMin=0, lastEpoch=-1)', args));
  }

  protected override check({ TMax }: CosineAnnealingLROptions): void {
    checkCount('CosineAnnealingLR', 'TMax', TMax);
  }

  getLr(): number[] {
    const { TMax, etaMin } = this.options;
    const t = this.lastEpoch;
    if (t === 0) return this.rates;
    if (this.stepCount === 1) return this.closedForm();
    // At the bottom the recurrence would divide by zero: the way up starts anew.
    if ((t - 1 - TMax) % (2 * TMax) === 0) {
      return this.rates.map((lr, i) => lr + ((this.baseLrs[i] - etaMin) * (1 - cos(PI / TMax))) / 2);
    }
    const ratio = (1 + cos((PI * t) / TMax)) / (1 + cos((PI * (t - 1)) / TMax));
    return this.rates.map((lr) => ratio * (lr - etaMin) + etaMin);
  }

  protected override closedForm(): number[] {
    const { TMax, etaMin } = this.options;
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + cos((PI * this.lastEpoch) / TMax))) / 2);
  }
}

/** Options of `CosineAnnealingWarmRestarts`. */
export interface CosineAnnealingWarmRestartsOptions extends ScheduleOptions {
  /** Steps of the first period. */
  T0: number;
  /** What each period is longer than the one before, 1 unless given. */
  TMult: number;
  /** The smallest rate, 0 unless given. */
  etaMin: number;
}

/**
 * Takes the rate to `etaMin` along a cosine, then starts anew, each period `TMult` times as long (SGDR, Loshchilov and Hutter 2017).
 * `step` takes fractions of an epoch too. PyTorch: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler<CosineAnnealingWarmRestartsOptions> {
  /** The present period's length, and the place in it. */
  declare private period: number;
  declare private place: number;

  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, T0: number, TMult?: number, etaMin?: number, lastEpoch?: number],
      Partial<CosineAnnealingWarmRestartsOptions>
    >
  ) {
    super(
      args[0] as Optimizer,
      options('CosineAnnealingWarmRestarts(optimizer, T0, TMult=1, etaMin=0, lastEpoch=-1)', args),
    );
  }

  protected override check({ T0, TMult, lastEpoch }: CosineAnnealingWarmRestartsOptions): void {
    checkCount('CosineAnnealingWarmRestarts', 'T0', T0);
    checkCount('CosineAnnealingWarmRestarts', 'TMult', TMult);
    this.period = T0;
    this.place = lastEpoch;
  }

  getLr(): number[] {
    const { etaMin } = this.options;
    return this.baseLrs.map((lr) => etaMin + ((lr - etaMin) * (1 + cos((PI * this.place) / this.period))) / 2);
  }

  override step(epoch: number | null = null): void {
    this.stepCount++;
    if (epoch === null && this.lastEpoch >= 0) this.advance();
    else this.enter(epoch ?? 0);
    this.assign(this.getLr());
  }

  private advance(): void {
    this.lastEpoch++;
    this.place++;
    if (this.place < this.period) return;
    this.place -= this.period;
    this.period *= this.options.TMult;
  }

  private enter(epoch: number): void {
    const { T0, TMult } = this.options;
    if (!(epoch >= 0)) throw new ValueError(`CosineAnnealingWarmRestarts: the epoch must be at least 0, got ${epoch}`);
    const periods = TMult === 1 ? 0 : Math.trunc(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult));
    this.period = T0 * TMult ** periods;
    this.place = TMult === 1 ? epoch % T0 : epoch - (T0 * (TMult ** periods - 1)) / (TMult - 1);
    this.lastEpoch = Math.floor(epoch);
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), t_i: this.period, t_cur: this.place };
  }

  override loadStateDict(state: SchedulerState): void {
    const { t_i, t_cur } = state;
    if (typeof t_i !== 'number' || typeof t_cur !== 'number') {
      throw new StateDictError('CosineAnnealingWarmRestarts: expected a state with t_i and t_cur');
    }
    super.loadStateDict(state);
    this.period = t_i;
    this.place = t_cur;
  }
}
