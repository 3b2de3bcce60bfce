import fc from 'fast-check';
import { policy } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import { sumThroughBlas } from '../../kernels/blas/sums.js';
import { type Formula, formula } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import type { View } from '../../kernels/types.js';
import { skipUnless } from '../helpers/skip.js';
import { blank, duplicate, expectSame, fill, layouts, plain, randoms } from './views.js';

const testWithBlas = skipUnless(systemBlas() !== null, 'no BLAS of the system, or no npm koffi');
const usual = { ...policy };

beforeEach(() => {
  policy.sums = 1;
});
afterEach(() => {
  Object.assign(policy, usual);
});

const sum = formula(2, (s, a, b) => s.add(a, b));
const difference = formula(2, (s, a, b) => s.sub(a, b));

/** Where the result goes: to memory of its own, over the first operand, or over the second. */
type Place = 'apart' | 'first' | 'second';

/** Expects the reference's result to the last bit, or untouched memory where BLAS declined. */
function expectReference(f: Formula, output: View, a: View, b: View, place: Place): boolean {
  const run = (kernel: (to: View, x: View, y: View) => boolean): [boolean, View] => {
    const [x, y] = [duplicate(a), duplicate(b)];
    const to = place === 'first' ? x : place === 'second' ? y : duplicate(output);
    return [kernel(to, x, y), to];
  };
  const [done, ours] = run((to, x, y) => sumThroughBlas(f, to.dtype, to, x, y));
  const [, theirs] = run((to, x, y) => {
    if (done) reference.pointwise(f, to.dtype, [to], [x, y]);
    return done;
  });
  expectSame(ours, theirs, place === 'first' ? a : place === 'second' ? b : output);
  return done;
}

testWithBlas(
  'sums and differences are those of the reference, for any layout, and nothing is written around them',
  () => {
    const any = layouts(true);
    let taken = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
        fc.constantFrom('float32', 'float64', 'int32'),
        fc.tuple(fc.option(layouts(false)), fc.option(any), fc.option(any)),
        fc.constantFrom<Place>('apart', 'first', 'second'),
        fc.boolean(),
        fc.integer(),
        (shape, dtype, given, place, adds, seed) => {
          const random = randoms(seed);
          const strange = (): number =>
            random() < 0.1 ? [NaN, Infinity, -Infinity, -0][Math.floor(4 * random())] : random();
          const [output, a, b] = given.map((layout) => fill(blank(dtype, shape, layout ?? plain), strange));
          if (expectReference(adds ? sum : difference, output, a, b, place)) taken++;
        },
      ),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  },
);

testWithBlas('other formulas, numbers, and results over a part of an operand go another way', () => {
  const [a, b, to] = [1, 2, 3].map(() => blank('float32', [8]));
  const twice = formula(2, (s, x, y) => s.add(x, s.add(y, y)));
  const turned = formula(2, (s, x, y) => s.sub(y, x));
  for (const f of [twice, turned]) expect(sumThroughBlas(f, 'float32', to, a, b)).toBe(false);
  expect(sumThroughBlas(sum, 'float32', to, a, 1)).toBe(false);
  const memory = blank('float32', [12]);
  const [front, back] = [0, 4].map((offset): View => ({ ...memory, shape: [8], offset: memory.offset + offset }));
  expect(sumThroughBlas(sum, 'float32', front, back, b)).toBe(false);
  expect(sumThroughBlas(difference, 'float32', b, a, b)).toBe(false);
});
