const { abs, ceil, exp, floor, log, log1p, PI, pow, round, sin, sqrt, tan } = Math;

/** Value at x of a polynomial whose coefficients come highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i];
  return sum;
}

const inverseSqrtPi = 0.5641895835477563;

// Rational minimax approximations: W. J. Cody, "Rational Chebyshev approximations for the error function" (1969).

function erfSmall(x: number): number {
  const y = x * x;
  const top =
    (((0.18577770618460315 * y + 3.1611237438705655) * y + 113.86415415105016) * y + 377.485237685302) * y +
    3209.3775891384694;
  const bottom = (((y + 23.601290952344122) * y + 244.02463793444417) * y + 1282.6165260773723) * y + 2844.236833439171;
  return (x * top) / bottom;
}

/** erfc(x) exp(x^2) for 0.46875 <= x <= 4. */
function erfcMiddle(x: number): number {
  const top =
    (((((((2.1531153547440383e-8 * x + 0.5641884969886701) * x + 8.883149794388377) * x + 66.11919063714163) * x +
      298.6351381974001) *
      x +
      881.952221241769) *
      x +
      1712.0476126340707) *
      x +
      2051.0783778260716) *
      x +
    1230.3393547979972;
  const bottom =
    (((((((x + 15.744926110709835) * x + 117.6939508913125) * x + 537.1811018620099) * x + 1621.3895745666903) * x +
      3290.7992357334597) *
      x +
      4362.619090143247) *
      x +
      3439.3676741437216) *
      x +
    1230.3393548037495;
  return top / bottom;
}

/** The same for x > 4. */
function erfcLarge(x: number): number {
  const y = 1 / (x * x);
  const top =
    ((((0.016315387137302097 * y + 0.30532663496123236) * y + 0.36034489994980445) * y + 0.12578172611122926) * y +
      0.016083785148742275) *
      y +
    0.0006587491615298378;
  const bottom =
    ((((y + 2.568520192289822) * y + 1.8729528499234673) * y + 0.5279051029514285) * y + 0.06051834131244132) * y +
    0.0023352049762686918;
  return (inverseSqrtPi - (y * top) / bottom) / x;
}

/** erfc for x of at least 0.46875. */
function erfcTail(x: number): number {
  if (x > 27.3) return 0;
  // exp(-x * x) in two factors, or the rounding of the square would show.
  const head = floor(x * 16) / 16;
  return exp(-head * head) * exp(-(x - head) * (x + head)) * (x <= 4 ? erfcMiddle(x) : erfcLarge(x));
}

/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  const size = abs(x);
  if (size <= 0.46875) return erfSmall(x);
  if (size > 6) return x > 0 ? 1 : -1;
  const value = 1 - erfcTail(size);
  return x < 0 ? -value : value;
}

/** 1 - erf(x), exact where that would cancel. */
export function erfc(x: number): number {
  if (abs(x) <= 0.46875) return 1 - erfSmall(x);
  return x < 0 ? 2 - erfcTail(-x) : erfcTail(x);
}

/** The distribution function of the standard normal distribution. */
export function ndtr(x: number): number {
  return 0.5 * erfc(-Math.SQRT1_2 * x);
}

// M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2012): single precision, away from -1 and 1.
const centre = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  2.46640727e-1, 1.50140941,
];

/** A first guess at erfinv, for 0 <= y < 1; near 1 from erfc(x) ~ exp(-x^2) / (x sqrt(pi)). */
function erfinvGuess(y: number): number {
  const w = -log((1 - y) * (1 + y));
  if (w < 5) return y * polynomial(w - 2.5, centre);
  const rest = -log(1 - y);
  return sqrt(rest + log(inverseSqrtPi) - log(rest) / 2);
}

/** The x with erf(x) = y; infinite at -1 and 1, NaN beyond. */
export function erfinv(y: number): number {
  const size = abs(y);
  if (size >= 1) return size === 1 ? y * Infinity : NaN;
  let x = erfinvGuess(size);
  // Halley's steps; from one half on, 1 - |y| is exact and erfc holds the digits that erf has lost.
  for (let step = 0; step < 2; step++) {
    const error = size < 0.5 ? erf(x) - size : 1 - size - erfc(x);
    const newton = error / (2 * inverseSqrtPi * exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return y < 0 || Object.is(y, -0) ? -x : x;
}

/** Bernoulli numbers B2, B4, ... */
const bernoulli = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730,
];

/** q^s times Hurwitz' zeta(s, q) = sum over k >= 0 of (q + k)^-s, for s > 1 and q > 0, by Euler and Maclaurin's formula. */
function scaledZeta(s: number, q: number): number {
  const head = ceil(10 + s - q);
  let sum = 0;
  for (let k = 0; k < head; k++) {
    const term = pow(q / (q + k), s);
    sum += term;
    // For a large s the first terms are all.
    if (term < 1e-20 * sum) return sum;
  }
  const w = head > 0 ? q + head : q;
  const power = pow(q / w, s);
  sum += power * (w / (s - 1) + 0.5);
  let factor = (power / w) * (s / 2);
  for (let j = 0; j < bernoulli.length; j++) {
    const term = bernoulli[j] * factor;
    sum += term;
    if (abs(term) < 1e-18 * sum) break;
    factor *= (((s + 2 * j + 1) / (2 * j + 3)) * ((s + 2 * j + 2) / (2 * j + 4))) / (w * w);
  }
  return sum;
}

/** Hurwitz' zeta for a whole s above 1 and any q but Infinity: infinite at the poles 0, -1, -2, ... */
function hurwitz(s: number, q: number): number {
  if (q > 0) return scaledZeta(s, q) * pow(q, -s);
  if (!(q > -Infinity)) return NaN;
  const fraction = q - floor(q);
  if (fraction === 0) return Infinity;
  // The terms left of zero, mirrored: 1 - fraction, 2 - fraction, ..., -q.
  const mirrored = hurwitz(s, 1 - fraction) - hurwitz(s, 1 - q);
  return hurwitz(s, fraction) + (s % 2 === 0 ? mirrored : -mirrored);
}

/** Hurwitz' zeta: NaN for s below 1, and for q below 0 unless s is whole or q a pole. */
export function zeta(s: number, q: number): number {
  if (s === 1) return Infinity;
  if (!(s > 1) || (q < 0 && q !== floor(q) && (s !== floor(s) || s === Infinity))) return NaN;
  if (q === Infinity) return 0;
  if (s === Infinity && q > 0) return q > 1 ? 0 : q === 1 ? 1 : Infinity;
  return hurwitz(s, q);
}

/** (-1)^k (zeta(k) - 1) / k for k = 27 down to 2: lgamma(2 + z) = z (1 - gamma + z (0.32 + ...)) for |z| <= 1/2. */
const aroundTwo = Array.from({ length: 26 }, (_, i) => (hurwitz(27 - i, 2) / (27 - i)) * (i % 2 === 0 ? -1 : 1));
const oneMinusEuler = 0.42278433509846713;
const halfLogTwoPi = 0.9189385332046728;

function lgammaAroundTwo(z: number): number {
  return z * (oneMinusEuler + z * polynomial(z, aroundTwo));
}

/** |sin(pi x)|, exact about the integers. */
function sinPi(x: number): number {
  return abs(sin(PI * (x - round(x))));
}

/**
 * The logarithm of |gamma(x)|: Stirling's series from 10 on, Taylor's about 2 with recurrence below, reflection for x < -1/2.
 * Infinite at the poles. Errors are relative but about the zeros left of 0, where they are some 1e-16 times |x| log|x|.
 */
export function lgamma(x: number): number {
  if (x === Infinity || x === -Infinity) return Infinity;
  if (x <= 0 && x === floor(x)) return Infinity;
  if (x < -0.5) return log(PI / (-x * sinPi(x))) - lgamma(-x);
  if (x < 0.5) return lgammaAroundTwo(x) - log1p(x) - log(abs(x));
  if (x < 1.5) return lgammaAroundTwo(x - 1) - log(x);
  if (x < 10) {
    let product = 1;
    while (x > 2.5) product *= --x;
    return log(product) + lgammaAroundTwo(x - 2);
  }
  let series = 0;
  if (x < 1e18) {
    const square = 1 / (x * x);
    for (let j = 9; j >= 0; j--) series = series * square + bernoulli[j] / ((2 * j + 2) * (2 * j + 1));
  }
  return (x - 0.5) * (log(x) - 1) - 0.5 + halfLogTwoPi + series / x;
}

// The positive zero of digamma, in two parts, and Taylor's coefficients there: (-1)^k zeta(k + 1, zero) for k = 32 down to 1.
const zero = 1.4616321449683622;
const zeroRest = 9.549995429965697e-17;
const aroundZero = Array.from({ length: 32 }, (_, i) => hurwitz(33 - i, zero) * (i % 2 === 0 ? -1 : 1));

/**
 * The derivative of lgamma: an asymptotic series after recurrence, Taylor's about the positive zero, reflection for x < 0.
 * digamma(0) = -Infinity, digamma(-0) = Infinity, NaN at the other poles.
 */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x < 0) {
    const rest = x - round(x);
    return rest === 0 || x === -Infinity ? NaN : digamma(1 - x) - PI / tan(PI * rest);
  }
  if (abs(x - zero) < 0.45) {
    const h = x - zero - zeroRest;
    return h * polynomial(h, aroundZero);
  }
  let shift = 0;
  for (; x < 10; x++) shift += 1 / x;
  let series = 0;
  if (x < 1e17) {
    const square = 1 / (x * x);
    for (let j = 9; j >= 0; j--) series = (series + bernoulli[j] / (2 * j + 2)) * square;
  }
  return log(x) - 0.5 / x - series - shift;
}

/** The derivative of that order of digamma: (-1)^(order + 1) order! zeta(order + 1, x). `order` is a whole number from 0. */
export function polygamma(order: number, x: number): number {
  if (order === 0) return digamma(x);
  const sign = order % 2 === 0 ? -1 : 1;
  if (x === Infinity) return sign * 0;
  let scale = 1;
  if (x > 0) {
    // order! x^-(order + 1), a factor at a time because either may overflow.
    for (let k = 1; k <= order; k++) scale *= k / x;
    return sign * (scale / x) * scaledZeta(order + 1, x);
  }
  for (let k = 2; k <= order; k++) scale *= k;
  return sign * scale * hurwitz(order + 1, x);
}
