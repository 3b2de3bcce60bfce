import { lines } from '../product/staging.js';
import type { Work } from '../threads/threads.js';
import type { Engine } from './convolutionTools.js';
import { blank, elements, type Images, layOut, type Padded, writeImages } from './images.js';

const { ceil, floor, max, min } = Math;

/** Images are taken in waves of `size`, of which `slots` lie in the heap at a time. */
export interface Waves {
  readonly images: number;
  readonly size: number;
  readonly slots: number;
}

/**
 * Waves of whole chunks, one for two threads where no number is given: then what they compute stays near the processors. A second slot
 * lets the caller stage a wave while the threads compute another.
 */
export function wavesOf({ pool }: Engine, images: number, chunk: number, chunks?: number): Waves {
  const size = pool === null ? chunk : min(images, chunk * (chunks ?? max(1, floor(pool.threads / 2))));
  return { images, size, slots: pool === null || size === images ? 1 : 2 };
}

/** What is done for the images of a wave, which begin at `first`. */
type Run = (first: number, count: number, slot: number) => void;

/** A step on the way of a wave: calls that are added to the work, and what the caller does while the threads make them. */
export interface Step {
  readonly threads?: Run;
  readonly caller?: Run;
}

/**
 * Does all steps for each wave, one after the other: on several threads step k of a wave at the time of step k + 1 of the one before. What lies
 * between two steps that follow each other has a place in each slot. Gives the sum of what the kernels returned; once that is not finite it
 * leaves the rest.
 */
export function inWaves(work: Work, { images, size, slots }: Waves, distance: number, steps: readonly Step[]): number {
  const waves = ceil(images / size);
  // One after the other, or all at a time: of the products, which take longest, before the next images' layout.
  const apart = slots === 1 ? steps.length : 1;
  const last = steps.length - 1;
  let sum = 0;
  for (let time = 0; time < waves * apart + (slots === 1 ? 0 : last) && Number.isFinite(sum); time++) {
    const each = (who: keyof Step): void => {
      for (let k = last; k >= 0; k--) {
        const wave = (time - k) / apart;
        if (wave < 0 || wave >= waves || !Number.isInteger(wave)) continue;
        steps[k][who]?.(wave * size, min(size, images - wave * size), wave % slots);
      }
    };
    each('threads');
    const finish = work.begin(distance);
    each('caller');
    sum += finish();
  }
  return sum;
}

/** What comes into the heap: written by the caller, and if `copied` then laid out by the threads. */
export interface Incoming {
  readonly copied: boolean;
  readonly write: Run;
  layOut(work: Work, count: number, slot: number): void;
}

/** Images on their way into the heap, in another layout where they need one. */
export class Intake implements Incoming {
  /** Bytes of the two areas that it needs. */
  readonly bytes: readonly [raw: number, zeros: number];
  readonly copied: boolean;
  private readonly engine: Engine;
  private readonly from: Images;
  private readonly groups: number;
  private readonly to: Padded;
  private readonly rawSlot: number;
  private readonly slot: number;
  private raw: number = 0;
  private zeros: number = 0;

  constructor(engine: Engine, from: Images, groups: number, to: Padded, { size, slots }: Waves) {
    this.engine = engine;
    this.from = from;
    this.groups = groups;
    this.to = to;
    this.copied = to.copied;
    this.rawSlot = lines(4 * size * elements(groups, from));
    this.slot = to.copied ? lines(4 * size * to.size) : this.rawSlot;
    this.bytes = [slots * this.rawSlot, to.copied ? slots * this.slot : 0];
  }

  /** Takes the areas; nothing else may use the second one from here on. */
  begin(raw: number, zeros: number): void {
    this.raw = raw;
    this.zeros = zeros;
    blank(this.engine.heap, zeros, this.bytes[1] / 4);
  }

  /** Where a slot's images lie in the end. */
  at(slot: number): number {
    return (this.copied ? this.zeros : this.raw) + slot * this.slot;
  }

  write(first: number, count: number, slot: number): void {
    writeImages(this.engine, this.from, this.groups, first, count, this.raw + slot * this.rawSlot);
  }

  layOut(work: Work, count: number, slot: number): void {
    const raw = this.raw + slot * this.rawSlot;
    layOut(this.engine, work, this.from, this.groups, count, raw, this.to, this.at(slot));
  }
}

/** The steps that bring all in, for the step behind them. */
export function intakeSteps(work: Work, ...intakes: readonly Incoming[]): Step[] {
  const [copied, plain] = [intakes.filter((x) => x.copied), intakes.filter((x) => !x.copied)];
  const write =
    (list: readonly Incoming[]): Run =>
    (first, count, slot) => {
      for (const x of list) x.write(first, count, slot);
    };
  if (copied.length === 0) return [{ caller: write(plain) }];
  const layOut: Run = (_, count, slot) => {
    for (const x of copied) x.layOut(work, count, slot);
  };
  return [{ caller: write(copied) }, { threads: layOut, caller: write(plain) }];
}
