import fc from 'fast-check';
import { flat1, flat2, flatEach, pointwise } from '../../kernels/cpu/pointwise.js';
import { type Build, formula } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import type { Launch, View } from '../../kernels/types.js';
import { contiguousStrides, count } from '../../kernels/view.js';
import { policy } from '../../kernels/wasm/policy.js';
import { blank, duplicate, expectNear, fill, plain, randoms, stored } from './views.js';

function random(shape: readonly number[]): View {
  const buffer = Float64Array.from({ length: count(shape) }, (_, i) => Math.sin(i * i + shape.length));
  return { buffer, offset: 0, shape, strides: contiguousStrides(shape), dtype: 'float64' };
}

/** Sums of all inputs, each weighted by its number and the output's. */
const sums = (outputs: number): Build =>
  ((s, ...x) =>
    Array.from({ length: outputs }, (_, k) =>
      x.reduce((sum, value, i) => s.add(sum, s.mul(value, s.const(i + k + 1)))),
    )) as Build;

test.each([
  [1, 2],
  [4, 7],
  [5, 14],
])('%i outputs of %i inputs keep their layouts apart', (outputs, inputs) => {
  const f = formula(inputs, sums(outputs));
  const layouts = [
    [
      [3, 4],
      [3, 1],
    ],
    [
      [2, 3, 4],
      [1, 3, 1],
    ],
    [
      [2, 3, 2, 2],
      [1, 3, 1, 1],
    ],
    [
      [3, 4],
      [3, 4],
    ],
    [
      [3, 4],
      [1, 1],
    ],
  ];
  for (const [shape, small] of layouts) {
    const operands = Array.from({ length: inputs }, (_, i) => random(i % 2 === 0 ? shape : small));
    const run = (kernel: typeof pointwise): unknown => {
      const results = Array.from({ length: outputs }, () => blank('float64', shape));
      kernel(f, 'float64', results, operands);
      return results.map(stored);
    };
    expect(run(pointwise)).toEqual(run(reference.pointwise));
  }
});

describe('several launches at once', () => {
  const { formulas, compiled } = policy;
  afterEach(() => void Object.assign(policy, { formulas, compiled }));

  /** p, g, a number, m, another number: p and m move. */
  const build: Build = (s, p, g, rate, m, decay) => {
    const mean = s.add(s.mul(decay, m), g);
    return [s.sub(p, s.div(s.mul(rate, mean), s.add(s.sqrt(s.mul(mean, mean)), s.const(0.5)))), mean];
  };

  test.each([
    ['JavaScript', Infinity],
    ['vectors', 0],
    ['each by its size', 40],
  ])('come to what each alone does, and touch nothing else: %s', (_name, formulas) => {
    Object.assign(policy, { formulas, compiled: 0 });
    const update = formula(5, build);
    const sizes = fc.array(fc.oneof(fc.nat(5), fc.nat(100)), { minLength: 1, maxLength: 6 });
    const leads = fc.array(fc.nat(5), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(sizes, leads, fc.constantFrom('float32', 'float64'), fc.nat(), (sizes, leads, dtype, seed) => {
        const random = randoms(seed);
        const operands = sizes.map((size) =>
          leads.map((lead) => fill(blank(dtype, [size], { ...plain, lead }), random)),
        );
        const results = [flatEach, reference.pointwise].map((kernel) => {
          const copies = operands.map((views) => views.map(duplicate));
          const launches = copies.map(([p, g, m], i): Launch => {
            return { size: sizes[i], outputs: [p, m], inputs: [p, g, 0.1 + i, m, 0.9] };
          });
          if (kernel === flatEach) flatEach(update, dtype, launches);
          else for (const { outputs, inputs } of launches) reference.pointwise(update, dtype, outputs, inputs);
          return copies.flat();
        });
        results[0].forEach((view, k) => {
          expectNear(view, results[1][k], 4);
        });
      }),
    );
  });

  test('run one after the other: the next reads what the one before has written', () => {
    const x = Float64Array.of(1, 2, 3);
    const view: View = { buffer: x, offset: 0, shape: [3], strides: [1], dtype: 'float64' };
    const twice = formula(2, (s, x, factor) => s.mul(x, factor));
    const launch = (factor: number): Launch => ({ size: 3, outputs: [view], inputs: [view, factor] });
    flatEach(twice, 'float64', [launch(2), launch(3), launch(5)]);
    expect([...x]).toEqual([30, 60, 90]);
  });
});

test('kernels that first meet an empty operand with strides of 0 read all elements of the next', () => {
  const empty: View = { ...random([0]), strides: [0] };
  const [a, b, result] = [random([3]), random([3]), blank('float64', [3])];
  const negate = formula(1, (s, x) => s.neg(x));
  flat1(negate, 'float64', 0, blank('float64', [0]), empty);
  flat1(negate, 'float64', 3, result, a);
  expect(stored(result)).toEqual(stored(a).map((x) => -Number(x)));
  const product = formula(2, (s, x, y) => s.mul(x, y));
  flat2(product, 'float64', 0, blank('float64', [0]), random([0]), empty);
  flat2(product, 'float64', 3, result, a, b);
  expect(stored(result)).toEqual(stored(a).map((x, i) => Number(x) * Number(stored(b)[i])));
});
