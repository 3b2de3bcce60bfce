import fc from 'fast-check';
import * as blas from '../../kernels/blas/convolution.js';
import { policy } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import * as reference from '../../kernels/reference/convolution.js';
import type { Convolution, DType, View } from '../../kernels/types.js';
import { skipUnless } from '../helpers/skip.js';
import { readOnly } from './guard.js';
import { blank, duplicate, expectSame, layouts, randoms, scrambleIntegers } from './views.js';

const testWithBlas = skipUnless(systemBlas() !== null, 'no BLAS of the system, or no npm koffi');
const usual = { ...policy };

beforeEach(() => {
  policy.convolutions = 1;
});
afterEach(() => {
  Object.assign(policy, usual);
});

type Through = (output: View, a: View, b: View, options: Convolution) => boolean;
type Plain = (output: View, a: View, b: View, options: Convolution) => void;

/** Expects the numbers of the reference, and the memory around them as it was. */
function expectReference(through: Through, plain: Plain, output: View, a: View, b: View, options: Convolution): void {
  const [x, y] = [duplicate(output), duplicate(output)];
  expect(through(x, a, b, options)).toBe(true);
  plain(y, a, b, options);
  expectSame(x, y, output);
}

/** A spatial dimension: sizes of input, kernel and output, and the options. */
const dimension = fc
  .record({
    extra: fc.nat(6),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(2),
    dilation: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ extra, kernel, stride, padding, dilation }) => {
    const reach = (kernel - 1) * dilation + 1;
    const input = Math.max(1, reach - 2 * padding) + extra;
    return { input, kernel, stride, padding, dilation, output: Math.floor((input + 2 * padding - reach) / stride) + 1 };
  });
const single = fc.constant({ input: 1, kernel: 1, stride: 1, padding: 0, dilation: 1, output: 1 });
const image = fc.tuple(fc.oneof(single, dimension), fc.oneof(single, dimension), dimension);
const small = fc.integer({ min: 1, max: 3 });

/** The shapes and options of a convolution. */
function problemOf(
  spatial: readonly {
    input: number;
    kernel: number;
    stride: number;
    padding: number;
    dilation: number;
    output: number;
  }[],
  [images, groups, inputs, outputs]: readonly number[],
): { input: number[]; weight: number[]; output: number[]; options: Convolution } {
  return {
    input: [images, groups * inputs, ...spatial.map((d) => d.input)],
    weight: [groups * outputs, inputs, ...spatial.map((d) => d.kernel)],
    output: [images, groups * outputs, ...spatial.map((d) => d.output)],
    options: {
      stride: spatial.map((d) => d.stride),
      padding: spatial.map((d) => d.padding),
      dilation: spatial.map((d) => d.dilation),
      groups,
    },
  };
}

testWithBlas('convolutions through BLAS are the reference, for any layout of the inputs', () => {
  fc.assert(
    fc.property(
      fc.tuple(image, fc.tuple(small, small, small, fc.integer({ min: 1, max: 5 }))),
      fc.constantFrom<DType>('float32', 'float64'),
      fc.tuple(layouts(true), layouts(true), layouts(true)),
      fc.integer(),
      ([spatial, sizes], dtype, [inputLayout, weightLayout, gradientLayout], seed) => {
        const { input, weight, output, options } = problemOf(spatial, sizes);
        const random = randoms(seed);
        const fill = (view: View): View => scrambleIntegers(view, random, 1, 9);
        const x = fill(blank(dtype, input, inputLayout));
        const w = fill(blank(dtype, weight, weightLayout));
        const g = fill(blank(dtype, output, gradientLayout));
        expectReference(blas.convolution, reference.convolution, blank(dtype, output), x, w, options);
        expectReference(blas.convolutionInput, reference.convolutionInput, blank(dtype, input), g, w, options);
        expectReference(blas.convolutionWeight, reference.convolutionWeight, blank(dtype, weight), g, x, options);
      },
    ),
    { numRuns: 100 },
  );
});

testWithBlas('an image of more patches than a block', () => {
  const side = { input: 70, kernel: 3, stride: 1, padding: 1, dilation: 1, output: 70 };
  const flat = { input: 1, kernel: 1, stride: 1, padding: 0, dilation: 1, output: 1 };
  const { input, weight, output, options } = problemOf([flat, side, side], [2, 1, 5, 4]);
  const random = randoms(1);
  const fill = (shape: readonly number[]): View => scrambleIntegers(blank('float32', shape), random, 1, 5);
  const [x, w, g] = [fill(input), fill(weight), fill(output)];
  expectReference(blas.convolution, reference.convolution, blank('float32', output), x, w, options);
  expectReference(blas.convolutionInput, reference.convolutionInput, blank('float32', input), g, w, options);
  expectReference(blas.convolutionWeight, reference.convolutionWeight, blank('float32', weight), g, x, options);
});

testWithBlas('declines other memory than typed arrays, and what is too small to pay', () => {
  const side = { input: 3, kernel: 1, stride: 1, padding: 0, dilation: 1, output: 3 };
  const { input, weight, output, options } = problemOf([side, side, side], [1, 1, 1, 1]);
  const random = randoms(2);
  const x = scrambleIntegers(blank('float32', input), random, 1, 5);
  const w = scrambleIntegers(blank('float32', weight), random, 1, 5);
  const o = blank('float32', output);
  expect(blas.convolution(o, readOnly(x), w, options)).toBe(false);
  expect(blas.convolution(o, x, w, options)).toBe(true);
  policy.convolutions = 28;
  expect(blas.convolution(o, x, w, options)).toBe(false);
});
