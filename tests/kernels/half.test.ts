import { floatToHalf, halfToFloat } from '../../kernels/half.js';

const infinity = 0x7c00;

test('every float16 survives the way through a number', () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = halfToFloat(bits);
    if ((bits & 0x7fff) > infinity) expect([value, floatToHalf(value)]).toEqual([NaN, 0x7e00]);
    else if (floatToHalf(value) !== bits) throw new Error(`${bits} -> ${value} -> ${floatToHalf(value)}`);
  }
});

test('known values', () => {
  expect([0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, infinity].map(halfToFloat)).toEqual([
    0,
    -0,
    1,
    -2,
    65504,
    2 ** -14,
    2 ** -24,
    Infinity,
  ]);
});

test('halfway goes to the even neighbour, anything beyond it to the nearer one', () => {
  for (let bits = 0; bits < infinity; bits++) {
    const above = bits + 1 === infinity ? 65536 : halfToFloat(bits + 1);
    const middle = (halfToFloat(bits) + above) / 2;
    const rounded = [middle * (1 - 2 ** -52), middle, middle * (1 + 2 ** -52), -middle].map(floatToHalf);
    const even = bits + (bits & 1);
    const expected = [bits, even, bits + 1, even | 0x8000];
    if (rounded.some((r, i) => r !== expected[i])) throw new Error(`${middle}: ${rounded}, not ${expected}`);
  }
});

test('what is too large becomes infinite, what is too small zero', () => {
  expect([65519.99, 65520, 1e300, -Infinity].map(floatToHalf)).toEqual([0x7bff, infinity, infinity, 0xfc00]);
  expect([2 ** -25, 5e-324, -5e-324].map(floatToHalf)).toEqual([0, 0, 0x8000]);
});
