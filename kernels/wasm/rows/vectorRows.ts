import { type Expression, FunctionBuilder, i32, type Local, lane, op, plus, shuffle, v128 } from '../assembler.js';
import { type Vector, Vectors } from '../vectors.js';

/** Bytes behind the last row that row loops may read and write: three elements beyond it. */
export const slack = 16;

/**
 * The vectors of a row: `body` gets the offset in bytes as a variable and a fixed part, and for the last elements of a row that is no
 * multiple of four a mask of those that count. Such a row is read beyond its end, and may be written there if what follows is written later.
 */
export class RowLoop {
  private readonly b: FunctionBuilder;
  readonly bytes: Local<'i32'>;
  private readonly whole: Local<'i32'>;
  private readonly left: Local<'i32'>;
  private readonly mask: Local<'v128'>;
  private readonly i: Local<'i32'>;

  constructor(b: FunctionBuilder, bytes: Local<'i32'>) {
    this.b = b;
    this.bytes = bytes;
    this.whole = b.define(op('i32.and', bytes, i32(-16)));
    this.left = b.define(op('i32.and', bytes, i32(12)));
    const elements = op('i32x4.splat', op('i32.shr_u', this.left, i32(2)));
    this.mask = b.define(op('i32x4.gt_s', elements, v128(Int32Array.of(0, 1, 2, 3))));
    this.i = b.local('i32');
  }

  /** Four vectors a turn, then one, then the masked one. */
  run(body: (offset: Local<'i32'>, fixed: number, mask: Vector | null) => void): void {
    const { b, i, whole } = this;
    b.set(i, i32(0));
    b.count(i, op('i32.sub', whole, i32(48)), 64, () => {
      for (let k = 0; k < 4; k++) body(i, 16 * k, null);
    });
    b.count(i, whole, 16, () => body(i, 0, null));
    b.when(this.left, () => body(i, 0, this.mask));
  }

  /**
   * Stores what `value` gives for each vector. Four are computed before the first of them is stored, so that the engine puts their
   * operations side by side.
   */
  write(to: Local<'i32'>, value: (offset: Local<'i32'>, fixed: number) => Vector): void {
    const { b, i, whole } = this;
    const turn = (places: readonly number[]): void => {
      const values = places.map((fixed) => b.define(value(i, fixed)));
      for (const [k, fixed] of places.entries()) b.store('v128.store', plus(to, i), values[k], fixed);
    };
    b.set(i, i32(0));
    b.count(i, op('i32.sub', whole, i32(48)), 64, () => turn([0, 16, 32, 48]));
    b.count(i, whole, 16, () => turn([0]));
    b.when(this.left, () => turn([0]));
  }

  /**
   * Adds up what `terms` gives for each vector, one value for each sum: `group` vectors meet in float32 before they become double.
   * Elements beyond the row's end count nothing, whatever they give.
   */
  sum(group: 1 | 2 | 4, sums: readonly DoubleSum[], terms: (offset: Local<'i32'>, fixed: number) => Vector[]): void {
    this.sumTogether(group, sums, (offset, fixed) => fixed.map((k) => terms(offset, k)));
  }

  /** The same for terms that are written side by side for a whole group. */
  sumTogether(
    group: 1 | 2 | 4,
    sums: readonly DoubleSum[],
    terms: (offset: Local<'i32'>, fixed: readonly number[]) => Vector[][],
  ): void {
    this.turns(group, (places, kept) => {
      const met = terms(this.i, places).map((values) => values.map((x) => this.b.define(x)));
      for (const [s, sum] of sums.entries()) sum.add(this.b.define(kept(together(met.map((values) => values[s])))));
    });
  }

  /** The same for sums that share nothing, one after the other: few registers, and none waits for another's end. */
  sumEach(
    group: 1 | 2 | 4,
    sums: readonly DoubleSum[],
    term: (k: number, offset: Local<'i32'>, fixed: number) => Vector,
  ): void {
    this.turns(group, (places, kept) => {
      for (const [k, sum] of sums.entries()) {
        const values = places.map((fixed) => this.b.define(term(k, this.i, fixed)));
        sum.add(this.b.define(kept(together(values))));
      }
    });
  }

  /** Groups of vectors, then one at a time, then the last elements, of whose values `kept` clears those that do not count. */
  private turns(group: 1 | 2 | 4, turn: (places: readonly number[], kept: (x: Vector) => Vector) => void): void {
    const { b, i, whole } = this;
    const all = (x: Vector): Vector => x;
    b.set(i, i32(0));
    if (group > 1) {
      const places = Array.from({ length: group }, (_, k) => 16 * k);
      b.count(i, op('i32.sub', whole, i32(16 * (group - 1))), 16 * group, () => turn(places, all));
    }
    b.count(i, whole, 16, () => turn([0], all));
    b.when(this.left, () => turn([0], (x) => op('v128.and', x, this.mask)));
  }

  /** Moves an address to the next row. */
  advance(address: Local<'i32'>): void {
    this.b.set(address, plus(address, this.bytes));
  }
}

/** The sum of some vectors, as a tree. */
function together(x: readonly Vector[]): Vector {
  if (x.length === 1) return x[0];
  const half = x.length / 2;
  return op('f32x4.add', together(x.slice(0, half)), together(x.slice(half)));
}

/** Four float32 as two pairs of double. */
export function halves(x: Local<'v128'>): [low: Vector, high: Vector] {
  return [op('f64x2.promote_low_f32x4', x), op('f64x2.promote_low_f32x4', shuffle(x, x, [2, 3, 2, 3]))];
}

/** Sums of float32 vectors in double. */
export class DoubleSum {
  private readonly b: FunctionBuilder;
  readonly low: Local<'v128'>;
  readonly high: Local<'v128'>;

  constructor(b: FunctionBuilder) {
    this.b = b;
    this.low = b.local('v128');
    this.high = b.local('v128');
  }

  clear(): void {
    const zero = v128(new Float64Array(2));
    this.b.set(this.low, zero);
    this.b.set(this.high, zero);
  }

  add(x: Local<'v128'>): void {
    const [low, high] = halves(x);
    this.b.set(this.low, op('f64x2.add', this.low, low));
    this.b.set(this.high, op('f64x2.add', this.high, high));
  }

  /** The sum over all lanes. */
  total(): Local<'f64'> {
    const both = this.b.define(op('f64x2.add', this.low, this.high));
    return this.b.define(op('f64.add', lane('f64x2.extract_lane', both, 0), lane('f64x2.extract_lane', both, 1)));
  }
}

/** The totals of two sums, in the lanes of one vector. */
export function totals(b: FunctionBuilder, sums: readonly [DoubleSum, DoubleSum]): Local<'v128'> {
  const [x, y] = sums.map(({ low, high }) => b.define(op('f64x2.add', low, high)));
  return b.define(op('f64x2.add', shuffle(x, y, [0, 1, 4, 5]), shuffle(x, y, [2, 3, 6, 7])));
}

/** One number of double in all lanes of float32. */
export function splat(x: Expression<'f64'>): Vector {
  return op('f32x4.splat', op('f32.demote_f64', x));
}

/** Two vectors of double in one of float32. */
export function demote(low: Vector, high: Vector): Vector {
  return shuffle(op('f32x4.demote_f64x2_zero', low), op('f32x4.demote_f64x2_zero', high), [0, 1, 4, 5]);
}

/** A writer of elementary functions whose constants, those that `body` meets, are variables set before the loops. */
export function vectorsFor(b: FunctionBuilder, trial: (v: Vectors) => void): Vectors {
  const first = new Vectors(new FunctionBuilder([]), new Map());
  trial(first);
  const constants = new Map<string, Vector>();
  for (const [key, value] of first.met) constants.set(key, b.define(value));
  return new Vectors(b, constants);
}
