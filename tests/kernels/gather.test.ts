import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/gather.js';
import * as reference from '../../kernels/reference/gather.js';
import type { DType, ScatterMode } from '../../kernels/types.js';
import {
  blank,
  dtypes,
  duplicate,
  expectAlike,
  fill,
  from,
  layouts,
  plain,
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';
import { inBothWays } from './ways.js';

const indexTypes: readonly DType[] = ['int32', 'int64', 'int16'];
const modes: readonly ScatterMode[] = ['set', 'add', 'multiply', 'max', 'min'];

describe.each([
  ['reference', reference],
  ['cpu', cpu],
])('gather and scatter, %s', (_name, { gather, scatter }) => {
  const scattered = (
    dtype: DType,
    start: readonly number[],
    at: readonly number[],
    source: readonly number[] | number,
    mode: ScatterMode,
  ): unknown => {
    const output = from(dtype, start);
    scatter(output, 0, from('int64', at), typeof source === 'number' ? source : from(dtype, source), mode);
    return stored(output);
  };

  test('gathers along either dimension', () => {
    const x = from('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
    const [rows, columns] = [blank('float32', [2, 2]), blank('float32', [1, 3])];
    gather(rows, x, 1, from('int64', [2, 0, 1, -1], [2, 2]));
    gather(columns, x, 0, from('int32', [1, 0, 1], [1, 3]));
    expect([stored(rows), stored(columns)]).toEqual([
      [3, 1, 5, 6],
      [4, 2, 6],
    ]);
  });

  test('gathers from a scalar, and int64 exactly', () => {
    const output = blank('int64', []);
    gather(output, from('int64', [2n ** 60n + 1n], []), 0, from('int32', [0], []));
    expect(stored(output)).toEqual([2n ** 60n + 1n]);
  });

  test('the last of several writes stays', () => {
    expect(scattered('float32', [9, 9, 9], [0, 0, 1], [1, 2, 3], 'set')).toEqual([2, 3, 9]);
    expect(scattered('bool', [0, 0, 0], [2], 5, 'set')).toEqual([0, 0, 1]);
  });

  test('adds, multiplies and compares on top of what is there', () => {
    expect(scattered('float32', [1, 1], [0, 0, 1], [2, 3, 4], 'add')).toEqual([6, 5]);
    expect(scattered('float32', [2, 3], [0, 0, 1], [4, 5, 6], 'multiply')).toEqual([40, 18]);
    expect(scattered('float32', [2, 3], [0, 0, 1], [4, 1, 1], 'max')).toEqual([4, 3]);
    expect(scattered('float32', [2, 3], [0, 0, 1], [4, 1, 1], 'min')).toEqual([1, 1]);
    expect(scattered('float32', [2, 3], [1, 1], 0.5, 'add')).toEqual([2, 4]);
  });

  test('NaN wins in max and min, wherever it comes from', () => {
    for (const mode of ['max', 'min'] as const) {
      expect(scattered('float32', [0, 0], [0, 0, 0], [1, NaN, 2], mode)).toEqual([NaN, 0]);
      expect(scattered('float32', [NaN, 0], [0], [1], mode)).toEqual([NaN, 0]);
    }
  });

  test('integers wrap, truth values stay truth values', () => {
    expect(scattered('uint8', [200, 0], [0], [100], 'add')).toEqual([44, 0]);
    expect(scattered('int32', [65537], [0], [65537], 'multiply')).toEqual([131073]);
    expect(scattered('bool', [1, 0, 0], [0, 1, 1], [1, 1, 1], 'add')).toEqual([1, 1, 0]);
    expect(scattered('bool', [1, 1], [0], [0], 'multiply')).toEqual([0, 1]);
  });

  test('an index out of range writes nothing', () => {
    expect(scattered('float32', [1, 2], [2, -3, 1], [7, 8, 9], 'set')).toEqual([1, 9]);
    const output = from('float32', [0, 0]);
    gather(output, from('float32', [5]), 0, from('int32', [1, -2]));
    expect(stored(output)).toEqual([0, 0]);
  });
});

const sizes = fc.array(fc.record({ size: fc.nat(4), more: fc.nat(2) }), { minLength: 0, maxLength: 4 });

inBothWays(() => {
  test('gather on the cpu is the reference, for any layout and dtype', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.nat(3),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexTypes),
        layouts(true),
        layouts(true),
        layouts(false),
        fc.integer(),
        (dims, which, n, dtype, indexType, inputLayout, indexLayout, outputLayout, seed) => {
          const random = randoms(seed);
          const dim = dims.length === 0 ? 0 : which % dims.length;
          const shape = dims.map(({ size }) => size);
          const inputShape = dims.map(({ size, more }, d) => (d === dim ? n : size + more));
          const input = scramble(blank(dtype, inputShape, inputLayout), random);
          const size = inputShape[dim] ?? 1;
          const index = scrambleIntegers(blank(indexType, shape, indexLayout), random, -size - 1, size + 1);
          const output = blank(dtype, shape, outputLayout);
          expectAlike([output], [cpu.gather, reference.gather], (gather, [y]) => gather(y, input, dim, index));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('scatter on the cpu is the reference, for any layout and dtype', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.nat(3),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexTypes),
        fc.tuple(layouts(true), layouts(true), layouts(false)),
        fc.constantFrom(...modes),
        fc.option(fc.constantFrom(0, 1, -3, 2.5)),
        fc.integer(),
        (dims, which, n, dtype, indexType, [sourceLayout, indexLayout, outputLayout], mode, value, seed) => {
          const random = randoms(seed);
          const dim = dims.length === 0 ? 0 : which % dims.length;
          const shape = dims.map(({ size }) => size);
          const outputShape = dims.map(({ size, more }, d) => (d === dim ? n : size + more));
          const sourceShape = dims.map(({ size, more }) => size + more);
          const source = value ?? scramble(blank(dtype, sourceShape, sourceLayout), random);
          const size = outputShape[dim] ?? 1;
          const index = scrambleIntegers(blank(indexType, shape, indexLayout), random, -size - 1, size + 1);
          const output = scramble(blank(dtype, outputShape, outputLayout), random);
          expectAlike([output], [cpu.scatter, reference.scatter], (scatter, [y]) =>
            scatter(y, dim, index, source, mode),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test('whole slices by one index each are the reference, for any layout and dtype', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        fc.nat(6),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 10, max: 40 }),
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexTypes),
        fc.tuple(layouts(true), layouts(false)),
        fc.constantFrom(...modes),
        fc.integer(),
        (lead, chosen, n, width, dtype, indexType, [inputLayout, outputLayout], mode, seed) => {
          const random = randoms(seed);
          const dim = lead.length;
          const [shape, whole] = [chosen, n].map((rows) => [...lead, rows, width]);
          const list = scrambleIntegers(blank(indexType, [chosen]), random, -n - 1, n + 1);
          const strides = shape.map((_, d) => (d === dim ? list.strides[0] : 0));
          // Sometimes the index leaves a column out.
          const index = { ...list, shape: seed % 5 === 0 ? shape.with(-1, width - 1) : shape, strides };
          const input = scramble(blank(dtype, whole, inputLayout), random);
          const taken = blank(dtype, index.shape, outputLayout);
          expectAlike([taken], [cpu.gather, reference.gather], (gather, [y]) => gather(y, input, dim, index));
          const source = scramble(blank(dtype, shape, inputLayout), random);
          const output = scramble(blank(dtype, whole, outputLayout), random);
          expectAlike([output], [cpu.scatter, reference.scatter], (scatter, [y]) =>
            scatter(y, dim, index, source, mode),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  /** Sizes before the dimension that is indexed, the sizes of that in input and index, and sizes behind it; both with memory in front. */
  const solid = fc.record({
    lead: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    n: fc.integer({ min: 1, max: 9 }),
    chosen: fc.integer({ min: 1, max: 20 }),
    trail: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
    beyond: fc.boolean(),
    leads: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  });

  test('gather and scatter in one run are the reference, and touch nothing else', () => {
    fc.assert(
      fc.property(
        solid,
        fc.constantFrom(...dtypes),
        fc.constantFrom('int32', 'int64'),
        fc.constantFrom('set', 'add'),
        fc.constantFrom('elements', 'number', 'one element'),
        fc.integer(),
        ({ lead, n, chosen, trail, beyond, leads }, dtype, indexType, mode, given, seed) => {
          const random = randoms(seed);
          const dim = lead.length;
          const [at, of, to] = leads.map((first) => ({ ...plain, lead: first }));
          const [shape, whole] = [chosen, n].map((size) => [...lead, size, ...trail]);
          const limit = n + Number(beyond);
          const index = scrambleIntegers(blank(indexType, shape, at), random, -limit, limit);
          const input = scramble(blank(dtype, whole, of), random);
          expectAlike([blank(dtype, shape, to)], [cpu.gather, reference.gather], (gather, [y]) =>
            gather(y, input, dim, index),
          );
          const source = scramble(blank(dtype, shape, of), random);
          const spread = { ...source, strides: shape.map(() => 0) };
          const values = given === 'number' ? 3 : given === 'elements' ? source : spread;
          const output = scramble(blank(dtype, whole, to), random);
          expectAlike([output], [cpu.scatter, reference.scatter], (scatter, [y]) =>
            scatter(y, dim, index, values, mode),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('an index that is the tensor itself, or values that are, are read as they are', () => {
    const x = scrambleIntegers(blank('int32', [40]), randoms(3), 0, 40);
    const [ours, theirs] = [cpu, reference].map(({ scatter }) => {
      const [y, z] = [duplicate(x), duplicate(x)];
      scatter(y, 0, y, 7, 'set');
      scatter(z, 0, x, z, 'add');
      return [stored(y), stored(z)];
    });
    expect(ours).toEqual(theirs);
  });
});

test.each([
  { whole: [1, 50], shape: [1, 20000], dim: 1 },
  { whole: [2500, 7], shape: [2500, 9], dim: 1 },
  { whole: [3, 9000], shape: [2, 9000], dim: 0 },
  { whole: [2, 40, 30], shape: [2, 600, 30], dim: 1 },
  { whole: [900, 5, 3], shape: [900, 7, 3], dim: 1 },
])('$shape of $whole along $dim, more than is staged at once', ({ whole, shape, dim }) => {
  const random = randoms(shape[0]);
  const index = scrambleIntegers(blank('int64', shape), random, -whole[dim], whole[dim] + 1);
  const [input, source] = [whole, shape].map((sizes) => fill(blank('float32', sizes), random));
  expectAlike([blank('float32', shape)], [cpu.gather, reference.gather], (gather, [y]) => gather(y, input, dim, index));
  for (const mode of ['set', 'add'] as const) {
    expectAlike([input], [cpu.scatter, reference.scatter], (scatter, [y]) => scatter(y, dim, index, source, mode));
  }
});
