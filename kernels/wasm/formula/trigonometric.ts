import { i32, op, shuffle } from '../assembler.js';
import {
  add,
  div,
  either,
  mul,
  polynomial,
  select,
  signBit,
  size,
  sub,
  type Vector,
  type Vectors,
} from '../vectors.js';
import { type Act, arcFunctions } from './inverse.js';
import { single } from './single.js';

/** 1.5 * 2^52: added to a small float64 it leaves the nearest integer in the last bits. */
const magic = 2 ** 52 + 2 ** 51;
/** The first 33 bits of pi / 2, and the rest (fdlibm): a multiple below 2^20 of the first is exact. */
const first = 1.5707963267341256;
const second = 6.077100506506192e-11;
const reach = 2 ** 20;

const doubleOf = { add: 'f64x2.add', sub: 'f64x2.sub', mul: 'f64x2.mul' } as const;
const on = (name: keyof typeof doubleOf, a: Vector, b: Vector): Vector => op(doubleOf[name], a, b);

/** x = r + n pi / 2 with |r| <= pi / 4, by float64; n in whole, its last two bits count. Arguments beyond `reach` are in doubt. */
function reduce(v: Vectors, x: Vector): { r: Vector; n: Vector } {
  const a = v.keep(size(x));
  v.doubt(op('v128.and', op('f32x4.gt', a, v.float(reach)), op('f32x4.lt', a, v.float(Infinity))));
  const half = (part: Vector): [Vector, Vector] => {
    const d = v.keep(op('f64x2.promote_low_f32x4', part));
    const shifted = v.keep(on('add', on('mul', d, v.double(2 / Math.PI)), v.double(magic)));
    const whole = v.keep(on('sub', shifted, v.double(magic)));
    const rest = on('sub', on('sub', d, on('mul', whole, v.double(first))), on('mul', whole, v.double(second)));
    return [v.keep(op('f32x4.demote_f64x2_zero', rest)), shifted];
  };
  const [low, lowShifted] = half(x);
  const [high, highShifted] = half(shuffle(x, x, [2, 3, 2, 3]));
  return {
    r: v.keep(shuffle(low, high, [0, 1, 4, 5])),
    n: v.keep(shuffle(lowShifted, highShifted, [0, 2, 4, 6])),
  };
}

/** Sine and cosine of r between -pi / 4 and pi / 4: minimax (S. Moshier, Cephes). */
function near(v: Vectors, r: Vector): { sine: Vector; cosine: Vector } {
  const z = v.keep(mul(r, r));
  const s = polynomial(v, z, [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4]);
  const c = polynomial(v, z, [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5]);
  return {
    sine: v.keep(add(r, mul(mul(r, z), s))),
    cosine: v.keep(add(sub(v.float(1), mul(v.float(0.5), z)), mul(mul(z, z), c))),
  };
}

const isOdd = (v: Vectors, n: Vector): Vector => op('i32x4.ne', op('v128.and', n, v.integer(1)), v.integer(0));

/** Sine where n is even, cosine where it is odd, with the sign of the quadrant. */
function quadrant(v: Vectors, n: Vector, r: Vector): Vector {
  const { sine, cosine } = near(v, r);
  const negative = op('i32x4.shl', op('v128.and', n, v.integer(2)), i32(30));
  return op('v128.xor', select(isOdd(v, n), cosine, sine), negative);
}

/** Adding to a zero would lose its sign. */
const keepingZero = (v: Vectors, x: Vector, value: Vector): Vector => select(op('f32x4.eq', x, v.float(0)), x, value);

export function sin(v: Vectors, x: Vector): Vector {
  const { r, n } = reduce(v, x);
  return keepingZero(v, x, quadrant(v, n, r));
}

export function cos(v: Vectors, x: Vector): Vector {
  const { r, n } = reduce(v, x);
  return quadrant(v, v.keep(op('i32x4.add', n, v.integer(1))), r);
}

/** Within 3.5 units in the last place. */
export function tan(v: Vectors, x: Vector): Vector {
  const { r, n } = reduce(v, x);
  const { sine, cosine } = near(v, r);
  const odd = v.keep(isOdd(v, n));
  const value = div(select(odd, cosine, sine), select(odd, op('f32x4.neg', sine), cosine));
  return keepingZero(v, x, value);
}

/** The arc tangent of t between 0 and 1. */
function atanNear(v: Vectors, t: Vector): Vector {
  const z = v.keep(mul(t, t));
  // Minimax for (atan(t) / t - 1) / t^2.
  const series = polynomial(
    v,
    z,
    [
      -3.333330186e-1, 1.999863831e-1, -1.426524197e-1, 1.095755786e-1, -8.419404604e-2, 5.823360596e-2,
      -3.145475317e-2, 1.106392892e-2, -1.827098045e-3,
    ],
  );
  return v.keep(add(t, mul(mul(t, z), series)));
}

export function atan(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const large = v.keep(op('f32x4.gt', a, v.float(1)));
  const value = atanNear(v, v.keep(select(large, div(v.float(1), a), a)));
  return either(select(large, sub(v.float(Math.PI / 2), value), value), signBit(v, x));
}

export function atan2(v: Vectors, y: Vector, x: Vector): Vector {
  const [a, b] = [v.keep(size(y)), v.keep(size(x))];
  const steep = v.keep(op('f32x4.gt', a, b));
  const ratio = div(select(steep, b, a), select(steep, a, b));
  // Two zeros make 0, two infinities 1; NaN is not equal to itself.
  const same = op('f32x4.eq', a, b);
  const value = atanNear(v, v.keep(select(same, op('v128.and', op('f32x4.gt', a, v.float(0)), v.float(1)), ratio)));
  const upper = v.keep(select(steep, sub(v.float(Math.PI / 2), value), value));
  const left = op('i32x4.lt_s', x, v.integer(0));
  return either(select(left, sub(v.float(Math.PI), upper), upper), signBit(v, y));
}

/** asin(s) for s between 0 and 1/2, given its square: what is added to s. */
function asinNear(v: Vectors, s: Vector, z: Vector): Vector {
  // Minimax for (asin(s) / s - 1) / s^2.
  const series = polynomial(v, z, [1.666675393e-1, 7.495241804e-2, 4.547709131e-2, 2.41476473e-2, 4.221847918e-2]);
  return v.keep(mul(mul(s, z), series));
}

/** What float32 lacks of pi / 2. */
const restOfHalfPi = Math.PI / 2 - Math.fround(Math.PI / 2);

const arcs = arcFunctions(single, asinNear, restOfHalfPi);
export const asin: Act = arcs.asin;
export const acos: Act = arcs.acos;
