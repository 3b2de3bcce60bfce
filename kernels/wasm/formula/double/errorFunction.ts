import { op } from '../../assembler.js';
import { select, type Vector, type Vectors } from '../../vectors.js';
import { add, bias, div, mul, signBit, size, split, sub } from './arithmetic.js';
import { excludeBeyond, expParts, power, scaled } from './exponential.js';

/** erf(x) for sizes up to 1. */
function erfNear(v: Vectors, x: Vector): Vector {
  const z = v.keep(mul(x, x));
  // Minimax for erf(x) / x - 1.
  const series = split(
    v,
    z,
    v.keep(mul(z, z)),
    [
      0.1283791670955126, -0.3761263890318375, 0.11283791670954832, -0.026866170645068008, 0.005223977624731609,
      -0.0008548326975817142, 0.00012055330926972144, -1.4925590792023972e-5, 1.64609281632484e-6,
      -1.6349540871610383e-7, 1.465455309167561e-8, -1.135255790512618e-9, 5.922694791005889e-11,
    ],
  );
  return v.keep(add(x, mul(x, series)));
}

/** (1 + 2 a) erfc(a) exp(a^2) for 0 <= a <= 27.5, as a polynomial in (a - 4) / (a + 4) (M. Shepherd and J. Laframboise, 1981). */
function scaledErfc(v: Vectors, a: Vector): Vector {
  const q = v.keep(div(sub(a, v.double(4)), add(a, v.double(4))));
  return split(
    v,
    q,
    v.keep(mul(q, q)),
    [
      1.2329951186255526, -0.13962111684056253, 0.015379652102619577, 0.06809705425469348, -0.1010390660362956,
      0.0937328349983214, -0.06633036581238866, 0.03716751553792265, -0.016197734056192747, 0.005031969974293165,
      -0.0007577732964763434, -0.00019925667587989877, 0.00015062169605217738, -2.4399274806735163e-5,
      -1.122205415946788e-5, 5.70985344176465e-6, 2.938175156873787e-7, -8.255610031719535e-7, 7.464016908895004e-8,
      1.1011918537215051e-7, -1.7920360316356552e-8, -1.4096503348569252e-8, 1.8368212617851957e-9,
      1.2537550125450752e-9,
    ],
  );
}

/** A result 2^(n - offset) x, before it is scaled. */
interface Tail {
  readonly x: Vector;
  readonly n: Vector;
}

/** erfc(a) where exp(-a^2) is exp(-root^2 / divisor). */
function erfcFar(v: Vectors, a: Vector, root: Vector, divisor: 1 | 2, offset: number): Tail {
  // The square of the first 26 bits is exact, and what is left of it is small beside it.
  const high = v.keep(op('v128.and', root, v.long(-1n << 27n)));
  const left = mul(sub(root, high), add(root, high));
  const exponent = v.keep(mul(mul(high, high), v.double(-1 / divisor)));
  const { shifted, p } = expParts(v, exponent, offset, divisor === 1 ? left : mul(left, v.double(0.5)));
  const numerator = mul(scaledErfc(v, a), add(p, v.double(1)));
  return { x: div(numerator, add(add(a, a), v.double(1))), n: shifted };
}

/** Here erf is 1. */
const full = 6;

export function erf(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const within = v.keep(op('f64x2.pmin', a, v.double(full)));
  const tail = erfcFar(v, within, within, 1, bias);
  const far = op('v128.or', sub(v.double(1), mul(tail.x, power(tail.n))), signBit(v, x));
  return select(op('f64x2.lt', a, v.double(1)), erfNear(v, x), far);
}

/** erfc(a), or half of it, by what exp(-root^2 / divisor) gives; in the quick way for what is far from vanishing. */
function beyond(v: Vectors, a: Vector, root: Vector, divisor: 1 | 2): Vector {
  if (v.quick) {
    excludeBeyond(v, a, 25);
    const { x, n } = erfcFar(v, a, root, divisor, bias);
    return mul(x, power(n));
  }
  const limit = 27.5;
  const { x, n } = erfcFar(
    v,
    v.keep(op('f64x2.pmin', a, v.double(limit))),
    v.keep(op('f64x2.pmin', root, v.double(limit * Math.sqrt(divisor)))),
    divisor,
    2 * bias,
  );
  return scaled(v, x, n);
}

/** Within 4 units in the last place. */
export function erfc(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const far = v.keep(beyond(v, a, a, 1));
  const outer = select(op('f64x2.lt', x, v.double(0)), sub(v.double(2), far), far);
  return select(op('f64x2.lt', a, v.double(0.5)), sub(v.double(1), erfNear(v, x)), outer);
}

/** The distribution function of the standard normal distribution, within 5 units in the last place. */
export function ndtr(v: Vectors, x: Vector): Vector {
  const root = v.keep(size(x));
  const a = v.keep(mul(root, v.double(Math.SQRT1_2)));
  const far = v.keep(mul(beyond(v, a, root, 2), v.double(0.5)));
  return select(op('f64x2.lt', x, v.double(0)), far, sub(v.double(1), far));
}
