import fc from 'fast-check';
import { policy as blas } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import * as cpu from '../../kernels/cpu/convolution.js';
import * as reference from '../../kernels/reference/convolution.js';
import type { Convolution, View } from '../../kernels/types.js';
import * as wasm from '../../kernels/wasm/convolution/convolution.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy } from '../../kernels/wasm/policy.js';
import { setThreads, threadPool } from '../../kernels/wasm/threads/threads.js';
import { readOnly } from './guard.js';
import { blank, duplicate, expectSame, type Layout, layouts, put, randoms, scrambleIntegers, stored } from './views.js';

const usual = { ...policy };

beforeEach(() => {
  Object.assign(policy, { convolutions: 1, tilePrice: 0, blasPrice: 0, sharedProducts: 1 });
  Object.assign(blas, { products: Infinity, convolutions: Infinity });
});
afterEach(() => void Object.assign(policy, usual));
afterAll(() => setThreads(1));

type Through = (output: View, a: View, b: View, options: Convolution, bias?: View) => boolean;
type Plain = (output: View, a: View, b: View, options: Convolution, bias?: View) => void;

/** Three ways to compute one operand, and which it is of [output, input, weight]; the other two are given in this order. */
interface Kernel {
  readonly through: Through;
  readonly onCpu: Plain;
  readonly plain: Plain;
  readonly of: readonly [number, number, number];
}

const kernels: readonly Kernel[] = [
  { through: wasm.convolution, onCpu: cpu.convolution, plain: reference.convolution, of: [0, 1, 2] },
  { through: wasm.convolutionInput, onCpu: cpu.convolutionInput, plain: reference.convolutionInput, of: [1, 0, 2] },
  { through: wasm.convolutionWeight, onCpu: cpu.convolutionWeight, plain: reference.convolutionWeight, of: [2, 0, 1] },
];

/** Small whole numbers with NaN around them: whatever is read beside them and used shows. */
function operand(shape: readonly number[], random: () => number, layout?: Layout): View {
  const view = blank('float32', shape, layout);
  (view.buffer as Float32Array).fill(NaN);
  return scrambleIntegers(view, random, -4, 5);
}

/** Expects the reference's numbers, which are whole, of all kernels: exactly in small tiles, after rounding in large ones. */
function expectReference(operands: readonly View[], options: Convolution, random?: () => number): void {
  for (const { through, plain, of } of kernels) {
    const [like, a, b] = of.map((k) => operands[k]);
    const output = blank('float32', like.shape);
    const [x, y] = [duplicate(output), duplicate(output)];
    for (const heap of [wasmHeap(), threadPool()?.heap]) heap?.f32.fill(NaN);
    const bias = random && operand([like.shape[1]], random);
    expect(through(x, a, b, options, bias)).toBe(true);
    plain(y, a, b, options, bias);
    // No zero of either sign is left different.
    const whole = (view: View): View =>
      put(
        view,
        stored(view).map((n) => Math.round(n as number) + 0),
      );
    if (policy.tiles.includes(4)) expectSame(whole(x), whole(y), output);
    else expectSame(x, y, output);
  }
}

const once = (padding: readonly number[], groups = 1): Convolution => ({
  stride: [1, 1, 1],
  padding,
  dilation: [1, 1, 1],
  groups,
});

const side = fc.record({ input: fc.integer({ min: 1, max: 13 }), padding: fc.nat(2) });
const plane = side.filter(({ input, padding }) => input + 2 * padding >= 3);

const ways = [2, 4].flatMap((size) => [
  [size, 'in WebAssembly', Infinity, 1] as const,
  [size, 'on several threads', Infinity, 3] as const,
  ...(systemBlas() === null ? [] : [[size, 'through BLAS', 1, 1] as const]),
]);

describe.each(ways)('tiles of %i %s', (size, _name, smallestForBlas, threads) => {
  beforeEach(() => {
    policy.tiles = [size];
    blas.convolutions = smallestForBlas;
    setThreads(threads);
  });

  test('convolutions and both gradients are the reference, for any layout of the inputs', () => {
    fc.assert(
      fc.property(
        fc.tuple(plane, plane),
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
        fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 })),
        fc.tuple(layouts(true), layouts(true), layouts(true)),
        fc.integer(),
        ([y, x], [images, groups], [inputs, outputs], [inputLayout, weightLayout, gradientLayout], seed) => {
          const planes = [y, x].map((d) => [d.input, d.input + 2 * d.padding - 2]);
          const shapes = {
            input: [images, groups * inputs, 1, ...planes.map((p) => p[0])],
            weight: [groups * outputs, inputs, 1, 3, 3],
            output: [images, groups * outputs, 1, ...planes.map((p) => p[1])],
          };
          const random = randoms(seed);
          const data = operand(shapes.input, random, inputLayout);
          const weight = operand(shapes.weight, random, weightLayout);
          const gradient = operand(shapes.output, random, gradientLayout);
          expectReference(
            [gradient, data, weight],
            once([0, y.padding, x.padding], groups),
            seed % 2 === 0 ? random : undefined,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    ['more channels, and more tiles, than a block', [2, 3, 1, 17, 30], 70],
    ['few tiles of many channels', [2, 67, 1, 3, 5], 70],
  ])('%s', (_name, gradient, channels) => {
    const random = randoms(size);
    const [images, outputs, ...plane] = gradient;
    const shapes = [gradient, [images, channels, ...plane], [outputs, channels, 1, 3, 3]];
    expectReference(
      shapes.map((shape) => operand(shape, random)),
      once([0, 1, 1]),
      random,
    );
  });

  test('more images than are staged at a time', () => {
    const random = randoms(size);
    const shapes = [
      [5, 1, 1, 300, 310],
      [5, 1, 1, 300, 310],
      [1, 1, 1, 3, 3],
    ];
    const operands = shapes.map((shape) => operand(shape, random));
    for (const { through, onCpu, of } of kernels) {
      const [like, a, b] = of.map((k) => operands[k]);
      const [fast, plain] = [blank('float32', like.shape), blank('float32', like.shape)];
      expect(through(fast, a, b, once([0, 1, 1]))).toBe(true);
      policy.tiles = [];
      onCpu(plain, a, b, once([0, 1, 1]));
      policy.tiles = [size];
      const wanted = stored(plain) as number[];
      expect(stored(fast).every((n, i) => Math.abs((n as number) - wanted[i]) < 0.5)).toBe(true);
    }
  });

  test('errors are a few times those of the sum in float32', () => {
    const random = randoms(size);
    const uniform = (shape: number[]): View => {
      const view = blank('float32', shape);
      return put(
        view,
        stored(view).map(() => Math.fround(2 * random() - 1)),
      );
    };
    const [x, w] = [uniform([1, 150, 1, 16, 16]), uniform([8, 150, 1, 3, 3])];
    const output = blank('float32', [1, 8, 1, 16, 16]);
    expect(wasm.convolution(output, x, w, once([0, 1, 1]))).toBe(true);
    const exact = blank('float64', output.shape);
    const double = (view: View): View => put(blank('float64', view.shape), stored(view));
    cpu.convolution(exact, double(x), double(w), once([0, 1, 1]));
    const wanted = stored(exact) as number[];
    const mean = (list: number[]): number => Math.sqrt(list.reduce((sum, n) => sum + n * n, 0) / list.length);
    const error = mean(stored(output).map((n, i) => (n as number) - wanted[i])) / mean(wanted);
    // That of the sum in float32 is about 2.5e-7.
    expect(error).toBeLessThan(size === 2 ? 5e-7 : 1.4e-6);
    expect(error).toBeGreaterThan(1e-8);
  });

  test.each([NaN, Infinity, -3e38])('%d spreads no further than without tiles', (value) => {
    const random = randoms(size);
    const shapes = [
      [1, 2, 1, 9, 9],
      [1, 3, 1, 9, 9],
      [2, 3, 1, 3, 3],
    ];
    const operands = shapes.map((shape) => operand(shape, random));
    for (const { onCpu, of } of kernels) {
      const [like, a, b] = of.map((k) => operands[k]);
      const data = a.buffer as Float32Array;
      // At 40 in the middle of a plane.
      const before = data[a.offset + 40];
      data[a.offset + 40] = value;
      const [output, wanted] = [blank('float32', like.shape), blank('float32', like.shape)];
      onCpu(output, a, b, once([0, 1, 1]));
      policy.tiles = [];
      onCpu(wanted, a, b, once([0, 1, 1]));
      policy.tiles = [size];
      const infinite = (view: View): unknown[] => stored(view).map((n) => (Number.isFinite(n) ? 0 : n));
      expect(infinite(output)).toEqual(infinite(wanted));
      data[a.offset + 40] = before;
    }
  });
});

test('declines what tiles are not for, and what the memory does not hold', () => {
  const random = randoms(1);
  const output = blank('float32', [1, 2, 1, 5, 5]);
  const [x, w] = [operand([1, 2, 1, 5, 5], random), operand([2, 2, 1, 3, 3], random)];
  expect(wasm.convolution(output, x, w, once([0, 1, 1]))).toBe(true);
  policy.memory = 1024;
  expect(wasm.convolution(output, x, w, once([0, 1, 1]))).toBe(false);
  policy.memory = usual.memory;
  expect(wasm.convolution(output, readOnly(x), w, once([0, 1, 1]))).toBe(false);
});
