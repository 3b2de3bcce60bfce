import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { matmul } from '../../kernels/cpu/matmul.js';
import type { View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';
import { policy } from '../../kernels/wasm/policy.js';
import type { Pool } from '../../kernels/wasm/pool.js';
import { setThreads } from '../../kernels/wasm/threads.js';
import { twoThreads } from '../helpers/threads.js';
import { blank, duplicate, expectSame, layouts, randoms } from './views.js';

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

/** Runs a kernel on one thread and on two: the same bits, and the same memory around the output. */
function expectSameBits(output: View, kernel: (output: View) => void): void {
  const [one, two] = [duplicate(output), duplicate(output)];
  policy.sharedProducts = Infinity;
  kernel(one);
  policy.sharedProducts = 1;
  // Whoever works on the pool's heap overwrites its start.
  const start = pool.heap.reserve(64) / 4;
  pool.heap.i32.fill(0x7fffffff, start, start + 16);
  kernel(two);
  expect(pool.heap.i32.subarray(start, start + 16)).not.toEqual(new Int32Array(16).fill(0x7fffffff));
  expectSame(two, one, output);
}

test('products on two threads are those on one, to the last bit, for any layout', () => {
  policy.products = 1;
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
    { numRuns: 200 },
  );
});

test.each([
  ['rows', 1037, 17, 39],
  ['columns', 17, 1043, 39],
  ['depth', 39, 17, 1043],
  ['depth and columns', 131, 531, 270],
])('more %s than a block', (_name, rows, columns, depth) => {
  const random = randoms(rows);
  const [a, b] = [operand([rows, depth], random), operand([depth, columns], random)];
  expectSameBits(blank('float32', [rows, columns]), (output) => matmul(output, a, b));
});
