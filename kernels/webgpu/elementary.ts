/** Value of a polynomial with coefficients from the lowest power up, as WGSL (Horner). */
export function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients.reduceRight((sum, c) => (sum === '' ? `${c}` : `(${sum} * ${x} + ${c})`), '');
}

/**
 * Exponentials, logarithms, circular and hyperbolic functions from + - * / and sqrt, because WGSL lets a device's own be wide of the
 * mark: sin within 2^-11, lavapipe's tanh off by 1.9e-4. Series and reductions are the classical ones (W. J. Cody and W. Waite, "Software
 * Manual for the Elementary Functions", 1980); atan and asin interpolate at Chebyshev nodes. Compilers may regroup sums and merge two products
 * of one factor: where digits hang on the order, the factors are integers. Errors are some three units in the last place, of pow
 * 2e-7 |y log x| more, relative to the result.
 */
export const elementary: Readonly<Record<string, string>> = {
  // In two factors, for 2^n alone may overflow where x 2^n does not.
  scale_f32: `
fn scale_f32(x: f32, n: i32) -> f32 {
  let half = n / 2;
  return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
}`,

  // exp(x) = 2^n (1 + p), for -104 <= x <= 89: n and p. log(2) is 45426 / 2^16 and a rest.
  exp_parts_f32: `
fn exp_parts_f32(x: f32) -> vec2<f32> {
  let n = round(x * 1.44269504);
  let r = (x - f32(i32(n) * 45426) / 65536.0) - n * 1.42860682e-6;
  return vec2<f32>(n, r + r * r * ${polynomial('r', [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040])});
}`,

  exp_f32: `
fn exp_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  let parts = exp_parts_f32(clamp(x, -104.0, 89.0));
  return scale_f32(1.0 + parts.y, i32(parts.x));
}`,

  expm1_f32: `
fn expm1_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  if (x < -17.0) { return -1.0; }
  if (x > 17.0) { return exp_f32(x); }
  let parts = exp_parts_f32(x);
  let power = scale_f32(1.0, i32(parts.x));
  return power * parts.y + (power - 1.0);
}`,

  // log(1 + f) for f between -0.3 and 0.42.
  log_near_f32: `
fn log_near_f32(f: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  let half = 0.5 * f * f;
  return f - (half - s * (half + z * ${polynomial('z', [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11])}));
}`,

  // x = 2^e m with m between sqrt(1/2) and sqrt(2): e and log(m). What is below the normal numbers is read as an integer times 2^-149.
  log_parts_f32: `
fn log_parts_f32(x: f32) -> vec2<f32> {
  var bits = bitcast<u32>(x);
  var e = -127;
  if (bits < 0x00800000u) {
    bits = bitcast<u32>(f32(bits));
    e -= 149;
  }
  bits += 0x3f800000u - 0x3f3504f3u;
  let m = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u);
  return vec2<f32>(f32(e + i32(bits >> 23u)), log_near_f32(m - 1.0));
}`,

  // What all logarithms have at 0, infinity and NaN, and below 0.
  log_edge_f32: `
fn log_edge_f32(x: f32) -> f32 {
  if ((bitcast<u32>(x) << 1u) == 0u) { return -infinity_f32(); }
  if (isnan_f32(x) || isnegative_f32(x)) { return nan_f32(); }
  return x;
}
fn is_log_edge(x: f32) -> bool {
  let bits = bitcast<u32>(x);
  return bits == 0u || bits >= 0x7f800000u;
}`,

  log_f32: `
fn log_f32(x: f32) -> f32 {
  if (is_log_edge(x)) { return log_edge_f32(x); }
  let parts = log_parts_f32(x);
  return parts.x * 0.693145752 + (parts.y + parts.x * 1.42860682e-6);
}`,

  log2_f32: `
fn log2_f32(x: f32) -> f32 {
  if (is_log_edge(x)) { return log_edge_f32(x); }
  let parts = log_parts_f32(x);
  return parts.x + parts.y * 1.44269504;
}`,

  log10_f32: `
fn log10_f32(x: f32) -> f32 {
  if (is_log_edge(x)) { return log_edge_f32(x); }
  let parts = log_parts_f32(x);
  return parts.x * 0.301025391 + (parts.y * 0.434294482 + parts.x * 4.60503898e-6);
}`,

  log1p_f32: `
fn log1p_f32(x: f32) -> f32 {
  if (abs(x) < 0.25) { return log_near_f32(x); }
  return log_f32(1.0 + x);
}`,

  // Small whole powers by multiplication, so that x^2 is x * x.
  pow_f32: `
fn pow_f32(x: f32, y: f32) -> f32 {
  if (y == 0.0 || x == 1.0) { return 1.0; }
  if (isnan_f32(x) || isnan_f32(y)) { return nan_f32(); }
  let size = abs(x);
  if (isinf_f32(y)) {
    if (size == 1.0) { return 1.0; }
    return select(0.0, infinity_f32(), (size > 1.0) == (y > 0.0));
  }
  let whole = trunc(y) == y;
  if (x < 0.0 && !whole && !isinf_f32(x)) { return nan_f32(); }
  let odd = whole && abs(y) < 16777216.0 && (i32(y) & 1) == 1;
  var result: f32;
  if (size == 0.0 || isinf_f32(x)) {
    result = select(0.0, infinity_f32(), (size == 0.0) == (y < 0.0));
  } else if (whole && abs(y) <= 16.0) {
    result = 1.0;
    var square = size;
    for (var rest = u32(abs(y)); rest != 0u; rest >>= 1u) {
      if ((rest & 1u) == 1u) { result *= square; }
      square *= square;
    }
    if (y < 0.0) { result = 1.0 / result; }
  } else {
    result = exp_f32(y * log_f32(size));
  }
  return select(result, -result, odd && isnegative_f32(x));
}`,

  // x = n pi/2 + r with |r| <= pi/4: r, and n up to a multiple of 4. pi/2 is 201 / 2^7 and 2029 / 2^22 and a rest; larger x are taken
  // times 2/pi in integers (M. Payne and R. Hanek, 1983).
  quarter_turns_f32: `
fn quarter_turns_f32(x: f32) -> vec2<f32> {
  if (abs(x) > 8192.0) { return large_quarter_turns_f32(x); }
  let n = round(x * 0.636619772);
  let whole = i32(n);
  let r = ((x - f32(whole * 201) / 128.0) - f32(whole * 2029) / 4194304.0) - n * 7.54978995e-8;
  return vec2<f32>(r, f32(whole & 3));
}`,

  // x is a whole number of 24 bits times 2^e: the bits of 2/pi that matter start at e - 2, those before give whole turns.
  large_quarter_turns_f32: `
fn large_quarter_turns_f32(x: f32) -> vec2<f32> {
  var words = array<u32, 7>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u);
  let bits = bitcast<u32>(x);
  let start = ((bits >> 23u) & 255u) - 120u;
  let first = start >> 5u;
  let shift = start & 31u;
  let high = (words[first] << shift) | ((words[first + 1u] >> 1u) >> (31u - shift));
  let low = (words[first + 1u] << shift) | ((words[first + 2u] >> 1u) >> (31u - shift));
  let whole = (bits & 0x007fffffu) | 0x00800000u;
  let product = whole * high + high_product(whole, low);
  let fraction = bitcast<i32>((product << 2u) | ((whole * low) >> 30u));
  let n = (product >> 30u) + select(0u, 1u, fraction < 0);
  let r = f32(fraction) * 3.65729520e-10;
  if (isnegative_f32(x)) { return vec2<f32>(-r, f32((4u - n) & 3u)); }
  return vec2<f32>(r, f32(n & 3u));
}
// The upper word of the product of 24 bits and 32.
fn high_product(a: u32, b: u32) -> u32 {
  let a1 = a >> 12u;
  let a0 = a & 0xfffu;
  let b1 = b >> 16u;
  let b0 = b & 0xffffu;
  let carry = (a1 * b0 + ((a0 * b0) >> 12u)) >> 4u;
  return (a1 * b1 + ((a0 * b1 + carry) >> 12u)) >> 4u;
}`,

  sin_near_f32: `
fn sin_near_f32(r: f32) -> f32 {
  let z = r * r;
  return r + r * z * ${polynomial('z', [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880])};
}`,

  cos_near_f32: `
fn cos_near_f32(r: f32) -> f32 {
  let z = r * r;
  return 1.0 + z * ${polynomial('z', [-1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800])};
}`,

  // The sine of r after some quarter turns.
  turned_sin_f32: `
fn turned_sin_f32(r: f32, turns: i32) -> f32 {
  let value = select(sin_near_f32(r), cos_near_f32(r), (turns & 1) == 1);
  return select(value, -value, (turns & 2) == 2);
}`,

  sin_f32: `
fn sin_f32(x: f32) -> f32 {
  if (isnan_f32(x) || isinf_f32(x)) { return nan_f32(); }
  let reduced = quarter_turns_f32(x);
  return turned_sin_f32(reduced.x, i32(reduced.y));
}`,

  cos_f32: `
fn cos_f32(x: f32) -> f32 {
  if (isnan_f32(x) || isinf_f32(x)) { return nan_f32(); }
  let reduced = quarter_turns_f32(x);
  return turned_sin_f32(reduced.x, i32(reduced.y) + 1);
}`,

  tan_f32: `
fn tan_f32(x: f32) -> f32 {
  if (isnan_f32(x) || isinf_f32(x)) { return nan_f32(); }
  let reduced = quarter_turns_f32(x);
  let value = sin_near_f32(reduced.x) / cos_near_f32(reduced.x);
  return select(value, -1.0 / value, (i32(reduced.y) & 1) == 1);
}`,

  // asin(x) for |x| <= 1/2.
  asin_near_f32: `
fn asin_near_f32(x: f32) -> f32 {
  let z = x * x;
  return x + x * z * ${polynomial('z', [0.166666731, 0.0749885514, 0.0450013801, 0.0265545417, 0.0380850248])};
}`,

  asin_f32: `
fn asin_f32(x: f32) -> f32 {
  let size = abs(x);
  if (isnan_f32(x) || size > 1.0) { return nan_f32(); }
  if (size <= 0.5) { return asin_near_f32(x); }
  return copysign_f32(1.57079633 - 2.0 * asin_near_f32(sqrt((1.0 - size) * 0.5)), x);
}`,

  acos_f32: `
fn acos_f32(x: f32) -> f32 {
  let size = abs(x);
  if (isnan_f32(x) || size > 1.0) { return nan_f32(); }
  if (size <= 0.5) { return 1.57079633 - asin_near_f32(x); }
  let angle = 2.0 * asin_near_f32(sqrt((1.0 - size) * 0.5));
  return select(angle, 3.14159265 - angle, x < 0.0);
}`,

  // Around 0, 1 and infinity in turn: tan(pi/8) and tan(3 pi/8) part them.
  atan_f32: `
fn atan_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  let size = abs(x);
  var base = 0.0;
  var t = size;
  if (size > 2.41421356) {
    base = 1.57079633;
    t = select(-1.0 / size, 0.0, size > 1e9);
  } else if (size > 0.414213562) {
    base = 0.785398163;
    t = (size - 1.0) / (size + 1.0);
  }
  let z = t * t;
  let value = base + (t + t * z * ${polynomial('z', [-0.333333313, 0.199995399, -0.142639458, 0.107436314, -0.0645159706])});
  return copysign_f32(value, x);
}`,

  atan2_f32: `
fn atan2_f32(y: f32, x: f32) -> f32 {
  if (isnan_f32(x) || isnan_f32(y)) { return nan_f32(); }
  let wide = abs(x);
  let high = abs(y);
  var angle = 0.0;
  if (isinf_f32(x) && isinf_f32(y)) { angle = 0.785398163; }
  else if (high > wide) { angle = 1.57079633 - atan_f32(wide / high); }
  else if (high > 0.0) { angle = atan_f32(high / wide); }
  return copysign_f32(select(angle, 3.14159265 - angle, isnegative_f32(x)), y);
}`,

  sinh_f32: `
fn sinh_f32(x: f32) -> f32 {
  let size = abs(x);
  if (size > 17.0) {
    let root = exp_f32(0.5 * size);
    return copysign_f32(0.5 * root * root, x);
  }
  let e = expm1_f32(size);
  return copysign_f32(0.5 * (e + e / (e + 1.0)), x);
}`,

  cosh_f32: `
fn cosh_f32(x: f32) -> f32 {
  let root = exp_f32(0.5 * abs(x));
  return 0.5 * root * root + 0.5 / (root * root);
}`,

  tanh_f32: `
fn tanh_f32(x: f32) -> f32 {
  if (isnan_f32(x)) { return x; }
  let e = expm1_f32(2.0 * min(abs(x), 10.0));
  return copysign_f32(e / (e + 2.0), x);
}`,

  asinh_f32: `
fn asinh_f32(x: f32) -> f32 {
  let size = abs(x);
  if (size > 1e8) { return copysign_f32(log_f32(size) + 0.693147181, x); }
  return copysign_f32(log1p_f32(size + size * size / (1.0 + sqrt(1.0 + size * size))), x);
}`,

  acosh_f32: `
fn acosh_f32(x: f32) -> f32 {
  if (isnan_f32(x) || x < 1.0) { return nan_f32(); }
  if (x > 1e8) { return log_f32(x) + 0.693147181; }
  let t = x - 1.0;
  return log1p_f32(t + sqrt(t * (t + 2.0)));
}`,

  atanh_f32: `
fn atanh_f32(x: f32) -> f32 {
  let size = abs(x);
  if (isnan_f32(x) || size > 1.0) { return nan_f32(); }
  if (size == 1.0) { return copysign_f32(infinity_f32(), x); }
  return copysign_f32(0.5 * log1p_f32(2.0 * size / (1.0 - size)), x);
}`,
};
