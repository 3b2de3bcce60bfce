import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import * as cpu from '../../kernels/cpu/matmul.js';
import * as reference from '../../kernels/reference/matmul.js';
import type { DType, View } from '../../kernels/types.js';
import { policy as wasm } from '../../kernels/wasm/policy.js';
import { readOnly } from './guard.js';
import {
  blank,
  dtypes,
  duplicate,
  expectSame,
  from,
  layouts,
  put,
  randoms,
  scrambleIntegers,
  stored,
} from './views.js';

// BLAS and WebAssembly have tests of their own.
beforeAll(() => {
  Object.assign(blas, { products: Infinity, convolutions: Infinity });
  wasm.products = Infinity;
});

/** Leaves NaN in whatever memory the products keep between calls. */
function poisonScratch(dtype: DType): void {
  if (!dtype.startsWith('float')) return;
  const poison = (): View => put(blank(dtype, [24, 24]), new Array(576).fill(NaN));
  cpu.matmul(blank(dtype, [24, 24]), poison(), poison());
}

/** Small whole numbers: every order of summation gives the same float. */
function fill(view: View, random: () => number): View {
  const unsigned = view.dtype === 'bool' || view.dtype === 'uint8';
  return scrambleIntegers(view, random, unsigned ? 0 : -4, view.dtype === 'bool' ? 2 : 5);
}

function expectReference(output: View, a: View, b: View): void {
  const [fast, plain] = [duplicate(output), duplicate(output)];
  poisonScratch(output.dtype);
  cpu.matmul(fast, a, b);
  reference.matmul(plain, a, b);
  expectSame(fast, plain, output);
}

describe.each([
  ['reference', reference.matmul],
  ['cpu', cpu.matmul],
])('matmul, %s', (_name, matmul) => {
  const product = (dtype: DType, a: (number | bigint)[], b: (number | bigint)[], depth: number) => {
    const rows = a.length / depth;
    const columns = b.length / depth;
    const output = blank(dtype, [rows, columns]);
    matmul(output, from(dtype, a, [rows, depth]), from(dtype, b, [depth, columns]));
    return stored(output);
  };

  test('two by three times three by two', () => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      expect(product(dtype, [1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], 3)).toEqual([58, 64, 139, 154]);
    }
  });

  test('an empty contraction gives zeros, an empty batch nothing', () => {
    const output = blank('float32', [2, 3]);
    matmul(output, blank('float32', [2, 0]), blank('float32', [0, 3]));
    expect(stored(output)).toEqual(new Array(6).fill(0));
    const empty = blank('float32', [0, 2, 2]);
    const before = duplicate(empty);
    matmul(empty, blank('float32', [0, 2, 2]), blank('float32', [0, 2, 2]));
    expectSame(empty, before, before);
  });

  test('integers wrap, int64 is exact, truth values are or and and', () => {
    expect(product('int32', [2 ** 30, 2 ** 30 + 1], [2, 4], 2)).toEqual([-(2 ** 31) + 4]);
    expect(product('uint8', [200, 3], [2, 1], 2)).toEqual([147]);
    expect(product('int8', [100], [2], 1)).toEqual([-56]);
    expect(product('int64', [2n ** 40n, 1n], [2n ** 20n, 1n], 2)).toEqual([2n ** 60n + 1n]);
    expect(product('bool', [1, 1, 0, 1], [1, 0, 1, 0], 2)).toEqual([1, 0, 1, 0]);
  });

  test('float16 is rounded once', () => {
    // 2048 + 1 + 1: a sum in float16 would stay at 2048.
    expect(product('float16', [2048, 1, 1], [1, 1, 1], 3)).toEqual(stored(from('float16', [2050])));
  });

  test('sums of float32 are taken in double', () => {
    expect(product('float32', [2 ** 25, 1, -(2 ** 25)], [1, 1, 1], 3)).toEqual([1]);
  });

  test('infinity and NaN spread as in the formula', () => {
    expect(product('float64', [Infinity, 1, 0, 1], [0, 1, 1, 1], 2)).toEqual([NaN, Infinity, 1, 1]);
  });
});

test('matmul on the cpu is the reference, for any layout and dtype', () => {
  const size = fc.oneof(fc.nat(6), fc.integer({ min: 7, max: 19 }));
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.array(fc.nat(3), { maxLength: 2 }),
      fc.oneof(fc.constantFrom<DType>('float32', 'float64'), fc.constantFrom(...dtypes)),
      fc.tuple(layouts(false), layouts(true), layouts(true)),
      fc.integer(),
      ([rows, columns, depth], batch, dtype, [outputLayout, aLayout, bLayout], seed) => {
        const random = randoms(seed);
        const a = fill(blank(dtype, [...batch, rows, depth], aLayout), random);
        const b = fill(blank(dtype, [...batch, depth, columns], bLayout), random);
        expectReference(blank(dtype, [...batch, rows, columns], outputLayout), a, b);
      },
    ),
    { numRuns: 400 },
  );
});

test.each([
  ['more rows than a block', 133, 7, 9],
  ['more columns than a block', 6, 261, 9],
  ['more depth than a block', 9, 6, 523],
  ['more of everything', 130, 258, 12],
  ['a vector on the right', 301, 1, 70],
  ['a vector on the left', 1, 301, 70],
  ['an outer product', 37, 41, 1],
])('%s', (_name, rows, columns, depth) => {
  const random = randoms(rows);
  for (const dtype of ['float32', 'float64'] as const) {
    const a = fill(blank(dtype, [rows, depth]), random);
    const b = fill(blank(dtype, [depth, columns]), random);
    expectReference(blank(dtype, [rows, columns]), a, b);
  }
});

test('one right matrix for a whole batch', () => {
  const random = randoms(1);
  const a = fill(blank('float32', [3, 5, 6, 8]), random);
  const b = fill(blank('float32', [8, 9]), random);
  const shared = { ...b, shape: [3, 5, 8, 9], strides: [0, 0, ...b.strides] };
  expectReference(blank('float32', [3, 5, 6, 9]), a, shared);
  const other = { ...a, shape: [5, 3, 6, 8], strides: [a.strides[1], a.strides[0], a.strides[2], a.strides[3]] };
  expectReference(blank('float32', [5, 3, 6, 9]), other, { ...shared, shape: [5, 3, 8, 9] });
});

test.each([
  [3, 3, 3],
  [9, 10, 11],
  [13, 1, 12],
  [1, 13, 12],
])('only elements of the operands are read: %d by %d, depth %d', (rows, columns, depth) => {
  const random = randoms(rows);
  const a = fill(blank('float32', [rows, depth]), random);
  const b = fill(blank('float32', [depth, columns]), random);
  expectReference(blank('float32', [rows, columns]), readOnly(a), readOnly(b));
});
