import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import type { Matrix } from '../../kernels/cpu/gemm.js';
import { matmul } from '../../kernels/cpu/matmul.js';
import * as reference from '../../kernels/reference/matmul.js';
import type { DType, View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';
import { policy } from '../../kernels/wasm/policy.js';
import { batchedProduct } from '../../kernels/wasm/product/batched.js';
import { product } from '../../kernels/wasm/product/product.js';
import { blank, duplicate, expectSame, layouts, plain, randoms, scrambleIntegers, stored } from './views.js';

// BLAS has tests of its own.
beforeAll(() => void Object.assign(blas, { products: Infinity, convolutions: Infinity }));

const usual = { ...policy };

beforeEach(() => {
  Object.assign(policy, { products: 1, scattered: 1 });
});

afterEach(() => {
  Object.assign(policy, usual);
});

/** A matrix of small whole numbers with NaN around it: whatever is read beside it and used shows. */
function operand(shape: readonly number[], random: () => number, layout = plain, dtype: DType = 'float32'): View {
  const view = blank(dtype, shape, layout);
  (view.buffer as Float32Array).fill(NaN);
  return scrambleIntegers(view, random, -4, 5);
}

function expectReference(output: View, a: View, b: View): void {
  const [fast, wanted] = [duplicate(output), duplicate(output)];
  matmul(fast, a, b);
  reference.matmul(wanted, a, b);
  expectSame(fast, wanted, output);
}

/** As before where the reference would take seconds: the blocked product in JavaScript is compared with it elsewhere. */
function expectJavaScript(output: View, a: View, b: View): void {
  const [fast, wanted] = [duplicate(output), duplicate(output)];
  policy.products = 1;
  matmul(fast, a, b);
  policy.products = Infinity;
  matmul(wanted, a, b);
  expectSame(fast, wanted, output);
}

test('products in WebAssembly are the reference, for any layout', () => {
  const size = fc.integer({ min: 1, max: 27 });
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.array(fc.nat(2), { maxLength: 2 }),
      fc.tuple(layouts(false), layouts(true), layouts(true)),
      fc.constantFrom<DType>('float32', 'float64'),
      fc.integer(),
      ([rows, columns, depth], batch, [outputLayout, aLayout, bLayout], dtype, seed) => {
        const random = randoms(seed);
        const a = operand([...batch, rows, depth], random, aLayout, dtype);
        const b = operand([...batch, depth, columns], random, bLayout, dtype);
        expectReference(blank(dtype, [...batch, rows, columns], outputLayout), a, b);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([
  ['rows', 517, 7, 9],
  ['rows of the left matrix', 270, 6, 259],
  ['columns', 6, 523, 9],
  ['depth', 9, 6, 523],
  ['depth and columns', 5, 531, 270],
  ['depth than is packed at a time', 5, 9, 4200],
])('more %s than a block', (_name, rows, columns, depth) => {
  const random = randoms(rows);
  for (const order of [plain.order, [4, 3, 2, 0, 1]]) {
    for (const dtype of ['float32', 'float64'] as const) {
      const [a, b] = [[rows, depth] as const, [depth, columns] as const].map((shape) =>
        operand(shape, random, { ...plain, order }, dtype),
      );
      expectJavaScript(blank(dtype, [rows, columns]), a, b);
    }
  }
});

test('more columns than are packed at a time', () => {
  const [columns, depth] = [1100, 4100];
  const whole = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => (i % 7) - 3);
  const [left, right, to] = [whole(depth), whole(depth * columns), new Float32Array(columns)];
  const lying = (data: Float32Array, row: number): Matrix => ({ data, offset: 0, row, column: 1 });
  expect(product(1, columns, depth, lying(to, columns), lying(left, depth), lying(right, columns))).toBe(true);
  const wanted = new Float64Array(columns);
  left.forEach((x, k) => {
    for (let j = 0; j < columns; j++) wanted[j] += x * right[k * columns + j];
  });
  expect([...to]).toEqual([...wanted]);
});

test.each([
  ['rows beside rows', [4, 1, 3, 2, 0]],
  ['matrices one after the other', plain.order],
])('a batch of more than fits at once, %s', (_name, order) => {
  const random = randoms(order[0]);
  const apart = { ...plain, order, steps: [1, 1, 1, 3, 1] };
  const [a, b] = [[5, 9, 16, 250] as const, [5, 9, 250, 3] as const].map((shape) => operand(shape, random, apart));
  expectJavaScript(blank('float32', [5, 9, 16, 3]), a, b);
});

test.each([
  ['rows of heads', [4, 3, 1, 2, 0], 1],
  ['rows of heads beside others', [4, 3, 1, 2, 0], 3],
  ['columns of heads', [4, 2, 3, 1, 0], 2],
  ['elements of heads', [4, 1, 3, 2, 0], 1],
])('a batch whose results are %s', (_name, order, step) => {
  for (const [rows, columns] of [[6, 33] as const, [8, 8] as const, [5, 1] as const, [1, 7] as const]) {
    for (const dtype of ['float32', 'float64'] as const) {
      const random = randoms(columns);
      const [a, b] = [[3, 4, rows, 9] as const, [3, 4, 9, columns] as const].map((shape) =>
        operand(shape, random, plain, dtype),
      );
      expectReference(blank(dtype, [3, 4, rows, columns], { ...plain, order, steps: [1, 1, step, 1, 1] }), a, b);
    }
  }
});

test('a batch far apart goes matrix by matrix', () => {
  const random = randoms(8);
  const apart = { ...plain, steps: [1, 1, 5, 1, 1], order: [3, 4, 2, 1, 0] };
  expectReference(blank('float32', [3, 4, 5]), operand([3, 4, 6], random, apart), operand([3, 6, 5], random, apart));
});

/** A matrix of the kernels' own kind. */
function matrix({ buffer, offset, strides }: View): Matrix {
  return { data: buffer as Float32Array, offset, row: strides[0], column: strides[1] };
}

test.each([
  ['small', 7, 13, 5, 1],
  ['large', 9, 600, 300, 2],
  ['deep', 5, 9, 4200, 1],
])('a %s product begins with a row', (_name, rows, columns, depth, step) => {
  for (const dtype of ['float32', 'float64'] as const) {
    const random = randoms(columns);
    const [a, b] = [operand([rows, depth], random, plain, dtype), operand([depth, columns], random, plain, dtype)];
    const row = operand([columns], random, { ...plain, steps: new Array(5).fill(step) }, dtype);
    const [fast, wanted] = [blank(dtype, [rows, columns]), blank(dtype, [rows, columns])];
    const start = { data: row.buffer as Float32Array, offset: row.offset, step: row.strides[0] };
    expect(product(rows, columns, depth, matrix(fast), matrix(a), matrix(b), start)).toBe(true);
    reference.matmul(wanted, a, b);
    const first = stored(row) as number[];
    expect(stored(fast)).toEqual(stored(wanted).map((x, i) => (x as number) + first[i % columns]));
  }
});

test.each(['float32', 'float64'] as const)('heads whose results lie between others’ are one batch in %s', (dtype) => {
  const random = randoms(9);
  const [batch, heads, length, features] = [2, 3, 5, 7];
  // Queries, keys and values beside each other, the second of them.
  const each = heads * features;
  const beside = blank(dtype, [batch * length * 3 * each]);
  const strides = [length * 3 * each, features, 3 * each, 1];
  const output = { ...beside, offset: beside.offset + each, shape: [batch, heads, length, features], strides };
  const [a, b] = [[length, 6] as const, [6, features] as const].map((sides) =>
    operand([batch, heads, ...sides], random, plain, dtype),
  );
  const [fast, wanted] = [duplicate(output), duplicate(output)];
  const last = (view: View): Matrix => matrix({ ...view, strides: view.strides.slice(2) });
  const outer = { shape: [batch, heads], strides: [fast, a, b].map((view) => view.strides.slice(0, 2)) };
  expect(batchedProduct(length, features, 6, last(fast), last(a), last(b), outer)).toBe(true);
  reference.matmul(wanted, a, b);
  expectSame(fast, wanted, output);
});

test('sums are within the rounding of float32, and differ from those in double: it is WebAssembly that ran', () => {
  const random = randoms(5);
  const n = 300;
  const fill = (view: View): View => {
    for (const at of positions(view)) (view.buffer as Float32Array)[at] = random() - 0.5;
    return view;
  };
  const [a, b] = [fill(blank('float32', [n, n])), fill(blank('float32', [n, n]))];
  const [fast, wanted] = [blank('float32', [n, n]), blank('float32', [n, n])];
  matmul(fast, a, b);
  policy.products = Infinity;
  matmul(wanted, a, b);
  const exact = stored(wanted) as number[];
  const errors = stored(fast).map((x, i) => Math.abs((x as number) - exact[i]));
  expect(Math.max(...errors)).toBeLessThan(1e-5);
  expect(Math.max(...errors)).toBeGreaterThan(0);
});

test('infinity and NaN spread as in the formula', () => {
  const random = randoms(2);
  const a = operand([6, 8], random);
  const b = operand([8, 10], random);
  const data = a.buffer as Float32Array;
  data[a.offset] = Infinity;
  data[a.offset + 8] = NaN;
  (b.buffer as Float32Array)[b.offset] = 0;
  expectReference(blank('float32', [6, 10]), a, b);
});

test('a product too large for the memory is left to JavaScript', () => {
  policy.memory = 1024;
  const data = new Float32Array(64);
  const matrix = { data, offset: 0, row: 8, column: 1 };
  expect(product(8, 8, 8, matrix, matrix, matrix)).toBe(false);
  expect(data).toEqual(new Float32Array(64));
});
