const { abs } = Math;
const { isNaN } = Number;
const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
// Which of the two words holds the sign: the second where the low byte comes first.
const high = new Uint8Array(new Uint16Array([1]).buffer)[0];

/** What one unit of the ten fraction bits is worth, by exponent field. */
const units = new Float64Array(32);
for (let field = 0; field < 31; field++) units[field] = 2 ** (Math.max(field, 1) - 25);

/** The value of a float16 (IEEE 754 binary16) given as its 16 bits. */
export function halfToFloat(bits: number): number {
  const field = (bits >> 10) & 31;
  const fraction = bits & 1023;
  let size = (field === 0 ? fraction : fraction + 1024) * units[field];
  if (field === 31) size = fraction === 0 ? Infinity : NaN;
  return bits >= 0x8000 ? -size : size;
}

/** The 16 bits of the float16 nearest to a value, ties to even; from 65520 on that is infinity. */
export function floatToHalf(value: number): number {
  float64[0] = value;
  const top = words[high];
  const sign = (top >>> 16) & 0x8000;
  const field = ((top >>> 20) & 2047) - 1008;
  if (field > 30) return isNaN(value) ? 0x7e00 : sign | 0x7c00;
  // Below the normal numbers the unit is fixed, and adding 2^52 leaves the sum rounded to whole units.
  if (field < 1) return sign | (abs(value) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  const bits = (field << 10) | ((top >>> 10) & 1023);
  const rest = top & 1023;
  // A carry out of the fraction goes into the exponent, as it should, up to infinity.
  const up = rest > 512 || (rest === 512 && (words[1 - high] !== 0 || (bits & 1) === 1));
  return sign | (up ? bits + 1 : bits);
}
