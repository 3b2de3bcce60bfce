import type { Scalar } from '../../../kernels/scalar.js';

/** Value at t in [-1, 1] of a sum of Chebyshev polynomials, lowest first (Clenshaw 1955); t beyond is taken as the nearest end. */
export function chebyshev<V>(s: Scalar<V>, t: V, coefficients: readonly number[]): V {
  const x = s.minimum(s.maximum(t, s.const(-1)), s.const(1));
  const twice = s.add(x, x);
  let [b1, b2] = [s.const(0), s.const(0)];
  for (let k = coefficients.length - 1; k > 0; k--) {
    [b1, b2] = [s.add(s.sub(s.mul(twice, b1), b2), s.const(coefficients[k])), b1];
  }
  return s.add(s.sub(s.mul(x, b1), b2), s.const(coefficients[0]));
}
