import fc from 'fast-check';
import { copy } from '../../kernels/cpu/copy.js';
import * as reference from '../../kernels/reference/pointwise.js';
import type { View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { blank, dtypes, expectAlike, layouts, plain, randoms, scramble, scrambleIntegers } from './views.js';

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

const both: [typeof copy, typeof copy] = [copy, reference.copy];

test('copies of one dtype agree with the reference in every layout, and write nothing else', () => {
  const shape = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 8, max: 40 })), { maxLength: 3 });
  const target = fc.oneof(fc.constant(plain), layouts(false));
  fc.assert(
    fc.property(fc.constantFrom(...dtypes), shape, target, layouts(true), fc.nat(), (dtype, shape, to, from, seed) => {
      policy.transposes = 0;
      const input = scramble(blank(dtype, shape, from), randoms(seed));
      expectAlike([blank(dtype, shape, to)], both, (kernel, [output]) => kernel(output, input));
    }),
    { numRuns: 300 },
  );
});

test.each([
  [256, 256],
  [257, 300],
  [600, 5],
  [16, 1030],
  [1030, 16],
  [300, 64],
  [3, 17_000],
])('transposes %i x %i elements of 32 bits in strips', (rows, columns) => {
  for (const [dtype, gap] of [
    ['float32', 0],
    ['int32', 3],
  ] as const) {
    const memory = scrambleIntegers(blank(dtype, [rows * (columns + gap)]), randoms(1), -1000, 1000);
    const input: View = { ...memory, shape: [columns, rows], strides: [1, columns + gap] };
    expectAlike([blank(dtype, [columns, rows])], both, (kernel, [output]) => kernel(output, input));
  }
});

test('transposes more elements than are staged at once', () => {
  const [rows, columns] = [1030, 1040];
  const buffer = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const input: View = { buffer, offset: 0, shape: [columns, rows], strides: [1, columns], dtype: 'float32' };
  const output = blank('float32', [columns, rows]);
  copy(output, input);
  const wrong = (output.buffer as Float32Array)
    .subarray(output.offset, output.offset + rows * columns)
    .findIndex((x, i) => x !== (i % rows) * columns + Math.floor(i / rows));
  expect(wrong).toBe(-1);
});
