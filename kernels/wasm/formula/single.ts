import { op } from '../assembler.js';
import { add, div, mul, signBit, size, sub } from '../vectors.js';
import type { Arithmetic } from './inverse.js';

/** The arithmetic of float32. */
export const single: Arithmetic = {
  add,
  sub,
  mul,
  div,
  size,
  signBit,
  sqrt: (a) => op('f32x4.sqrt', a),
  lt: (a, b) => op('f32x4.lt', a, b),
  gt: (a, b) => op('f32x4.gt', a, b),
  number: (v, value) => v.float(value),
};
