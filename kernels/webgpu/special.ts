import { polynomial } from './elementary.js';

// M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2012): single precision, about the centre and in the tails.
const erfinvCentre = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8,
];
const erfinvTail = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257,
];

// Interpolation at Chebyshev nodes: erf(x) / x in x^2 up to 1/4; (x + 2) erfc(x) exp(x^2) in (x - 2) / (x + 2); lgamma(2 + z) / z.
const erfNear = [1.12837911, -0.376126081, 0.112828314, -0.026757732, 0.00471908273];
const erfcTail = [
  1.02158272, -0.68716079, 0.279471666, -0.036439985, -0.0215024203, 0.00646141171, 0.00303605013, -0.000787494471,
  -0.000516922621,
];
const lgammaNear = [
  0.422784328, 0.322467029, -0.0673522949, 0.0205816254, -0.00738592073, 0.00287886872, -0.00118748483, 0.000570251257,
  -0.000250562007,
];

/** The error function and the gamma function's family; the formulas are those of the float64 ones, shortened to what float32 can hold. */
export const special: Readonly<Record<string, string>> = {
  // erfc(x) for x >= 1/2; exp(-x * x) in two factors, or the rounding of the square would show.
  erfc_tail_f32: `
fn erfc_tail_f32(x: f32) -> f32 {
  if (x > 10.2) { return 0.0; }
  let t = (x - 2.0) / (x + 2.0);
  let head = floor(x * 16.0) / 16.0;
  let power = exp_f32(-head * head) * exp_f32(-(x - head) * (x + head));
  return power / (x + 2.0) * ${polynomial('t', erfcTail)};
}
fn erf_near(x: f32) -> f32 {
  let z = x * x;
  return x * ${polynomial('z', erfNear)};
}`,

  erf_f32: `
fn erf_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  if (abs(x) < 0.5) { return erf_near(x); }
  return copysign_f32(1.0 - erfc_tail_f32(abs(x)), x);
}`,

  erfc_f32: `
fn erfc_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  if (abs(x) < 0.5) { return 1.0 - erf_near(x); }
  let tail = erfc_tail_f32(abs(x));
  return select(tail, 2.0 - tail, x < 0.0);
}`,

  ndtr_f32: `
fn ndtr_f32(x: f32) -> f32 { return 0.5 * erfc_f32(${-Math.SQRT1_2} * x); }`,

  erfinv_f32: `
fn erfinv_f32(y: f32) -> f32 {
  let size = abs(y);
  if (isnan_f32(y) || size > 1.0) { return nan_f32(); }
  if (size == 1.0) { return copysign_f32(infinity_f32(), y); }
  let w = -log_f32((1.0 - size) * (1.0 + size));
  if (w < 5.0) {
    let v = w - 2.5;
    return y * ${polynomial('v', erfinvCentre)};
  }
  let v = sqrt(w) - 3.0;
  return y * ${polynomial('v', erfinvTail)};
}`,

  // |sin(pi x)|, exact about the integers.
  sin_pi_f32: `
fn sin_pi_f32(x: f32) -> f32 { return abs(sin_f32(3.14159265 * (x - round(x)))); }`,

  // Stirling's series from 8 on, recurrence down to where the polynomial about 2 holds; for x >= 1/2.
  lgamma_half_f32: `
fn lgamma_half_f32(x: f32) -> f32 {
  if (x >= 8.0) {
    let z = 1.0 / x;
    return (x - 0.5) * (log_f32(x) - 1.0) + 0.418938533 + z * (0.0833333333 - z * z * (0.00277777778 - z * z * 0.000793650794));
  }
  var t = x;
  var product = 1.0;
  while (t > 2.5) {
    t -= 1.0;
    product *= t;
  }
  if (x >= 1.5) { return log_f32(product) + lgamma_near(t - 2.0); }
  return lgamma_near(x - 1.0) - log1p_f32(x - 1.0);
}
fn lgamma_near(z: f32) -> f32 { return z * ${polynomial('z', lgammaNear)}; }`,

  lgamma_f32: `
fn lgamma_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  if (isinf_f32(x) || (x <= 0.0 && x == floor(x))) { return infinity_f32(); }
  if (x >= 0.5) { return lgamma_half_f32(x); }
  if (x > -0.5) { return lgamma_near(x) - log1p_f32(x) - log_f32(abs(x)); }
  return log_f32(3.14159265 / (-x * sin_pi_f32(x))) - lgamma_half_f32(-x);
}`,

  digamma_positive_f32: `
fn digamma_positive_f32(x: f32) -> f32 {
  if (isinf_f32(x)) { return x; }
  var t = x;
  var shift = 0.0;
  while (t < 6.0) {
    shift += 1.0 / t;
    t += 1.0;
  }
  let z = 1.0 / (t * t);
  return log_f32(t) - 0.5 / t - z * (0.0833333333 - z * (0.00833333333 - z * 0.00396825397)) - shift;
}`,

  digamma_f32: `
fn digamma_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  if (x == 0.0) { return copysign_f32(infinity_f32(), select(-1.0, 1.0, isnegative_f32(x))); }
  if (x > 0.0) { return digamma_positive_f32(x); }
  let rest = x - round(x);
  if (isinf_f32(x) || rest == 0.0) { return nan_f32(); }
  return digamma_positive_f32(1.0 - x) - 3.14159265 / tan_f32(3.14159265 * rest);
}`,

  // q^s times Hurwitz' zeta(s, q) for q > 0, by Euler and Maclaurin's formula.
  scaled_zeta_f32: `
fn scaled_zeta_f32(s: f32, q: f32) -> f32 {
  var sum = 0.0;
  var w = q;
  while (w < 6.0 + s) {
    sum += pow_f32(q / w, s);
    w += 1.0;
  }
  let z = 1.0 / (w * w);
  let third = (s + 1.0) * (s + 2.0) * z;
  let fifth = third * (s + 3.0) * (s + 4.0) * z;
  let series = 0.0833333333 - third * 0.00138888889 + fifth * 3.30687831e-5;
  return sum + pow_f32(q / w, s) * (w / (s - 1.0) + 0.5 + s / w * series);
}
fn zeta(s: f32, q: f32) -> f32 { return scaled_zeta_f32(s, q) * pow_f32(q, -s); }`,

  // (-1)^(order + 1) order! zeta(order + 1, x); left of zero the terms are mirrored.
  polygamma_f32: `
fn polygamma_f32(order: f32, x: f32) -> f32 {
  if (order == 0.0) { return digamma_f32(x); }
  if (isnan_f32(x) || isnan_f32(order)) { return nan_f32(); }
  let s = order + 1.0;
  let even = (i32(order) & 1) == 0;
  let sign = select(1.0, -1.0, even);
  if (isinf_f32(x)) { return select(0.0, nan_f32(), x < 0.0); }
  var scale = 1.0;
  if (x > 0.0) {
    for (var k = 1.0; k <= order; k += 1.0) { scale *= k / x; }
    return sign * scale * (scaled_zeta_f32(s, x) / x);
  }
  for (var k = 2.0; k <= order; k += 1.0) { scale *= k; }
  if (x == floor(x)) { return sign * infinity_f32(); }
  let mirrored = zeta(s, ceil(x) - x) - zeta(s, 1.0 - x);
  return sign * scale * (zeta(s, x - floor(x)) + select(mirrored, -mirrored, even));
}`,
};
