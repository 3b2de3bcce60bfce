import fc from 'fast-check';
import { firstOutside } from '../../kernels/cpu/bounds.js';
import * as cpu from '../../kernels/cpu/indexing.js';
import * as reference from '../../kernels/reference/index.js';
import type { DType, View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import {
  blank,
  dtypes,
  duplicate,
  expectAlike,
  fill,
  from,
  indexDTypes,
  type Layout,
  layouts,
  plain,
  put,
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';
import { inBothWays } from './ways.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('checkIndices', () => {
  test('finds the first index out of range', () => {
    const { checkIndices } = reference;
    expect(checkIndices(from('int64', [0, 2, 1]), 3)).toBeNull();
    expect(checkIndices(from('int32', [0, 3, 9]), 3)).toBe(3);
    expect(checkIndices(from('int32', [-1]), 3)).toBe(-1);
    expect(checkIndices(from('int32', [-3, 2]), 3, true)).toBeNull();
    expect(checkIndices(from('int32', [-4]), 3, true)).toBe(-4);
    expect(checkIndices(from('uint8', []), 0)).toBeNull();
  });
});

test('firstOutside finds what many places share, and nothing where there is no place', () => {
  const index = from('int32', [1, 3, -4]);
  const spread = (rows: number): View => ({ ...index, shape: [3, rows], strides: [1, 0] });
  expect(firstOutside(spread(5), 3, true)).toBe(3);
  expect(firstOutside(spread(5), 4, true)).toBeNull();
  expect(firstOutside(spread(5), 4, false)).toBe(-4);
  expect(firstOutside(spread(0), 3, true)).toBeNull();
});

describe.each([
  ['reference', reference],
  ['cpu', cpu],
])('index and indexPut, %s', (_name, { index, indexPut }) => {
  const cube = from('int32', range(24), [2, 3, 4]);

  test('one index chooses rows, negative ones from the end', () => {
    const output = blank('int32', [2, 2, 4]);
    index(output, cube, [null, from('int64', [2, -3]), null], 1);
    expect(stored(output)).toEqual([8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15]);
  });

  test('two indices are walked together, and stand in front when they are apart', () => {
    const output = blank('int32', [2, 3]);
    index(output, cube, [from('int32', [0, 1]), null, from('int32', [3, 0])], 0);
    expect(stored(output)).toEqual([3, 7, 11, 12, 16, 20]);
  });

  test('indices broadcast to one shape; dimensions at the end may go unmentioned', () => {
    const output = blank('int32', [2, 2, 4]);
    index(output, cube, [from('int32', [0, 1], [2, 1]), from('int64', [2, 0])], 0);
    expect(stored(output)).toEqual([8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15]);
  });

  test('long rows are copied whole', () => {
    const output = blank('float32', [3, 100]);
    index(output, from('float32', range(200), [2, 100]), [from('int32', [1, 0, 1]), null], 0);
    const [first, second] = [range(200).slice(0, 100), range(200).slice(100)];
    expect(stored(output)).toEqual([...second, ...first, ...second]);
  });

  test('the last write stays; accumulation adds every time', () => {
    const [set, added] = [from('float32', [1, 1, 1]), from('float32', [1, 1, 1])];
    indexPut(set, from('float32', [5, 6, 7]), [from('int32', [2, 2, 0])], 0, false);
    indexPut(added, from('float32', [5, 6, 7]), [from('int32', [2, 2, 0])], 0, true);
    expect([stored(set), stored(added)]).toEqual([
      [7, 1, 6],
      [8, 1, 12],
    ]);
  });

  test('rows add up as the gradient of an embedding', () => {
    const gradient = from('float32', [0, 0, 0, 0], [2, 2]);
    indexPut(gradient, from('float32', [1, 2, 3, 4, 5, 6], [3, 2]), [from('int32', [1, 0, 1]), null], 0, true);
    expect(stored(gradient)).toEqual([3, 4, 6, 8]);
  });

  test('truth values accumulate to true, int64 exactly, float16 by value', () => {
    const [truth, long, half] = [from('bool', [0, 0]), from('int64', [2n ** 60n]), from('float16', [1])];
    indexPut(truth, from('bool', [1, 1]), [from('int32', [0, 0])], 0, true);
    indexPut(long, from('int64', [1]), [from('int32', [0])], 0, true);
    indexPut(half, from('float16', [0.5]), [from('int32', [0])], 0, true);
    expect([stored(truth), stored(long), stored(half)]).toEqual([[1, 0], [2n ** 60n + 1n], [0x3e00]]);
  });

  test('without an index all elements are chosen', () => {
    const [all, output] = [range(100), blank('float32', [100])];
    // What this leaves behind are no places.
    index(output, from('float32', all), [from('int32', all.toReversed())], 0);
    index(output, from('float32', all), [null], 0);
    expect(stored(output)).toEqual(all);
    indexPut(output, from('float32', all), [], 0, true);
    expect(stored(output)).toEqual(all.map((x) => 2 * x));
  });

  test('an index out of range writes nothing', () => {
    const output = from('float32', [1, 2, 3]);
    indexPut(output, from('float32', [7, 8, 9]), [from('int32', [3, -4, 1])], 0, false);
    expect(stored(output)).toEqual([1, 9, 3]);
  });
});

/** An input shape, which dimensions are indexed by what shape, and where the index dimensions stand. */
const problems = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    long: fc.boolean(),
    chosen: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    indexShape: fc.array(fc.nat(3), { maxLength: 2 }),
    narrow: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
    position: fc.nat(4),
  })
  .map(({ shape, long, chosen, indexShape, narrow, position }) => {
    const sizes = shape.map((size, d) => (long && d === shape.length - 1 ? size * 40 : size));
    const indexed = sizes.map((_, d) => chosen[d] || d === narrow[0] % sizes.length);
    const kept = sizes.filter((_, d) => !indexed[d]);
    const at = position % (kept.length + 1);
    return {
      shape: sizes,
      // A bit of `narrow` makes a dimension of an index 1, to be broadcast; the first index stays as wide as all.
      indexShapes: indexed.map((is, d) =>
        is ? indexShape.map((n, k) => (indexed.indexOf(true) !== d && (narrow[d] >> k) & 1 ? 1 : n)) : null,
      ),
      partShape: [...kept.slice(0, at), ...indexShape, ...kept.slice(at)],
      position: at,
    };
  });

/** Indices for the dimensions that have a shape of them, in range or, with `beyond`, one further at both ends. */
function scrambleIndices(
  indexShapes: readonly (readonly number[] | null)[],
  shape: readonly number[],
  dtype: DType,
  layout: Layout,
  random: () => number,
  beyond: boolean,
): (View | null)[] {
  return indexShapes.map((sizes, d) => {
    const limit = shape[d] + Number(beyond);
    return sizes && scrambleIntegers(blank(dtype, sizes, layout), random, -limit, limit);
  });
}

inBothWays(() => {
  test('index on the cpu is the reference, for any layout and dtype', () => {
    fc.assert(
      fc.property(
        problems,
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexDTypes),
        fc.tuple(layouts(true), layouts(true), layouts(false)),
        fc.integer(),
        ({ shape, indexShapes, partShape, position }, dtype, indexDType, [inputLayout, indexLayout, layout], seed) => {
          const random = randoms(seed);
          const input = scramble(blank(dtype, shape, inputLayout), random);
          const indices = scrambleIndices(indexShapes, shape, indexDType, indexLayout, random, (seed & 1) === 1);
          const output = blank(dtype, partShape, layout);
          expectAlike([output], [cpu.index, reference.index], (index, [y]) => index(y, input, indices, position));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('indexPut on the cpu is the reference, for any layout and dtype', () => {
    fc.assert(
      fc.property(
        problems,
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexDTypes),
        fc.tuple(layouts(true), layouts(true), layouts(false)),
        fc.boolean(),
        fc.integer(),
        (
          { shape, indexShapes, partShape, position },
          dtype,
          indexDType,
          [sourceLayout, indexLayout, layout],
          add,
          seed,
        ) => {
          const random = randoms(seed);
          const source = scramble(blank(dtype, partShape, sourceLayout), random);
          const indices = scrambleIndices(indexShapes, shape, indexDType, indexLayout, random, (seed & 1) === 1);
          const output = scramble(blank(dtype, shape, layout), random);
          expectAlike([output], [cpu.indexPut, reference.indexPut], (indexPut, [y]) =>
            indexPut(y, source, indices, position, add),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  /** Sizes before and behind the dimensions that are indexed, those, and the shape of the indices; all with memory in front. */
  const solid = fc.record({
    lead: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
    indexed: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    indexShape: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 2 }),
    trail: fc.oneof(
      fc.constant<number[]>([]),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 1 }),
      fc.constant<number[]>([3, 5]),
    ),
    beyond: fc.boolean(),
    leads: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  });

  test('what lies in one run is the reference to the bit, and nothing else is touched', () => {
    fc.assert(
      fc.property(
        solid,
        fc.constantFrom(...dtypes),
        fc.constantFrom(...indexDTypes),
        fc.boolean(),
        fc.boolean(),
        fc.integer(),
        ({ lead, indexed, indexShape, trail, beyond, leads }, dtype, indexDType, spread, add, seed) => {
          const random = randoms(seed);
          const [at, of, to] = leads.map((first) => ({ ...plain, lead: first }));
          const [shape, partShape] = [indexed, indexShape].map((sizes) => [...lead, ...sizes, ...trail]);
          const lists = indexed.map((size, k) => {
            // The second index is broadcast.
            const sizes = k === 1 ? indexShape.with(0, 1) : indexShape;
            const limit = size + Number(beyond);
            return scrambleIntegers(blank(indexDType, sizes, at), random, -limit, limit);
          });
          const indices = [...lead.map(() => null), ...lists, ...trail.map(() => null)];
          const whole = scramble(blank(dtype, shape, of), random);
          expectAlike([blank(dtype, partShape, to)], [cpu.index, reference.index], (index, [y]) =>
            index(y, whole, indices, lead.length),
          );
          const part = scramble(blank(dtype, partShape, to), random);
          const source = spread ? { ...part, strides: partShape.map(() => 0) } : part;
          expectAlike([whole], [cpu.indexPut, reference.indexPut], (indexPut, [y]) =>
            indexPut(y, source, indices, lead.length, add),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(indexDTypes)('firstOutside is the reference: %s', (dtype) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 9 }),
        layouts(true),
        fc.boolean(),
        fc.integer(),
        (n, size, layout, negative, seed) => {
          const random = randoms(seed);
          const index = scrambleIntegers(blank(dtype, [n, 2], layout), random, negative ? -size : 0, size);
          if (seed % 3 === 0) put({ ...index, offset: index.offset + index.strides[0] * (n - 1), shape: [] }, [size]);
          if (seed % 3 === 1) put({ ...index, offset: index.offset + index.strides[1], shape: [] }, [-size - 1]);
          expect(firstOutside(index, size, negative)).toBe(reference.checkIndices(index, size, negative));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([2n ** 32n, -(2n ** 32n), 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
    'firstOutside finds %s, whatever its lower half says',
    (far) => {
      const index = from('int64', [...range(100).map(() => 0), far, 1]);
      expect(firstOutside(index, 5, true)).toBe(Number(far));
      expect(firstOutside(from('int64', [far]), 5, true)).toBe(Number(far));
    },
  );
});

interface Large {
  readonly lead: readonly number[];
  readonly indexed: readonly number[];
  readonly n: number;
  readonly trail: readonly number[];
}

test.each<Large>([
  { lead: [], indexed: [1000], n: 9000, trail: [3] },
  { lead: [], indexed: [30, 40], n: 20000, trail: [] },
  { lead: [2500], indexed: [5], n: 9, trail: [] },
  { lead: [700], indexed: [5], n: 9, trail: [6] },
  { lead: [2], indexed: [3], n: 2, trail: [9000] },
])('$n of $indexed, more than is staged at once', ({ lead, indexed, n, trail }) => {
  const random = randoms(n);
  const lists = indexed.map((size) => scrambleIntegers(blank('int64', [n]), random, -size, size + 1));
  const indices = [...lead.map(() => null), ...lists];
  const whole = fill(blank('float32', [...lead, ...indexed, ...trail]), random);
  const part = fill(blank('float32', [...lead, n, ...trail]), random);
  expectAlike([part], [cpu.index, reference.index], (index, [y]) => index(y, whole, indices, lead.length));
  for (const add of [false, true]) {
    expectAlike([whole], [cpu.indexPut, reference.indexPut], (indexPut, [y]) =>
      indexPut(y, part, indices, lead.length, add),
    );
  }
});

describe('long rows that add up', () => {
  const usual = policy.indices;
  afterEach(() => {
    policy.indices = usual;
  });

  /** Rows at any place among the dimensions, and a way to leave the order that vectors want. */
  const tables = fc.record({
    lead: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    rows: fc.integer({ min: 1, max: 9 }),
    trail: fc.oneof(
      fc.integer({ min: 12, max: 90 }).map((n) => [n]),
      fc.integer({ min: 4, max: 9 }).map((n) => [n, 5]),
    ),
    indexShape: fc.oneof(fc.array(fc.nat(12), { minLength: 1, maxLength: 1 }), fc.array(fc.nat(5), { maxLength: 2 })),
    beyond: fc.boolean(),
    offsets: fc.tuple(fc.nat(5), fc.nat(5)),
    outputLayout: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: layouts(false) }),
    sourceLayout: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: layouts(true) }),
  });

  test.each([
    ['JavaScript', Infinity],
    ['vectors', 1],
  ])('are the reference to the bit, and nothing else is touched: %s', (_name, least) => {
    policy.indices = least;
    fc.assert(
      fc.property(
        tables,
        fc.constantFrom('float32', 'float64'),
        fc.constantFrom(...indexDTypes),
        fc.integer(),
        ({ lead, rows, trail, indexShape, beyond, offsets, ...chosen }, dtype, indexDType, seed) => {
          const random = randoms(seed);
          const outputLayout = chosen.outputLayout ?? { ...plain, lead: offsets[0] };
          const sourceLayout = chosen.sourceLayout ?? { ...plain, lead: offsets[1] };
          const some = seed % 2 === 0 ? fill : scramble;
          const source = some(blank(dtype, [...lead, ...indexShape, ...trail], sourceLayout), random);
          const output = some(blank(dtype, [...lead, rows, ...trail], outputLayout), random);
          const limit = rows + Number(beyond);
          const index = scrambleIntegers(blank(indexDType, indexShape), random, -limit, limit);
          const indices = [...lead.map(() => null), index, ...trail.map(() => null)];
          expectAlike([output], [cpu.indexPut, reference.indexPut], (indexPut, [y]) =>
            indexPut(y, source, indices, lead.length, true),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('are no columns', () => {
    policy.indices = 1;
    const [output, source] = [blank('float32', [20, 4]), blank('float32', [7, 20])].map((x) => fill(x, randoms(2)));
    const indices = [null, from('int32', [0, 3, 3, 1, 2, 0, 3])];
    expectAlike([output], [cpu.indexPut, reference.indexPut], (indexPut, [y]) => indexPut(y, source, indices, 0, true));
  });

  test.each([Infinity, 1])('to a tensor itself read what those before have written', (least) => {
    policy.indices = least;
    const x = fill(blank('float32', [5, 16]), randoms(1));
    const [ours, theirs] = [cpu, reference].map(({ indexPut }) => {
      const y = duplicate(x);
      indexPut(y, y, [from('int32', [1, 2, 3, 4, 0]), null], 0, true);
      return stored(y);
    });
    expect(ours).toEqual(theirs);
  });
});
