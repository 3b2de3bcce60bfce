import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import * as cpu from '../../kernels/cpu/recurrence.js';
import { type RecurrenceName, recurrences } from '../../kernels/recurrence.js';
import * as reference from '../../kernels/reference/recurrence.js';
import type { RecurrentOperands, RecurrentResults, View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { recurrenceBackwardVectors } from '../../kernels/wasm/recurrence/backward.js';
import { recurrenceVectors } from '../../kernels/wasm/recurrence/forward.js';
import { setThreads } from '../../kernels/wasm/threads/threads.js';
import { blank, duplicate, expectNear, fill, type Layout, layouts, plain, randoms, stored } from './views.js';

const usual = { ...policy };
const usualBlas = { ...blas };

afterEach(() => {
  Object.assign(policy, usual);
  Object.assign(blas, usualBlas);
  setThreads(1);
});

/** Which way the products go. */
const ways = [
  ['vectors and panels', { recurrences: 1 }, Infinity, 1],
  ['vectors and panels on two threads', { recurrences: 1, sharedProducts: 1 }, Infinity, 2],
  ['vectors and the system’s BLAS', { recurrences: 1 }, 1, 1],
  ['products and formulas', { recurrences: Infinity }, Infinity, 1],
] as const;

interface Case {
  readonly name: RecurrenceName;
  readonly steps: number;
  readonly batch: number;
  readonly features: number;
  readonly size: number;
  readonly bias: boolean;
  readonly layouts: readonly Layout[];
  readonly reverse: boolean;
  readonly seed: number;
}

const operandCount = 9;

const cases: fc.Arbitrary<Case> = fc.record({
  name: fc.constantFrom('lstm', 'gru', 'tanh', 'relu'),
  steps: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 6 }),
  features: fc.integer({ min: 1, max: 11 }),
  size: fc.integer({ min: 1, max: 11 }),
  bias: fc.boolean(),
  layouts: fc.array(layouts(true), { minLength: operandCount, maxLength: operandCount }),
  reverse: fc.boolean(),
  seed: fc.integer(),
});

function mapped<T extends Record<keyof T, View | null>>(views: T, change: (view: View) => View): T {
  const entries = Object.entries<View | null>(views);
  return Object.fromEntries(entries.map(([name, view]) => [name, view && change(view)])) as T;
}

function expectAllNear<T extends Record<keyof T, View | null>>(got: T, wanted: T, terms: number): void {
  for (const name of Object.keys(got) as (keyof T)[]) {
    const [a, b] = [got[name], wanted[name]];
    if (a !== null && b !== null) expectNear(a, b, terms);
  }
}

function compare({ name, steps, batch, features, size, bias, layouts, reverse, seed }: Case): void {
  const kind = recurrences[name];
  const random = randoms(seed);
  let next = 0;
  const operand = (...shape: number[]): View => fill(blank('float32', shape, layouts[next++]), random, 1);
  const gates = kind.fromInput.length * size;
  const state = (): View => blank('float32', [steps, batch, size]);
  const hasCells = kind.carries === 'c';
  const operands: RecurrentOperands = {
    input: operand(steps, batch, features),
    inputWeight: operand(gates, features),
    weight: operand(gates, size),
    h: operand(batch, size),
    c: hasCells ? operand(batch, size) : null,
    inputBias: bias ? operand(gates) : null,
    bias: bias ? operand(gates) : null,
  };
  const results: RecurrentResults = {
    output: state(),
    cells: hasCells ? state() : null,
    kept: kind.kept > 0 ? blank('float32', [steps, kind.kept, batch, size]) : null,
  };
  const wanted = mapped(results, duplicate);
  const forgetful = { ...mapped(results, duplicate), kept: null };
  cpu.recurrence(kind, results, operands, reverse);
  cpu.recurrence(kind, forgetful, operands, reverse);
  reference.recurrence(kind, wanted, operands, reverse);
  const terms = 2 * (size + features);
  expectAllNear(results, wanted, terms);
  expect(stored(forgetful.output)).toEqual(stored(results.output));

  const gradients = { output: operand(steps, batch, size), cells: hasCells ? operand(steps, batch, size) : null };
  const to = mapped(operands, ({ shape }) => blank('float32', shape));
  const wantedTo = mapped(to, duplicate);
  cpu.recurrenceBackward(kind, to, gradients, operands, results, reverse);
  reference.recurrenceBackward(kind, wantedTo, gradients, operands, results, reverse);
  expectAllNear(to, wantedTo, 4 * gates * steps);

  // One of them alone.
  const names = Object.keys(to) as (keyof RecurrentOperands)[];
  const one = names[Math.floor(random() * names.length)];
  const none = { input: null, inputWeight: null, weight: null, h: null, c: null, inputBias: null, bias: null };
  const alone = { ...none, [one]: to[one] && blank('float32', to[one].shape) };
  cpu.recurrenceBackward(kind, alone, gradients, operands, results, reverse);
  const [a, b] = [alone[one], to[one]];
  if (a !== null && b !== null) expect(stored(a)).toEqual(stored(b));
}

test.each(ways)(
  '%s: the reference, for any layout, and nothing written around the results',
  (_name, set, products, threads) => {
    setThreads(threads);
    Object.assign(policy, set);
    Object.assign(blas, { recurrences: products });
    fc.assert(fc.property(cases, compare), { numRuns: 40 });
    const large = {
      layouts: new Array<Layout>(operandCount).fill(plain),
      reverse: false,
      seed: 1,
      bias: true,
    } as const;
    // More steps of depth than a block of a product has; more steps, and larger batches, than rows that are summed up at once.
    compare({ ...large, name: 'gru', steps: 2, batch: 1, features: 3, size: 258 });
    compare({ ...large, name: 'lstm', steps: 2, batch: 2, features: 258, size: 3 });
    compare({ ...large, name: 'relu', steps: 70, batch: 9, features: 4, size: 8 });
    compare({ ...large, name: 'gru', steps: 3, batch: 130, features: 4, size: 16, reverse: true });
    compare({ ...large, name: 'lstm', steps: 2, batch: 260, features: 8, size: 8 });
  },
);

test('runs in vectors where a step is large enough and all is float32', () => {
  const attempt = (dtype: 'float32' | 'float64', size: number): boolean[] => {
    const view = (...shape: number[]): View => fill(blank(dtype, shape), randoms(1));
    const results = { output: view(2, 3, size), cells: view(2, 3, size), kept: view(2, 4, 3, size) };
    const operands = {
      input: view(2, 3, 5),
      inputWeight: view(4 * size, 5),
      weight: view(4 * size, size),
      h: view(3, size),
      c: view(3, size),
      inputBias: null,
      bias: null,
    };
    return [
      recurrenceVectors(recurrences.lstm, results, operands, false),
      recurrenceBackwardVectors(recurrences.lstm, operands, results, operands, results, false),
    ];
  };
  expect(attempt('float32', 16)).toEqual([true, true]);
  expect(attempt('float32', 4)).toEqual([false, false]);
  expect(attempt('float64', 16)).toEqual([false, false]);
  policy.memory = 4096;
  expect(attempt('float32', 16)).toEqual([false, false]);
});
