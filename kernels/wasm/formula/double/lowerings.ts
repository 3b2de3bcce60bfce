export { erf, erfc, ndtr } from './errorFunction.js';
export { cosh, exp, expm1, sign, sinh, tanh } from './exponential.js';
export { acos, asin, atan } from './inverseTrigonometric.js';
export { acosh, asinh, atanh, log, log1p, log2, log10 } from './logarithm.js';
export { pow } from './power.js';
export { cos, sin, tan } from './trigonometric.js';
