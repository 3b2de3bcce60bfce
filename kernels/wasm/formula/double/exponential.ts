import { i32, op } from '../../assembler.js';
import { either, select, type Vector, type Vectors } from '../../vectors.js';
import { add, bias, div, ln2, ln2Rest, magic, mul, polynomial, signBit, size, split, sub } from './arithmetic.js';

/** Sizes up to which the power of 2 in an exponential is a normal number, and half of one. */
const reach = 708;

/** exp(x) = 2^n (1 + p): p, and n plus an offset in the last bits of `shifted`. */
export interface Parts {
  readonly shifted: Vector;
  readonly p: Vector;
}

/** exp(r) - 1 - r, for |r| up to half of log(2). */
export function expSeries(v: Vectors, r: Vector): Vector {
  const square = v.keep(mul(r, r));
  // Minimax for (exp(r) - 1 - r) / r^2.
  const series = split(
    v,
    r,
    square,
    [
      0.5000000000000003, 0.1666666666666649, 0.04166666666658922, 0.008333333333469292, 0.0013888888929040823,
      0.0001984126952165097, 2.4801507335834122e-5, 2.7557599568081524e-6, 2.76254472578177e-7, 2.4989299312480264e-8,
    ],
  );
  return mul(square, series);
}

/** The parts of exp(x - less), where `less` is small beside x. */
export function expParts(v: Vectors, x: Vector, offset: number, less: Vector | null = null): Parts {
  const shifted = v.keep(add(mul(x, v.double(Math.LOG2E)), v.double(magic + offset)));
  const whole = v.keep(sub(shifted, v.double(magic + offset)));
  const most = v.keep(sub(x, mul(whole, v.double(ln2))));
  const part = mul(whole, v.double(ln2Rest));
  const rest = v.keep(less === null ? part : add(part, less));
  const r = v.keep(sub(most, rest));
  // What r lost in rounding counts where r is added.
  return { shifted, p: v.keep(add(most, sub(expSeries(v, r), rest))) };
}

/** 2^(n - 1023) for 1 <= n <= 2046 in the last bits: the shift drops the others. */
export const power = (n: Vector): Vector => op('i64x2.shl', n, i32(52));

/** x 2^(n - 2046), in two factors: a power of 2 alone may overflow or vanish where the result does not. */
export function scaled(v: Vectors, x: Vector, n: Vector): Vector {
  const half = v.keep(op('i64x2.shr_u', n, i32(1)));
  return mul(mul(x, power(half)), power(op('i64x2.sub', n, half)));
}

function clamp(v: Vectors, x: Vector, low: number, high: number): Vector {
  return v.keep(op('f64x2.pmin', op('f64x2.pmax', x, v.double(low)), v.double(high)));
}

/** Leaves out sizes beyond a limit; compares bits, so that NaN is beyond too. */
export function excludeBeyond(v: Vectors, x: Vector, limit: number): void {
  v.exclude(op('i64x2.gt_s', size(x), v.double(limit)));
}

/** exp(x) / 2^halvings, for at most two halvings: it overflows later. */
function scaledExp(v: Vectors, x: Vector, halvings: number): Vector {
  if (v.quick) {
    excludeBeyond(v, x, reach);
    const { shifted, p } = expParts(v, x, -halvings);
    return op('i64x2.add', add(p, v.double(1)), power(shifted));
  }
  const { shifted, p } = expParts(v, clamp(v, x, -746, 711), 2 * bias - halvings);
  return scaled(v, add(p, v.double(1)), shifted);
}

export function exp(v: Vectors, x: Vector): Vector {
  return scaledExp(v, x, 0);
}

/** exp(x) - 1 for sizes within `reach`. */
function expm1Within(v: Vectors, x: Vector): Vector {
  const { shifted, p } = expParts(v, x, bias);
  const scale = v.keep(power(shifted));
  return v.keep(add(mul(scale, p), sub(scale, v.double(1))));
}

export function expm1(v: Vectors, x: Vector): Vector {
  if (v.quick) excludeBeyond(v, x, reach);
  const near = expm1Within(v, v.quick ? x : clamp(v, x, -reach, reach));
  // Adding nothing to a zero would lose its sign.
  const signed = either(near, signBit(v, x));
  return v.quick ? signed : select(op('f64x2.gt', x, v.double(reach)), exp(v, x), signed);
}

/** Up to 0.55 a continued fraction (J. H. Lambert), cut after 15; then 1 - 2 / (exp(2 |x|) + 1). One division for both. */
export function tanh(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const near = v.keep(op('f64x2.lt', a, v.double(0.55)));
  const z = v.keep(mul(a, a));
  const above = mul(z, polynomial(v, z, [675675, 45045, 594, 1]));
  const below = polynomial(v, z, [2027025, 945945, 51975, 630, 1]);
  const { shifted, p } = expParts(v, v.keep(mul(op('f64x2.pmin', a, v.double(20)), v.double(2))), bias);
  // To add to the exponent would make a number of some NaN.
  const grown = mul(add(p, v.double(1)), power(shifted));
  const lacking = div(select(near, above, v.double(2)), select(near, below, add(grown, v.double(1))));
  const whole = v.keep(select(near, a, v.double(1)));
  return either(sub(whole, mul(whole, lacking)), signBit(v, x));
}

export function sinh(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  if (v.quick) excludeBeyond(v, x, reach);
  const e = expm1Within(v, v.quick ? a : v.keep(op('f64x2.pmin', a, v.double(reach))));
  const share = v.keep(div(e, add(e, v.double(1))));
  // Where e is small, so is the share of the second product.
  const twice = select(op('f64x2.lt', a, v.double(1)), sub(add(e, e), mul(e, share)), add(e, share));
  const within = mul(v.double(0.5), twice);
  const value = v.quick ? within : select(op('f64x2.gt', a, v.double(reach)), scaledExp(v, a, 1), within);
  return either(value, signBit(v, x));
}

/** exp(|x|) / 2 plus the reciprocal of twice exp(|x|). */
export function cosh(v: Vectors, x: Vector): Vector {
  const grown = v.keep(scaledExp(v, v.keep(size(x)), 1));
  return add(grown, div(v.double(0.25), grown));
}

export function sign(v: Vectors, x: Vector): Vector {
  const one = either(signBit(v, x), v.double(1));
  const unequal = either(op('f64x2.lt', x, v.double(0)), op('f64x2.gt', x, v.double(0)));
  return select(unequal, one, x);
}
