import { type FunctionBuilder, type Local, op, v128 } from '../assembler.js';
import type { Vector } from '../vectors.js';
import { writeRowSums } from './rowSums.js';
import { demote, halves } from './vectorRows.js';

/** What is known of four lines, a lane each, and what their next elements do to it. */
export interface Step {
  /** Variables that go on from one piece of the lines to the next, and what they are before the first. */
  readonly carried: readonly (readonly [variable: Local<'v128'>, start: Vector])[];
  /** Takes the next elements and gives what is written in their place. `doubts` collects lanes that only the way without it gets right. */
  take(x: Local<'v128'>, doubts: Local<'v128'> | null): readonly Vector[];
}

/** A kind of walk along lines. */
export interface Walk {
  /** How many outputs have an element for each that is taken. */
  readonly outputs: 0 | 1 | 2;
  /** Whether there is a quick way, with doubts. */
  readonly doubtful: boolean;
  /** Whether it goes from the end of a line to its beginning. */
  readonly backwards: boolean;
  /** The step at a place along the lines, which all lanes hold. */
  step(b: FunctionBuilder, place: Local<'v128'>): Step;
  /** Writes what takes a row by itself: few rows would leave lanes empty, and each element wait for the one before. */
  readonly alone?: (b: FunctionBuilder, row: Row) => void;
}

/** A row's places in memory: its elements, what is written for them, what is carried on, and whether it has begun. */
export interface Row {
  readonly from: Local<'i32'>;
  readonly to: Local<'i32'>;
  readonly state: Local<'i32'>;
  readonly bytes: Local<'i32'>;
  readonly first: Local<'i32'>;
}

const floats = (value: number): Vector => v128(new Float32Array(4).fill(value));
const none = v128(new Int32Array(4));

/** Running sums or products, in double. */
export function folding(kind: 'sum' | 'prod', backwards: boolean): Walk {
  const name = kind === 'sum' ? 'f64x2.add' : 'f64x2.mul';
  const start = v128(new Float64Array(2).fill(kind === 'sum' ? 0 : 1));
  const step = (b: FunctionBuilder): Step => {
    const running = [b.local('v128'), b.local('v128')];
    return {
      carried: running.map((half) => [half, start] as const),
      take(x) {
        for (const [k, half] of halves(x).entries()) b.set(running[k], op(name, running[k], half));
        return [demote(running[0], running[1])];
      },
    };
  };
  const alone = kind === 'sum' ? (b: FunctionBuilder, row: Row): void => writeRowSums(b, row, backwards) : undefined;
  return { outputs: 1, doubtful: false, backwards, step, alone };
}

/** Running extremes and where they are: equal elements take the place, and NaN, which only another NaN takes. */
export function runningExtreme(kind: 'max' | 'min'): Walk {
  const name = kind === 'max' ? 'f32x4.ge' : 'f32x4.le';
  const start = floats(kind === 'max' ? -Infinity : Infinity);
  const step = (b: FunctionBuilder, place: Local<'v128'>): Step => {
    const [best, index] = [b.local('v128'), b.local('v128')];
    return {
      carried: [
        [best, start],
        [index, none],
      ],
      take(x) {
        const better = b.define(op('v128.or', op(name, x, best), op('f32x4.ne', x, x)));
        b.set(best, op('v128.bitselect', x, best, better));
        // Places only grow.
        b.set(index, op('i32x4.max_s', index, op('v128.and', place, better)));
        return [best, index];
      },
    };
  };
  return { outputs: 2, doubtful: false, backwards: false, step };
}

/** The first of the extremes and where it is; the quick way does not see NaN behind the first element. */
export function extreme(kind: 'max' | 'min'): Walk {
  const [name, pick] = kind === 'max' ? (['f32x4.gt', 'f32x4.pmax'] as const) : (['f32x4.lt', 'f32x4.pmin'] as const);
  const start = floats(kind === 'max' ? -Infinity : Infinity);
  const step = (b: FunctionBuilder, place: Local<'v128'>): Step => {
    const [best, index] = [b.local('v128'), b.local('v128')];
    const missing = (x: Vector): Vector => op('f32x4.ne', x, x);
    return {
      carried: [
        [best, start],
        [index, none],
      ],
      take(x, doubts) {
        const larger = op(name, x, best);
        const better = b.define(doubts ? larger : op('v128.or', larger, op('v128.andnot', missing(x), missing(best))));
        if (doubts) b.set(doubts, op('v128.or', doubts, missing(x)));
        b.set(best, doubts ? op(pick, best, x) : op('v128.bitselect', x, best, better));
        b.set(index, op('i32x4.max_s', index, op('v128.and', place, better)));
        return [];
      },
    };
  };
  return { outputs: 0, doubtful: true, backwards: false, step };
}
