import type { Scalar } from '../../../kernels/scalar.js';
import type { DType } from '../../core/dtype.js';

/** The dtypes of an operation for floating-point elements only, as its row refuses the others. */
export const integral: readonly DType[] = ['bool', 'uint8', 'int8', 'int16', 'int32', 'int64'];

/** The dtypes that have no bits to work on. */
export const floating: readonly DType[] = ['float16', 'float32', 'float64'];

/** 1 above 0, -1 below, 0 for 0 and for NaN. */
export function signOf<V>(s: Scalar<V>, x: V): V {
  const zero = s.const(0);
  return s.where(s.lt(zero, x), s.const(1), s.where(s.lt(x, zero), s.const(-1), zero));
}

/** Whether a number is negative or -0: atan2 tells the two zeros apart on every device. */
export function hasSignBit<V>(s: Scalar<V>, x: V): V {
  return s.lt(s.atan2(x, s.const(-1)), s.const(0));
}

/** The logistic function where a gradient reads it: no power overflows, so its own derivatives hold everywhere. */
export function logistic<V>(s: Scalar<V>, x: V): V {
  const half = s.const(0.5);
  return s.add(half, s.mul(half, s.tanh(s.mul(half, x))));
}

/** log(1 + exp(x)) without overflow. */
export function logOnePlusExp<V>(s: Scalar<V>, x: V): V {
  return s.add(s.maximum(x, s.const(0)), s.log1p(s.exp(s.neg(s.abs(x)))));
}

/** A constant zero: the gradient of what is flat almost everywhere. */
export function flat<V>(s: Scalar<V>): V {
  return s.const(0);
}

/** Value of a polynomial whose coefficients come highest power first. */
export function polynomial<V>(s: Scalar<V>, x: V, coefficients: readonly number[]): V {
  return coefficients.slice(1).reduce((sum, c) => s.add(s.mul(sum, x), s.const(c)), s.const(coefficients[0]));
}
