import { i32, op } from '../../assembler.js';
import { either, select, type Vector, type Vectors } from '../../vectors.js';
import { type Act, areaFunctions } from '../inverse.js';
import { add, bias, div, double, ln2, ln2Rest, mul, polynomial, signBit, sub } from './arithmetic.js';

/** The bits of sqrt(1/2), of 1, and of a fraction. */
const rootBits = 0x3fe6a09e667f3bcdn;
const oneBits = 0x3ff0000000000000n;
const fractionBits = 0xfffffffffffffn;

/** x = 2^e m with m between sqrt(1/2) and sqrt(2), for x normal, finite and positive. */
function exponent(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  const bits = v.keep(op('i64x2.add', x, v.long(oneBits - rootBits)));
  // The exponent becomes the last bits of 2^52 plus it.
  const e = sub(either(op('i64x2.shr_u', bits, i32(52)), v.double(2 ** 52)), v.double(2 ** 52 + bias));
  const m = op('i64x2.add', op('v128.and', bits, v.long(fractionBits)), v.long(rootBits));
  return { e: v.keep(e), m: v.keep(m) };
}

/** The same for all x above 0: numbers below the normal ones are lifted first. */
function exponentOfAny(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  const tiny = v.keep(op('f64x2.lt', x, v.double(2 ** -1022)));
  const { e, m } = exponent(v, v.keep(select(tiny, mul(x, v.double(2 ** 52)), x)));
  return { e: v.keep(sub(e, op('v128.and', tiny, v.double(52)))), m };
}

/** log(m) = f - rest, for m between sqrt(1/2) and sqrt(2); `extra` belongs to the rest. */
function logNear(v: Vectors, m: Vector, extra: Vector | null): { f: Vector; rest: Vector } {
  const f = v.keep(sub(m, v.double(1)));
  const s = v.keep(div(f, add(f, v.double(2))));
  const z = v.keep(mul(s, s));
  const half = v.keep(mul(mul(f, v.double(0.5)), f));
  // Minimax for (log((1 + s) / (1 - s)) / s - 2) / s^2.
  const near = polynomial(
    v,
    z,
    [
      0.6666666666666698, 0.39999999999614266, 0.28571428703208296, 0.2222220221846128, 0.1818338953028714,
      0.15318227685767224, 0.14756554780433873,
    ],
  );
  const series = mul(s, add(half, mul(z, near)));
  return { f, rest: v.keep(sub(half, extra === null ? series : add(series, extra))) };
}

/** The exponent and the rest of x; in the quick way of what is normal, finite and positive. */
export function exponentOf(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  if (!v.quick) return exponentOfAny(v, x);
  // The bits of infinity and NaN overflow.
  v.exclude(op('i64x2.gt_s', v.long(2n << 52n), op('i64x2.add', x, v.long(1n << 52n))));
  return exponent(v, x);
}

/** A logarithm, given its value for numbers that are finite and positive. */
function atTheEdges(v: Vectors, x: Vector, value: Vector): Vector {
  if (v.quick) return value;
  const infinite = op('f64x2.eq', x, v.double(Infinity));
  // Infinity and NaN stand for themselves, below 0 there is nothing.
  const usual = select(either(infinite, op('f64x2.ne', x, x)), x, value);
  const negative = select(op('f64x2.lt', x, v.double(0)), v.double(NaN), usual);
  return select(op('f64x2.eq', x, v.double(0)), v.double(-Infinity), negative);
}

/** log(x) with something small added before it is rounded. */
function logPlus(v: Vectors, x: Vector, more: Vector | null): Vector {
  const { e, m } = exponentOf(v, x);
  const low = mul(e, v.double(ln2Rest));
  const { f, rest } = logNear(v, m, more === null ? low : add(low, more));
  return atTheEdges(v, x, add(mul(e, v.double(ln2)), sub(f, rest)));
}

export function log(v: Vectors, x: Vector): Vector {
  return logPlus(v, x, null);
}

export function log2(v: Vectors, x: Vector): Vector {
  const { e, m } = exponentOf(v, x);
  const { f, rest } = logNear(v, m, null);
  return atTheEdges(v, x, add(e, mul(sub(f, rest), v.double(Math.LOG2E))));
}

/** The first 32 bits of log10(2), and the rest. */
const log2Of10 = 1292913986 / 2 ** 32;
const log2Of10Rest = 1.1451100898021838e-10;

export function log10(v: Vectors, x: Vector): Vector {
  const { e, m } = exponentOf(v, x);
  const { f, rest } = logNear(v, m, null);
  const low = add(mul(sub(f, rest), v.double(Math.LOG10E)), mul(e, v.double(log2Of10Rest)));
  return atTheEdges(v, x, add(mul(e, v.double(log2Of10)), low));
}

export function log1p(v: Vectors, x: Vector): Vector {
  const u = v.keep(add(x, v.double(1)));
  // What 1 + x lost in rounding.
  const lost = div(sub(x, sub(u, v.double(1))), u);
  // Adding to a zero would lose its sign.
  return either(logPlus(v, u, lost), signBit(v, x));
}

const areas = areaFunctions(double, log1p, 2 ** 60);
export const asinh: Act = areas.asinh;
export const acosh: Act = areas.acosh;
export const atanh: Act = areas.atanh;
