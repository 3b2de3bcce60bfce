import type { Arguments } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Optimizer } from '../optimizer.js';
import { checkCount, checkRange, options } from '../options.js';
import { LRScheduler, type PerGroup, type ScheduleOptions } from './scheduler.js';

type Group = Optimizer['paramGroups'][number];

function checkMomentum(name: string, { defaults }: Optimizer): void {
  if ('momentum' in defaults || 'betas' in defaults) return;
  throw new ValueError(`${name}: the optimizer has no momentum to cycle; set cycleMomentum to false`);
}

/** Sets what acts as momentum: `momentum`, or the first of `betas`. */
function setMomentum(group: Group, value: number): void {
  if (group.betas === undefined) group.momentum = value;
  else group.betas = [value, group.betas[1]];
}

/** Options of `OneCycleLR`. */
export interface OneCycleLROptions extends ScheduleOptions {
  /** The rate at the top. */
  maxLr: PerGroup;
  /** Steps of the whole cycle; or `epochs` and `stepsPerEpoch`. */
  totalSteps: number | null;
  epochs: number | null;
  stepsPerEpoch: number | null;
  /** The part of the cycle in which the rate rises, 0.3 unless given. */
  pctStart: number;
  annealStrategy: 'cos' | 'linear';
  /** Moves momentum against the rate, between `maxMomentum` (0.95) and `baseMomentum` (0.85). */
  cycleMomentum: boolean;
  baseMomentum: PerGroup;
  maxMomentum: PerGroup;
  /** The cycle starts at maxLr / divFactor, 25 unless given. */
  divFactor: number;
  /** It ends at that rate / finalDivFactor, 1e4 unless given. */
  finalDivFactor: number;
  /** Falls first to where it started, then to the end. */
  threePhase: boolean;
}

type Rate = 'initialLr' | 'maxLr' | 'minLr';
type Momentum = 'maxMomentum' | 'baseMomentum';

/** A part of the cycle: its last step, and between which values rate and momentum move. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [Rate, Rate];
  readonly momentum: readonly [Momentum, Momentum];
}

/**
 * One rise and one fall of the rate, and of momentum against it, over the whole training: `step` after each batch (Smith and Topin 2018:
 * Super-Convergence). ValueError at a step beyond the last. PyTorch: torch.optim.lr_scheduler.OneCycleLR.
 */
export class OneCycleLR extends LRScheduler<OneCycleLROptions> {
  constructor(
    ...args: Arguments<
      [
        optimizer: Optimizer,
        maxLr: PerGroup,
        totalSteps?: number | null,
        epochs?: number | null,
        stepsPerEpoch?: number | null,
        pctStart?: number,
        annealStrategy?: 'cos' | 'linear',
        cycleMomentum?: boolean,
        baseMomentum?: PerGroup,
        maxMomentum?: PerGroup,
        divFactor?: number,
        finalDivFactor?: number,
        threePhase?: boolean,
        lastEpoch?: number,
      ],
      Partial<OneCycleLROptions>
    >
  ) {
    super(
      args[0] as Optimizer,
      options(
        "OneCycleLR(optimizer, maxLr, totalSteps=null, epochs=null, stepsPerEpoch=null, pctStart=0.3, annealStrategy='cos', cycleMomentum=true, baseMomentum=0.85, maxMomentum=0.95, divFactor=25, finalDivFactor=10000, threePhase=false, lastEpoch=-1)",
        args,
      ),
    );
  }

  protected override check(o: OneCycleLROptions): void {
    if (o.totalSteps === null) {
      if (o.epochs === null || o.stepsPerEpoch === null) {
        throw new ValueError('OneCycleLR: give totalSteps, or epochs and stepsPerEpoch');
      }
      checkCount('OneCycleLR', 'epochs', o.epochs);
      checkCount('OneCycleLR', 'stepsPerEpoch', o.stepsPerEpoch);
      o.totalSteps = o.epochs * o.stepsPerEpoch;
    }
    checkCount('OneCycleLR', 'totalSteps', o.totalSteps);
    if (!(o.pctStart >= 0 && o.pctStart <= 1)) {
      throw new ValueError(`OneCycleLR: pctStart must be from 0 to 1, got ${o.pctStart}`);
    }
    checkStrategy('OneCycleLR', o.annealStrategy);
    if (o.cycleMomentum) checkMomentum('OneCycleLR', this.optimizer);
  }

  protected override prepare(o: OneCycleLROptions): void {
    const maxLrs = this.perGroup('maxLr', o.maxLr);
    const high = this.perGroup('maxMomentum', o.maxMomentum);
    const low = this.perGroup('baseMomentum', o.baseMomentum);
    this.optimizer.paramGroups.forEach((group, i) => {
      const initialLr = maxLrs[i] / o.divFactor;
      Object.assign(group, { initialLr, maxLr: maxLrs[i], minLr: initialLr / o.finalDivFactor });
      if (!o.cycleMomentum) return;
      setMomentum(group, high[i]);
      Object.assign(group, { maxMomentum: high[i], baseMomentum: low[i] });
    });
  }

  private phases(): readonly Phase[] {
    const { pctStart, threePhase } = this.options;
    const total = this.options.totalSteps as number;
    const top = pctStart * total - 1;
    const rise: Phase = { end: top, lr: ['initialLr', 'maxLr'], momentum: ['maxMomentum', 'baseMomentum'] };
    const fall = { end: total - 1, lr: ['maxLr', 'minLr'], momentum: ['baseMomentum', 'maxMomentum'] } as const;
    if (!threePhase) return [rise, fall];
    return [
      rise,
      { end: 2 * pctStart * total - 2, lr: ['maxLr', 'initialLr'], momentum: ['baseMomentum', 'maxMomentum'] },
      { end: total - 1, lr: ['initialLr', 'minLr'], momentum: ['maxMomentum', 'maxMomentum'] },
    ];
  }

  getLr(): number[] {
    const { totalSteps, annealStrategy, cycleMomentum } = this.options;
    const t = this.lastEpoch;
    if (t > (totalSteps as number)) {
      throw new ValueError(`OneCycleLR: step ${t + 1} of a cycle of ${totalSteps} steps; make totalSteps larger`);
    }
    const phases = this.phases();
    const found = phases.findIndex((phase) => t <= phase.end);
    const at = found < 0 ? phases.length - 1 : found;
    const start = at === 0 ? 0 : phases[at - 1].end;
    const { end, lr, momentum } = phases[at];
    const part = (t - start) / (end - start);
    const between = annealStrategy === 'cos' ? alongCosine : alongLine;
    return this.optimizer.paramGroups.map((group) => {
      const value = (name: Rate | Momentum): number => group[name] as number;
      if (cycleMomentum) setMomentum(group, between(value(momentum[0]), value(momentum[1]), part));
      return between(value(lr[0]), value(lr[1]), part);
    });
  }
}

function alongCosine(start: number, end: number, part: number): number {
  return end + ((start - end) / 2) * (Math.cos(Math.PI * part) + 1);
}

function alongLine(start: number, end: number, part: number): number {
  return (end - start) * part + start;
}

/** Throws for an annealing strategy that is neither 'cos' nor 'linear'. */
export function checkStrategy(name: string, strategy: string): void {
  if (strategy === 'cos' || strategy === 'linear') return;
  throw new ValueError(`${name}: annealStrategy must be 'cos' or 'linear', got '${strategy}'`);
}

/** Options of `CyclicLR`. */
export interface CyclicLROptions extends ScheduleOptions {
  baseLr: PerGroup;
  maxLr: PerGroup;
  /** Steps of the rising half, 2000 unless given. */
  stepSizeUp: number;
  /** Steps of the falling half, as many unless given. */
  stepSizeDown: number | null;
  /** All peaks alike; each half as high as the one before; or lower by gamma^step. */
  mode: 'triangular' | 'triangular2' | 'exp_range';
  gamma: number;
  /** Height of the peaks instead of `mode`, of the cycle's number from 1 on, or of the step. */
  scaleFn: ((x: number) => number) | null;
  scaleMode: 'cycle' | 'iterations';
  /** Moves momentum against the rate, between `maxMomentum` (0.9) and `baseMomentum` (0.8). */
  cycleMomentum: boolean;
  baseMomentum: PerGroup;
  maxMomentum: PerGroup;
}

/**
 * The rate rises and falls between two bounds in straight lines, momentum against it: `step` after each batch (Smith 2017: Cyclical learning
 * rates for training neural networks). PyTorch: torch.optim.lr_scheduler.CyclicLR.
 */
export class CyclicLR extends LRScheduler<CyclicLROptions> {
  constructor(
    ...args: Arguments<
      [
        optimizer: Optimizer,
        baseLr: PerGroup,
        maxLr: PerGroup,
        stepSizeUp?: number,
        stepSizeDown?: number | null,
        mode?: CyclicLROptions['mode'],
        gamma?: number,
        scaleFn?: ((x: number) => number) | null,
        scaleMode?: CyclicLROptions['scaleMode'],
        cycleMomentum?: boolean,
        baseMomentum?: PerGroup,
        maxMomentum?: PerGroup,
        lastEpoch?: number,
      ],
      Partial<CyclicLROptions>
    >
  ) {
    super(
      args[0] as Optimizer,
      options(
        "CyclicLR(optimizer, baseLr, maxLr, stepSizeUp=2000, stepSizeDown=null, mode='triangular', gamma=1, scaleFn=null, scaleMode='cycle', cycleMomentum=true, baseMomentum=0.8, maxMomentum=0.9, lastEpoch=-1)",
        args,
      ),
    );
    this.baseLrs = [...this.perGroup('baseLr', this.options.baseLr)];
  }

  protected override check({ stepSizeUp, stepSizeDown, mode, scaleFn, cycleMomentum }: CyclicLROptions): void {
    checkRange('CyclicLR', 'stepSizeUp', stepSizeUp, Number.MIN_VALUE);
    checkRange('CyclicLR', 'stepSizeDown', stepSizeDown ?? stepSizeUp, Number.MIN_VALUE);
    if (scaleFn === null && !['triangular', 'triangular2', 'exp_range'].includes(mode)) {
      throw new ValueError(`CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got '${mode}'`);
    }
    if (cycleMomentum) checkMomentum('CyclicLR', this.optimizer);
  }

  protected override prepare({ baseLr, cycleMomentum, baseMomentum }: CyclicLROptions): void {
    const rates = this.perGroup('baseLr', baseLr);
    const momenta = this.perGroup('baseMomentum', baseMomentum);
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = rates[i];
      if (cycleMomentum) setMomentum(group, momenta[i]);
    });
  }

  /** How high the present cycle's peak is, of the whole way. */
  private peak(cycle: number): number {
    const { mode, gamma, scaleFn, scaleMode } = this.options;
    if (scaleFn !== null) return scaleFn(scaleMode === 'cycle' ? cycle : this.lastEpoch);
    if (mode === 'exp_range') return gamma ** this.lastEpoch;
    return mode === 'triangular' ? 1 : 1 / 2 ** (cycle - 1);
  }

  getLr(): number[] {
    const o = this.options;
    const size = o.stepSizeUp + (o.stepSizeDown ?? o.stepSizeUp);
    const top = o.stepSizeUp / size;
    const cycle = Math.floor(1 + this.lastEpoch / size);
    const x = 1 + this.lastEpoch / size - cycle;
    const height = (x <= top ? x / top : (x - 1) / (top - 1)) * this.peak(cycle);
    if (o.cycleMomentum) {
      const low = this.perGroup('baseMomentum', o.baseMomentum);
      const high = this.perGroup('maxMomentum', o.maxMomentum);
      this.optimizer.paramGroups.forEach((group, i) => {
        setMomentum(group, high[i] - (high[i] - low[i]) * height);
      });
    }
    const peaks = this.perGroup('maxLr', o.maxLr);
    return this.baseLrs.map((lr, i) => lr + (peaks[i] - lr) * height);
  }
}
