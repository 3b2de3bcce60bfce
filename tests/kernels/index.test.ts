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
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';

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

describe('long rows that add up', () => {
  const { rowSums } = policy;
  afterEach(() => {
    policy.rowSums = rowSums;
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
    policy.rowSums = least;
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
    policy.rowSums = 1;
    const [output, source] = [blank('float32', [20, 4]), blank('float32', [7, 20])].map((x) => fill(x, randoms(2)));
    const indices = [null, from('int32', [0, 3, 3, 1, 2, 0, 3])];
    expectAlike([output], [cpu.indexPut, reference.indexPut], (indexPut, [y]) => indexPut(y, source, indices, 0, true));
  });

  test.each([Infinity, 1])('to a tensor itself read what those before have written', (least) => {
    policy.rowSums = least;
    const x = fill(blank('float32', [5, 16]), randoms(1));
    const [ours, theirs] = [cpu, reference].map(({ indexPut }) => {
      const y = duplicate(x);
      indexPut(y, y, [from('int32', [1, 2, 3, 4, 0]), null], 0, true);
      return stored(y);
    });
    expect(ours).toEqual(theirs);
  });
});
