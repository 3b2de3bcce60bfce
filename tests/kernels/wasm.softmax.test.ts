import fc from 'fast-check';
import * as reference from '../../kernels/reference/softmax.js';
import { policy } from '../../kernels/wasm/policy.js';
import { softmaxBackwardVectors, softmaxVectors } from '../../kernels/wasm/rows/softmax.js';
import { blank, expectNear, fill, from, plain, put, randoms, stored } from './views.js';

const usual = { ...policy };

beforeEach(() => {
  policy.lines = 1;
});

afterEach(() => void Object.assign(policy, usual));

function expectReference(shape: readonly number[], dim: number, logarithm: boolean, lead: number, seed: number): void {
  const random = randoms(seed);
  const layout = { ...plain, lead };
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const input = fill(blank('float32', shape, layout), random, 30);
  const gradient = fill(blank('float32', shape), random);
  const [output, wanted, to, wantedTo] = [0, 1, 2, 3].map(() => blank('float32', shape));
  reference.softmax(wanted, input, dim, logarithm);
  expect(softmaxVectors(output, input, dim, logarithm)).toBe(inner === 1 || inner >= 4);
  if (inner === 1 || inner >= 4) expectNear(output, wanted);
  reference.softmaxBackward(wantedTo, gradient, wanted, dim, logarithm);
  if (softmaxBackwardVectors(to, gradient, wanted, dim, logarithm)) expectNear(to, wantedTo, 10);
}

test('lines of any length along any dimension, as the reference has them', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(shapes, fc.nat(2), fc.boolean(), fc.nat(5), fc.integer(), (shape, at, logarithm, lead, seed) => {
      expectReference(shape, at % shape.length, logarithm, lead, seed);
    }),
    { numRuns: 200 },
  );
});

test.each([
  [[2, 5000], 1],
  [[70, 65], 1],
  [[1500, 3], 1],
  [[2, 65, 66], 1],
  [[2, 130, 131], 1],
  [[300, 129], 0],
])('more than a tile: %p along %p', (shape, dim) => {
  for (const logarithm of [false, true]) expectReference(shape, dim, logarithm, 1, 7);
});

test.each([
  [[NaN, 1, 2, 3, 4]],
  [[Infinity, 1, 2, 3, 4]],
  [[-Infinity, -Infinity, -Infinity]],
  [[-Infinity, 0, 0, 100, -100, 1000]],
  [[0, -80, -90, -100, -103, -105, -1e30]],
  [[-1e30, 1e30, 3e38]],
])('%p', (x) => {
  for (const logarithm of [false, true]) {
    for (const width of [1, 5]) {
      // Alone as a row, and as each of some columns.
      const input = put(
        blank('float32', [x.length, width]),
        x.flatMap((value) => new Array<number>(width).fill(value)),
      );
      const [output, wanted] = [blank('float32', [x.length, width]), blank('float32', [x.length, width])];
      expect(softmaxVectors(output, input, 0, logarithm)).toBe(true);
      reference.softmax(wanted, input, 0, logarithm);
      expectNear(output, wanted);
    }
  }
});

test('probabilities below the normal numbers are exact, and the logarithm of nearly 1 is not 0', () => {
  const [output, wanted] = [blank('float32', [2]), blank('float32', [2])];
  for (const [x, logarithm] of [
    [[0, -95], false],
    [[0, -18], true],
  ] as const) {
    const input = from('float32', x);
    expect(softmaxVectors(output, input, 0, logarithm)).toBe(true);
    reference.softmax(wanted, input, 0, logarithm);
    const [ours, exact] = [stored(output), stored(wanted)] as [number[], number[]];
    ours.forEach((value, i) => {
      expect(Math.abs(value / exact[i] - 1)).toBeLessThan(1e-6);
    });
  }
});

test('other dtypes, other layouts and small operands are left to JavaScript', () => {
  const [x, y] = [blank('float64', [8]), blank('float64', [8])];
  expect(softmaxVectors(y, x, 0, false)).toBe(false);
  const turned = { ...blank('float32', [4, 4]), strides: [1, 4] };
  expect(softmaxVectors(blank('float32', [4, 4]), turned, 1, false)).toBe(false);
  policy.lines = 17;
  expect(softmaxVectors(blank('float32', [4, 4]), blank('float32', [4, 4]), 1, false)).toBe(false);
});
