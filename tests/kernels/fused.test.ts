import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/normalize.js';
import { normalizeBackward } from '../../kernels/cpu/normalizeBackward.js';
import * as cpuSoftmax from '../../kernels/cpu/softmax.js';
import * as reference from '../../kernels/reference/normalize.js';
import * as referenceSoftmax from '../../kernels/reference/softmax.js';
import type { DType, Normalized, View } from '../../kernels/types.js';
import { blank, duplicate, expectNear, fill, from, layouts, randoms, stored } from './views.js';

const shapes = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 });
const floats: readonly DType[] = ['float32', 'float64'];

describe('softmax', () => {
  test('any layout, any dimension, as the reference has it', () => {
    fc.assert(
      fc.property(
        fc.record({ shape: shapes, layout: layouts(true), other: layouts(true), seed: fc.integer(), at: fc.nat(3) }),
        fc.constantFrom(...floats),
        fc.boolean(),
        ({ shape, layout, other, seed, at }, dtype, logarithm) => {
          const random = randoms(seed);
          const dim = at % shape.length;
          const input = fill(blank(dtype, shape, layout), random, 30);
          const [output, wanted] = [blank(dtype, shape), blank(dtype, shape)];
          cpuSoftmax.softmax(output, input, dim, logarithm);
          referenceSoftmax.softmax(wanted, input, dim, logarithm);
          expectNear(output, wanted);
          const gradient = fill(blank(dtype, shape, other), random);
          const [to, wantedTo] = [blank(dtype, shape), blank(dtype, shape)];
          cpuSoftmax.softmaxBackward(to, gradient, output, dim, logarithm);
          referenceSoftmax.softmaxBackward(wantedTo, gradient, output, dim, logarithm);
          expectNear(to, wantedTo, 10);
        },
      ),
    );
  });

  test.each([
    [[NaN, 1, 2, 3]],
    [[Infinity, 1, 2, 3]],
    [[-Infinity, -Infinity, -Infinity]],
    [[-Infinity, 0, 0, 100, -100, 1000]],
    [[-1e30, 1e30, 3e38]],
  ])('%p', (x) => {
    for (const logarithm of [false, true]) {
      const input = from('float32', x);
      const [output, wanted] = [blank('float32', [x.length]), blank('float32', [x.length])];
      cpuSoftmax.softmax(output, input, 0, logarithm);
      referenceSoftmax.softmax(wanted, input, 0, logarithm);
      expectNear(output, wanted);
    }
  });
});

describe('normalize', () => {
  const cases = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    input: layouts(true),
    gradient: layouts(true),
    seed: fc.integer(),
    /** Bits: which dimensions are folded, and along which the weight has entries of its own. */
    folded: fc.nat(15),
    own: fc.nat(15),
    weight: fc.boolean(),
    bias: fc.boolean(),
    dtype: fc.constantFrom(...floats),
  });

  test('any layout and dimensions, as the reference has it', () => {
    fc.assert(
      fc.property(cases, ({ shape, input, gradient, seed, folded, own, weight, bias, dtype }) => {
        const random = randoms(seed);
        const dims = shape.map((_, d) => d).filter((d) => (folded >> d) & 1);
        const small = shape.map((size, d) => (dims.includes(d) ? 1 : size));
        const along = shape.map((size, d) => ((own >> d) & 1 ? size : 1));
        const given = {
          input: fill(blank(dtype, shape, input), random),
          weight: weight ? fill(blank(dtype, along), random) : null,
          bias: bias ? fill(blank(dtype, along), random) : null,
        };
        const options = { dims, eps: 0.1 };
        const results = [0, 1].map(() => ({
          output: blank(dtype, shape),
          mean: blank(dtype, small),
          variance: blank(dtype, small),
        }));
        const operands = results.map(({ mean, variance }): Normalized => ({ ...given, mean, variance }));
        cpu.normalize(results[0].output, operands[0], options);
        reference.normalize(results[1].output, operands[1], options);
        for (const name of ['output', 'mean', 'variance'] as const) expectNear(results[0][name], results[1][name], 10);

        const gradients = {
          output: fill(blank(dtype, shape, gradient), random),
          mean: fill(blank(dtype, small), random),
          variance: fill(blank(dtype, small), random),
        };
        const to = [0, 1].map(() => ({
          input: blank(dtype, shape),
          weight: weight ? blank(dtype, along) : null,
          bias: bias ? blank(dtype, along) : null,
        }));
        const before = duplicate(given.input);
        normalizeBackward(to[0], gradients, operands[1], options);
        reference.normalizeBackward(to[1], gradients, operands[1], options);
        for (const name of ['input', 'weight', 'bias'] as const) {
          const wanted = to[1][name];
          if (wanted !== null) expectNear(to[0][name] as View, wanted, 100);
        }
        expect(stored(given.input)).toEqual(stored(before));
      }),
    );
  });

  test('one outlier, and a large mean, leave the variance exact', () => {
    for (const x of [
      [1e6, 1, 2, 3, 4],
      [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3],
    ]) {
      const [output, mean, variance] = [[x.length], [1], [1]].map((shape) => blank('float32', shape));
      cpu.normalize(
        output,
        { input: from('float32', x), weight: null, bias: null, mean, variance },
        { dims: [0], eps: 0 },
      );
      const center = x.reduce((a, b) => a + b) / x.length;
      const wanted = x.reduce((a, b) => a + (b - center) ** 2, 0) / x.length;
      expect(stored(variance)).toEqual([Math.fround(wanted)]);
    }
  });
});
