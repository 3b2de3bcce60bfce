import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import * as cpu from '../../kernels/cpu/convolution.js';
import * as reference from '../../kernels/reference/convolution.js';
import type { Convolution, DType, View } from '../../kernels/types.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy as wasm } from '../../kernels/wasm/policy.js';
import { setThreads, threadPool } from '../../kernels/wasm/threads/threads.js';
import { readOnly } from './guard.js';
import {
  blank,
  dtypes,
  duplicate,
  expectSame,
  from,
  layouts,
  put,
  randoms,
  scrambleIntegers,
  stored,
} from './views.js';

// Tiles have tests of their own.
beforeAll(() => {
  wasm.tiles = [];
});

/** Sends small convolutions another way. */
const ways: readonly [name: string, choose: () => void][] = [
  ['in JavaScript', () => through(Infinity, Infinity, 1)],
  ['by patches in WebAssembly', () => through(1, Infinity, 1)],
  ['by patches on several threads', () => through(1, Infinity, 3)],
  ['without patches', () => through(1, Infinity, 1, 0)],
  ['without patches on several threads', () => through(1, Infinity, 3, 0)],
  ...(systemBlas() === null ? [] : [['by patches through BLAS', () => through(1, 1, 1)] as [string, () => void]]),
];

function through(smallest: number, smallestForBlas: number, threads: number, directPrice: number = Infinity): void {
  Object.assign(wasm, { convolutions: smallest, blasPrice: 0, directPrice, sharedProducts: 1 });
  Object.assign(blas, { products: Infinity, convolutions: smallestForBlas });
  setThreads(threads);
}

afterAll(() => setThreads(1));

const once: Convolution = { stride: [1], padding: [0], dilation: [1], groups: 1 };

/** Leaves NaN in whatever memory the convolutions keep between calls. */
function poisonScratch(dtype: DType): void {
  for (const heap of [wasmHeap(), threadPool()?.heap]) heap?.f32.fill(NaN);
  const poison = (shape: readonly number[]): View => put(blank(dtype, shape), new Array(600).fill(NaN));
  const [x, w, g] = [poison([1, 6, 100]), poison([6, 6, 10]), poison([1, 6, 91])];
  cpu.convolution(blank(dtype, g.shape), x, w, once);
  cpu.convolutionInput(blank(dtype, x.shape), g, w, once);
  cpu.convolutionWeight(blank(dtype, w.shape), g, x, once);
}

/** A dimension of an image: sizes of input, kernel and output, and the options. */
const dimension = fc
  .record({
    extra: fc.nat(5),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(2),
    dilation: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ extra, kernel, stride, padding, dilation }) => {
    const reach = (kernel - 1) * dilation + 1;
    const input = Math.max(1, reach - 2 * padding) + extra;
    return { input, kernel, stride, padding, dilation, output: Math.floor((input + 2 * padding - reach) / stride) + 1 };
  });

const problem = fc
  .record({
    spatial: fc.array(dimension, { minLength: 1, maxLength: 3 }),
    images: fc.oneof(fc.nat(3), fc.integer({ min: 60, max: 70 })),
    groups: fc.integer({ min: 1, max: 3 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 5 }),
  })
  // Many images only where they are small: the reference is slow.
  .map((p) => ({ ...p, images: p.spatial.length > 1 ? Math.min(p.images, 2) : p.images }))
  .map(({ spatial, images, groups, inputs, outputs }) => ({
    input: [images, groups * inputs, ...spatial.map((d) => d.input)],
    weight: [groups * outputs, inputs, ...spatial.map((d) => d.kernel)],
    output: [images, groups * outputs, ...spatial.map((d) => d.output)],
    options: {
      stride: spatial.map((d) => d.stride),
      padding: spatial.map((d) => d.padding),
      dilation: spatial.map((d) => d.dilation),
      groups,
    },
  }));

type Kernel = (output: View, a: View, b: View, options: Convolution, bias?: View) => void;

function expectReference(
  fast: Kernel,
  plain: Kernel,
  output: View,
  a: View,
  b: View,
  options: Convolution,
  bias?: View,
): void {
  const [x, y] = [duplicate(output), duplicate(output)];
  if (output.dtype === 'float32' || output.dtype === 'float64') poisonScratch(output.dtype);
  fast(x, a, b, options, bias);
  plain(y, a, b, options, bias);
  expectSame(x, y, output);
}

test.each(ways)('convolutions %s are the reference, for any layout and dtype', (_name, choose) => {
  choose();
  fc.assert(
    fc.property(
      problem,
      fc.oneof(fc.constantFrom<DType>('float32', 'float64'), fc.constantFrom(...dtypes)),
      fc.tuple(layouts(true), layouts(true), layouts(true), layouts(true)),
      fc.tuple(fc.integer(), fc.boolean()),
      (
        { input, weight, output, options },
        dtype,
        [inputLayout, weightLayout, gradientLayout, biasLayout],
        [seed, biased],
      ) => {
        const random = randoms(seed);
        const fill = (view: View): View => {
          // Around the elements too: whatever is read there and used shows.
          if (dtype === 'float32' || dtype === 'float64') (view.buffer as Float32Array).fill(NaN);
          return scrambleIntegers(view, random, 0, dtype === 'bool' ? 2 : 9);
        };
        const x = fill(blank(dtype, input, inputLayout));
        const w = fill(blank(dtype, weight, weightLayout));
        const g = fill(blank(dtype, output, gradientLayout));
        const biasOf = ([, channels]: number[]): View | undefined =>
          biased ? fill(blank(dtype, [channels], biasLayout)) : undefined;
        expectReference(cpu.convolution, reference.convolution, blank(dtype, output), x, w, options, biasOf(output));
        expectReference(
          cpu.convolutionInput,
          reference.convolutionInput,
          blank(dtype, input),
          g,
          w,
          options,
          biasOf(input),
        );
        expectReference(cpu.convolutionWeight, reference.convolutionWeight, blank(dtype, weight), g, x, options);
      },
    ),
    { numRuns: 100 },
  );
});

function inner(a: View, b: View): number {
  const y = stored(b) as number[];
  return (stored(a) as number[]).reduce((sum, x, i) => sum + x * y[i], 0);
}

describe.each([
  ['reference', reference],
  ['cpu', cpu],
])('convolution, %s', (_name, { convolution, convolutionInput, convolutionWeight }) => {
  test('the kernel is not flipped', () => {
    const output = blank('float32', [1, 1, 3]);
    convolution(output, from('float32', [1, 2, 3, 4], [1, 1, 4]), from('float32', [10, 1], [1, 1, 2]), once);
    expect(stored(output)).toEqual([12, 23, 34]);
  });

  test('stride, padding and dilation', () => {
    const output = blank('float64', [1, 1, 3]);
    const options = { stride: [2], padding: [1], dilation: [2], groups: 1 };
    convolution(output, from('float64', [1, 2, 3, 4, 5], [1, 1, 5]), from('float64', [10, 1], [1, 1, 2]), options);
    expect(stored(output)).toEqual([2, 24, 40]);
  });

  test('groups keep to their channels', () => {
    const output = blank('float32', [1, 2, 1]);
    const options = { ...once, groups: 2 };
    convolution(output, from('float32', [3, 5], [1, 2, 1]), from('float32', [10, 100], [2, 1, 1]), options);
    expect(stored(output)).toEqual([30, 500]);
  });

  test('both gradients are adjoint to the convolution', () => {
    fc.assert(
      fc.property(problem, fc.integer(), ({ input, weight, output, options }, seed) => {
        const random = randoms(seed);
        const fill = (shape: readonly number[]): View => scrambleIntegers(blank('float64', shape), random, -4, 5);
        const [x, w, g] = [fill(input), fill(weight), fill(output)];
        const [y, toInput, toWeight] = [output, input, weight].map((shape) => blank('float64', shape));
        convolution(y, x, w, options);
        convolutionInput(toInput, g, w, options);
        convolutionWeight(toWeight, g, x, options);
        expect(inner(toInput, x)).toBe(inner(y, g));
        expect(inner(toWeight, w)).toBe(inner(y, g));
      }),
      { numRuns: 60 },
    );
  });

  test('no input channels, no images and int64', () => {
    const zeros = blank('float32', [1, 2, 3]);
    convolution(zeros, blank('float32', [1, 0, 4]), blank('float32', [2, 0, 2]), once);
    expect(stored(zeros)).toEqual(new Array(6).fill(0));
    const weight = blank('float32', [2, 1, 2]);
    convolutionWeight(weight, blank('float32', [0, 2, 3]), blank('float32', [0, 1, 4]), once);
    expect(stored(weight)).toEqual(new Array(4).fill(0));
    const exact = blank('int64', [1, 1, 1]);
    convolution(exact, from('int64', [2n ** 40n, 1n], [1, 1, 2]), from('int64', [2n ** 20n, 1n], [1, 1, 2]), once);
    expect(stored(exact)).toEqual([2n ** 60n + 1n]);
  });
});

test.each(
  ways.flatMap(
    ([way, choose]) =>
      [
        [way, 'a plane and a depth of more than a block', choose, [2, 24, 14, 14], [5, 24, 3, 3], [1, 1], [1, 1]],
        [way, 'more channels of a kernel than a block', choose, [2, 70, 9, 7], [3, 70, 3, 3], [1, 1], [1, 2]],
        [way, 'images of more than one chunk', choose, [3, 1, 301, 310], [1, 1, 2, 3], [0, 2], [2, 3]],
        [way, 'more patches of an image than a block', choose, [2, 33, 40, 40], [5, 33, 3, 3], [1, 1], [1, 1]],
        [way, 'more rows than a block, of one tap', choose, [2, 400, 30, 31], [5, 400, 1, 1], [0, 0], [1, 1]],
        [way, 'a kernel smaller than the stride', choose, [2, 5, 20, 23], [6, 5, 1, 2], [1, 0], [3, 4]],
      ] as const,
  ),
)('%s: %s', (way, _name, choose, input, weight, padding, stride) => {
  const random = randoms(7);
  const fill = (shape: readonly number[]): View => scrambleIntegers(blank('float32', shape), random, -2, 3);
  const options = { stride, padding, dilation: [1, 1], groups: 1 };
  const plane = stride.map((step, d) => Math.floor((input[d + 2] + 2 * padding[d] - weight[d + 2]) / step) + 1);
  const [x, w, g] = [fill(input), fill(weight), fill([input[0], weight[0], ...plane])];
  // The reference is slow; JavaScript has been held against it.
  const oracle = (kernel: Kernel, plain: Kernel): Kernel =>
    way === 'in JavaScript'
      ? plain
      : (...operands) => {
          through(Infinity, Infinity, 1);
          kernel(...operands);
        };
  const expectOracle = (kernel: Kernel, plain: Kernel, like: View, a: View, b: View): void => {
    choose();
    expectReference(kernel, oracle(kernel, plain), blank('float32', like.shape), a, b, options);
  };
  expectOracle(cpu.convolution, reference.convolution, g, x, w);
  expectOracle(cpu.convolutionInput, reference.convolutionInput, x, g, w);
  expectOracle(cpu.convolutionWeight, reference.convolutionWeight, w, g, x);
});

test.each<[string, number[]]>([
  ['patches', []],
  ['tiles', [2]],
  ['tiles', [4]],
])('%s %s give the same numbers on any number of threads', (_name, tiles) => {
  const random = randoms(11);
  const fill = (shape: readonly number[]): View => {
    const view = blank('float32', shape);
    return put(
      view,
      stored(view).map(() => Math.fround(random() - 0.5)),
    );
  };
  const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 2 };
  const [x, w, g] = [fill([9, 18, 40, 45]), fill([10, 9, 3, 3]), fill([9, 10, 40, 45])];
  const results = [1, 2, 3].map((threads) => {
    through(1, Infinity, threads);
    Object.assign(wasm, { tiles, tilePrice: 0 });
    const [y, toInput, toWeight] = [g, x, w].map(({ shape }) => blank('float32', shape));
    cpu.convolution(y, x, w, options);
    cpu.convolutionInput(toInput, g, w, options);
    cpu.convolutionWeight(toWeight, g, x, options);
    return Buffer.concat([y, toInput, toWeight].map(({ buffer }) => Buffer.from((buffer as Float32Array).buffer)));
  });
  wasm.tiles = [];
  expect(results[1].equals(results[0])).toBe(true);
  expect(results[2].equals(results[0])).toBe(true);
});

test('patches in WebAssembly: it is they that run, in float32', () => {
  through(1, Infinity, 1);
  const [x, w] = [from('float32', [2 ** 24, 1, 1], [1, 3, 1]), from('float32', [1, 1, 1], [1, 3, 1])];
  const output = blank('float32', [1, 1, 1]);
  cpu.convolution(output, x, w, once);
  expect(stored(output)).toEqual([2 ** 24]);
  through(Infinity, Infinity, 1);
  cpu.convolution(output, x, w, once);
  expect(stored(output)).toEqual([2 ** 24 + 2]);
});

test.each([
  ['in a plane', [2, 6, 5, 5], [10, 3, 3, 3], [2, 10, 5, 5], 1],
  ['of one place each', [66, 6, 3], [10, 3, 3], [66, 10, 1], 0],
])('only elements of the operands are read, %s', (_name, input, weight, output, padding) => {
  const random = randoms(3);
  const fill = (shape: readonly number[]): View => readOnly(scrambleIntegers(blank('float32', shape), random, -2, 3));
  const each = (value: number): number[] => new Array(input.length - 2).fill(value);
  const options = { stride: each(1), padding: each(padding), dilation: each(1), groups: 2 };
  const [x, w, g] = [fill(input), fill(weight), fill(output)];
  expectReference(cpu.convolution, reference.convolution, blank('float32', output), x, w, options);
  expectReference(cpu.convolutionInput, reference.convolutionInput, blank('float32', input), g, w, options);
  expectReference(cpu.convolutionWeight, reference.convolutionWeight, blank('float32', weight), g, x, options);
});
