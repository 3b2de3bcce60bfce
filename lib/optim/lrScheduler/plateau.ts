import type { Arguments } from '../../core/define.js';
import { ArgumentError, StateDictError, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../tensor.js';
import { Optimizer } from '../optimizer.js';
import { camel, options, snake } from '../options.js';
import { type PerGroup, perGroup, type SchedulerState } from './scheduler.js';

/** Options of `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric should become small or large. */
  mode: 'min' | 'max';
  /** Factor of a decay, 0.1 unless given; below 1. */
  factor: number;
  /** Epochs without improvement that are let pass, 10 unless given. */
  patience: number;
  /** What counts as an improvement, 1e-4 unless given: relative to the best, or absolute. */
  threshold: number;
  thresholdMode: 'rel' | 'abs';
  /** Epochs after a decay in which nothing is counted. */
  cooldown: number;
  /** The rate never falls below, 0 unless given. */
  minLr: PerGroup;
  /** Smaller changes of the rate are left out, 1e-8 unless given. */
  eps: number;
}

/**
 * Multiplies the rate by `factor` when a metric, handed to `step`, has not improved for more than `patience` epochs.
 * PyTorch: torch.optim.lr_scheduler.ReduceLROnPlateau.
 */
export class ReduceLROnPlateau {
  readonly optimizer: Optimizer;
  readonly options: ReduceLROnPlateauOptions;
  lastEpoch: number = 0;
  /** The best metric so far. */
  best: number;
  /** Epochs without improvement in a row. */
  numBadEpochs: number = 0;
  /** Epochs in which nothing is counted yet. */
  cooldownCounter: number = 0;
  private lastLr: number[];

  constructor(
    ...args: Arguments<
      [
        optimizer: Optimizer,
        mode?: 'min' | 'max',
        factor?: number,
        patience?: number,
        threshold?: number,
        thresholdMode?: 'rel' | 'abs',
        cooldown?: number,
        minLr?: PerGroup,
        eps?: number,
      ],
      Partial<ReduceLROnPlateauOptions>
    >
  ) {
    const o = options<ReduceLROnPlateauOptions>(
      "ReduceLROnPlateau(optimizer, mode='min', factor=0.1, patience=10, threshold=0.0001, thresholdMode='rel', cooldown=0, minLr=0, eps=1e-8)",
      args,
    );
    const [optimizer] = args as unknown[];
    if (!(optimizer instanceof Optimizer)) throw new ArgumentError('ReduceLROnPlateau: expected an optimizer first');
    if (!(o.factor < 1)) throw new ValueError(`ReduceLROnPlateau: factor must be below 1, got ${o.factor}`);
    if (o.mode !== 'min' && o.mode !== 'max') {
      throw new ValueError(`ReduceLROnPlateau: mode must be 'min' or 'max', got '${String(o.mode)}'`);
    }
    if (o.thresholdMode !== 'rel' && o.thresholdMode !== 'abs') {
      throw new ValueError(`ReduceLROnPlateau: thresholdMode must be 'rel' or 'abs', got '${String(o.thresholdMode)}'`);
    }
    perGroup('ReduceLROnPlateau', optimizer, 'minLr', o.minLr);
    this.optimizer = optimizer;
    this.options = o;
    this.best = o.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.lastLr = this.rates;
  }

  private get rates(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  private improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? metric < bar : metric > bar;
  }

  /** Takes the epoch's metric: a number, or a tensor of one element. */
  step(metrics: number | Tensor): void {
    const metric = typeof metrics === 'number' ? metrics : metrics.item();
    this.lastEpoch++;
    if (this.improves(metric)) {
      this.best = metric;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.options.patience) {
      this.reduce();
      this.cooldownCounter = this.options.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.rates;
  }

  private reduce(): void {
    const { factor, minLr, eps } = this.options;
    const lowest = perGroup('ReduceLROnPlateau', this.optimizer, 'minLr', minLr);
    this.optimizer.paramGroups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, lowest[i]);
      if (group.lr - lr > eps) group.lr = lr;
    });
  }

  /** The rates after the latest step, one per group. */
  getLastLr(): number[] {
    return this.lastLr;
  }

  /** Everything but the optimizer, as plain values for `tg.save`. */
  stateDict(): SchedulerState {
    return {
      ...Object.fromEntries(Object.entries(this.options).map(([key, value]) => [snake(key), value])),
      best: this.best,
      num_bad_epochs: this.numBadEpochs,
      cooldown_counter: this.cooldownCounter,
      last_epoch: this.lastEpoch,
      last_lr: [...this.lastLr],
    };
  }

  /** Goes on where a state was taken. StateDictError where it is none of this scheduler. */
  loadStateDict(state: SchedulerState): void {
    const { best, num_bad_epochs, cooldown_counter, last_epoch, last_lr, ...rest } = state;
    if (typeof best !== 'number' || typeof num_bad_epochs !== 'number' || !Array.isArray(last_lr)) {
      throw new StateDictError(
        'ReduceLROnPlateau: expected a state as stateDict() gives, with best and num_bad_epochs',
      );
    }
    for (const [key, value] of Object.entries(rest)) {
      if (camel(key) in this.options) Object.assign(this.options, { [camel(key)]: value });
    }
    this.best = best;
    this.numBadEpochs = num_bad_epochs;
    this.cooldownCounter = cooldown_counter as number;
    this.lastEpoch = last_epoch as number;
    this.lastLr = [...(last_lr as number[])];
  }
}
