import { op } from '../../assembler.js';
import { both, either, select, type Vector, type Vectors } from '../../vectors.js';
import { add, bias, div, magic, mul, polynomial, signBit, size, sub } from './arithmetic.js';
import { excludeBeyond, expSeries, power, scaled } from './exponential.js';
import { exponentOf } from './logarithm.js';

/** A number as the sum of one of 26 bits and a small one: products of such heads are exact. */
interface Pair {
  readonly head: Vector;
  readonly tail: Vector;
}

const headOf = (v: Vectors, x: Vector): Vector => v.keep(both(x, v.long(-1n << 27n)));

/** `large` + `small` as a pair, for a sum of which `large` is most. */
function pair(v: Vectors, large: Vector, small: Vector): Pair {
  const head = headOf(v, add(large, small));
  return { head, tail: v.keep(sub(small, sub(head, large))) };
}

/** 2 / (3 log(2)) and log(2): 26 bits, and the rest. */
const toBinary = 64545084 / 2 ** 26;
const toBinaryRest = -7.028461650952758e-9;
const ln2 = 46516320 / 2 ** 26;
const ln2Rest = -1.904654299957768e-9;

/** log2(2^e m) with some 65 bits, for m between sqrt(1/2) and sqrt(2) (after fdlibm). */
function longLog2(v: Vectors, e: Vector, m: Vector): Pair {
  const f = v.keep(sub(m, v.double(1)));
  const t = v.keep(add(m, v.double(1)));
  const inverse = v.keep(div(v.double(1), t));
  // The quotient s = f / (m + 1), and what is left of f.
  const s = v.keep(mul(f, inverse));
  const head = headOf(v, s);
  const below = headOf(v, t);
  const rest = sub(sub(f, mul(head, below)), mul(head, sub(m, sub(below, v.double(1)))));
  const tail = v.keep(mul(inverse, rest));
  const z = v.keep(mul(s, s));
  // Minimax for (3 log(m) / (2 s) - 3 - s^2) / s^4.
  const near = polynomial(
    v,
    z,
    [
      0.6000000000000305, 0.4285714285528156, 0.3333333375941229, 0.27272678142537543, 0.2308006971362477,
      0.19886639605247758, 0.19782369000114985,
    ],
  );
  const high = v.keep(add(mul(mul(z, z), near), mul(tail, add(head, s))));
  const square = v.keep(mul(head, head));
  const series = headOf(v, add(add(square, v.double(3)), high));
  const lost = sub(high, sub(sub(series, v.double(3)), square));
  const natural = pair(v, v.keep(mul(head, series)), v.keep(add(mul(tail, series), mul(lost, s))));
  const binary = v.keep(mul(natural.head, v.double(toBinary)));
  const small = v.keep(
    add(mul(natural.head, v.double(toBinaryRest)), mul(natural.tail, v.double(toBinary + toBinaryRest))),
  );
  const sum = headOf(v, add(add(binary, small), e));
  return { head: sum, tail: v.keep(sub(small, sub(sub(sum, e), binary))) };
}

/** 2^x: the fraction of x as 1 + p, its whole part in `shifted` as for exp. */
function exp2Parts(v: Vectors, { head, tail }: Pair, offset: number): { shifted: Vector; p: Vector } {
  const shifted = v.keep(add(add(head, tail), v.double(magic + offset)));
  const fraction = v.keep(sub(head, sub(shifted, v.double(magic + offset))));
  const x = pair(v, fraction, tail);
  const most = v.keep(mul(x.head, v.double(ln2)));
  const rest = v.keep(add(mul(x.tail, v.double(ln2 + ln2Rest)), mul(x.head, v.double(ln2Rest))));
  return { shifted, p: v.keep(add(most, add(expSeries(v, v.keep(add(most, rest))), rest))) };
}

/** Sizes of logarithms from which on powers may not be normal numbers. */
const reach = 1020;

/** The power of a base that is finite and positive; in the quick way where base and result are normal. */
function magnitude(v: Vectors, base: Vector, b: Vector): Vector {
  const { e, m } = exponentOf(v, base);
  const logarithm = longLog2(v, e, m);
  // What is larger makes no difference, and its products would overflow.
  const y = v.quick ? b : v.keep(op('f64x2.pmin', op('f64x2.pmax', b, v.double(-(2 ** 65))), v.double(2 ** 65)));
  const head = headOf(v, y);
  const large = v.keep(mul(head, logarithm.head));
  const small = v.keep(add(mul(sub(y, head), logarithm.head), mul(y, logarithm.tail)));
  const whole = v.keep(add(large, small));
  if (v.quick) {
    excludeBeyond(v, whole, reach);
    const { shifted, p } = exp2Parts(v, { head: large, tail: small }, 0);
    return op('i64x2.add', add(p, v.double(1)), power(shifted));
  }
  const limit = v.keep(op('f64x2.pmin', op('f64x2.pmax', whole, v.double(-1100)), v.double(1100)));
  const within = v.keep(op('f64x2.eq', limit, whole));
  const product = { head: v.keep(select(within, large, limit)), tail: v.keep(both(small, within)) };
  const { shifted, p } = exp2Parts(v, product, 2 * bias);
  return scaled(v, add(p, v.double(1)), shifted);
}

/** The power of a base that is positive, zero or infinite, NaN where one of both is. */
function magnitudeOfAny(v: Vectors, base: Vector, b: Vector): Vector {
  const usual = v.keep(magnitude(v, base, b));
  if (v.quick) return usual;
  const infinite = op('f64x2.eq', base, v.double(Infinity));
  const vanishing = v.keep(op('f64x2.eq', base, v.double(0)));
  const grows = op('v128.xor', op('f64x2.lt', b, v.double(0)), infinite);
  const edge = both(v.double(Infinity), grows);
  const known = v.keep(select(either(infinite, vanishing), edge, usual));
  const numbers = both(op('f64x2.eq', base, base), op('f64x2.eq', b, b));
  const unit = either(op('f64x2.eq', b, v.double(0)), both(op('f64x2.eq', base, v.double(1)), op('f64x2.eq', b, b)));
  return select(unit, v.double(1), select(numbers, known, v.double(NaN)));
}

/** IEEE's pow. */
export function pow(v: Vectors, a: Vector, b: Vector): Vector {
  const base = v.keep(size(a));
  const value = v.keep(magnitudeOfAny(v, base, b));
  // A negative base has real powers to whole exponents only; odd ones keep its sign.
  const whole = v.keep(op('f64x2.eq', op('f64x2.trunc', b), b));
  const half = v.keep(mul(b, v.double(0.5)));
  const odd = both(whole, op('f64x2.ne', op('f64x2.trunc', half), half));
  const signed = either(value, both(signBit(v, a), odd));
  const negative = op('f64x2.lt', a, v.double(0));
  const finite = op('f64x2.lt', base, v.double(Infinity));
  const real = v.keep(select(both(op('v128.andnot', negative, whole), finite), v.double(NaN), signed));
  return v.quick ? real : select(op('f64x2.eq', a, v.double(1)), v.double(1), real);
}
