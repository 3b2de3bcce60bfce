import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { convolution, convolutionInput, convolutionWeight } from '../../kernels/cpu/convolution.js';
import { matmul } from '../../kernels/cpu/matmul.js';
import { pointwise } from '../../kernels/cpu/pointwise.js';
import { formula } from '../../kernels/dag.js';
import type { numbers } from '../../kernels/scalar.js';
import type { View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';
import { policy } from '../../kernels/wasm/policy.js';
import type { Pool } from '../../kernels/wasm/threads/pool.js';
import { setThreads } from '../../kernels/wasm/threads/threads.js';
import { twoThreads } from '../helpers/threads.js';
import { blank, duplicate, expectSame, layouts, plain, randoms } from './views.js';

// BLAS has threads of its own.
beforeAll(() => void Object.assign(blas, { products: Infinity, convolutions: Infinity }));

let pool: Pool;

beforeAll(() => {
  pool = twoThreads();
});

afterAll(() => setThreads(1));

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

/** A view of numbers whose sums depend on their order, with NaN around them. */
function operand(shape: readonly number[], random: () => number, layout?: Parameters<typeof blank>[2]): View {
  const view = blank('float32', shape, layout);
  const data = view.buffer as Float32Array;
  data.fill(NaN);
  for (const at of positions(view)) data[at] = random() - 0.5;
  return view;
}

/** Runs a kernel on one thread and on two: the same bits, and the same memory around the outputs. */
function expectSameBits(outputs: View | readonly View[], kernel: (...outputs: View[]) => void): void {
  const given = [outputs].flat() as View[];
  const [one, two] = [given.map(duplicate), given.map(duplicate)];
  Object.assign(policy, { sharedProducts: Infinity, sharedFormulas: Infinity });
  kernel(...one);
  Object.assign(policy, { sharedProducts: 1, sharedFormulas: 1 });
  // Whoever works on the pool's heap overwrites its start.
  const start = pool.heap.reserve(64) / 4;
  pool.heap.i32.fill(0x7fffffff, start, start + 16);
  kernel(...two);
  expect(pool.heap.i32.subarray(start, start + 16)).not.toEqual(new Int32Array(16).fill(0x7fffffff));
  for (const [k, output] of given.entries()) expectSame(two[k], one[k], output);
}

test('products on two threads are those on one, to the last bit, for any layout', () => {
  Object.assign(policy, { products: 1, scattered: 1 });
  const size = fc.integer({ min: 8, max: 90 });
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 1 }),
      fc.tuple(layouts(false), layouts(true), layouts(true)),
      fc.integer(),
      ([rows, columns, depth], batch, [outputLayout, aLayout, bLayout], seed) => {
        const random = randoms(seed);
        const a = operand([...batch, rows, depth], random, aLayout);
        const b = operand([...batch, depth, columns], random, bLayout);
        expectSameBits(blank('float32', [...batch, rows, columns], outputLayout), (output) => matmul(output, a, b));
      },
    ),
    { numRuns: 60 },
  );
});

test('products of many heads are taken in areas of each thread’s own', () => {
  Object.assign(policy, { products: 1, scattered: 1 });
  const random = randoms(6);
  const a = operand([16, 4, 64, 50], random);
  const b = operand([16, 4, 50, 33], random);
  const between = { ...plain, order: [4, 3, 1, 2, 0] };
  expectSameBits(blank('float32', [16, 4, 64, 33], between), (output) => matmul(output, a, b));
});

test.each([
  ['rows', 1037, 17, 39],
  ['columns', 17, 1043, 39],
  ['depth', 39, 17, 1043],
  ['depth and columns', 131, 531, 270],
  ['elements on the right side', 17, 600, 1043],
  ['elements on the left side', 640, 17, 1043],
])('more %s than a block', (_name, rows, columns, depth) => {
  const random = randoms(rows);
  const [a, b] = [operand([rows, depth], random), operand([depth, columns], random)];
  expectSameBits(blank('float32', [rows, columns]), (output) => matmul(output, a, b));
});

test('formulas on two threads are those on one, to the last bit', () => {
  Object.assign(policy, { formulas: 0, compiled: 0 });
  const two = formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
    s.tanh(s.add(a, b)),
    s.mul(s.exp(a), c),
  ]) as never);
  const size = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 32_700, max: 40_000 }));
  fc.assert(
    fc.property(
      size,
      fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
      fc.boolean(),
      fc.integer(),
      (n, leads, number, seed) => {
        const random = randoms(seed);
        const [first, second, a, b] = leads.map((lead) => operand([n], random, { ...plain, lead }));
        const c = number ? 0.75 : operand([1], random);
        expectSameBits([first, second], (...outputs) => pointwise(two, 'float32', outputs, [a, b, c]));
        // In place.
        expectSameBits(a, (output) => pointwise(two, 'float32', [output, duplicate(first)], [output, b, c]));
      },
    ),
    { numRuns: 12 },
  );
});

test('copies are most of a cheap formula: it stays on one thread', () => {
  Object.assign(policy, { formulas: 0, compiled: 0, sharedFormulas: 1 });
  const start = pool.heap.reserve(64) / 4;
  pool.heap.i32.fill(7, start, start + 16);
  const [a, b] = [operand([50_000], randoms(1)), operand([50_000], randoms(2))];
  pointwise(
    formula(2, (s, x, y) => s.add(x, y)),
    'float32',
    [duplicate(a)],
    [a, b],
  );
  expect(pool.heap.i32.subarray(start, start + 16)).toEqual(new Int32Array(16).fill(7));
});

describe('convolutions on two threads are those on one, to the last bit', () => {
  const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  const options = fc.record({
    images: whole(1, 9),
    groups: whole(1, 2),
    inputs: whole(1, 20),
    outputs: whole(1, 20),
    side: whole(6, 40),
    taps: fc.oneof(fc.constant(3), whole(1, 4)),
    stride: fc.oneof(fc.constant(1), whole(1, 2)),
    padding: whole(0, 1),
  });

  const ways = [
    ['tiles of 2', { tiles: [2], tilePrice: 0 }],
    ['tiles of 4', { tiles: [4], tilePrice: 0 }],
    ['patches', { tiles: [] }],
  ] as const;

  function expectSameConvolutions(
    { images, groups, inputs, outputs, side, taps, stride, padding }: Record<string, number>,
    seed: number,
  ): void {
    const random = randoms(seed);
    const places = Math.floor((side + 2 * padding - taps) / stride) + 1;
    const input = operand([images, groups * inputs, side, side], random);
    const weight = operand([groups * outputs, inputs, taps, taps], random);
    const gradient = operand([images, groups * outputs, places, places], random);
    const pair = (n: number): number[] => [n, n];
    const how = { stride: pair(stride), padding: pair(padding), dilation: pair(1), groups };
    const like = (view: View): View => blank('float32', view.shape);
    expectSameBits(like(gradient), (output) => convolution(output, input, weight, how));
    expectSameBits(like(input), (output) => convolutionInput(output, gradient, weight, how));
    expectSameBits(like(weight), (output) => convolutionWeight(output, gradient, input, how));
  }

  test.each(ways)('%s', (_name, way) => {
    Object.assign(policy, way, { convolutions: 1 });
    fc.assert(fc.property(options, fc.integer(), expectSameConvolutions), { numRuns: 10, endOnFailure: true });
  });

  // An image of 20 channels and 74 x 74 elements is a chunk of its own.
  test.each(ways)('%s, more images than are in the heap at a time', (_name, way) => {
    Object.assign(policy, way, { convolutions: 1 });
    const usual = { images: 3, groups: 1, inputs: 20, outputs: 24, side: 74, taps: 3, stride: 1, padding: 0 };
    expectSameConvolutions({ ...usual, images: 5 }, 1);
    expectSameConvolutions({ ...usual, padding: 1 }, 2);
  });
});
