import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import * as cpu from '../../kernels/cpu/linear.js';
import * as reference from '../../kernels/reference/linear.js';
import type { DType, View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import * as wasm from '../../kernels/wasm/product/linear.js';
import { blank, expectAlike, type Layout, layouts, plain, randoms, scrambleIntegers } from './views.js';

const usual = { ...policy };
const usualBlas = { ...blas };

afterEach(() => {
  Object.assign(policy, usual);
  Object.assign(blas, usualBlas);
});

/** What takes the products; what takes sums of columns. */
const ways: readonly [string, () => void][] = [
  ['WebAssembly', () => Object.assign(policy, { products: 1, reductions: 1 })],
  ['JavaScript', () => Object.assign(policy, { products: Infinity, reductions: Infinity })],
  ...(systemBlas() === null
    ? []
    : [['the system’s BLAS', () => Object.assign(blas, { products: 1 })] as [string, () => void]]),
];

/** Small whole numbers with NaN around them: every order of summation gives the same float, and whatever is read beside them shows. */
function operand(dtype: DType, shape: readonly number[], random: () => number, layout: Layout = plain): View {
  const view = blank(dtype, shape, layout);
  (view.buffer as Float32Array).fill(NaN);
  return scrambleIntegers(view, random, -4, 5);
}

type Case = readonly [View, View, View, View];

function expectForward([input, weight, bias]: Case, given: boolean): void {
  const output = blank(input.dtype, [input.shape[0], weight.shape[0]]);
  expectAlike([output], [cpu, reference], ({ linear }, [y]) => linear(y, input, weight, given ? bias : null));
}

function expectBackward([input, weight, bias, gradient]: Case, wanted: readonly boolean[]): void {
  const outputs = [input, weight, bias].map(({ dtype, shape }) => blank(dtype, shape));
  expectAlike(outputs, [cpu, reference], ({ linearBackward }, views) => {
    const [toInput, toWeight, toBias] = views.map((view, i) => (wanted[i] ? view : null));
    linearBackward({ input: toInput, weight: toWeight, bias: toBias }, gradient, input, weight);
  });
}

function make(sizes: readonly number[], dtype: DType, seed: number, forms: readonly (Layout | undefined)[] = []): Case {
  const random = randoms(seed);
  const [rows, inputs, outputs] = sizes;
  const shapes = [[rows, inputs], [outputs, inputs], [outputs], [rows, outputs]];
  return shapes.map((shape, i) => operand(dtype, shape, random, forms[i])) as unknown as Case;
}

describe.each(ways)('linear through %s', (_name, choose) => {
  beforeEach(() => {
    blas.products = Infinity;
    choose();
  });

  test('is the reference, for any layout', () => {
    const any = layouts(true);
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(34), fc.nat(18), fc.nat(18)),
        fc.constantFrom<DType>('float32', 'float64'),
        fc.tuple(any, any, any, any),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.integer(),
        (sizes, dtype, forms, wanted, seed) => {
          const operands = make(sizes, dtype, seed, forms);
          expectForward(operands, wanted[2]);
          expectBackward(operands, wanted);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each([
    [300, 20, 17],
    [33, 270, 30],
    [3, 4, 300],
    [1100, 3, 70],
  ])('%d rows of %d to %d', (...sizes) => {
    for (const layout of [plain, { ...plain, order: [4, 3, 2, 0, 1] }]) {
      const operands = make(sizes, 'float32', sizes[0], [layout, layout, plain, layout]);
      expectForward(operands, true);
      expectBackward(operands, [true, true, true]);
    }
  });
});

test('linear through BLAS is the reference', () => {
  blas.products = 1;
  for (const dtype of ['float32', 'float64'] as const) {
    for (const sizes of [
      [32, 16, 16],
      [5, 1, 7],
      [1, 9, 3],
      [7, 9, 1],
    ]) {
      const operands = make(sizes, dtype, 3);
      expectForward(operands, true);
      expectBackward(operands, [true, true, true]);
    }
  }
});

test('all gradients in one go in WebAssembly: sums of columns are taken in double', () => {
  policy.products = 1;
  const rows = 200;
  const ones = (count: number, value: number): Float32Array => new Float32Array(count).fill(value);
  const [g, to] = [ones(rows * 3, 0.1), new Float32Array(3)];
  const matrix = (data: Float32Array, row: number) => ({ data, offset: 0, row, column: 1 });
  const bias = { data: to, offset: 0, step: 1 };
  const done = wasm.linearBackward(
    rows,
    2,
    3,
    { input: null, weight: null, bias },
    matrix(g, 3),
    matrix(ones(rows * 2, 1), 2),
    matrix(ones(6, 1), 2),
  );
  expect(done).toBe(true);
  expect([...to]).toEqual(new Array(3).fill(Math.fround(rows * Math.fround(0.1))));
});

test.each([
  ['down the columns', [1, 6]],
  ['one number for all', [0, 0]],
])('a gradient that lies %s is summed in the same go, or nothing is done', (_name, [row, column]) => {
  Object.assign(policy, { products: 1, reductions: Infinity });
  const matrix = (data: Float32Array, row: number, column = 1) => ({ data, offset: 0, row, column });
  const g = Float32Array.from({ length: 30 }, (_, i) => i);
  const [input, to] = [new Float32Array(12).fill(-7), new Float32Array(5)];
  const results = { input: matrix(input, 2), weight: null, bias: { data: to, offset: 0, step: 1 } };
  const [x, w] = [matrix(new Float32Array(12), 2), matrix(new Float32Array(10).fill(1), 2)];
  const sums = (count: number, step: number, first: number): number =>
    Array.from({ length: count }, (_, k) => g[first + k * step]).reduce((a, b) => a + b);
  policy.memory = 256;
  expect(wasm.linearBackward(6, 2, 5, results, matrix(g, row, column), x, w)).toBe(false);
  expect(input).toEqual(new Float32Array(12).fill(-7));
  policy.memory = usual.memory;
  expect(wasm.linearBackward(6, 2, 5, results, matrix(g, row, column), x, w)).toBe(true);
  expect([...input]).toEqual(Array.from({ length: 12 }, (_, i) => sums(5, column, row * (i >> 1))));
  expect([...to]).toEqual(Array.from({ length: 5 }, (_, j) => sums(6, row, column * j)));
});
