import fc from 'fast-check';
import { copy } from '../../kernels/cpu/copy.js';
import { reduce } from '../../kernels/cpu/reduce.js';
import { type Formula, formula, identity } from '../../kernels/dag.js';
import { reduce as reference } from '../../kernels/reference/reduce.js';
import type { DType, Reduction, View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';
import { blank, duplicate, expectSame, layouts, put, randoms, scramble, stored } from './views.js';

const first = formula(2, (_s, a) => a);

function reduction(name: string, init: number, combine: Formula, rest: Partial<Reduction> = {}): Reduction {
  return { name, init, before: identity, combine, after: first, compiled: [], ...rest };
}

const reductions = [
  reduction(
    'sum',
    0,
    formula(2, (s, a, x) => s.add(a, x)),
  ),
  reduction(
    'sum of squares from one',
    1,
    formula(2, (s, a, x) => s.add(x, a)),
    {
      before: formula(1, (s, x) => s.mul(x, x)),
      after: formula(2, (s, a, n) => s.div(a, n)),
    },
  ),
  reduction(
    'max',
    -Infinity,
    formula(2, (s, a, x) => s.maximum(a, x)),
  ),
  reduction(
    'min',
    Infinity,
    formula(2, (s, a, x) => s.minimum(a, x)),
  ),
  reduction(
    'last',
    0,
    formula(2, (_s, _a, x) => x),
  ),
  reduction(
    'count of ones',
    0,
    formula(2, (s, a, x) => s.add(a, s.where(s.eq(x, s.const(1)), s.const(1), s.const(0)))),
  ),
];

/** Halves: their sums are exact in any order. */
function halves(view: View, random: () => number): View {
  const pool = [0, -0, 1, -1, 0.5, 2.5, -7, 31.5, 1, 1, Infinity, NaN];
  const common = random() < 0.5 ? 10 : 12;
  return put(
    view,
    positions(view).map(() => pool[Math.floor(random() * common)]),
  );
}

const shapes = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
  fc.constantFrom([5, 40], [3, 70], [40, 17], [2, 9, 17], [3, 2, 2, 20]),
);

test.each(reductions.map((r): [string, Reduction] => [r.name, r]))(
  '%s agrees with the reference in every layout',
  (_name, r) => {
    const dtype = fc.constantFrom<DType>('float32', 'float64', 'float16');
    fc.assert(
      fc.property(dtype, shapes, layouts(true), fc.nat(15), fc.nat(), (type, shape, layout, mask, seed) => {
        const dims = shape.map((_, d) => d).filter((d) => (mask >> d) & 1);
        const input = halves(blank(type, shape, layout), randoms(seed));
        const kept = shape.filter((_, d) => !dims.includes(d));
        const output = blank(type, kept);
        const [wanted, before] = [duplicate(output), duplicate(output)];
        reduce(r, output, input, dims);
        reference(r, wanted, input, dims);
        expectSame(output, wanted, before);
      }),
      { numRuns: 60 },
    );
  },
);

test('rows longer than a tile are folded side by side', () => {
  const input = halves(blank('float32', [3, 2500]), randoms(1));
  const output = blank('float32', [2500]);
  const [wanted, before] = [duplicate(output), duplicate(output)];
  reduce(reductions[0], output, input, [0]);
  reference(reductions[0], wanted, input, [0]);
  expectSame(output, wanted, before);
});

test.each<DType>(['float32', 'int64', 'bool', 'float16', 'int16'])('copies of %s go through any layout', (dtype) => {
  const sizes = fc.oneof(shapes, fc.constantFrom([32, 32], [33, 70], [2, 40, 35]));
  fc.assert(
    fc.property(sizes, layouts(true), layouts(false), fc.nat(), (shape, from, to, seed) => {
      const input = scramble(blank(dtype, shape, from), randoms(seed));
      const output = blank(dtype, shape, to);
      const before = duplicate(output);
      const wanted = duplicate(output);
      const [source, target] = [positions(input), positions(output)];
      const data = wanted.buffer as Uint8Array;
      target.forEach((at, i) => {
        data[at] = (input.buffer as Uint8Array)[source[i]];
      });
      copy(output, input);
      expectSame(output, wanted, before);
      expect(stored(output)).toEqual(stored(input));
    }),
    { numRuns: 50 },
  );
});

test('a transposed matrix is copied in squares', () => {
  const [rows, columns] = [70, 45];
  const source = Float32Array.from({ length: rows * columns + 2 }, (_, i) => i);
  const input: View = { buffer: source, offset: 2, shape: [columns, rows], strides: [1, columns], dtype: 'float32' };
  const output = blank('float32', [columns, rows]);
  copy(output, input);
  expect(stored(output)).toEqual(positions(input).map((at) => source[at]));
});
