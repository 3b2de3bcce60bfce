import { ArgumentError, StateDictError, ValueError } from '../../core/errors.js';
import { Optimizer, type Plain } from '../optimizer.js';
import { camel, snake } from '../options.js';

/** What every scheduler takes beside its own options. */
export interface ScheduleOptions {
  /** The epoch to go on from; -1, unless given, starts anew. */
  lastEpoch: number;
}

/** `stateDict()` of a scheduler: plain values. */
export type SchedulerState = { [key: string]: Plain };

/** One value for every group, or one each. */
export type PerGroup = number | readonly number[];

/**
 * The base of schedulers: sets each group's `lr` whenever `step` is called, once an epoch or once a batch. A subclass says in `getLr` what
 * the rates of `lastEpoch` are, mostly from those of the epoch before, so that schedulers can be chained. Its options are handed to
 * `super` and stand in `this.options`. PyTorch: torch.optim.lr_scheduler.LRScheduler.
 */
export abstract class LRScheduler<O extends ScheduleOptions = ScheduleOptions> {
  declare readonly optimizer: Optimizer;
  declare readonly options: O;
  /** Counts the steps; 0 after construction. */
  declare lastEpoch: number;
  /** Each group's rate at the start. */
  declare baseLrs: number[];
  /** How often `step` was called, the first time by the constructor. */
  declare protected stepCount: number;
  declare protected lastLr: number[];

  constructor(optimizer: Optimizer, options: O) {
    const name = this.constructor.name;
    if (!(optimizer instanceof Optimizer)) throw new ArgumentError(`${name}: expected an optimizer first`);
    this.optimizer = optimizer;
    this.options = options;
    this.lastEpoch = options.lastEpoch;
    this.check(options);
    if (options.lastEpoch === -1) this.prepare(options);
    for (const [i, group] of optimizer.paramGroups.entries()) {
      if (options.lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined) {
        throw new ValueError(
          `${name}: to go on from lastEpoch ${options.lastEpoch} group ${i} needs its initialLr; load the optimizer's state dict first`,
        );
      }
    }
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr as number);
    this.initialStep();
  }

  /** The rates of `lastEpoch`, one per group. */
  abstract getLr(): number[];

  /** The same without looking at the present rates; schedulers that have no such form leave it out. */
  protected closedForm?(): number[];

  /** Throws ValueError for an option out of range. */
  protected check(_options: O): void {}

  /** What a new schedule writes into the groups before its first step. */
  protected prepare(_options: O): void {}

  /** Begins at the first epoch; `SequentialLR` does it once more. */
  initialStep(): void {
    this.stepCount = 0;
    this.step();
  }

  /** The present rates of the groups. */
  protected get rates(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** Goes to the next epoch, or to `epoch`, and sets the groups' rates. */
  step(epoch: number | null = null): void {
    this.stepCount++;
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    this.assign(epoch !== null && this.closedForm !== undefined ? this.closedForm() : this.getLr());
  }

  protected assign(rates: readonly number[]): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = rates[i];
    });
    this.lastLr = this.rates;
  }

  /** The rates that the latest step set, one per group. */
  getLastLr(): number[] {
    return this.lastLr;
  }

  /** Everything but the optimizer and functions, as plain values for `tg.save`. Save the optimizer's state with it. */
  stateDict(): SchedulerState {
    const options = Object.entries(this.options).filter(([, value]) => !holdsFunction(value));
    return {
      ...Object.fromEntries(options.map(([key, value]) => [snake(key), value])),
      base_lrs: [...this.baseLrs],
      last_epoch: this.lastEpoch,
      step_count: this.stepCount,
      last_lr: [...this.lastLr],
    };
  }

  /** Goes on where a state was taken. StateDictError where it is none of a scheduler. */
  loadStateDict(state: SchedulerState): void {
    const { base_lrs, last_epoch, step_count, last_lr, ...options } = state;
    if (typeof last_epoch !== 'number' || !Array.isArray(base_lrs) || !Array.isArray(last_lr)) {
      throw new StateDictError(
        `${this.constructor.name}: expected a state as stateDict() gives, with base_lrs, last_epoch and last_lr`,
      );
    }
    for (const [key, value] of Object.entries(options)) {
      if (camel(key) in this.options) Object.assign(this.options, { [camel(key)]: value });
    }
    this.baseLrs = [...(base_lrs as number[])];
    this.lastEpoch = last_epoch;
    this.stepCount = step_count as number;
    this.lastLr = [...(last_lr as number[])];
  }

  /** An option as one number per group. */
  protected perGroup(option: string, value: PerGroup): readonly number[] {
    return perGroup(this.constructor.name, this.optimizer, option, value);
  }
}

function holdsFunction(value: unknown): boolean {
  return typeof value === 'function' || (Array.isArray(value) && value.some(holdsFunction));
}

/** One value per group; ValueError for a list of another length. */
export function perGroup<T>(name: string, { paramGroups }: Optimizer, option: string, value: T | readonly T[]): T[] {
  if (!Array.isArray(value)) return paramGroups.map(() => value as T);
  if (value.length !== paramGroups.length) {
    throw new ValueError(
      `${name}: ${option} has ${value.length} entries, the optimizer ${paramGroups.length} groups; they must be equal`,
    );
  }
  return [...value];
}
