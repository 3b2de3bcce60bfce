import { i32, op } from '../../assembler.js';
import { both, select, type Vector, type Vectors } from '../../vectors.js';
import { add, div, magic, mul, polynomial, size, sub } from './arithmetic.js';

/** The first 32 bits of pi / 2, the next 34, and the rest: multiples below 2^19 of the first two are exact. */
const first = 6746518852 / 2 ** 32;
const second = 6.077100506303966e-11;
const third = 2.0222662487959506e-21;
const reach = 2 ** 19;

/** r + rest; r is its nearest float64, or almost. */
interface Reduced {
  readonly r: Vector;
  readonly rest: Vector;
  /** Multiples of pi / 2, of which the last two bits count. */
  readonly n: Vector;
}

/**
 * x = r + rest + n pi / 2 with |r| <= pi / 4. Arguments beyond `reach` are in doubt; no other is nearer to a multiple of pi / 2 than 2^-73 of
 * itself, so that r keeps its digits.
 */
function reduce(v: Vectors, x: Vector): Reduced {
  const n = v.keep(add(mul(x, v.double(2 / Math.PI)), v.double(magic)));
  const whole = v.keep(sub(n, v.double(magic)));
  const most = v.keep(sub(x, mul(whole, v.double(first))));
  const next = v.keep(mul(whole, v.double(second)));
  const sum = v.keep(sub(most, next));
  // What the difference lost: where `most` is the smaller one, both are short enough to lose nothing.
  const lost = sub(sub(most, sum), next);
  const low = v.keep(sub(lost, mul(whole, v.double(third))));
  const r = v.keep(add(sum, low));
  v.doubt(op('f64x2.gt', size(x), v.double(reach)));
  return { r, rest: v.keep(add(sub(sum, r), low)), n };
}

/** Sine and cosine of r + rest: minimax. The slope of the sine counts as 1, that of the cosine as -r. */
function near(v: Vectors, { r, rest }: Reduced): { sine: Vector; cosine: Vector } {
  const z = v.keep(mul(r, r));
  const s = polynomial(
    v,
    z,
    [
      -0.16666666666666632, 0.008333333333322571, -0.0001984126982991262, 2.755731372349683e-6, -2.5050762528708543e-8,
      1.5897028385976712e-10,
    ],
  );
  const c = polynomial(
    v,
    z,
    [
      0.04166666666666666, -0.0013888888888883373, 2.48015872948754e-5, -2.7557315814622615e-7, 2.0875910766124738e-9,
      -1.1368846987563967e-11,
    ],
  );
  const sine = add(r, add(mul(mul(z, r), s), rest));
  const base = sub(v.double(1), mul(z, v.double(0.5)));
  const cosine = add(base, sub(mul(mul(z, z), c), mul(r, rest)));
  return { sine: v.keep(sine), cosine: v.keep(cosine) };
}

/** All bits of a lane where n is odd. */
function isOdd(v: Vectors, n: Vector): Vector {
  return op('i64x2.sub', v.long(0n), both(n, v.long(1n)));
}

/** Sine where n is even, cosine where it is odd, with the sign of the quadrant. */
function quadrant(v: Vectors, n: Vector, reduced: Reduced): Vector {
  const { sine, cosine } = near(v, reduced);
  const negative = op('i64x2.shl', both(n, v.long(2n)), i32(62));
  return op('v128.xor', select(isOdd(v, n), cosine, sine), negative);
}

/** Adding to a zero would lose its sign. */
const keepingZero = (v: Vectors, x: Vector, value: Vector): Vector => select(op('f64x2.eq', x, v.double(0)), x, value);

export function sin(v: Vectors, x: Vector): Vector {
  const reduced = reduce(v, x);
  return keepingZero(v, x, quadrant(v, reduced.n, reduced));
}

export function cos(v: Vectors, x: Vector): Vector {
  const reduced = reduce(v, x);
  return quadrant(v, v.keep(op('i64x2.add', reduced.n, v.long(1n))), reduced);
}

/** Within 3 units in the last place. */
export function tan(v: Vectors, x: Vector): Vector {
  const reduced = reduce(v, x);
  const { sine, cosine } = near(v, reduced);
  const odd = v.keep(isOdd(v, reduced.n));
  const value = div(select(odd, cosine, sine), select(odd, op('f64x2.neg', sine), cosine));
  return keepingZero(v, x, value);
}
