import { type Expression, type FunctionBuilder, type Local, op, shuffle, v128 } from './assembler.js';

export type Vector = Expression<'v128'>;

/** Writes vectors into a function: each value that is used again becomes a variable, each constant one before the loops. */
export class Vectors {
  private readonly f: FunctionBuilder;
  private readonly constants: ReadonlyMap<string, Vector>;
  private readonly doubts: Local<'v128'> | null;
  private readonly rare: Local<'v128'> | null;
  /** Constants met so far, by key; a second pass finds them defined. */
  readonly met: Map<string, Vector> = new Map();
  /** Whether some operation may give up on its arguments. */
  doubtful = false;
  /** Whether some operation was written for usual arguments only. */
  hasRare = false;

  /** `doubts` collects the lanes that `doubt` is told of, `rare` those of `exclude`: without it every operation is written for all arguments. */
  constructor(
    f: FunctionBuilder,
    constants: ReadonlyMap<string, Vector>,
    doubts: Local<'v128'> | null = null,
    rare: Local<'v128'> | null = null,
  ) {
    this.f = f;
    this.constants = constants;
    this.doubts = doubts;
    this.rare = rare;
  }

  /** Whether operations may leave out rare arguments, which they `exclude`: their block is computed again for all arguments. */
  get quick(): boolean {
    return this.rare !== null;
  }

  /** Notes lanes whose arguments are left out. */
  exclude(mask: Vector): void {
    this.hasRare = true;
    if (this.rare !== null) this.f.set(this.rare, op('v128.or', this.rare, mask));
  }

  /** A value that is computed once. */
  keep(value: Vector): Vector {
    return this.f.define(value);
  }

  /** Notes lanes whose arguments are out of an operation's reach: the tile is computed again, one element at a time. */
  doubt(mask: Vector): void {
    this.doubtful = true;
    if (this.doubts !== null) this.f.set(this.doubts, op('v128.or', this.doubts, mask));
  }

  /** One float32 in every lane. */
  float(value: number): Vector {
    return this.constant('f', value, () => v128(new Float32Array(4).fill(value)));
  }

  /** One float64 in both lanes. */
  double(value: number): Vector {
    return this.constant('d', value, () => v128(new Float64Array(2).fill(value)));
  }

  /** One integer in every lane. */
  integer(value: number): Vector {
    return this.constant('i', value, () => v128(new Int32Array(4).fill(value)));
  }

  /** One integer of 64 bits in both lanes. */
  long(value: bigint): Vector {
    return this.constant('l', value, () => v128(new BigInt64Array(2).fill(value)));
  }

  private constant(kind: string, value: number | bigint, make: () => Vector): Vector {
    const key = `${kind}${Object.is(value, -0) ? '-0' : value}`;
    const made = this.met.get(key) ?? make();
    this.met.set(key, made);
    return this.constants.get(key) ?? made;
  }
}

// The usual four operations on float32.
export const add = (a: Vector, b: Vector): Vector => op('f32x4.add', a, b);
export const sub = (a: Vector, b: Vector): Vector => op('f32x4.sub', a, b);
export const mul = (a: Vector, b: Vector): Vector => op('f32x4.mul', a, b);
export const div = (a: Vector, b: Vector): Vector => op('f32x4.div', a, b);
/** Lanes of `a` where the mask is set, of `b` elsewhere. */
export const select = (mask: Vector, a: Vector, b: Vector): Vector => op('v128.bitselect', a, b, mask);
export const size = (a: Vector): Vector => op('f32x4.abs', a);
/** The bit of the sign alone. */
export const signBit = (v: Vectors, a: Vector): Vector => op('v128.and', a, v.integer(-0x80000000));
export const either = (a: Vector, b: Vector): Vector => op('v128.or', a, b);
export const both = (a: Vector, b: Vector): Vector => op('v128.and', a, b);

/** Value of a polynomial in float32 with coefficients from the lowest power up (Horner). */
export function polynomial(v: Vectors, x: Vector, coefficients: readonly number[]): Vector {
  return coefficients.map((c) => v.float(c)).reduceRight((sum, c) => add(mul(sum, x), c));
}

/** A function of float64 applied to four float32: two lanes at a time. */
export function inDouble(v: Vectors, act: (...x: Vector[]) => Vector, ...x: Vector[]): Vector {
  const low = act(...x.map((a) => v.keep(op('f64x2.promote_low_f32x4', a))));
  const high = act(...x.map((a) => v.keep(op('f64x2.promote_low_f32x4', shuffle(a, a, [2, 3, 2, 3])))));
  return shuffle(op('f32x4.demote_f64x2_zero', low), op('f32x4.demote_f64x2_zero', high), [0, 1, 4, 5]);
}
