import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/scan.js';
import * as reference from '../../kernels/reference/scan.js';
import type { DType } from '../../kernels/types.js';
import { blank, dtypes, expectAlike, from, indexDTypes, layouts, randoms, scramble, stored } from './views.js';

describe.each([
  ['reference', reference.scan],
  ['cpu', cpu.scan],
])('scan, %s', (_name, scan) => {
  const fold = (kind: 'sum' | 'prod', input: DType, output: DType, x: readonly (number | bigint)[]): unknown => {
    const result = blank(output, [x.length]);
    scan(kind, result, null, from(input, x), 0);
    return stored(result);
  };
  const extreme = (kind: 'max' | 'min', x: readonly number[]): unknown => {
    const [values, indices] = [blank('float32', [x.length]), blank('int32', [x.length])];
    scan(kind, values, indices, from('float32', x), 0);
    return [stored(values), stored(indices)];
  };

  test('running sums and products', () => {
    expect(fold('sum', 'float32', 'float32', [1, 2.5, -4])).toEqual([1, 3.5, -0.5]);
    expect(fold('prod', 'float64', 'float64', [2, -3, 0.5])).toEqual([2, -6, -3]);
    expect(fold('sum', 'bool', 'int32', [1, 1, 0])).toEqual([1, 2, 2]);
  });

  test('integers wrap', () => {
    expect(fold('sum', 'int32', 'int32', [2 ** 31 - 1, 1])).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect(fold('prod', 'int32', 'int32', [65537, 65537])).toEqual([65537, 131073]);
    // Every step wraps: the whole product would need more bits than a double has.
    const most = 2 ** 31 - 1;
    expect(fold('prod', 'int32', 'int32', [most, most, most])).toEqual([most, 1, most]);
    expect(fold('sum', 'uint8', 'uint8', [100, 100, 100])).toEqual([100, 200, 44]);
    expect(fold('sum', 'int64', 'int64', [2n ** 63n - 1n, 1n])).toEqual([2n ** 63n - 1n, -(2n ** 63n)]);
  });

  test('float32 sums are carried in double', () => {
    const sums = fold('sum', 'float32', 'float32', [2 ** 24, 1, 1]) as number[];
    expect(sums[2]).toBe(2 ** 24 + 2);
  });

  test('equal elements take the place of the running extreme', () => {
    expect(extreme('max', [2, 2, 1, 2, 3, 3])).toEqual([
      [2, 2, 2, 2, 3, 3],
      [0, 1, 1, 3, 4, 5],
    ]);
    expect(extreme('min', [2, 2, 1, 2, 3, 3])).toEqual([
      [2, 2, 1, 1, 1, 1],
      [0, 1, 2, 2, 2, 2],
    ]);
    expect(extreme('max', [0, -0, 0])).toEqual([
      [0, -0, 0],
      [0, 1, 2],
    ]);
  });

  test('NaN stays, and a later NaN takes its place', () => {
    for (const kind of ['max', 'min'] as const) {
      expect(extreme(kind, [1, NaN, 3, NaN, 2])).toEqual([
        [1, NaN, NaN, NaN, NaN],
        [0, 1, 1, 3, 3],
      ]);
    }
  });

  test('along the first of two dimensions', () => {
    const output = blank('float32', [3, 2]);
    scan('sum', output, null, from('float32', [1, 10, 2, 20, 3, 30], [3, 2]), 0);
    expect(stored(output)).toEqual([1, 10, 3, 30, 6, 60]);
  });

  test('a scalar is a line of one element', () => {
    const output = blank('float64', []);
    scan('prod', output, null, from('float64', [7], []), 0);
    expect(stored(output)).toEqual([7]);
  });
});

test('scan on the cpu is the reference, for any layout and dtype', () => {
  const sums: DType[] = dtypes.filter((dtype) => dtype !== 'bool');
  fc.assert(
    fc.property(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
      fc.nat(3),
      fc.constantFrom(...dtypes),
      fc.constantFrom(...sums),
      fc.constantFrom(...indexDTypes),
      layouts(true),
      layouts(false),
      fc.constantFrom('sum', 'prod', 'max', 'min'),
      fc.boolean(),
      fc.integer(),
      (shape, which, dtype, sumDType, indexDType, inputLayout, outputLayout, kind, withIndices, seed) => {
        const dim = which % shape.length;
        const folds = kind === 'sum' || kind === 'prod';
        const input = scramble(blank(dtype, shape, inputLayout), randoms(seed));
        const output = blank(folds ? sumDType : dtype, shape, outputLayout);
        const indices = folds || !withIndices ? [] : [blank(indexDType, shape, outputLayout)];
        expectAlike([output, ...indices], [cpu.scan, reference.scan], (scan, [y, places = null]) =>
          scan(kind, y, places, input, dim),
        );
      },
    ),
    { numRuns: 400 },
  );
});
