import fc from 'fast-check';
import { digamma, erf, erfc, erfinv, lgamma, polygamma } from '../../kernels/special.js';

/** Expects agreement to some 1e-14 of the value. */
function expectClose(actual: number, expected: number, relative = 1e-14): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

type Table = readonly (readonly [number, number])[];

// Values from arithmetic with 60 digits, rounded.
const tables: readonly (readonly [string, (x: number) => number, Table])[] = [
  [
    'erf',
    erf,
    [
      [1e-10, 1.1283791670955126e-10],
      [0.25, 0.27632639016823696],
      [0.46875, 0.49261347321793797],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2.5, 0.999593047982555],
      [5, 0.9999999999984626],
      [-1.5, -0.9661051464753108],
    ],
  ],
  [
    'erfc',
    erfc,
    [
      [0.25, 0.7236736098317631],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [3, 2.209049699858544e-5],
      [4.5, 1.9661604415428876e-10],
      [10, 2.088487583762545e-45],
      [26, 5.663192408856143e-296],
      [-2, 1.9953222650189528],
    ],
  ],
  [
    'erfinv',
    erfinv,
    [
      [1e-20, 8.86226925452758e-21],
      [0.1, 0.08885599049425769],
      [0.5, 0.4769362762044699],
      [-0.9, -1.1630871536766743],
      [0.999, 2.3267537655135246],
      [1 - 2 ** -30, 4.328028275800946],
      [1 - 2 ** -53, 5.8635847487551676],
    ],
  ],
  [
    'lgamma',
    lgamma,
    [
      [1e-20, 46.051701859880914],
      [0.3, 1.0957979948180756],
      [0.5, 0.5723649429247001],
      [1.0000001, -5.772155829918507e-8],
      [1.5, -0.12078223763524522],
      [1.9999, -4.227520877215346e-5],
      [2.2, 0.09694746679063887],
      [4.7, 2.7364051463155667],
      [9.99, 12.779315214350193],
      [10.5, 13.940625219403763],
      [100, 359.1342053695754],
      [1e10, 220258509288.81058],
      [1e300, 6.897755278982137e302],
      [-0.3, 1.4648400508576025],
      [-1.5, 0.860047015376481],
      [-20.25, -41.60096191534053],
    ],
  ],
  [
    'digamma',
    digamma,
    [
      [1e-5, -100000.57719921567],
      [0.5, -1.9635100260214235],
      [1, -0.5772156649015329],
      [1.4, -0.06138454458511624],
      [1.4616321449683622, -9.241265521729427e-17],
      [1.9, 0.35618416116405965],
      [3, 0.9227843350984671],
      [9.9, 2.2411803166063815],
      [50, 3.901989673427892],
      [1e20, 46.051701859880914],
      [-0.5, 0.03648997397857652],
      [-7.3, 4.33730730551005],
    ],
  ],
  [
    'polygamma(1, x)',
    (x) => polygamma(1, x),
    [
      [0.01, 10001.621213528313],
      [0.5, 4.934802200544679],
      [1, 1.6449340668482264],
      [3.7, 0.3100378576700383],
      [40, 0.02531510384129103],
      [-0.3, 13.945160267805722],
      [-4.6, 10.716107835423417],
    ],
  ],
  [
    'polygamma(2, x)',
    (x) => polygamma(2, x),
    [
      [0.01, -2000002.340398677],
      [0.5, -16.82879664423432],
      [1, -2.4041138063191885],
      [3.7, -0.09539530872855403],
      [40, -0.0006408202718352986],
      [-0.3, 67.63908119988317],
      [-4.6, -22.314382257130532],
    ],
  ],
  [
    'polygamma(12, x)',
    (x) => polygamma(12, x),
    [
      [0.01, -4.790015999999999e34],
      [0.5, -3923983571677.6094],
      [1, -479060379.8898314],
      [3.7, -20.62507090000477],
      [40, -2.755399787284401e-12],
      [-0.3, 3004370619256656],
      [-4.6, -71010055016660.16],
    ],
  ],
];

test.each(tables)('%s has the known values', (_name, f, table) => {
  for (const [x, expected] of table) expectClose(f(x), expected);
});

test('values in closed form', () => {
  const euler = 0.5772156649015329;
  const apery = 1.2020569031595942;
  expectClose(lgamma(0.5), Math.log(Math.PI) / 2);
  expect([lgamma(1), lgamma(2)]).toEqual([0, 0]);
  expectClose(lgamma(13), Math.log(479001600));
  expectClose(digamma(1), -euler);
  expectClose(digamma(0.5), -euler - 2 * Math.LN2);
  expectClose(digamma(0.25), -euler - Math.PI / 2 - 3 * Math.LN2);
  expectClose(polygamma(1, 1), Math.PI ** 2 / 6);
  expectClose(polygamma(2, 1), -2 * apery);
  expectClose(polygamma(3, 0.5), Math.PI ** 4);
});

test('erf agrees with its power series about zero', () => {
  for (let x = -1; x <= 1; x += 1 / 64) {
    let term = (2 / Math.sqrt(Math.PI)) * x;
    let sum = 0;
    for (let n = 0; n < 40; n++) {
      sum += term / (2 * n + 1);
      term *= (-x * x) / (n + 1);
    }
    expectClose(erf(x), sum);
  }
});

test('edges', () => {
  expect([0, -0, Infinity, -Infinity, NaN].map(erf)).toEqual([0, -0, 1, -1, NaN]);
  expect([0, Infinity, -Infinity, NaN, 1e300].map(erfc)).toEqual([1, 0, 2, NaN, 0]);
  expect([0, -0, 1, -1, 1.5, -2, NaN].map(erfinv)).toEqual([0, -0, Infinity, -Infinity, NaN, NaN, NaN]);
  expect([0, -0, -1, -7, Infinity, -Infinity].map(lgamma)).toEqual(new Array(6).fill(Infinity));
  expect(lgamma(NaN)).toBeNaN();
  expect([0, -0, -1, -7, Infinity, -Infinity, NaN].map(digamma)).toEqual([
    -Infinity,
    Infinity,
    NaN,
    NaN,
    Infinity,
    NaN,
    NaN,
  ]);
  expect([0, -1, -7, Infinity, NaN].map((x) => polygamma(1, x))).toEqual([Infinity, Infinity, Infinity, 0, NaN]);
  expect([0, -1, Infinity].map((x) => polygamma(2, x))).toEqual([-Infinity, -Infinity, -0]);
  expect(polygamma(0, 3.5)).toBe(digamma(3.5));
});

const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });

test('erf and erfc add up to one, and erfinv undoes erf', () => {
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
      expect(Math.abs(erf(x) + erfc(x) - 1)).toBeLessThan(3e-16);
      expect(erf(-x)).toBe(-erf(x));
    }),
  );
  fc.assert(fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (x) => expectClose(erfinv(erf(x)), x, 3e-14)));
});

test('recurrences: one more argument adds log x, 1 / x, and so on', () => {
  fc.assert(
    fc.property(positive, (x) => {
      const near = (a: number, b: number, parts: number): void =>
        expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-14 * parts);
      near(lgamma(x + 1), lgamma(x) + Math.log(x), 1 + Math.abs(lgamma(x + 1)));
      near(digamma(x + 1), digamma(x) + 1 / x, 1 + 1 / x + Math.log(x + 1));
      near(polygamma(1, x + 1), polygamma(1, x) - 1 / x ** 2, polygamma(1, x));
      near(polygamma(4, x + 1), polygamma(4, x) + 24 / x ** 5, -polygamma(4, x));
    }),
  );
});
