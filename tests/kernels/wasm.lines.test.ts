import fc from 'fast-check';
import * as cpu from '../../kernels/cpu/scan.js';
import * as argreduceReference from '../../kernels/reference/argreduce.js';
import * as scanReference from '../../kernels/reference/scan.js';
import type { View } from '../../kernels/types.js';
import { count } from '../../kernels/view.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy } from '../../kernels/wasm/policy.js';
import { argreduceVectors } from '../../kernels/wasm/rows/argreduce.js';
import { scanVectors } from '../../kernels/wasm/rows/scan.js';
import {
  blank,
  duplicate,
  expectAlike,
  expectNear,
  fill,
  from,
  plain,
  put,
  randoms,
  scramble,
  stored,
} from './views.js';

const usual = { ...policy };

beforeEach(() => {
  policy.lines = 1;
});

afterEach(() => void Object.assign(policy, usual));

const scans = ['sum', 'prod', 'max', 'min'] as const;
const extremes = ['max', 'min'] as const;

/** Numbers that tie often: with infinities and NaN in most lines, with one NaN, or with none. */
function elements(shape: readonly number[], lead: number, backwards: number | null, seed: number): View {
  const random = randoms(seed);
  const flipped = shape.map((_, d) => d === backwards);
  const view = blank('float32', shape, { ...plain, lead, flipped });
  const kind = Math.floor(random() * 3);
  if (kind === 0) return scramble(view, random);
  const elements = Array.from({ length: count(shape) }, () => Math.floor(random() * 20) / 4 - 2);
  if (kind === 1) elements[Math.floor(random() * elements.length)] = NaN;
  return put(view, elements);
}

/** The same view with inherited fields: tensors have theirs as accessors. */
const inherited = <V extends View | null>(view: V): V => view && Object.create(view);

/** `expectAlike`, and for outputs that take it long a quicker one that does not see the sign of 0. */
function expectSameOutputs<K>(
  outputs: readonly View[],
  [ours, theirs]: readonly [K, K],
  run: (kernel: K, outputs: readonly View[]) => void,
): void {
  if (count(outputs[0].shape) < 5000) return expectAlike(outputs, [ours, theirs], run);
  const copies = outputs.map(duplicate);
  run(ours, outputs);
  run(theirs, copies);
  for (const [k, output] of outputs.entries()) expectNear(output, copies[k], 0);
}

function expectScan(kind: (typeof scans)[number], input: View, lead: number, dim: number): void {
  const flipped = input.strides.map((stride) => stride < 0);
  const layout = { ...plain, lead, flipped };
  const outputs = [blank('float32', input.shape, layout)];
  if (kind === 'max' || kind === 'min') outputs.push(blank('int32', input.shape, layout));
  const inner = count(input.shape.slice(dim + 1));
  const left = flipped[dim] && (inner === 2 || inner === 3);
  const ours: typeof scanReference.scan = (kind, y, places, x, dim) => {
    expect(scanVectors(kind, inherited(y), inherited(places), inherited(x), dim)).toBe(!left);
    if (left) scanReference.scan(kind, y, places, x, dim);
  };
  expectSameOutputs(outputs, [ours, scanReference.scan], (scan, [y, places = null]) =>
    scan(kind, y, places, input, dim),
  );
}

function expectArgreduce(kind: (typeof extremes)[number], input: View, lead: number, dim: number): void {
  const kept = input.shape.toSpliced(dim, 1);
  const outputs = [blank('int32', kept, { ...plain, lead }), blank('float32', kept, { ...plain, lead })];
  const ours: typeof argreduceReference.argreduce = (kind, y, places, x, dim) =>
    expect(argreduceVectors(kind, inherited(y), inherited(places), inherited(x), dim)).toBe(true);
  for (const several of [outputs, outputs.slice(0, 1)]) {
    expectSameOutputs(several, [ours, argreduceReference.argreduce], (argreduce, [places, y = null]) =>
      argreduce(kind, y, places, input, dim),
    );
  }
}

const shapes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 3 }),
  fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 }),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 700 })),
);

test('running sums, products and extremes along any dimension, as the reference has them', () => {
  fc.assert(
    fc.property(shapes, fc.nat(3), fc.constantFrom(...scans), fc.boolean(), fc.nat(5), fc.integer(), (...drawn) => {
      const [shape, which, kind, turn, lead, seed] = drawn;
      const dim = which % shape.length;
      expectScan(kind, elements(shape, lead, turn && kind === 'sum' ? dim : null, seed), lead, dim);
    }),
    { numRuns: 500 },
  );
});

test('rows and columns of every number, sums from either end', () => {
  for (let columns = 1; columns <= 40; columns++) {
    for (const shape of [
      [3, columns],
      [2, 2, columns],
    ]) {
      for (const dim of [shape.length - 2, shape.length - 1]) {
        expectScan('sum', elements(shape, 1, dim, columns), 1, dim);
        expectScan('sum', elements(shape, 1, null, columns), 1, dim);
        expectArgreduce('max', elements(shape, 1, null, columns), 1, dim);
      }
    }
  }
});

test('extremes and their places along any dimension, as the reference has them', () => {
  fc.assert(
    fc.property(shapes, fc.nat(3), fc.constantFrom(...extremes), fc.nat(5), fc.integer(), (...drawn) => {
      const [shape, which, kind, lead, seed] = drawn;
      expectArgreduce(kind, elements(shape, lead, null, seed), lead, which % shape.length);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [[40000], 0],
  [[2, 20001], 1],
  [[6, 9001], 1],
  [[6001, 5], 1],
  [[9000, 3], 0],
  [[130, 257], 0],
  [[3, 4200, 2], 1],
  [[4, 3, 4500], 1],
  [[1500, 5, 6], 1],
])('more than a tile: %p along %p', (shape, dim) => {
  for (const seed of [1, 2, 3]) {
    const input = elements(shape, 1, null, seed);
    for (const kind of scans) expectScan(kind, input, 3, dim);
    for (const kind of extremes) expectArgreduce(kind, input, 3, dim);
  }
  expectScan('sum', elements(shape, 1, dim, 1), 3, dim);
});

test('nothing is written beyond what was reserved', () => {
  const heap = wasmHeap();
  if (heap === null) throw new Error('there is no WebAssembly here');
  heap.reserve(2 ** 22);
  const { reserve } = heap;
  let most = 0;
  heap.reserve = (bytes) => {
    most = Math.max(most, bytes);
    return reserve.call(heap, bytes);
  };
  fc.assert(
    fc.property(shapes, fc.nat(3), fc.constantFrom(...scans), fc.integer(), (shape, which, kind, seed) => {
      heap.u8.fill(0xa5);
      most = 0;
      const dim = which % shape.length;
      const input = elements(shape, 0, null, seed);
      expectScan(kind, input, 0, dim);
      if (kind === 'max' || kind === 'min') expectArgreduce(kind, input, 0, dim);
      const bytes = most;
      const start = heap.reserve(bytes);
      const beyond = [...heap.u8.subarray(0, start), ...heap.u8.subarray(start + bytes, start + bytes + 4096)];
      expect(beyond.every((byte) => byte === 0xa5)).toBe(true);
    }),
    { numRuns: 100 },
  );
  heap.reserve = reserve;
});

test.each([
  [[50000], 0],
  [[5, 3000], 1],
  [[3000, 5], 0],
])('running sums of %p are those in double, rounded once', (shape, dim) => {
  const input = fill(blank('float32', shape), randoms(5));
  const [ours, exact] = [blank('float32', shape), blank('float32', shape)];
  expect(scanVectors('sum', ours, null, input, dim)).toBe(true);
  policy.lines = Infinity;
  cpu.scan('sum', exact, null, input, dim);
  expect(stored(ours)).toEqual(stored(exact));
});

test('a running product may leave float32 and come back', () => {
  const x = Array.from({ length: 64 }, (_, i) => (i < 32 ? 2 ** 20 : 2 ** -20));
  const output = blank('float32', [64]);
  expect(scanVectors('prod', output, null, from('float32', x), 0)).toBe(true);
  expect(stored(output)).toEqual(x.map((_, i) => Math.fround(2 ** (20 * (i < 32 ? i + 1 : 63 - i)))));
});

test('the first of equal extremes in a row that is cut up, whatever the sign of 0, and the first NaN', () => {
  const one = (changes: Record<number, number>): unknown => {
    const x = new Array<number>(1003).fill(-1);
    for (const [at, value] of Object.entries(changes)) x[Number(at)] = value;
    const [values, indices] = [blank('float32', []), blank('int32', [])];
    expect(argreduceVectors('max', values, indices, from('float32', x), 0)).toBe(true);
    return [...stored(indices), ...stored(values)];
  };
  expect(one({})).toEqual([0, -1]);
  expect(one({ 37: 5, 50: 5, 33: 5, 1002: 5 })).toEqual([33, 5]);
  expect(one({ 1002: 5, 1001: 4 })).toEqual([1002, 5]);
  expect(one({ 500: -0, 501: 0 })).toEqual([500, -0]);
  expect(one({ 500: NaN, 300: NaN, 301: Infinity })).toEqual([300, NaN]);
  expect(one({ 1002: NaN, 301: Infinity })).toEqual([1002, NaN]);
});

test('other dtypes, other layouts, small operands and too little memory are left to JavaScript', () => {
  const [x, y, places] = [blank('float32', [8, 8]), blank('float32', [8, 8]), blank('int32', [8, 8])];
  const [values, indices] = [blank('float32', [8]), blank('int32', [8])];
  const turned = { ...x, strides: [1, 8] };
  expect(scanVectors('sum', blank('float64', [8, 8]), null, x, 0)).toBe(false);
  expect(scanVectors('sum', y, null, blank('int32', [8, 8]), 0)).toBe(false);
  expect(scanVectors('max', y, null, x, 0)).toBe(false);
  expect(scanVectors('sum', y, null, turned, 0)).toBe(false);
  expect(scanVectors('sum', turned, null, x, 0)).toBe(false);
  expect(scanVectors('sum', y, null, { ...x, offset: 58, strides: [-8, 1] }, 0)).toBe(false);
  expect(argreduceVectors('max', null, blank('int64', [8]), x, 0)).toBe(false);
  expect(argreduceVectors('max', blank('float64', [8]), indices, x, 0)).toBe(false);
  expect(argreduceVectors('max', null, indices, turned, 0)).toBe(false);
  expect(argreduceVectors('max', null, { ...blank('int32', [16]), shape: [8], strides: [2] }, x, 0)).toBe(false);
  policy.lines = 65;
  expect(scanVectors('max', y, places, x, 0)).toBe(false);
  expect(argreduceVectors('max', values, indices, x, 0)).toBe(false);
  Object.assign(policy, { lines: 1, memory: 64 });
  expect(scanVectors('max', y, places, x, 0)).toBe(false);
  expect(argreduceVectors('max', values, indices, x, 0)).toBe(false);
});
