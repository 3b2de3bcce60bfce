import { i32, op } from '../assembler.js';
import { add, mul, select, type Vector, type Vectors } from '../vectors.js';

/** x = 2^e m with m between sqrt(1/2) and sqrt(2), for x normal, finite and positive. */
export function exponent(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  const bits = v.keep(op('i32x4.add', x, v.integer(0x3f800000 - 0x3f3504f3)));
  const e = op('f32x4.convert_i32x4_s', op('i32x4.sub', op('i32x4.shr_s', bits, i32(23)), v.integer(127)));
  const m = op('i32x4.add', op('v128.and', bits, v.integer(0x7fffff)), v.integer(0x3f3504f3));
  return { e: v.keep(e), m: v.keep(m) };
}

/** The same for all x above 0: numbers below the normal ones are lifted first. */
export function exponentOfAny(v: Vectors, x: Vector): { e: Vector; m: Vector } {
  const tiny = v.keep(op('f32x4.lt', x, v.float(2 ** -126)));
  const { e, m } = exponent(v, v.keep(select(tiny, mul(x, v.float(2 ** 23)), x)));
  return { e: v.keep(add(e, op('v128.and', tiny, v.float(-23)))), m };
}
