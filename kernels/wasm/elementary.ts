import { type Expression, type FunctionBuilder, i32, op, v128 } from './assembler.js';

type Vector = Expression<'v128'>;

/** Writes vectors of four float32 into a function: each value that is used again becomes a variable, each constant one before the loops. */
export class Vectors {
  private readonly f: FunctionBuilder;
  private readonly constants: ReadonlyMap<string, Vector>;
  /** Constants met so far, by key; a second pass finds them defined. */
  readonly met: Map<string, Vector> = new Map();

  constructor(f: FunctionBuilder, constants: ReadonlyMap<string, Vector>) {
    this.f = f;
    this.constants = constants;
  }

  /** A value that is computed once. */
  keep(value: Vector): Vector {
    return this.f.define(value);
  }

  /** One float32 in every lane. */
  float(value: number): Vector {
    return this.constant(`f${Object.is(value, -0) ? '-0' : value}`, v128(new Float32Array(4).fill(value)));
  }

  /** One integer in every lane. */
  integer(value: number): Vector {
    return this.constant(`i${value}`, v128(new Int32Array(4).fill(value)));
  }

  private constant(key: string, value: Vector): Vector {
    this.met.set(key, value);
    return this.constants.get(key) ?? value;
  }
}

const add = (a: Vector, b: Vector): Vector => op('f32x4.add', a, b);
const sub = (a: Vector, b: Vector): Vector => op('f32x4.sub', a, b);
const mul = (a: Vector, b: Vector): Vector => op('f32x4.mul', a, b);
const select = (mask: Vector, a: Vector, b: Vector): Vector => op('v128.bitselect', a, b, mask);

/** Value of a polynomial with coefficients from the lowest power up (Horner). */
function polynomial(v: Vectors, x: Vector, coefficients: readonly number[]): Vector {
  return coefficients.map((c) => v.float(c)).reduceRight((sum, c) => add(mul(sum, x), c));
}

/** 1.5 * 2^23: added to a small number it leaves the nearest integer in the last bits. */
const magic = 12582912;
const magicBits = 0x4b400000;

/** exp(x) = 2^n (1 + p) for -104 <= x <= 89: p, and n in the last bits of `shifted`. log(2) is 355 / 512 and a rest (W. J. Cody and W. Waite, 1980). */
function expParts(v: Vectors, x: Vector): { shifted: Vector; p: Vector } {
  const shifted = v.keep(add(mul(x, v.float(Math.LOG2E)), v.float(magic)));
  const whole = v.keep(sub(shifted, v.float(magic)));
  const r = v.keep(sub(sub(x, mul(whole, v.float(0.693359375))), mul(whole, v.float(Math.LN2 - 0.693359375))));
  const square = v.keep(mul(r, r));
  const pair = (a: number, b: number): Vector => add(v.float(a), mul(v.float(b), r));
  // Minimax for (exp(r) - 1 - r) / r^2 (S. Moshier, Cephes), by Estrin's scheme: the chain of dependent operations is half as long.
  const low = pair(5.0000001201e-1, 1.6666665459e-1);
  const high = add(pair(4.1665795894e-2, 8.3334519073e-3), mul(square, pair(1.3981999507e-3, 1.98756915e-4)));
  const tail = mul(square, add(low, mul(square, high)));
  return { shifted, p: v.keep(add(tail, r)) };
}

/** 2^n for -126 <= n <= 127 in the last bits: the shift drops the others. */
function power(v: Vectors, n: Vector): Vector {
  return op('i32x4.add', op('i32x4.shl', n, i32(23)), v.integer(127 << 23));
}

function clamp(v: Vectors, x: Vector, low: number, high: number): Vector {
  return v.keep(op('f32x4.pmin', op('f32x4.pmax', x, v.float(low)), v.float(high)));
}

export function exp(v: Vectors, x: Vector): Vector {
  const { shifted, p } = expParts(v, clamp(v, x, -104, 89));
  const n = v.keep(op('i32x4.sub', shifted, v.integer(magicBits)));
  // In two factors: 2^n alone may overflow or vanish where the result does not.
  const half = v.keep(op('i32x4.shr_s', n, i32(1)));
  return mul(mul(add(p, v.float(1)), power(v, half)), power(v, op('i32x4.sub', n, half)));
}

/** 2^64 exp(x) for x of at most 0: what is too small for a normal number of float32 stays exact. */
export function raisedExp(v: Vectors, x: Vector): Vector {
  const { shifted, p } = expParts(v, v.keep(op('f32x4.pmax', x, v.float(-104))));
  const scale = op('i32x4.add', op('i32x4.shl', shifted, i32(23)), v.integer((127 + 64) << 23));
  return mul(add(p, v.float(1)), scale);
}

/** exp(x) - 1 for -18 <= x <= 60. */
function expm1Within(v: Vectors, x: Vector): Vector {
  const { shifted, p } = expParts(v, x);
  const scale = v.keep(power(v, shifted));
  return v.keep(add(mul(scale, p), sub(scale, v.float(1))));
}

export function expm1(v: Vectors, x: Vector): Vector {
  const near = expm1Within(v, clamp(v, x, -18, 60));
  // Adding nothing to a zero would lose its sign.
  const small = select(op('f32x4.eq', x, v.float(0)), x, near);
  return select(op('f32x4.gt', x, v.float(60)), exp(v, x), small);
}

/** Within 2.3 units in the last place: exp(2 |x|) - 1 over itself plus 2, with the sign of x. */
export function tanh(v: Vectors, x: Vector): Vector {
  const size = op('f32x4.pmin', op('f32x4.abs', x), v.float(9));
  const e = expm1Within(v, v.keep(mul(size, v.float(2))));
  return op('v128.or', op('f32x4.div', e, add(e, v.float(2))), op('v128.and', x, v.integer(-0x80000000)));
}

/** log(x) for x that is normal, finite and positive, times `shift` powers of 2. */
function logNormal(v: Vectors, x: Vector, shift: Vector): Vector {
  // x = 2^e m with m between sqrt(1/2) and sqrt(2).
  const bits = v.keep(op('i32x4.add', x, v.integer(0x3f800000 - 0x3f3504f3)));
  const exponent = op('i32x4.sub', op('i32x4.shr_s', bits, i32(23)), v.integer(127));
  const e = v.keep(add(op('f32x4.convert_i32x4_s', exponent), shift));
  const m = op('i32x4.add', op('v128.and', bits, v.integer(0x7fffff)), v.integer(0x3f3504f3));
  const f = v.keep(sub(m, v.float(1)));
  const s = v.keep(op('f32x4.div', f, add(f, v.float(2))));
  const z = v.keep(mul(s, s));
  const half = v.keep(mul(mul(f, v.float(0.5)), f));
  const series = mul(z, polynomial(v, z, [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11]));
  const rest = add(mul(s, add(half, series)), mul(e, v.float(1.42860682e-6)));
  return add(mul(e, v.float(0.693145752)), sub(f, sub(half, rest)));
}

export function log(v: Vectors, x: Vector): Vector {
  const tiny = v.keep(op('f32x4.lt', x, v.float(2 ** -126)));
  const lifted = v.keep(select(tiny, mul(x, v.float(2 ** 23)), x));
  const value = logNormal(v, lifted, op('v128.and', tiny, v.float(-23)));
  const infinite = op('f32x4.eq', x, v.float(Infinity));
  // Infinity and NaN stand for themselves, below 0 there is nothing.
  const usual = select(op('v128.or', infinite, op('f32x4.ne', x, x)), x, value);
  const negative = select(op('f32x4.lt', x, v.float(0)), v.float(NaN), usual);
  return select(op('f32x4.eq', x, v.float(0)), v.float(-Infinity), negative);
}

export function log1p(v: Vectors, x: Vector): Vector {
  const u = v.keep(add(x, v.float(1)));
  const value = v.keep(log(v, u));
  // What 1 + x lost in rounding.
  const lost = op('f32x4.div', sub(x, sub(u, v.float(1))), u);
  const edge = op('v128.or', op('f32x4.eq', u, v.float(0)), op('f32x4.eq', u, v.float(Infinity)));
  return select(op('f32x4.eq', u, v.float(1)), x, select(edge, value, add(value, lost)));
}

export function sign(v: Vectors, x: Vector): Vector {
  const one = op('v128.or', op('v128.and', x, v.integer(-0x80000000)), v.float(1));
  const unequal = op('v128.or', op('f32x4.lt', x, v.float(0)), op('f32x4.gt', x, v.float(0)));
  return select(unequal, one, x);
}
