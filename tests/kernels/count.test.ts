import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/count.js';
import * as reference from '../../kernels/reference/count.js';
import type { DType } from '../../kernels/types.js';
import {
  blank,
  dtypes,
  expectAlike,
  expectSame,
  from,
  indexDTypes,
  layouts,
  put,
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';

describe.each([
  ['reference', reference],
  ['cpu', cpu],
])('counting and searching, %s', (_name, { countNonzero, nonzero, bincount, searchSorted }) => {
  test('NaN is not zero, and both zeros are', () => {
    for (const dtype of ['float16', 'float32', 'float64'] as const) {
      const x = from(dtype, [NaN, 0, -0, 1]);
      const places = blank('int32', [2, 1]);
      nonzero(places, x);
      expect([countNonzero(x), ...stored(places)]).toEqual([2, 0, 3]);
    }
    expect(countNonzero(from('int64', [0, 5]))).toBe(1);
  });

  test('coordinates come row-major; a scalar has none', () => {
    const places = blank('int32', [3, 2]);
    nonzero(places, from('bool', [0, 1, 1, 0, 0, 1], [2, 3]));
    expect(stored(places)).toEqual([0, 1, 0, 2, 1, 2]);
    const none = blank('int32', [1, 0]);
    nonzero(none, from('bool', [1], []));
    expect(stored(none)).toEqual([]);
  });

  test('an output that is too short is filled and no more', () => {
    const [places, before] = [blank('int32', [1, 1]), blank('int32', [1, 1])];
    nonzero(places, from('bool', [0, 1, 1]));
    expectSame(places, from('int32', [1], [1, 1]), before);
  });

  test('bins count, or add up weights, and ignore what they do not hold', () => {
    const [counts, sums] = [blank('int32', [4]), blank('float32', [3])];
    bincount(counts, from('int64', [1, 3, 1, 9, -1]), null);
    bincount(sums, from('int32', [2, 0, 2]), from('float32', [0.5, 1, 2]));
    expect([stored(counts), stored(sums)]).toEqual([
      [0, 2, 0, 1],
      [1, 0, 2.5],
    ]);
  });

  test('values go before equal ones, or after them on the right; NaN goes last', () => {
    const sorted = from('float32', [1, 3, 3, 5]);
    const [left, right] = [blank('int32', [4]), blank('int32', [4])];
    const values = from('float32', [NaN, 0, 3, 5]);
    searchSorted(left, sorted, values, false);
    searchSorted(right, sorted, values, true);
    expect([stored(left), stored(right)]).toEqual([
      [4, 0, 1, 3],
      [4, 0, 3, 4],
    ]);
  });

  test('each line of values is searched in its own line; one line serves any shape', () => {
    const [own, shared] = [blank('int32', [2, 2]), blank('int32', [2, 2])];
    const values = from('int32', [2, 9, 2, 9], [2, 2]);
    searchSorted(own, from('int32', [1, 3, 5, 0, 1, 2], [2, 3]), values, false);
    searchSorted(shared, from('int32', [1, 3, 5]), values, false);
    expect([stored(own), stored(shared)]).toEqual([
      [1, 3, 2, 3],
      [1, 3, 1, 3],
    ]);
  });
});

const shapes = (least: number): fc.Arbitrary<number[]> => fc.array(fc.nat(4), { minLength: least, maxLength: 4 });

test('countNonzero and nonzero on the cpu are the reference, for any layout and dtype', () => {
  fc.assert(
    fc.property(
      shapes(0),
      fc.constantFrom(...dtypes),
      fc.constantFrom(...indexDTypes),
      layouts(true),
      layouts(false),
      fc.integer(),
      (shape, dtype, indexDType, inputLayout, outputLayout, seed) => {
        const input = scramble(blank(dtype, shape, inputLayout), randoms(seed));
        const count = reference.countNonzero(input);
        expect(cpu.countNonzero(input)).toBe(count);
        const output = blank(indexDType, [count, shape.length], outputLayout);
        expectAlike([output], [cpu.nonzero, reference.nonzero], (nonzero, [y]) => nonzero(y, input));
      },
    ),
    { numRuns: 200 },
  );
});

test('bincount on the cpu is the reference, for any layout and dtype', () => {
  const weightTypes: (DType | null)[] = ['float32', 'float64', 'float16', 'int32', null];
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.nat(5),
      fc.constantFrom<DType>('int32', 'int64', 'uint8'),
      fc.constantFrom(...weightTypes),
      fc.constantFrom<DType>('float32', 'float64', 'int32', 'int64'),
      fc.tuple(layouts(true), layouts(true), layouts(false)),
      fc.integer(),
      (size, bins, dtype, weightType, outputType, [inputLayout, weightLayout, outputLayout], seed) => {
        const random = randoms(seed);
        const input = scrambleIntegers(blank(dtype, [size], inputLayout), random, dtype === 'uint8' ? 0 : -1, 6);
        const weights = weightType && scrambleIntegers(blank(weightType, [size], weightLayout), random, -3, 4);
        const output = blank(outputType, [bins], outputLayout);
        expectAlike([output], [cpu.bincount, reference.bincount], (bincount, [y]) => bincount(y, input, weights));
      },
    ),
    { numRuns: 200 },
  );
});

test('searchSorted on the cpu is the reference, for any layout and dtype', () => {
  fc.assert(
    fc.property(
      shapes(1),
      fc.nat(9),
      fc.boolean(),
      fc.constantFrom(...dtypes),
      fc.constantFrom(...indexDTypes),
      fc.tuple(layouts(true), layouts(true), layouts(false)),
      fc.boolean(),
      fc.integer(),
      (shape, size, isShared, dtype, indexDType, [sortedLayout, valueLayout, outputLayout], right, seed) => {
        const random = randoms(seed);
        const sorted = blank(dtype, isShared ? [size] : [...shape.slice(0, -1), size], sortedLayout);
        put(
          sorted,
          stored(sorted).map((_, i) => (i % Math.max(size, 1)) >> 1),
        );
        const values = scramble(blank(dtype, shape, valueLayout), random);
        const output = blank(indexDType, shape, outputLayout);
        expectAlike([output], [cpu.searchSorted, reference.searchSorted], (searchSorted, [y]) =>
          searchSorted(y, sorted, values, right),
        );
      },
    ),
    { numRuns: 300 },
  );
});
