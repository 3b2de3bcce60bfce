import type { Arguments } from '../../core/define.js';
import type { Optimizer } from '../optimizer.js';
import { checkCount, options } from '../options.js';
import { checkStrategy } from './cycle.js';
import { LRScheduler, type PerGroup, type ScheduleOptions } from './scheduler.js';

/** Options of `SWALR`. */
export interface SWALROptions extends ScheduleOptions {
  /** The rate at the end. */
  swaLr: PerGroup;
  /** Steps to get there, 10 unless given. */
  annealEpochs: number;
  annealStrategy: 'cos' | 'linear';
}

/**
 * Takes the rate to a constant one, for averaging weights afterwards (Izmailov et al. 2018: Averaging weights leads to wider optima and
 * better generalization). PyTorch: torch.optim.swa_utils.SWALR.
 */
export class SWALR extends LRScheduler<SWALROptions> {
  constructor(
    ...args: Arguments<
      [
        optimizer: Optimizer,
        swaLr: PerGroup,
        annealEpochs?: number,
        annealStrategy?: 'cos' | 'linear',
        lastEpoch?: number,
      ],
      Partial<SWALROptions>
    >
  ) {
    super(
      args[0] as Optimizer,
      options("SWALR(optimizer, swaLr, annealEpochs=10, annealStrategy='cos', lastEpoch=-1)", args),
    );
  }

  protected override check({ swaLr, annealEpochs, annealStrategy }: SWALROptions): void {
    checkCount('SWALR', 'annealEpochs', annealEpochs, 0);
    checkStrategy('SWALR', annealStrategy);
    const rates = this.perGroup('swaLr', swaLr);
    this.optimizer.paramGroups.forEach((group, i) => {
      group.swaLr = rates[i];
    });
  }

  /** How much of the last rate is in the present one, `steps` after the start. */
  private part(steps: number): number {
    const { annealEpochs, annealStrategy } = this.options;
    const t = Math.max(0, Math.min(1, steps / Math.max(1, annealEpochs)));
    return annealStrategy === 'linear' ? t : (1 - Math.cos(Math.PI * t)) / 2;
  }

  getLr(): number[] {
    const step = this.options.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const before = this.part(step - 1);
    const now = this.part(step);
    return this.optimizer.paramGroups.map((group) => {
      const last = group.swaLr as number;
      const first = before === 1 ? last : (group.lr - before * last) / (1 - before);
      return last * now + first * (1 - now);
    });
  }
}
