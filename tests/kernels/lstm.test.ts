import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import * as cpu from '../../kernels/cpu/lstm.js';
import * as reference from '../../kernels/reference/lstm.js';
import type { View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { lstmBackwardVectors, lstmVectors } from '../../kernels/wasm/product/lstm.js';
import { blank, duplicate, expectNear, fill, type Layout, layouts, plain, randoms, stored } from './views.js';

const usual = { ...policy };
const usualBlas = { ...blas };

afterEach(() => {
  Object.assign(policy, usual);
  Object.assign(blas, usualBlas);
});

/** Which way the products go. */
const ways = [
  ['vectors and panels', { recurrences: 1 }, Infinity],
  ['vectors and the system’s BLAS', { recurrences: 1 }, 1],
  ['products and formulas', { recurrences: Infinity }, Infinity],
] as const;

interface Case {
  readonly steps: number;
  readonly batch: number;
  readonly size: number;
  readonly layouts: readonly Layout[];
  readonly reverse: boolean;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  steps: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 6 }),
  size: fc.integer({ min: 1, max: 11 }),
  layouts: fc.array(layouts(true), { minLength: 6, maxLength: 6 }),
  reverse: fc.boolean(),
  seed: fc.integer(),
});

function compare({ steps, batch, size, layouts, reverse, seed }: Case): void {
  const random = randoms(seed);
  let next = 0;
  const operand = (...shape: number[]): View => fill(blank('float32', shape, layouts[next++]), random, 2);
  const sums = operand(steps, batch, 4 * size);
  const [h, c] = [operand(batch, size), operand(batch, size)];
  const weight = operand(4 * size, size);
  const results = {
    output: blank('float32', [steps, batch, size]),
    cells: blank('float32', [steps, batch, size]),
    gates: blank('float32', [steps, 4, batch, size]),
  };
  const wanted = mapped(results, duplicate);
  cpu.lstm(results, { sums, h, c, weight }, reverse);
  reference.lstm(wanted, { sums, h, c, weight }, reverse);
  for (const name of ['output', 'cells', 'gates'] as const) expectNear(results[name], wanted[name], size);

  const gradients = { output: operand(steps, batch, size), cells: operand(steps, batch, size) };
  const to = {
    sums: blank('float32', [steps, batch, 4 * size]),
    h: blank('float32', [batch, size]),
    c: blank('float32', [batch, size]),
  };
  const wantedTo = mapped(to, duplicate);
  const saved = { c, weight, cells: results.cells, gates: results.gates };
  const alone = { ...mapped(to, duplicate), h: null };
  cpu.lstmBackward(to, gradients, saved, reverse);
  cpu.lstmBackward(alone, gradients, saved, reverse);
  for (const name of ['sums', 'c'] as const) expect(stored(alone[name])).toEqual(stored(to[name]));
  reference.lstmBackward(wantedTo, gradients, saved, reverse);
  for (const name of ['sums', 'h', 'c'] as const) expectNear(to[name], wantedTo[name], 4 * size);
}

test.each(ways)('%s: the reference, for any layout, and nothing written around the results', (_name, set, products) => {
  Object.assign(policy, set);
  Object.assign(blas, { recurrences: products });
  fc.assert(fc.property(cases, compare), { numRuns: 30 });
  // More steps of depth than a block of a product has.
  compare({ steps: 2, batch: 1, size: 258, layouts: new Array(6).fill(plain), reverse: false, seed: 1 });
});

function mapped<K extends string>(views: Record<K, View>, change: (view: View) => View): Record<K, View> {
  return Object.fromEntries(Object.entries<View>(views).map(([name, view]) => [name, change(view)])) as Record<K, View>;
}

test('runs in vectors where a step is large enough and all is float32', () => {
  const view = (dtype: 'float32' | 'float64', ...shape: number[]): View => fill(blank(dtype, shape), randoms(1));
  const attempt = (dtype: 'float32' | 'float64', size: number): boolean[] => {
    const results = {
      output: view(dtype, 2, 3, size),
      cells: view(dtype, 2, 3, size),
      gates: view(dtype, 2, 4, 3, size),
    };
    const weight = view(dtype, 4 * size, size);
    const to = { sums: view(dtype, 2, 3, 4 * size), h: view(dtype, 3, size), c: view(dtype, 3, size) };
    return [
      lstmVectors(results, { ...to, weight }, false),
      lstmBackwardVectors(to, results, { ...results, c: to.c, weight }, false),
    ];
  };
  expect(attempt('float32', 16)).toEqual([true, true]);
  expect(attempt('float32', 4)).toEqual([false, false]);
  expect(attempt('float64', 16)).toEqual([false, false]);
  policy.memory = 4096;
  expect(attempt('float32', 16)).toEqual([false, false]);
});
