import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/argreduce.js';
import * as reference from '../../kernels/reference/argreduce.js';
import { blank, dtypes, expectAlike, from, indexDTypes, layouts, randoms, scramble, stored } from './views.js';

const kinds = ['max', 'min'] as const;

describe.each([
  ['reference', reference.argreduce],
  ['cpu', cpu.argreduce],
])('argreduce, %s', (_name, argreduce) => {
  const one = (kind: 'max' | 'min', elements: readonly number[]): number[] => {
    const [values, indices] = [blank('float32', []), blank('int32', [])];
    argreduce(kind, values, indices, from('float32', elements), 0);
    return [...stored(indices), ...stored(values)] as number[];
  };

  test('the first of equal elements is the one', () => {
    expect(one('max', [2, 3, 1, 3])).toEqual([1, 3]);
    expect(one('min', [2, 1, 3, 1])).toEqual([1, 1]);
    expect(one('max', [0, -0])).toEqual([0, 0]);
  });

  test('the first NaN beats everything', () => {
    expect(one('max', [1, NaN, Infinity, NaN])).toEqual([1, NaN]);
    expect(one('min', [NaN, -Infinity])).toEqual([0, NaN]);
  });

  test('the largest float16 is found by value, not by bits', () => {
    const indices = blank('int32', []);
    argreduce('max', null, indices, from('float16', [-1, -2, 0.5, 0.25]), 0);
    expect(stored(indices)).toEqual([2]);
  });

  test('int64 is compared exactly', () => {
    const [values, indices] = [blank('int64', []), blank('int64', [])];
    argreduce('max', values, indices, from('int64', [2n ** 60n, 2n ** 60n + 1n, 5n]), 0);
    expect([...stored(values), ...stored(indices)]).toEqual([2n ** 60n + 1n, 1n]);
  });

  test('each line of a matrix, along either dimension, and a scalar', () => {
    const x = from('int32', [3, 9, 4, 8, 1, 7], [2, 3]);
    const [columns, rows, scalar] = [blank('int32', [3]), blank('int32', [2]), blank('int32', [])];
    argreduce('max', null, columns, x, 0);
    argreduce('max', null, rows, x, 1);
    argreduce('max', null, scalar, from('int32', [7], []), 0);
    expect([stored(columns), stored(rows), stored(scalar)]).toEqual([[1, 0, 1], [1, 0], [0]]);
  });
});

test('argreduce on the cpu is the reference, for any layout and dtype', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
      fc.nat(3),
      fc.constantFrom(...dtypes),
      fc.constantFrom(...indexDTypes),
      layouts(true),
      layouts(false),
      fc.constantFrom(...kinds),
      fc.boolean(),
      fc.integer(),
      (sizes, which, dtype, indexDType, inputLayout, outputLayout, kind, withValues, seed) => {
        const dim = which % sizes.length;
        const shape = sizes.map((size, d) => (d === dim ? size + 1 : size));
        const kept = shape.filter((_, d) => d !== dim);
        const input = scramble(blank(dtype, shape, inputLayout), randoms(seed));
        const indices = blank(indexDType, kept, outputLayout);
        const values = blank(dtype, kept, outputLayout);
        expectAlike([values, indices], [cpu.argreduce, reference.argreduce], (argreduce, [y, places]) =>
          argreduce(kind, withValues ? y : null, places, input, dim),
        );
      },
    ),
    { numRuns: 300 },
  );
});
