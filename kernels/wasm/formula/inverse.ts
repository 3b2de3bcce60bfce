import { op } from '../assembler.js';
import { both, either, select, type Vector, type Vectors } from '../vectors.js';

/** The arithmetic of one element type, for functions that are written alike for all. */
export interface Arithmetic {
  add(a: Vector, b: Vector): Vector;
  sub(a: Vector, b: Vector): Vector;
  mul(a: Vector, b: Vector): Vector;
  div(a: Vector, b: Vector): Vector;
  sqrt(a: Vector): Vector;
  size(a: Vector): Vector;
  lt(a: Vector, b: Vector): Vector;
  gt(a: Vector, b: Vector): Vector;
  signBit(v: Vectors, a: Vector): Vector;
  /** One number in every lane. */
  number(v: Vectors, value: number): Vector;
}

/** A function of one vector. */
export type Act = (v: Vectors, x: Vector) => Vector;

/**
 * asin and acos. `near` gives, for s between 0 and 1/2 and its square, what asin(s) is beyond s; `rest` is what the element type lacks of
 * pi / 2.
 */
export function arcFunctions(
  { add, sub, mul, sqrt, size, lt, gt, signBit, number }: Arithmetic,
  near: (v: Vectors, s: Vector, square: Vector) => Vector,
  rest: number,
): { asin: Act; acos: Act } {
  /** The parts of |x| on its way to both: beyond 1/2 through the square root of half its distance from 1. */
  const partsOf = (v: Vectors, x: Vector): { large: Vector; s: Vector; more: Vector } => {
    const a = v.keep(size(x));
    const large = v.keep(gt(a, number(v, 0.5)));
    const z = v.keep(select(large, mul(sub(number(v, 1), a), number(v, 0.5)), mul(a, a)));
    const s = v.keep(select(large, sqrt(z), a));
    return { large, s, more: near(v, s, z) };
  };
  /** pi / 2 minus some times s + more, rounded once at the end. */
  const complement = (v: Vectors, s: Vector, more: Vector, times: number): Vector => {
    const low = sub(mul(number(v, times), more), number(v, rest));
    return sub(number(v, Math.PI / 2), add(mul(number(v, times), s), low));
  };
  return {
    asin(v, x) {
      const { large, s, more } = partsOf(v, x);
      return either(select(large, complement(v, s, more, 2), add(s, more)), signBit(v, x));
    },
    acos(v, x) {
      const { large, s, more } = partsOf(v, x);
      const sign = v.keep(signBit(v, x));
      const turned = (y: Vector): Vector => op('v128.xor', y, sign);
      const middle = complement(v, turned(s), turned(more), 1);
      const twice = v.keep(mul(number(v, 2), add(s, more)));
      const outer = select(lt(x, number(v, 0)), sub(number(v, Math.PI), twice), twice);
      return select(large, outer, middle);
    },
  };
}

/** asinh, acosh and atanh by log1p; from `far` on 1 + x is x. */
export function areaFunctions(
  { add, sub, mul, div, sqrt, size, lt, gt, signBit, number }: Arithmetic,
  log1p: Act,
  far: number,
): { asinh: Act; acosh: Act; atanh: Act } {
  /** log(2 x) where x is large, log(1 + near) where it is not. */
  const logarithm = (v: Vectors, x: Vector, near: Vector): Vector => {
    const large = v.keep(gt(x, number(v, far)));
    const value = log1p(v, v.keep(select(large, x, near)));
    return add(value, both(large, number(v, Math.LN2)));
  };
  return {
    asinh(v, x) {
      const a = v.keep(size(x));
      const square = v.keep(mul(a, a));
      const root = sqrt(add(square, number(v, 1)));
      return either(logarithm(v, a, add(a, div(square, add(number(v, 1), root)))), signBit(v, x));
    },
    acosh(v, x) {
      const t = v.keep(sub(x, number(v, 1)));
      const root = sqrt(add(add(t, t), mul(t, t)));
      return select(lt(x, number(v, 1)), number(v, NaN), logarithm(v, x, add(t, root)));
    },
    atanh(v, x) {
      const a = v.keep(size(x));
      const value = log1p(v, v.keep(div(add(a, a), sub(number(v, 1), a))));
      return either(mul(number(v, 0.5), value), signBit(v, x));
    },
  };
}
