import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/sort.js';
import * as reference from '../../kernels/reference/sort.js';
import type { DType } from '../../kernels/types.js';
import { blank, dtypes, expectAlike, from, indexDTypes, layouts, randoms, scramble, stored } from './views.js';

describe.each([
  ['reference', reference.sort],
  ['cpu', cpu.sort],
])('sort, %s', (_name, sort) => {
  const one = (dtype: DType, x: readonly (number | bigint)[], descending: boolean): unknown => {
    const [values, indices] = [blank(dtype, [x.length]), blank('int32', [x.length])];
    sort(values, indices, from(dtype, x), 0, descending);
    return [stored(values), stored(indices)];
  };

  test('NaN is the largest, in the order of its places', () => {
    expect(one('float32', [1, NaN, 3, NaN, 2], false)).toEqual([
      [1, 2, 3, NaN, NaN],
      [0, 4, 2, 1, 3],
    ]);
    expect(one('float32', [1, NaN, 3, NaN, 2], true)).toEqual([
      [NaN, NaN, 3, 2, 1],
      [1, 3, 2, 4, 0],
    ]);
  });

  test('equal elements keep their order, zeros of both signs too', () => {
    for (const descending of [false, true]) {
      expect(one('float64', [0, -0, 0, -0], descending)).toEqual([
        [0, -0, 0, -0],
        [0, 1, 2, 3],
      ]);
    }
    expect(one('bool', [1, 0, 1], true)).toEqual([
      [1, 1, 0],
      [0, 2, 1],
    ]);
  });

  test('int64 is ordered exactly, to its ends', () => {
    const [low, high] = [-(2n ** 63n), 2n ** 63n - 1n];
    expect(one('int64', [high, low, high - 1n, 0n], true)).toEqual([
      [high, high - 1n, 0n, low],
      [0, 2, 3, 1],
    ]);
  });

  test('long lines are ordered and stable', () => {
    const random = randoms(7);
    const x = Array.from({ length: 5000 }, () => Math.floor(random() * 300));
    const order = x.map((_, i) => i).sort((i, j) => x[i] - x[j]);
    expect(one('int32', x, false)).toEqual([order.map((i) => x[i]), order]);
  });

  test('along the first of two dimensions', () => {
    const [values, indices] = [blank('float32', [3, 2]), blank('int32', [3, 2])];
    sort(values, indices, from('float32', [3, 1, 1, 2, 2, 3], [3, 2]), 0, false);
    expect([stored(values), stored(indices)]).toEqual([
      [1, 1, 2, 2, 3, 3],
      [1, 0, 2, 1, 0, 2],
    ]);
  });
});

test('sort on the cpu is the reference, for any layout and dtype', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(4), { minLength: 0, maxLength: 3 }),
      fc.nat(3),
      fc.oneof(fc.nat(10), fc.nat(60)),
      fc.constantFrom(...dtypes),
      fc.constantFrom(...indexDTypes),
      layouts(true),
      layouts(false),
      fc.boolean(),
      fc.integer(),
      (others, which, size, dtype, indexDType, inputLayout, outputLayout, descending, seed) => {
        const dim = which % (others.length + 1);
        const shape = [...others.slice(0, dim), size, ...others.slice(dim)];
        const input = scramble(blank(dtype, shape, inputLayout), randoms(seed));
        const values = blank(dtype, shape, outputLayout);
        const indices = blank(indexDType, shape, outputLayout);
        expectAlike([values, indices], [cpu.sort, reference.sort], (sort, [y, places]) =>
          sort(y, places, input, dim, descending),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('the first ones of each line are those of the whole line in order, in any layout', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      fc.nat(9),
      fc.constantFrom<DType>('float32', 'float64', 'int32', 'int64', 'bool'),
      fc.boolean(),
      fc.tuple(layouts(true), layouts(false)),
      fc.integer(),
      (shape, at, k, dtype, descending, [from, to], seed) => {
        const dim = at % shape.length;
        const input = scramble(blank(dtype, shape, from), randoms(seed));
        const part = shape.with(dim, Math.min(k, shape[dim]));
        expectAlike([blank(dtype, part, to), blank('int32', part, to)], [cpu.sort, reference.sort], (sort, [v, i]) =>
          sort(v, i, input, dim, descending),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('more than a few of a line are cut off the sorted line', () => {
  const input = scramble(blank('float32', [2, 300]), randoms(4));
  const outputs = [blank('float32', [2, 200]), blank('int32', [2, 200])];
  expectAlike(outputs, [cpu.sort, reference.sort], (sort, [v, i]) => sort(v, i, input, 1, true));
});
