import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;
const grid = tg.tensor(Array.from({ length: 12 }, (_, i) => i + 1)).reshape(1, 1, 3, 4);

test('maxPool2d gives values, and where they are', () => {
  const [values, indices] = F.maxPool2d(grid, 2, { returnIndices: true });
  expect(values.tolist()).toEqual([[[[6, 8]]]]);
  expect(indices.tolist()).toEqual([[[[5, 7]]]]);
  expect(indices.dtype).toBe('int32');
});

test('with ceilMode the last window hangs over the end', () => {
  expect(F.maxPool2d(grid, 2, { ceilMode: true }).tolist()).toEqual([
    [
      [
        [6, 8],
        [10, 12],
      ],
    ],
  ]);
  // A window that would start behind the input and its padding is left out.
  expect(F.maxPool1d(tg.ones(1, 1, 3), 2, 3, 1, 1, true).shape).toEqual([1, 1, 2]);
});

test('NaN wins, and of equal elements the first', () => {
  const x = tg.tensor([[[1, Number.NaN, 5, 2, 2, 2]]]);
  const [values, indices] = F.maxPool1d(x, { kernelSize: 3, returnIndices: true });
  expect(values.tolist()).toEqual([[[Number.NaN, 2]]]);
  expect(indices.tolist()).toEqual([[[1, 3]]]);
});

test('the gradient of maxPool goes to the largest, added where windows share it', () => {
  const x = tg.tensor([[[1, 9, 2, 3]]], { requiresGrad: true });
  F.maxPool1d(x, 2, 1).sum().backward();
  expect(x.grad?.tolist()).toEqual([[[0, 2, 0, 1]]]);
});

test('maxUnpool puts the largest back', () => {
  const [values, indices] = F.maxPool2d(grid, 2, { returnIndices: true });
  expect(F.maxUnpool2d(values, indices, 2, { outputSize: [3, 4] }).tolist()).toEqual([
    [
      [
        [0, 0, 0, 0],
        [0, 6, 0, 8],
        [0, 0, 0, 0],
      ],
    ],
  ]);
  expect(F.maxUnpool2d(values, indices, 2).shape).toEqual([1, 1, 2, 4]);
  expect(() => F.maxUnpool2d(values, indices.add(10), 2)).toThrow(tg.IndexError);
});

test('avgPool2d counts the padding, or not', () => {
  const options = { stride: 2, padding: 1, ceilMode: true };
  expectNear(F.avgPool2d(grid, 2, options), [
    [
      [
        [0.25, 1.25, 1],
        [3.5, 8.5, 5],
      ],
    ],
  ]);
  expectNear(F.avgPool2d(grid, 2, { ...options, countIncludePad: false }), [
    [
      [
        [1, 2.5, 4],
        [7, 8.5, 10],
      ],
    ],
  ]);
  expectNear(F.avgPool2d(grid, 2, { divisorOverride: 1 }), [[[[14, 22]]]]);
});

test('an infinite element stays in its windows', () => {
  const y = F.avgPool1d(tg.tensor([[[Number.POSITIVE_INFINITY, 1, 2, 3]]]), 2, { padding: 1, countIncludePad: false });
  expect(y.tolist()).toEqual([[[Number.POSITIVE_INFINITY, 1.5, 3]]]);
});

test('lpPool is a norm of windows', () => {
  expectNear(F.lpPool1d(tg.tensor([[[3, 4, 0, 5]]]), 2, 2), [[[5, 5]]]);
});

test('adaptive windows cover the input, and overlap where it does not divide', () => {
  const x = tg.tensor([[[1, 2, 3, 4, 5, 6, 7]]]);
  expectNear(F.adaptiveAvgPool1d(x, 3), [[[2, 4, 6]]]);
  const [values, indices] = F.adaptiveMaxPool1d(x, 3, true);
  expect(values.tolist()).toEqual([[[3, 5, 7]]]);
  expect(indices.tolist()).toEqual([[[2, 4, 6]]]);
});

test('adaptive pooling to one element is the mean, null keeps a size', () => {
  const x = ramp(2, 3, 5, 4);
  expectNear(F.adaptiveAvgPool2d(x, 1), x.mean([2, 3], true).tolist() as number[][]);
  expect(F.adaptiveAvgPool2d(x, [null, 3]).shape).toEqual([2, 3, 5, 3]);
  expect(F.adaptiveMaxPool2d(x, [2, null]).shape).toEqual([2, 3, 2, 4]);
});

test('fractional pooling draws its windows from the generator', () => {
  const draw = (): unknown => {
    tg.manualSeed(3);
    return F.fractionalMaxPool2d(ramp(1, 2, 9, 8), 2, { outputRatio: 0.5 }).tolist();
  };
  expect(draw()).toEqual(draw());
  expect(F.fractionalMaxPool2d(ramp(1, 2, 9, 8), 2, 4).shape).toEqual([1, 2, 4, 4]);
});

test('an input without batch gives a result without batch', () => {
  const x = ramp(2, 3, 6, 6);
  for (const pool of [
    (y: tg.Tensor) => F.maxPool2d(y, 2),
    (y: tg.Tensor) => F.avgPool2d(y, 3, 1, 1),
    (y: tg.Tensor) => F.adaptiveMaxPool2d(y, 4),
  ]) {
    expect(pool(x.select(0, 1)).tolist()).toEqual(pool(x).select(0, 1).tolist());
  }
});
