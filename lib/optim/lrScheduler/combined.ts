import type { Arguments } from '../../core/define.js';
import { StateDictError, ValueError } from '../../core/errors.js';
import type { Optimizer } from '../optimizer.js';
import { options } from '../options.js';
import { LRScheduler, type ScheduleOptions, type SchedulerState } from './scheduler.js';

/** What schedulers of schedulers share: the state holds the states of all. */
abstract class Combined<O extends ScheduleOptions> extends LRScheduler<O> {
  protected readonly schedulers: readonly LRScheduler[];

  constructor(name: string, optimizer: Optimizer, schedulers: readonly LRScheduler[], options: O) {
    const other = schedulers.findIndex((scheduler) => scheduler.optimizer !== optimizer);
    if (other >= 0) throw new ValueError(`${name}: scheduler ${other} belongs to another optimizer`);
    super(optimizer, options);
    this.schedulers = schedulers;
  }

  getLr(): number[] {
    return this.rates;
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  override loadStateDict(state: SchedulerState): void {
    const { schedulers } = state;
    if (!Array.isArray(schedulers) || schedulers.length !== this.schedulers.length) {
      throw new StateDictError(`${this.constructor.name}: expected a state of ${this.schedulers.length} schedulers`);
    }
    super.loadStateDict(state);
    this.schedulers.forEach((scheduler, i) => {
      scheduler.loadStateDict(schedulers[i] as SchedulerState);
    });
  }
}

/** Options of `SequentialLR`. */
export interface SequentialLROptions extends ScheduleOptions {
  /** The step at which each scheduler but the first takes over. */
  milestones: readonly number[];
}

/** Several schedulers one after the other: at each milestone the next one starts from its first epoch. PyTorch: torch.optim.lr_scheduler.SequentialLR. */
export class SequentialLR extends Combined<SequentialLROptions> {
  constructor(
    ...args: Arguments<
      [optimizer: Optimizer, schedulers: readonly LRScheduler[], milestones: readonly number[], lastEpoch?: number],
      Partial<SequentialLROptions> & { schedulers?: readonly LRScheduler[] }
    >
  ) {
    const { schedulers, ...rest } = options<SequentialLROptions & { schedulers: readonly LRScheduler[] }>(
      'SequentialLR(optimizer, schedulers, milestones, lastEpoch=-1)',
      args,
    );
    if (schedulers.length !== rest.milestones.length + 1) {
      throw new ValueError(
        `SequentialLR: ${schedulers.length} schedulers need ${schedulers.length - 1} milestones, got ${rest.milestones.length}`,
      );
    }
    super('SequentialLR', args[0] as Optimizer, schedulers, rest);
    for (const group of this.optimizer.paramGroups) group.lr = group.initialLr as number;
    for (const scheduler of schedulers) scheduler.lastEpoch--;
    schedulers[0].initialStep();
    this.lastLr = schedulers[0].getLastLr();
  }

  override step(): void {
    // The base's constructor steps before there are schedulers.
    if (this.schedulers === undefined) return super.step();
    this.stepCount++;
    this.lastEpoch++;
    const { milestones } = this.options;
    const at = milestones.filter((milestone) => milestone <= this.lastEpoch).length;
    const scheduler = this.schedulers[at];
    if (at > 0 && milestones[at - 1] === this.lastEpoch) scheduler.step(0);
    else scheduler.step();
    this.lastLr = scheduler.getLastLr();
  }
}

/** Several schedulers at once: each changes the rate that the one before it left. PyTorch: torch.optim.lr_scheduler.ChainedScheduler. */
export class ChainedScheduler extends Combined<ScheduleOptions> {
  constructor(schedulers: readonly LRScheduler[]) {
    if (!Array.isArray(schedulers) || schedulers.length === 0) {
      throw new ValueError('ChainedScheduler: expected a list of at least one scheduler');
    }
    super('ChainedScheduler', schedulers[0].optimizer, schedulers, { lastEpoch: -1 });
  }

  override step(): void {
    if (this.schedulers === undefined) return super.step();
    this.stepCount++;
    this.lastEpoch++;
    for (const scheduler of this.schedulers) scheduler.step();
    this.lastLr = this.rates;
  }
}
