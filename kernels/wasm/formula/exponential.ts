import { i32, op } from '../assembler.js';
import { add, div, either, mul, select, signBit, size, sub, type Vector, type Vectors } from '../vectors.js';

/** 1.5 * 2^23: added to a small number it leaves the nearest integer in the last bits. */
const magic = 12582912;

/** Sizes up to which the power of 2 in an exponential is a normal number, and half of one. */
const reach = 87;

/** exp(x) = 2^n (1 + p): p, and n plus an offset in the last bits of `shifted`. */
interface Parts {
  readonly shifted: Vector;
  readonly p: Vector;
}

/**
 * The parts of exp for -133 <= x <= 89; those of several are written step by step side by side, so that each constant is fetched once for
 * all. log(2) is 355 / 512 and a rest (W. J. Cody and W. Waite, 1980).
 */
function expParts(v: Vectors, x: readonly Vector[], offset: number): Parts[] {
  const each = (f: (k: number) => Vector): Vector[] => x.map((_, k) => v.keep(f(k)));
  const shifted = each((k) => add(mul(x[k], v.float(Math.LOG2E)), v.float(magic + offset)));
  const whole = each((k) => sub(shifted[k], v.float(magic + offset)));
  const most = each((k) => sub(x[k], mul(whole[k], v.float(0.693359375))));
  const r = each((k) => sub(most[k], mul(whole[k], v.float(Math.LN2 - 0.693359375))));
  const square = each((k) => mul(r[k], r[k]));
  // Minimax for (exp(r) - 1 - r) / r^2, by Estrin's scheme: the chain of dependent operations is half as long.
  const low = each((k) => add(v.float(4.999999814e-1), mul(v.float(1.666654317e-1), r[k])));
  const high = each((k) => add(v.float(4.166720193e-2), mul(v.float(8.366580894e-3), r[k])));
  const higher = each((k) => add(high[k], mul(square[k], v.float(1.388249997e-3))));
  const series = each((k) => add(low[k], mul(square[k], higher[k])));
  const p = each((k) => add(mul(square[k], series[k]), r[k]));
  return x.map((_, k) => ({ shifted: shifted[k], p: p[k] }));
}

/** What float32 adds to its exponents. */
const bias = 127;

/** 2^(n - 127) for 1 <= n <= 254 in the last bits: the shift drops the others. */
const power = (n: Vector): Vector => op('i32x4.shl', n, i32(23));

function clamp(v: Vectors, x: Vector, low: number, high: number): Vector {
  return v.keep(op('f32x4.pmin', op('f32x4.pmax', x, v.float(low)), v.float(high)));
}

/** Compares bits, so that NaN is beyond too. */
function excludeBeyondReach(v: Vectors, x: Vector): void {
  v.exclude(op('i32x4.gt_s', op('v128.and', x, v.integer(0x7fffffff)), v.float(reach)));
}

/** exp(x) / 2^halvings, for at most two halvings: it overflows later. */
function scaledExp(v: Vectors, x: Vector, halvings: number): Vector {
  if (v.quick) {
    excludeBeyondReach(v, x);
    const [{ shifted, p }] = expParts(v, [x], -halvings);
    return op('i32x4.add', add(p, v.float(1)), power(shifted));
  }
  // In two factors: 2^n alone may overflow or vanish where the result does not.
  const [{ shifted, p }] = expParts(v, [clamp(v, x, -104, 90)], 2 * bias - halvings);
  const half = v.keep(op('i32x4.shr_s', shifted, i32(1)));
  return mul(mul(add(p, v.float(1)), power(half)), power(op('i32x4.sub', shifted, half)));
}

export function exp(v: Vectors, x: Vector): Vector {
  return scaledExp(v, x, 0);
}

/** Here the exponent of 2^64 exp(x) has no bits left, and its power of 2 is 0. */
const nothing = -132.4;

/**
 * 2^64 exp(x) for each x of at most 0: what is too small for a normal number of float32 stays exact, and what is masked by minus infinity is 0
 * without an underflow, which would take longer than all the rest.
 */
export function raisedExps(v: Vectors, x: readonly Vector[]): Vector[] {
  const within = x.map((one) => v.keep(op('f32x4.pmax', one, v.float(nothing))));
  const parts = expParts(v, within, bias + 64);
  return parts.map(({ p, shifted }) => v.keep(mul(add(p, v.float(1)), power(shifted))));
}

/** The same for one. */
export function raisedExp(v: Vectors, x: Vector): Vector {
  return raisedExps(v, [x])[0];
}

/** exp(x) - 1 for sizes within `reach`. */
export function expm1Within(v: Vectors, x: Vector): Vector {
  const [{ shifted, p }] = expParts(v, [x], bias);
  const scale = v.keep(power(shifted));
  return v.keep(add(mul(scale, p), sub(scale, v.float(1))));
}

export function expm1(v: Vectors, x: Vector): Vector {
  if (v.quick) excludeBeyondReach(v, x);
  const near = expm1Within(v, v.quick ? x : clamp(v, x, -reach, reach));
  // Adding nothing to a zero would lose its sign.
  const signed = either(near, signBit(v, x));
  return v.quick ? signed : select(op('f32x4.gt', x, v.float(reach)), exp(v, x), signed);
}

/** Within 2.3 units in the last place: exp(2 |x|) - 1 over itself plus 2, with the sign of x. */
export function tanh(v: Vectors, x: Vector): Vector {
  const e = expm1Within(v, v.keep(mul(op('f32x4.pmin', size(x), v.float(9)), v.float(2))));
  return either(div(e, add(e, v.float(2))), signBit(v, x));
}

/** exp(|x|) / 2 and the reciprocal of twice exp(|x|). */
function halves(v: Vectors, x: Vector): [grown: Vector, shrunk: Vector] {
  const grown = v.keep(scaledExp(v, size(x), 1));
  return [grown, div(v.float(0.25), grown)];
}

export function sinh(v: Vectors, x: Vector): Vector {
  const e = expm1Within(v, v.keep(op('f32x4.pmin', size(x), v.float(1))));
  const near = mul(v.float(0.5), add(e, div(e, add(e, v.float(1)))));
  const [grown, shrunk] = halves(v, x);
  return either(select(op('f32x4.lt', size(x), v.float(1)), near, sub(grown, shrunk)), signBit(v, x));
}

export function cosh(v: Vectors, x: Vector): Vector {
  return add(...halves(v, x));
}

export function sign(v: Vectors, x: Vector): Vector {
  const one = either(signBit(v, x), v.float(1));
  const unequal = either(op('f32x4.lt', x, v.float(0)), op('f32x4.gt', x, v.float(0)));
  return select(unequal, one, x);
}
