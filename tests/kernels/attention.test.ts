import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import * as cpu from '../../kernels/cpu/attention.js';
import { matmul } from '../../kernels/cpu/matmul.js';
import { pointwise } from '../../kernels/cpu/pointwise.js';
import { softmax, softmaxBackward } from '../../kernels/cpu/softmax.js';
import * as reference from '../../kernels/reference/attention.js';
import type { Attention, FusedKernels, View } from '../../kernels/types.js';
import { attentionBackwardThroughBlas, attentionThroughBlas } from '../../kernels/wasm/blasAttention.js';
import { policy, thresholds } from '../../kernels/wasm/policy.js';
import { skipUnless } from '../helpers/skip.js';
import { blank, duplicate, expectNear, fill, type Layout, layouts, randoms } from './views.js';

const testWithBlas = skipUnless(systemBlas() !== null, 'no BLAS of the system, or no npm koffi');
const usual = { ...policy };
const usualBlas = { ...blas };

afterEach(() => {
  Object.assign(policy, usual);
  Object.assign(blas, usualBlas);
});

const all = (size: number): typeof thresholds =>
  Object.fromEntries(Object.keys(thresholds).map((name) => [name, size])) as unknown as typeof thresholds;

const ways = [
  ['JavaScript', Infinity, Infinity],
  ['vectors', 1, Infinity],
  ['vectors and the system’s BLAS', 1, 1],
] as const;

type Kernels = Pick<FusedKernels, 'attention' | 'attentionBackward'>;

interface Case {
  readonly dtype: 'float32' | 'float64';
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
  readonly features: readonly [number, number];
  readonly layouts: readonly Layout[];
  readonly results: readonly Layout[];
  readonly mask: 'none' | 'added' | 'causal';
  readonly dropped: boolean;
  readonly weighted: boolean;
  readonly wanted: readonly boolean[];
  readonly seed: number;
}

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const cases: fc.Arbitrary<Case> = fc.record({
  dtype: fc.constantFrom('float32', 'float64'),
  batch: small(3),
  heads: small(3),
  length: small(6),
  size: small(7),
  features: fc.tuple(small(6), small(9)),
  layouts: fc.array(layouts(true), { minLength: 7, maxLength: 7 }),
  results: fc.array(layouts(false), { minLength: 4, maxLength: 4 }),
  mask: fc.constantFrom('none', 'added', 'causal'),
  dropped: fc.boolean(),
  weighted: fc.boolean(),
  wanted: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  seed: fc.integer(),
});

/** Both ways of one case: results of ours, then of the reference. */
function compare(
  { dtype, batch, heads, length, size, features, mask, wanted, ...given }: Case,
  kernels: Kernels = cpu,
  scale: number = 4 * size * length,
): void {
  const random = randoms(given.seed);
  const next = [...given.layouts];
  const operand = (rows: number, columns: number): View =>
    fill(blank(dtype, [batch, heads, rows, columns], next.pop()), random, 2);
  const [e, v] = features;
  const operands: Attention = {
    query: operand(length, e),
    key: operand(size, e),
    value: operand(size, v),
    mask: mask === 'added' ? operand(length, size) : null,
    kept: given.dropped ? operand(length, size) : null,
  };
  const options = { scale: 0.7, causal: mask === 'causal' };
  const to = {
    output: blank(dtype, [batch, heads, length, v], given.results[3]),
    weights: blank(dtype, [batch, heads, length, size]),
  };
  const theirs = { output: duplicate(to.output), weights: duplicate(to.weights) };
  kernels.attention(to, operands, options);
  reference.attention(theirs, operands, options);
  expectNear(to.output, theirs.output, size);
  expectNear(to.weights, theirs.weights, size);

  const nothing = { ...blank(dtype, to.weights.shape), strides: [0, 0, 0, 0] };
  const toWeights = given.weighted ? operand(length, size) : fill(nothing, () => 0.5);
  const gradients = { output: operand(length, v), weights: toWeights };
  const [query, key, value] = [operands.query, operands.key, operands.value].map((x, i) =>
    wanted[i] ? blank(dtype, x.shape, given.results[i]) : null,
  );
  const ours = { query, key, value };
  const copy = (x: View | null): View | null => x && duplicate(x);
  const others = { query: copy(query), key: copy(key), value: copy(value) };
  kernels.attentionBackward(ours, gradients, theirs.weights, operands, options);
  reference.attentionBackward(others, gradients, theirs.weights, operands, options);
  for (const name of ['query', 'key', 'value'] as const) {
    if (ours[name] !== null) expectNear(ours[name], others[name] as View, scale);
  }
}

test.each(ways)(
  '%s: the reference, for any layout, and nothing written around the results',
  (_name, vectors, products) => {
    Object.assign(policy, all(vectors));
    blas.products = products;
    fc.assert(
      fc.property(cases, (given) => compare(given)),
      { numRuns: 60 },
    );
  },
);

const through: Kernels = {
  attention: (...given) => expect(attentionThroughBlas(...given)).toBe(true),
  attentionBackward: (...given) => expect(attentionBackwardThroughBlas(...given)).toBe(true),
};
const inOneRun = { dtype: 'float32', layouts: [], results: [], dropped: false, weighted: false } as const;

testWithBlas('scores stay in the heap between products of the system’s BLAS where rows lie in one run', () => {
  Object.assign(policy, all(1));
  blas.products = 1;
  fc.assert(
    fc.property(cases, small(200), (given, length) =>
      compare({ ...given, ...inOneRun, length, size: given.size * 9 }, through),
    ),
    { numRuns: 100 },
  );
});

testWithBlas('more scores of a head than the heap takes at once', () => {
  for (const [length, size, mask] of [
    [4100, 64, 'added'],
    [2100, 70, 'causal'],
    [70, 4099, 'none'],
  ] as const) {
    const shape = { batch: 1, heads: 2, length, size, features: [3, 5], wanted: [true, true, true] } as const;
    compare({ ...inOneRun, ...shape, mask, seed: 1 }, through, 1000);
  }
});

test('heads may be taken a few at a time', () => {
  const few = reference.attentionBy({ matmul, pointwise, softmax, softmaxBackward, together: 50 });
  fc.assert(
    fc.property(cases, (given) => compare(given, few)),
    { numRuns: 60 },
  );
});
