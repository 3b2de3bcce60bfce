export { abs as absolute, mul as multiply, neg as negative, sub as subtract } from './arithmetic.js';
export { clamp as clip } from './choice.js';
export {
  ge as greaterEqual,
  gt as greater,
  le as lessEqual,
  lt as less,
  ne as notEqual,
} from './comparison.js';
export { div as divide } from './division.js';
export { trunc as fix } from './rounding.js';
export {
  acos as arccos,
  acosh as arccosh,
  asin as arcsin,
  asinh as arcsinh,
  atan as arctan,
  atan2 as arctan2,
  atanh as arctanh,
} from './trigonometric.js';
