import fc from 'fast-check';
import { reduce } from '../../kernels/cpu/reduce.js';
import { type Formula, formula, identity } from '../../kernels/dag.js';
import { reduce as reference } from '../../kernels/reference/reduce.js';
import type { Reduction, View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';
import { policy } from '../../kernels/wasm/policy.js';
import { blank, duplicate, expectSame, from, layouts, put, randoms, stored } from './views.js';

const usual = { ...policy };

beforeEach(() => {
  policy.reductions = 1;
});

afterEach(() => void Object.assign(policy, usual));

const first = formula(2, (_s, a) => a);

function reduction(name: string, combine: Formula, rest: Partial<Reduction> = {}): Reduction {
  return { name, init: 0, before: identity, combine, after: first, compiled: [], ...rest };
}

const adding = formula(2, (s, a, x) => s.add(a, x));

const sum = reduction('sum', adding);

const reductions = [
  sum,
  reduction(
    'mean square',
    formula(2, (s, a, x) => s.add(x, a)),
    { before: formula(1, (s, x) => s.mul(x, x)), after: formula(2, (s, a, n) => s.div(a, n)), init: 1 },
  ),
  reduction('sum without NaN', adding, {
    before: formula(1, (s, x) => s.where(s.logicalOr(s.ne(x, x), s.lt(x, s.const(-7))), s.const(0), s.abs(x))),
  }),
  reduction(
    'max',
    formula(2, (s, a, x) => s.maximum(a, x)),
    { init: -Infinity },
  ),
  reduction(
    'min of at most 2',
    formula(2, (s, a, x) => s.minimum(a, x)),
    { init: 2 },
  ),
  reduction(
    'product of signs',
    formula(2, (s, a, x) => s.mul(a, x)),
    { init: 1, before: formula(1, (s, x) => s.where(s.lt(x, s.const(0)), s.const(-1), s.const(1))) },
  ),
];

const pool = [0, -0, 1, -1, 0.5, 2.5, -7, 31.5, 1, 1, Infinity, NaN];

/** Halves: their sums are exact in any order. Around them lies NaN. */
function halves(view: View, random: () => number): View {
  (view.buffer as Float32Array).fill(NaN);
  const common = random() < 0.5 ? 10 : 12;
  return put(
    view,
    positions(view).map(() => pool[Math.floor(random() * common)]),
  );
}

function expectReference(r: Reduction, input: View, dims: readonly number[], output: View): void {
  const [wanted, before] = [duplicate(output), duplicate(output)];
  reduce(r, output, input, dims);
  reference(r, wanted, input, dims);
  expectSame(output, wanted, before);
}

const shapes = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
  fc.constantFrom(
    [5, 40],
    [3, 70],
    [40, 17],
    [2, 9, 17],
    [3, 2, 2, 20],
    [100, 3],
    [7, 2, 33],
    [65, 1, 2],
    [4, 5, 6, 7],
  ),
);

test.each(reductions.map((r): [string, Reduction] => [r.name, r]))(
  '%s agrees with the reference in every layout',
  (_name, r) => {
    fc.assert(
      fc.property(shapes, layouts(true), layouts(false), fc.nat(15), fc.nat(), (shape, layout, to, mask, seed) => {
        const dims = shape.map((_, d) => d).filter((d) => (mask >> d) & 1);
        const input = halves(blank('float32', shape, layout), randoms(seed));
        const kept = shape.filter((_, d) => !dims.includes(d));
        expectReference(r, input, dims, blank('float32', kept, to));
      }),
      { numRuns: 200 },
    );
  },
);

test.each([
  [[5000], [0]],
  [[3, 4500], [1]],
  [[3, 4500], [0]],
  [[2050, 3], [1]],
  [[4500, 3], [0]],
  [
    [2, 2100, 2],
    [0, 2],
  ],
  [[2, 3, 1030], [1]],
])('more than a tile: %p over %p', (shape, dims) => {
  for (const r of reductions) {
    const kept = shape.filter((_, d) => !dims.includes(d));
    expectReference(r, halves(blank('float32', shape), randoms(1)), dims, blank('float32', kept));
  }
});

test('four elements meet in float32, all others in double: it is WebAssembly that ran', () => {
  const x = new Array<number>(64).fill(0);
  // The first vectors of a turn are summed before they become double.
  [x[0], x[4], x[8]] = [2 ** 24, 1, -(2 ** 24)];
  [x[16], x[32], x[48]] = [2 ** 24, 1, -(2 ** 24)];
  const output = blank('float32', []);
  reduce(sum, output, from('float32', x), [0]);
  expect(stored(output)).toEqual([1]);
  policy.reductions = Infinity;
  reduce(sum, output, from('float32', x), [0]);
  expect(stored(output)).toEqual([2]);
});

test('sums are as exact as those in double, but for a few of the last digits of single elements', () => {
  const random = randoms(3);
  const x = Array.from({ length: 10000 }, () => Math.fround(random() - 0.5));
  const output = blank('float32', []);
  reduce(sum, output, from('float32', x), [0]);
  const exact = x.reduce((a, b) => a + b);
  expect(Math.abs((stored(output)[0] as number) - exact)).toBeLessThan(1e-5);
});

test('products of large and small numbers do not overflow on the way', () => {
  const product = reduction(
    'product',
    formula(2, (s, a, x) => s.mul(a, x)),
    { init: 1 },
  );
  const x = Array.from({ length: 64 }, (_, i) => (i < 32 ? 2 ** 30 : 2 ** -30));
  const output = blank('float32', []);
  reduce(product, output, from('float32', x), [0]);
  expect(stored(output)).toEqual([1]);
});

test('what does not fit the memory is left to JavaScript', () => {
  policy.memory = 1024;
  const output = blank('float32', []);
  reduce(sum, output, from('float32', new Array<number>(100).fill(0.5)), [0]);
  expect(stored(output)).toEqual([50]);
});
