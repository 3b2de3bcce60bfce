import { op } from '../../assembler.js';
import { either, select, type Vector, type Vectors } from '../../vectors.js';
import { type Act, arcFunctions } from '../inverse.js';
import { add, div, double, mul, polynomial, signBit, size, sub } from './arithmetic.js';

/** What float64 lacks of pi / 2. */
const restOfHalfPi = 6.123233995736766e-17;

/** Up to tan(pi / 8) as it is, up to tan(3 pi / 8) by the distance from pi / 4, beyond by that from pi / 2. */
export function atan(v: Vectors, x: Vector): Vector {
  const a = v.keep(size(x));
  const small = v.keep(op('f64x2.lt', a, v.double(Math.SQRT2 - 1)));
  const large = v.keep(op('f64x2.gt', a, v.double(Math.SQRT2 + 1)));
  const above = select(small, a, select(large, v.double(-1), sub(a, v.double(1))));
  const below = select(small, v.double(1), select(large, a, add(a, v.double(1))));
  const t = v.keep(div(above, below));
  const z = v.keep(mul(t, t));
  // Minimax for (atan(t) / t - 1) / t^2.
  const series = polynomial(
    v,
    z,
    [
      -0.3333333333333323, 0.19999999999961665, -0.14285714280881717, 0.11111110813411255, -0.09090898529351155,
      0.07692072723021477, -0.06663235248524862, 0.05848778680065685, -0.05043066494282786, 0.03815483342708624,
      -0.018001060536387864,
    ],
  );
  const share = v.keep(op('v128.andnot', select(large, v.double(1), v.double(0.5)), small));
  const low = add(mul(mul(t, z), series), mul(share, v.double(restOfHalfPi)));
  return either(add(mul(share, v.double(Math.PI / 2)), add(t, low)), signBit(v, x));
}

/** asin(s) for s between 0 and 1/2, given its square: what is added to s. */
function asinNear(v: Vectors, s: Vector, z: Vector): Vector {
  // Minimax for (asin(s) / s - 1) / s^2.
  const series = polynomial(
    v,
    z,
    [
      0.16666666666666738, 0.07499999999975175, 0.04464285717123134, 0.03038194284505529, 0.022372211619168598,
      0.017351665789203514, 0.013980238886396091, 0.011403257378448193, 0.010757804076544199, 0.0037851868115522766,
      0.02152818694187622, -0.020760467162807248, 0.03248760220799746,
    ],
  );
  return v.keep(mul(mul(s, z), series));
}

const arcs = arcFunctions(double, asinNear, restOfHalfPi);
export const asin: Act = arcs.asin;
export const acos: Act = arcs.acos;
