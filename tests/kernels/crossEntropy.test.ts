import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/crossEntropy.js';
import * as reference from '../../kernels/reference/crossEntropy.js';
import type { Classified, ClassLoss, DType, View } from '../../kernels/types.js';
import { policy } from '../../kernels/wasm/policy.js';
import { gradientVectors, totalVectors } from '../../kernels/wasm/rows/crossEntropy.js';
import {
  blank,
  duplicate,
  expectNear,
  expectSame,
  fill,
  from,
  indexDTypes,
  layouts,
  plain,
  put,
  randoms,
  stored,
} from './views.js';

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

interface Case {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly indexDType: DType;
  readonly weighted: boolean;
  readonly smoothing: number;
  readonly reduction: ClassLoss['reduction'];
  readonly seed: number;
  readonly layout?: Parameters<typeof blank>[2];
}

/** Compares the loss and its gradient with the reference. */
function expectReference({
  shape,
  dtype,
  indexDType,
  weighted,
  smoothing,
  reduction,
  seed,
  layout = plain,
}: Case): void {
  const random = randoms(seed);
  const dim = shape.length === 1 ? 0 : 1;
  const lines = shape.toSpliced(dim, 1);
  const count = lines.reduce((a, b) => a * b, 1);
  const targets = Array.from({ length: count }, () => Math.floor(random() * (shape[dim] + 1)) - 1);
  const operands: Classified = {
    input: fill(blank(dtype, shape, layout), random, 20),
    index: put(
      blank(indexDType, lines, layout),
      targets.map((t) => (t < 0 ? -100 : t)),
    ),
    weight: weighted ? fill(blank(dtype, [shape[dim]], layout), random) : null,
  };
  const options: ClassLoss = { dim, ignoreIndex: -100, smoothing, reduction };
  const size = reduction === 'none' ? lines : [];
  const results = [0, 1].map(() => ({ loss: blank(dtype, size), shifts: blank(dtype, [2, ...lines]) }));
  expect(cpu.crossEntropy(results[0], operands, options)).toBeNull();
  reference.crossEntropy(results[1], operands, options);
  for (const name of ['loss', 'shifts'] as const) expectNear(results[0][name], results[1][name], 30);
  const gradient = fill(blank(dtype, size, layout), random);
  const [to, wanted] = [blank(dtype, shape), blank(dtype, shape)];
  cpu.crossEntropyBackward(to, gradient, results[1].shifts, operands, options);
  reference.crossEntropyBackward(wanted, gradient, results[1].shifts, operands, options);
  expectNear(to, wanted, 30);
}

describe.each([
  ['in JavaScript', Number.POSITIVE_INFINITY],
  ['in vectors', 1],
])('cross entropy %s', (_name, lines) => {
  test('any layout, reduction, weight and smoothing, as the reference has it', () => {
    policy.lines = lines;
    const cases = fc.record({
      shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      dtype: fc.constantFrom<DType>('float32', 'float32', 'float64'),
      indexDType: fc.constantFrom(...indexDTypes),
      weighted: fc.boolean(),
      smoothing: fc.constantFrom(0, 0.3),
      reduction: fc.constantFrom<ClassLoss['reduction']>('none', 'mean', 'sum'),
      seed: fc.integer(),
      layout: layouts(true),
    });
    fc.assert(fc.property(cases, expectReference), { numRuns: 200 });
  });

  test.each([[[300, 33]], [[3, 1500]], [[2, 65, 66]], [[70, 3]]])('more than a tile: %p', (shape) => {
    policy.lines = lines;
    const given = { dtype: 'float32', indexDType: 'int32', weighted: false, reduction: 'mean', seed: 3 } as const;
    for (const smoothing of [0, 0.1]) expectReference({ ...given, shape, smoothing });
  });
});

test('it is vectors that run from the policy on', () => {
  const x = blank('float32', [4, 6, 5]);
  policy.lines = 1;
  expect(totalVectors(new Float64Array(40), x, 20, 6, 5)).toBe(true);
  expect(gradientVectors(blank('float32', [4, 6, 5]), x, x, new Float64Array(60), 20, 6, 5)).toBe(true);
  policy.lines = Number.POSITIVE_INFINITY;
  expect(totalVectors(new Float64Array(40), x, 20, 6, 5)).toBe(false);
});

test('an index that is no class is told before anything is written', () => {
  const operands = { input: blank('float32', [2, 3]), index: from('int32', [0, 3]), weight: null };
  const to = { loss: blank('float32', []), shifts: blank('float32', [2, 2]) };
  const before = [to.loss, to.shifts].map(duplicate);
  const options: ClassLoss = { dim: 1, ignoreIndex: -1, smoothing: 0, reduction: 'sum' };
  expect(cpu.crossEntropy(to, operands, options)).toBe(3);
  [to.loss, to.shifts].forEach((view: View, k) => {
    expectSame(view, before[k], before[k]);
  });
  expect(cpu.crossEntropy(to, { ...operands, index: from('int64', [-1, -2]) }, options)).toBe(-2);
  expect(cpu.crossEntropy(to, { ...operands, index: from('int64', [-1, -1]) }, options)).toBeNull();
  expect(stored(to.loss)).toEqual([0]);
});
