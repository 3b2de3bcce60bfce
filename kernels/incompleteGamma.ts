import { lgamma } from './special.js';

const { abs, exp, log } = Math;
const precision = 1e-16;
const tiny = 1e-300;

/** x^a exp(-x) / gamma(a). */
function factor(a: number, x: number): number {
  return exp(a * log(x) - x - lgamma(a));
}

/** The lower function by its power series; converges quickly for x below a + 1. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * precision; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * factor(a, x);
}

/** The upper function by its continued fraction (Lentz 1976); converges quickly for x above a + 1. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 100000; n++) {
    const top = -n * (n - a);
    b += 2;
    d = top * d + b;
    d = 1 / (abs(d) < tiny ? tiny : d);
    c = b + top / c;
    if (abs(c) < tiny) c = tiny;
    const step = c * d;
    fraction *= step;
    if (abs(step - 1) < precision) break;
  }
  return fraction * factor(a, x);
}

/** The lower function at the ends of its range; null inside. */
function edge(a: number, x: number): number | null {
  if (!(a >= 0 && x >= 0)) return NaN;
  if (a === 0) return x > 0 ? 1 : NaN;
  if (x === 0) return 0;
  if (a === Infinity) return x === Infinity ? NaN : 0;
  return x === Infinity ? 1 : null;
}

/** The regularized lower incomplete gamma function P(a, x); NaN for negative a or x. */
export function lowerGamma(a: number, x: number): number {
  return edge(a, x) ?? (x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x));
}

/** The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), exact where that would cancel. */
export function upperGamma(a: number, x: number): number {
  const end = edge(a, x);
  if (end !== null) return 1 - end;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}
