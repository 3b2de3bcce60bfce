import fc from 'fast-check';
import * as reference from '../../kernels/reference/normalize.js';
import type { Normalized, View } from '../../kernels/types.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy } from '../../kernels/wasm/policy.js';
import { normalizeBackwardVectors, normalizeVectors } from '../../kernels/wasm/rows/normalize.js';
import { blank, expectNear, fill, from, layouts, plain, put, randoms, stored } from './views.js';

const usual = { ...policy };

beforeEach(() => {
  policy.lines = 1;
});

afterEach(() => void Object.assign(policy, usual));

interface Case {
  readonly shape: readonly number[];
  readonly dims: readonly number[];
  /** The shape of weight and bias. */
  readonly along: readonly number[];
  readonly weight: boolean;
  readonly bias: boolean;
  readonly seed: number;
  readonly layout?: Parameters<typeof blank>[2];
}

/** Compares with the reference what ran in vectors; says whether forward and backward did. */
function ran({ shape, dims, along, weight, bias, seed, layout }: Case): [boolean, boolean] {
  const random = randoms(seed);
  const one = (size: readonly number[], its = plain): View => fill(blank('float32', size, its), random);
  const small = shape.map((size, d) => (dims.includes(d) ? 1 : size));
  const given = {
    input: one(shape, { ...plain, lead: 1 }),
    weight: weight ? one(along, layout) : null,
    bias: bias ? one(along, layout) : null,
  };
  const options = { dims, eps: 0.1 };
  // What is read that was not written shows.
  wasmHeap()?.f32.fill(NaN);
  const results = [0, 1].map(() => ({
    output: blank('float32', shape),
    mean: blank('float32', small),
    variance: blank('float32', small),
  }));
  const operands = results.map(({ mean, variance }): Normalized => ({ ...given, mean, variance }));
  reference.normalize(results[1].output, operands[1], options);
  const forward = normalizeVectors(results[0].output, operands[0], options);
  for (const name of ['output', 'mean', 'variance'] as const) {
    if (forward) expectNear(results[0][name], results[1][name], 10);
  }
  const gradients = { output: one(shape), mean: one(small), variance: one(small) };
  const to = [0, 1].map(() => ({
    input: blank('float32', shape),
    weight: weight ? blank('float32', along) : null,
    bias: bias ? blank('float32', along) : null,
  }));
  reference.normalizeBackward(to[1], gradients, operands[1], options);
  const backward = normalizeBackwardVectors(to[0], gradients, operands[1], options.eps);
  for (const name of ['input', 'weight', 'bias'] as const) {
    const wanted = to[1][name];
    if (backward && wanted !== null) expectNear(to[0][name] as View, wanted, 100);
  }
  return [forward, backward];
}

test('any dimensions and weights, as the reference has it', () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 40 }),
  );
  const cases = fc.record({
    shape: sizes,
    folded: fc.nat(7),
    own: fc.nat(7),
    weight: fc.boolean(),
    bias: fc.boolean(),
    seed: fc.integer(),
    layout: layouts(true),
  });
  fc.assert(
    fc.property(cases, ({ shape, folded, own, ...rest }) => {
      const dims = shape.map((_, d) => d).filter((d) => (folded >> d) & 1);
      ran({ shape, dims, along: shape.map((size, d) => ((own >> d) & 1 ? size : 1)), ...rest });
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['rows without weight', [3, 21], [1], null],
  ['rows with a weight along them', [70, 67], [1], [67]],
  ['more rows than a block holds', [301, 67], [1], [67]],
  ['rows longer than a tile', [2, 5001], [1], [5001]],
  ['channels of a batch', [3, 5, 4, 9], [0, 2, 3], [1, 5, 1, 1]],
  ['channels of a large batch', [40, 3, 130], [0, 2], [1, 3, 1]],
  ['channels of small planes', [8, 33, 2, 2], [0, 2, 3], [1, 33, 1, 1]],
  ['groups of channels', [2, 3, 2, 35], [2, 3], [3, 2, 1]],
  ['single channels', [2, 3, 35], [2], [3, 1]],
  ['more single channels than a block holds', [5, 41, 131], [2], [41, 1]],
])('%s run in vectors', (_name, shape, dims, along) => {
  for (const weight of along === null ? [false] : [true, false]) {
    for (const bias of along === null ? [false] : [true, false]) {
      expect(ran({ shape, dims, along: along ?? [], weight, bias, seed: 3 })).toEqual([true, true]);
    }
  }
});

test('channels of more planes than are staged at once run in vectors', () => {
  expect(ran({ shape: [301, 3, 150], dims: [0, 2], along: [3, 1], weight: true, bias: true, seed: 3 })).toEqual([
    true,
    true,
  ]);
});

test('one outlier, and a mean that is large beside the deviations, leave variance and result exact', () => {
  const tail = new Array<number>(20).fill(0).map((_, i) => i % 5);
  for (const x of [[1e6, ...tail], tail.map((value) => value + 1e5), tail.map((value) => value + 4e6 + 0.25)]) {
    const [output, wanted] = [blank('float32', [x.length]), blank('float32', [x.length])];
    const [mean, variance] = [blank('float32', [1]), blank('float32', [1])];
    const operands = { input: from('float32', x), weight: null, bias: null, mean, variance };
    expect(normalizeVectors(output, operands, { dims: [0], eps: 0 })).toBe(true);
    const ours = stored(variance)[0] as number;
    reference.normalize(wanted, operands, { dims: [0], eps: 0 });
    expect(Math.abs(ours / (stored(variance)[0] as number) - 1)).toBeLessThan(2e-7);
    expectNear(output, wanted);
  }
});

test('what is left of too little memory to JavaScript is not touched', () => {
  policy.memory = 100;
  expect(ran({ shape: [3, 21], dims: [1], along: [21], weight: true, bias: true, seed: 3 })).toEqual([false, false]);
  expect(ran({ shape: [3, 5, 9], dims: [0, 2], along: [5, 1], weight: true, bias: true, seed: 3 })).toEqual([
    false,
    false,
  ]);
});

test.each([
  ['row', [3, 18], [1], (i: number) => Math.floor(i / 18)],
  ['channel', [2, 3, 6], [0, 2], (i: number) => Math.floor(i / 6) % 3],
])('one NaN spoils its %s only', (_name, shape, dims, lineOf) => {
  const size = shape.reduce((a, b) => a * b);
  const small = shape.map((extent, d) => (dims.includes(d) ? 1 : extent));
  for (const at of [0, 17, 23, size - 1]) {
    const spoilt = Array.from({ length: size }, (_, i) => (i === at ? NaN : i));
    const [output, mean, variance] = [shape, small, small].map((its) => blank('float32', its));
    const operands = { input: from('float32', spoilt, shape), weight: null, bias: null, mean, variance };
    expect(normalizeVectors(output, operands, { dims, eps: 0 })).toBe(true);
    const expected = spoilt.map((_, i) => lineOf(i) === lineOf(at));
    expect((stored(output) as number[]).map(Number.isNaN)).toEqual(expected);
  }
});

test('planes of one number come out as their bias', () => {
  const shape = [4, 3, 2, 3];
  const input = put(blank('float32', shape), new Array(72).fill(0.1));
  const bias = from('float32', [1, 2, 3], [3, 1, 1]);
  const weight = from('float32', [7, 8, 9], [3, 1, 1]);
  const [output, mean, variance] = [shape, [1, 3, 1, 1], [1, 3, 1, 1]].map((its) => blank('float32', its));
  normalizeVectors(output, { input, weight, bias, mean, variance }, { dims: [0, 2, 3], eps: 1e-5 });
  expect(stored(variance)).toEqual([0, 0, 0]);
  expect(stored(output)).toEqual(Array.from({ length: 72 }, (_, i) => 1 + (Math.floor(i / 6) % 3)));
});
