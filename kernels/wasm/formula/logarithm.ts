import { op } from '../assembler.js';
import { add, div, either, mul, polynomial, select, signBit, sub, type Vector, type Vectors } from '../vectors.js';
import { exponent, exponentOfAny } from './exponent.js';
import { type Act, areaFunctions } from './inverse.js';
import { single } from './single.js';

/** log(m) = f - rest, for m between sqrt(1/2) and sqrt(2); `extra` belongs to the rest. */
function logNear(v: Vectors, m: Vector, extra: Vector | null): { f: Vector; rest: Vector } {
  const f = v.keep(sub(m, v.float(1)));
  const s = v.keep(div(f, add(f, v.float(2))));
  const z = v.keep(mul(s, s));
  const half = v.keep(mul(mul(f, v.float(0.5)), f));
  const series = mul(s, add(half, mul(z, polynomial(v, z, [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11]))));
  return { f, rest: sub(half, extra === null ? series : add(series, extra)) };
}

/** The exponent and the rest of x; in the quick way of what is normal, finite and positive. */
function split(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  if (!v.quick) return exponentOfAny(v, x);
  // The bits of infinity and NaN overflow.
  v.exclude(op('i32x4.lt_s', op('i32x4.add', x, v.integer(0x800000)), v.integer(0x1000000)));
  return exponent(v, x);
}

/** A logarithm, given its value for numbers that are finite and positive. */
function atTheEdges(v: Vectors, x: Vector, value: Vector): Vector {
  if (v.quick) return value;
  const infinite = op('f32x4.eq', x, v.float(Infinity));
  // Infinity and NaN stand for themselves, below 0 there is nothing.
  const usual = select(either(infinite, op('f32x4.ne', x, x)), x, value);
  const negative = select(op('f32x4.lt', x, v.float(0)), v.float(NaN), usual);
  return select(op('f32x4.eq', x, v.float(0)), v.float(-Infinity), negative);
}

export function log(v: Vectors, x: Vector): Vector {
  const { e, m } = split(v, x);
  const { f, rest } = logNear(v, m, mul(e, v.float(1.42860682e-6)));
  return atTheEdges(v, x, add(mul(e, v.float(0.693145752)), sub(f, rest)));
}

export function log2(v: Vectors, x: Vector): Vector {
  const { e, m } = split(v, x);
  const { f, rest } = logNear(v, m, null);
  return atTheEdges(v, x, add(e, mul(sub(f, rest), v.float(Math.LOG2E))));
}

export function log10(v: Vectors, x: Vector): Vector {
  const { e, m } = split(v, x);
  const { f, rest } = logNear(v, m, null);
  // log10(2) is 77 / 256 and a rest.
  const low = add(mul(sub(f, rest), v.float(Math.LOG10E)), mul(e, v.float(Math.log10(2) - 77 / 256)));
  return atTheEdges(v, x, add(mul(e, v.float(77 / 256)), low));
}

export function log1p(v: Vectors, x: Vector): Vector {
  const u = v.keep(add(x, v.float(1)));
  const value = v.keep(log(v, u));
  // What 1 + x lost in rounding.
  const lost = div(sub(x, sub(u, v.float(1))), u);
  // Adding to a zero would lose its sign.
  if (v.quick) return either(add(value, lost), signBit(v, x));
  const edge = either(op('f32x4.eq', u, v.float(0)), op('f32x4.eq', u, v.float(Infinity)));
  return select(op('f32x4.eq', u, v.float(1)), x, select(edge, value, add(value, lost)));
}

const areas = areaFunctions(single, log1p, 2 ** 30);
export const asinh: Act = areas.asinh;
export const acosh: Act = areas.acosh;
export const atanh: Act = areas.atanh;
