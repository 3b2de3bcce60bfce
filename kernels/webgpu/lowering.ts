import { elementary } from './elementary.js';
import { special } from './special.js';

/**
 * What WGSL has no operation for, and what its devices get wrong. Compilers may assume that neither NaN nor infinity exists, so both are
 * told by their bits and made from variables; `%` and comparisons are made to hold for them.
 */
const basics: Readonly<Record<string, string>> = {
  infinity_f32: `
var<private> infinity_bits: u32 = 0x7f800000u;
fn infinity_f32() -> f32 { return bitcast<f32>(infinity_bits); }`,

  nan_f32: `
var<private> nan_bits: u32 = 0x7fc00000u;
fn nan_f32() -> f32 { return bitcast<f32>(nan_bits); }`,

  isnan_f32: `
fn isnan_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`,

  isinf_f32: `
fn isinf_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }`,

  isnegative_f32: `
fn isnegative_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x80000000u) != 0u; }`,

  copysign_f32: `
fn copysign_f32(size: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}`,

  // Cut towards zero and wrapped around as JavaScript does it; NaN and infinity become 0.
  integer_f32: `
fn integer_f32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = (bits >> 23u) & 255u;
  if (exponent < 158u) { return i32(x); }
  if (exponent > 181u) { return 0; }
  let size = i32(((bits & 0x007fffffu) | 0x00800000u) << (exponent - 150u));
  return select(size, -size, isnegative_f32(x));
}`,

  lt_f32: `
fn lt_f32(a: f32, b: f32) -> bool { return !(isnan_f32(a) || isnan_f32(b)) && a < b; }`,

  le_f32: `
fn le_f32(a: f32, b: f32) -> bool { return !(isnan_f32(a) || isnan_f32(b)) && a <= b; }`,

  eq_f32: `
fn eq_f32(a: f32, b: f32) -> bool { return !(isnan_f32(a) || isnan_f32(b)) && a == b; }`,

  ne_f32: `
fn ne_f32(a: f32, b: f32) -> bool { return isnan_f32(a) || isnan_f32(b) || a != b; }`,

  sign_f32: `
fn sign_f32(x: f32) -> f32 { return select(sign(x), x, isnan_f32(x)); }`,

  maximum_f32: `
fn maximum_f32(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isnan_f32(b)), a, isnan_f32(a)); }`,

  minimum_f32: `
fn minimum_f32(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, isnan_f32(b)), a, isnan_f32(a)); }`,

  // Long division in binary: every subtraction is exact, where WGSL's a - b * trunc(a / b) is not.
  fmod_f32: `
fn fmod_f32(a: f32, b: f32) -> f32 {
  if (isnan_f32(a) || isnan_f32(b) || isinf_f32(a) || b == 0.0) { return nan_f32(); }
  let size = abs(b);
  var rest = abs(a);
  if (isinf_f32(b) || rest < size) { return a; }
  var shift = (bitcast<u32>(rest) >> 23u) - (bitcast<u32>(size) >> 23u);
  loop {
    let part = bitcast<f32>(bitcast<u32>(size) + (shift << 23u));
    if (part <= rest) { rest -= part; }
    if (shift == 0u) { break; }
    shift -= 1u;
  }
  return copysign_f32(rest, a);
}`,

  remainder_f32: `
fn remainder_f32(a: f32, b: f32) -> f32 {
  let rest = fmod_f32(a, b);
  return select(rest, rest + b, rest != 0.0 && isnegative_f32(rest) != isnegative_f32(b) && !isnan_f32(rest));
}`,

  fmod_i32: `
fn fmod_i32(a: i32, b: i32) -> i32 { return select(a % b, 0, b == 0); }`,

  remainder_i32: `
fn remainder_i32(a: i32, b: i32) -> i32 {
  let rest = fmod_i32(a, b);
  return select(rest, rest + b, rest != 0 && (rest < 0) != (b < 0));
}`,

  quotient_i32: `
fn quotient_i32(a: i32, b: i32) -> i32 { return select(a / b, 0, b == 0); }`,

  floor_quotient_i32: `
fn floor_quotient_i32(a: i32, b: i32) -> i32 {
  return quotient_i32(a, b) - select(0, 1, remainder_i32(a, b) != fmod_i32(a, b));
}`,

  // A negative exponent leaves nothing but powers of 1 and -1.
  pow_i32: `
fn pow_i32(a: i32, b: i32) -> i32 {
  if (b < 0 && abs(a) != 1) { return 0; }
  var result = 1;
  var square = a;
  for (var rest = u32(abs(b)); rest != 0u; rest >>= 1u) {
    if ((rest & 1u) == 1u) { result *= square; }
    square *= square;
  }
  return result;
}`,
};

const helpers: Readonly<Record<string, string>> = { ...basics, ...elementary, ...special };

/** The helper functions that a text calls, and those that they call. */
export function helpersOf(text: string): string {
  const found = new Set<string>();
  const visit = (code: string): void => {
    for (const [name] of code.matchAll(/\b\w+_[fi]32\b/g)) {
      const helper = helpers[name];
      if (helper === undefined || found.has(helper)) continue;
      found.add(helper);
      visit(helper);
    }
  };
  visit(text);
  return [...found].join('\n');
}
