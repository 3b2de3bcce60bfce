import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/meanPool.js';
import * as reference from '../../kernels/reference/meanPool.js';
import type { DType, Spans } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { meanPoolVectors } from '../../kernels/wasm/rows/meanPool.js';
import { blank, expectNear, fill, layouts, plain, randoms } from './views.js';

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

/** Windows that lie anywhere in a dimension, in any order. */
const dimension = fc
  .record({ size: fc.integer({ min: 1, max: 9 }), seed: fc.integer(), windows: fc.integer({ min: 1, max: 5 }) })
  .map(({ size, seed, windows }): { size: number; spans: Spans } => {
    const random = randoms(seed);
    const starts = Array.from({ length: windows }, () => Math.floor(random() * size));
    const ends = starts.map((start) => start + 1 + Math.floor(random() * (size - start)));
    return { size, spans: { starts, ends, divisors: starts.map(() => 1 + Math.floor(random() * 4)) } };
  });

function expectReference(
  lead: readonly number[],
  dims: readonly { size: number; spans: Spans }[],
  dtype: DType,
  seed: number,
  layout = plain,
): void {
  const random = randoms(seed);
  const spans = dims.map((d) => d.spans);
  const whole = [...lead, ...dims.map((d) => d.size)];
  const part = [...lead, ...spans.map((s) => s.starts.length)];
  const input = fill(blank(dtype, whole, layout), random);
  const [output, wanted] = [blank(dtype, part), blank(dtype, part)];
  cpu.meanPool(output, input, spans);
  reference.meanPool(wanted, input, spans);
  expectNear(output, wanted);
  const gradient = fill(blank(dtype, part, layout), random);
  const [to, wantedTo] = [blank(dtype, whole), blank(dtype, whole)];
  cpu.meanPoolBackward(to, gradient, spans);
  reference.meanPoolBackward(wantedTo, gradient, spans);
  expectNear(to, wantedTo, 10);
}

describe.each([
  ['in JavaScript', Number.POSITIVE_INFINITY],
  ['in vectors', 1],
])('means of windows %s', (_name, windows) => {
  test('any windows of one to three dimensions, as the reference has them', () => {
    policy.windows = windows;
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(3), fc.nat(3)),
        fc.array(dimension, { minLength: 1, maxLength: 3 }),
        fc.constantFrom<DType>('float32', 'float32', 'float64'),
        fc.integer(),
        layouts(true),
        (lead, dims, dtype, seed, layout) => expectReference(lead, dims, dtype, seed, layout),
      ),
      { numRuns: 200 },
    );
  });

  test('more planes than a tile holds, and a plane larger than one', () => {
    policy.windows = windows;
    const pairs = (size: number): { size: number; spans: Spans } => {
      const starts = Array.from({ length: Math.floor(size / 2) }, (_, i) => 2 * i);
      return { size, spans: { starts, ends: starts.map((start) => start + 2), divisors: starts.map(() => 2) } };
    };
    expectReference([2, 150], [pairs(7), pairs(9)], 'float32', 1);
    expectReference([1, 2], [pairs(70), pairs(71)], 'float32', 2);
  });
});

test('it is vectors that run from the policy on', () => {
  const spans: Spans[] = [0, 1].map(() => ({ starts: [0], ends: [2], divisors: [2] }));
  const [whole, part] = [blank('float32', [1, 1, 2, 2]), blank('float32', [1, 1, 1, 1])];
  policy.windows = 4;
  expect(meanPoolVectors(whole, part, spans, false)).toBe(true);
  policy.windows = 5;
  expect(meanPoolVectors(whole, part, spans, false)).toBe(false);
});
