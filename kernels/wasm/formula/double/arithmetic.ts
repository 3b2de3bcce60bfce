import { op } from '../../assembler.js';
import type { Vector, Vectors } from '../../vectors.js';
import type { Arithmetic } from '../inverse.js';

// The usual operations on float64.
export const add = (a: Vector, b: Vector): Vector => op('f64x2.add', a, b);
export const sub = (a: Vector, b: Vector): Vector => op('f64x2.sub', a, b);
export const mul = (a: Vector, b: Vector): Vector => op('f64x2.mul', a, b);
export const div = (a: Vector, b: Vector): Vector => op('f64x2.div', a, b);
export const size = (a: Vector): Vector => op('f64x2.abs', a);
/** The bit of the sign alone. */
export const signBit = (v: Vectors, a: Vector): Vector => op('v128.and', a, v.double(-0));

/** The arithmetic of float64. */
export const double: Arithmetic = {
  add,
  sub,
  mul,
  div,
  size,
  signBit,
  sqrt: (a) => op('f64x2.sqrt', a),
  lt: (a, b) => op('f64x2.lt', a, b),
  gt: (a, b) => op('f64x2.gt', a, b),
  number: (v, value) => v.double(value),
};

/** 1.5 * 2^52: added to a small number it leaves the nearest integer in the last bits. */
export const magic: number = 2 ** 52 + 2 ** 51;

/** What float64 adds to its exponents. */
export const bias = 1023;

/** The first 32 bits of log(2), and the rest (W. J. Cody and W. Waite, 1980): multiples of the first are exact. */
export const ln2: number = 2977044472 / 2 ** 32;
export const ln2Rest = -4.2009150726810846e-11;

/** Value of a polynomial with coefficients from the lowest power up (Horner). */
export function polynomial(v: Vectors, x: Vector, coefficients: readonly number[]): Vector {
  return coefficients.map((c) => v.double(c)).reduceRight((sum, c) => add(mul(sum, x), c));
}

/** The same through the even and the odd powers apart: the chain of dependent operations is half as long. */
export function split(v: Vectors, x: Vector, square: Vector, coefficients: readonly number[]): Vector {
  const part = (odd: number): Vector =>
    polynomial(
      v,
      square,
      coefficients.filter((_, k) => k % 2 === odd),
    );
  return add(part(0), mul(x, part(1)));
}
