/** The namespace `tg.special`, under PyTorch's names. */

export { exp2, expm1, log1p, logit, sigmoid as expit, xlogy } from './pointwise/exponential.js';
export {
  digamma as psi,
  digamma,
  erf,
  erfc,
  erfinv,
  igamma as gammainc,
  igammac as gammaincc,
  lgamma as gammaln,
  mvlgamma as multigammaln,
} from './pointwise/gamma.js';
export { round } from './pointwise/rounding.js';
export { sinc } from './pointwise/trigonometric.js';
export { polygamma } from './pointwiseFunctions.js';
export { logSoftmax, logsumexp, softmax } from './reduction/softmax.js';
export * from './special/airy.js';
export * from './special/bessel.js';
export * from './special/modifiedBessel.js';
export * from './special/normal.js';
export * from './special/polynomials.js';
export * from './special/zeta.js';
