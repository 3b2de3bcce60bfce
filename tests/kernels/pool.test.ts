import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/pool.js';
import * as reference from '../../kernels/reference/pool.js';
import type { DType, Window } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { addToPlanesVectors } from '../../kernels/wasm/rows/addToPlanes.js';
import { maxPoolVectors } from '../../kernels/wasm/rows/maxPool.js';
import { readOnly } from './guard.js';
import {
  blank,
  dtypes,
  duplicate,
  expectNear,
  expectSame,
  from,
  indexDTypes,
  layouts,
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';

const pairs2: Window = { size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };
const pairs: Window = { size: [2], stride: [2], padding: [0], dilation: [1] };

describe.each([
  ['reference', reference.maxPool],
  ['cpu', cpu.maxPool],
])('maxPool, %s', (_name, maxPool) => {
  const pool = (elements: readonly number[], window: Window, count: number, dtype: DType = 'float32') => {
    const [values, indices] = [blank(dtype, [1, 1, count]), blank('int32', [1, 1, count])];
    maxPool(values, indices, from(dtype, elements, [1, 1, elements.length]), window);
    return [stored(values), stored(indices)];
  };

  test('the first of equal elements is the one; NaN wins', () => {
    expect(pool([1, 3, 5, 5, NaN, 9], pairs, 3)).toEqual([
      [3, 5, NaN],
      [1, 2, 4],
    ]);
    expect(pool([-Infinity, -Infinity], pairs, 1)).toEqual([[-Infinity], [0]]);
  });

  test('padding never wins, and taps are dilated', () => {
    const window = { size: [2], stride: [2], padding: [1], dilation: [2] };
    expect(pool([-9, -1, -5, -7], window, 2)).toEqual([
      [-1, -1],
      [1, 1],
    ]);
  });

  test('the index is flat in the plane', () => {
    const [values, indices] = [blank('float64', [1, 2, 1, 2]), blank('int32', [1, 2, 1, 2])];
    const x = from('float64', [1, 2, 3, 4, 5, 6, 9, 8, 7, 6, 5, 4], [1, 2, 2, 3]);
    maxPool(values, indices, x, { size: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] });
    expect([stored(values), stored(indices)]).toEqual([
      [5, 6, 9, 8],
      [4, 5, 0, 1],
    ]);
  });
});

const dimension = fc
  .record({
    extra: fc.nat(5),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(2),
    dilation: fc.integer({ min: 1, max: 3 }),
    // Rounding the output size up lets the last window reach beyond the padding.
    ceil: fc.nat(1),
  })
  .map(({ extra, size, stride, padding, dilation, ceil }) => {
    const reach = (size - 1) * dilation + 1;
    const input = Math.max(1, reach - 2 * padding) + extra;
    const output = Math.floor((input + 2 * padding - reach) / stride) + 1 + ceil;
    return { input, size, stride, padding, dilation, output };
  });

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

const extents = (dims: readonly { input: number; output: number }[], which: 'input' | 'output'): number[] =>
  dims.map((d) => d[which]);

const windowOf = (dims: readonly { size: number; stride: number; padding: number; dilation: number }[]): Window => ({
  size: dims.map((d) => d.size),
  stride: dims.map((d) => d.stride),
  padding: dims.map((d) => d.padding),
  dilation: dims.map((d) => d.dilation),
});

test('maxPool in vectors is the reference, for one and two dimensions', () => {
  policy.windows = 1;
  let ran = 0;
  fc.assert(
    fc.property(
      fc.array(dimension, { minLength: 1, maxLength: 2 }),
      fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
      fc.integer(),
      (spatial, lead, seed) => {
        const input = scramble(blank('float32', [...lead, ...extents(spatial, 'input')]), randoms(seed));
        const shape = [...lead, ...extents(spatial, 'output')];
        const [values, indices] = [blank('float32', shape), blank('int32', shape)];
        const window = windowOf(spatial);
        const [fastValues, fastIndices] = [duplicate(values), duplicate(indices)];
        const [plainValues, plainIndices] = [duplicate(values), duplicate(indices)];
        if (spatial.length === 2 && maxPoolVectors(duplicate(values), duplicate(indices), input, window)) ran++;
        cpu.maxPool(fastValues, fastIndices, input, window);
        reference.maxPool(plainValues, plainIndices, input, window);
        expectSame(fastValues, plainValues, values);
        expectSame(fastIndices, plainIndices, indices);
      },
    ),
    { numRuns: 300 },
  );
  expect(ran).toBeGreaterThan(50);
});

test.each([
  ['planes larger than a tile', [2, 70, 71], pairs2],
  ['many planes', [200, 9, 11], pairs2],
  [
    'overlapping windows with padding',
    [3, 32, 33],
    { size: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1] },
  ],
])('%s', (_name, [planes, height, width], window) => {
  const out = [height, width].map((n, d) =>
    Math.floor((n + 2 * window.padding[d] - window.size[d]) / window.stride[d] + 1),
  );
  const input = scramble(blank('float32', [1, planes, height, width]), randoms(planes));
  const [values, indices] = [blank('float32', [1, planes, ...out]), blank('int32', [1, planes, ...out])];
  const [fastValues, fastIndices] = [duplicate(values), duplicate(indices)];
  const [plainValues, plainIndices] = [duplicate(values), duplicate(indices)];
  expect(maxPoolVectors(fastValues, fastIndices, input, window)).toBe(true);
  reference.maxPool(plainValues, plainIndices, input, window);
  expectSame(fastValues, plainValues, values);
  expectSame(fastIndices, plainIndices, indices);
});

test('maxPool on the cpu is the reference, for any layout and dtype', () => {
  fc.assert(
    fc.property(
      fc.array(dimension, { minLength: 1, maxLength: 3 }),
      fc.tuple(fc.nat(2), fc.nat(3)),
      fc.oneof(fc.constantFrom<DType>('float32', 'float64', 'float16'), fc.constantFrom(...dtypes)),
      fc.constantFrom(...indexDTypes),
      layouts(true),
      fc.integer(),
      (spatial, lead, dtype, indexDType, layout, seed) => {
        const input = scramble(blank(dtype, [...lead, ...extents(spatial, 'input')], layout), randoms(seed));
        const shape = [...lead, ...extents(spatial, 'output')];
        const [values, indices] = [blank(dtype, shape), blank(indexDType, shape)];
        const window = windowOf(spatial);
        const [fastValues, fastIndices] = [duplicate(values), duplicate(indices)];
        const [plainValues, plainIndices] = [duplicate(values), duplicate(indices)];
        cpu.maxPool(fastValues, fastIndices, dtype === 'float16' ? input : readOnly(input), window);
        reference.maxPool(plainValues, plainIndices, input, window);
        expectSame(fastValues, plainValues, values);
        expectSame(fastIndices, plainIndices, indices);
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ['in JavaScript', Number.POSITIVE_INFINITY],
  ['in vectors', 1],
])('elements are added to planes %s, and what names no place is left out', (_name, windows) => {
  policy.windows = windows;
  const size = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      fc.tuple(fc.nat(3), fc.nat(3), size, size),
      fc.tuple(size, size),
      fc.constantFrom<DType>('float32', 'float32', 'float64'),
      layouts(true),
      fc.integer(),
      (shape, parts, dtype, layout, seed) => {
        const random = randoms(seed);
        const given = [shape[0], shape[1], ...parts];
        const source = scrambleIntegers(blank(dtype, given, layout), random, -9, 10);
        const indices = scrambleIntegers(blank('int32', given, layout), random, -2, shape[2] * shape[3] + 3);
        const output = blank(dtype, shape);
        const [fast, wanted] = [duplicate(output), duplicate(output)];
        cpu.addToPlanes(fast, source, indices);
        reference.addToPlanes(wanted, source, indices);
        // 0 and -0 are one sum.
        expectNear(fast, wanted, 0);
      },
    ),
    { numRuns: 100 },
  );
});

test('more planes than a tile holds, and a plane larger than one', () => {
  policy.windows = 1;
  for (const shape of [
    [3, 200, 9, 7],
    [1, 2, 95, 97],
  ]) {
    const random = randoms(2);
    const given = [shape[0], shape[1], 5, 6];
    const source = scrambleIntegers(blank('float32', given), random, -9, 10);
    const indices = scrambleIntegers(blank('int32', given), random, 0, shape[2] * shape[3]);
    const [fast, wanted] = [blank('float32', shape), blank('float32', shape)];
    expect(addToPlanesVectors(fast, source, indices)).toBe(true);
    reference.addToPlanes(wanted, source, indices);
    expectNear(fast, wanted, 0);
  }
});
