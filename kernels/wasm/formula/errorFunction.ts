import { op } from '../assembler.js';
import { add, div, mul, polynomial, select, signBit, size, sub, type Vector, type Vectors } from '../vectors.js';
import { exp, expm1Within } from './exponential.js';

/** Up to here the series of erf, beyond it that of erfc. */
const border = 0.5;

function erfNear(v: Vectors, x: Vector): Vector {
  const z = v.keep(mul(x, x));
  // Minimax for erf(x) / x - 1.
  const series = polynomial(v, z, [1.28379166e-1, -3.761260857e-1, 1.12828228e-1, -2.675718382e-2, 4.717989186e-3]);
  return add(x, mul(x, series));
}

/** erfc(a) for a >= 1/2, as exp(-a^2) t p(t) with t = 1 / (1 + 0.4 a). */
function erfcFar(v: Vectors, given: Vector): Vector {
  const a = v.keep(op('f32x4.pmin', given, v.float(11)));
  const t = v.keep(div(v.float(1), add(v.float(1), mul(v.float(0.4), a))));
  const series = polynomial(
    v,
    t,
    [
      2.256789665e-1, 2.255715922e-1, 2.090183058e-1, 1.613735619e-1, 1.661772172e-1, -5.587586649e-2, 2.285037763e-1,
      -2.206547857e-1, 6.021925393e-2,
    ],
  );
  // The square of the first 12 bits is exact, and the rest of the exponent is small: its exponential is a short series.
  const high = v.keep(op('v128.and', a, v.integer(-0x1000)));
  const y = v.keep(mul(sub(high, a), add(high, a)));
  const small = polynomial(v, y, [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120]);
  return v.keep(mul(mul(mul(exp(v, v.keep(op('f32x4.neg', mul(high, high)))), small), t), series));
}

/** 1 - exp(p(a)) from 1/2 on; at 4 it is 1. */
export function erf(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  // Minimax for log(erfc(a)), with the error that counts beside 1.
  const logarithm = polynomial(
    v,
    v.keep(op('f32x4.pmin', a, v.float(4))),
    [3.640968706e-5, -1.128718382, -6.352757756e-1, -1.057439e-1, 2.317020267e-2, -3.297786141e-3, 2.237421452e-4],
  );
  const far = op('v128.xor', expm1Within(v, v.keep(logarithm)), signBit(v, op('f32x4.neg', x)));
  return select(op('f32x4.lt', a, v.float(border)), erfNear(v, x), far);
}

/** The distribution function of the standard normal distribution, with the error that counts beside 1. */
export function ndtr(v: Vectors, x: Vector): Vector {
  const a = v.keep(v.quick ? size(x) : op('f32x4.pmin', size(x), v.float(16)));
  const w = v.keep(div(a, add(v.float(1), mul(v.float(0.38), a))));
  // Minimax in w for what lies beyond |x|, over exp(-x^2 / 2): 1/2 and the slope are exact near 0.
  const series = polynomial(
    v,
    w,
    [0.5, -3.989431293e-1, 9.841416452e-2, -6.485946648e-4, -2.546873651e-3, -4.303648116e-4, 1.747342592e-4],
  );
  const power = exp(v, v.keep(mul(v.float(-0.5), v.keep(mul(x, x)))));
  const beyond = v.keep(mul(series, power));
  return select(op('f32x4.lt', x, v.float(0)), beyond, sub(v.float(1), beyond));
}

/** Within 6 units in the last place. */
export function erfc(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const far = erfcFar(v, a);
  const outer = select(op('f32x4.lt', x, v.float(0)), sub(v.float(2), far), far);
  return select(op('f32x4.lt', a, v.float(border)), sub(v.float(1), erfNear(v, x)), outer);
}
