import { i32, op } from '../assembler.js';
import { both, either, inDouble, mul, select, signBit, size, type Vector, type Vectors } from '../vectors.js';
import { add, div, magic, polynomial, sub, mul as times } from './double/arithmetic.js';
import { exponentOfAny } from './exponent.js';

const ln2 = Math.LN2;
const factorials = [1, 1, 2, 6, 24, 120, 720, 5040, 40320];

/** 2^(b (e + log2(m))) in float64: far more bits than the result keeps, so that it is rounded once. */
function exp2OfProduct(v: Vectors, e: Vector, m: Vector, b: Vector): Vector {
  const f = v.keep(sub(m, v.double(1)));
  const s = v.keep(div(f, add(f, v.double(2))));
  const odd = [0, 1, 2, 3, 4, 5, 6].map((k) => (2 * Math.LOG2E) / (2 * k + 1));
  const logarithm = add(e, times(s, polynomial(v, v.keep(times(s, s)), odd)));
  const wanted = op('f64x2.pmin', op('f64x2.pmax', times(b, logarithm), v.double(-300)), v.double(300));
  const t = v.keep(wanted);
  const shifted = v.keep(add(t, v.double(magic)));
  const r = v.keep(sub(t, sub(shifted, v.double(magic))));
  const fraction = polynomial(
    v,
    r,
    factorials.map((n, k) => ln2 ** k / n),
  );
  const bits = op('i64x2.add', op('i64x2.shl', shifted, i32(52)), v.double(1));
  return times(fraction, bits);
}

/** IEEE's pow. */
export function pow(v: Vectors, a: Vector, b: Vector): Vector {
  const base = v.keep(size(a));
  const { e, m } = exponentOfAny(v, base);
  const infinite = v.keep(op('f32x4.eq', base, v.float(Infinity)));
  const vanishing = op('f32x4.eq', base, v.float(0));
  const exponent = v.keep(select(infinite, v.float(Infinity), select(vanishing, v.float(-Infinity), e)));
  const magnitude = inDouble(v, (...x) => exp2OfProduct(v, x[0], x[1], x[2]), exponent, m, b);
  const usual = select(op('f32x4.ne', a, a), a, magnitude);
  const unit = both(op('f32x4.eq', base, v.float(1)), op('f32x4.eq', b, b));
  const one = either(either(op('f32x4.eq', b, v.float(0)), op('f32x4.eq', a, v.float(1))), unit);
  const value = v.keep(select(one, v.float(1), usual));
  // A negative base has real powers to whole exponents only; odd ones keep its sign.
  const whole = v.keep(op('f32x4.eq', op('f32x4.trunc', b), b));
  const half = v.keep(mul(b, v.float(0.5)));
  const odd = both(whole, op('f32x4.ne', op('f32x4.trunc', half), half));
  const signed = either(value, both(signBit(v, a), odd));
  const real = either(either(whole, infinite), op('f32x4.ge', a, v.float(0)));
  const undefined_ = both(op('f32x4.lt', a, v.float(0)), op('v128.not', real));
  return select(undefined_, v.float(NaN), signed);
}

/** Quotients beyond this have no exact product with the divisor in float64. */
const reach = 2 ** 29;

/** a minus b times the quotient without its fraction, exact; quotients beyond `reach` are in doubt. */
function fmodDouble(v: Vectors, a: Vector, b: Vector): Vector {
  const exact = v.keep(div(a, b));
  const far = op('f64x2.abs', exact);
  v.doubt(both(op('f64x2.gt', far, v.double(reach)), op('f64x2.lt', far, v.double(Infinity))));
  const r = v.keep(sub(a, times(op('f64x2.trunc', exact), b)));
  // The quotient may have been rounded up to a whole number: then the rest has the other sign.
  const crossed = op('f64x2.lt', times(r, a), v.double(0));
  const divisor = op('f64x2.abs', b);
  const sign = both(a, v.double(-0));
  const fixed = select(crossed, either(sub(divisor, op('f64x2.abs', r)), sign), either(op('f64x2.abs', r), sign));
  const untouched = both(op('f64x2.eq', divisor, v.double(Infinity)), op('f64x2.lt', op('f64x2.abs', a), divisor));
  return v.keep(select(untouched, a, fixed));
}

export function fmod(v: Vectors, a: Vector, b: Vector): Vector {
  return inDouble(v, (x, y) => fmodDouble(v, x, y), a, b);
}

export function remainder(v: Vectors, a: Vector, b: Vector): Vector {
  return inDouble(
    v,
    (x, y) => {
      const r = fmodDouble(v, x, y);
      const opposite = op('v128.xor', op('f64x2.lt', r, v.double(0)), op('f64x2.lt', y, v.double(0)));
      return select(both(op('f64x2.ne', r, v.double(0)), opposite), add(r, y), r);
    },
    a,
    b,
  );
}
