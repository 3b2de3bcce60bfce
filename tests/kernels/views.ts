import fc from 'fast-check';
import { arrayTypes } from '../../kernels/cpu/memory.js';
import { floatToHalf } from '../../kernels/half.js';
import type { DType, TypedArray, View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';

/** Every dtype. */
export const dtypes: readonly DType[] = [
  'float32',
  'float64',
  'float16',
  'int32',
  'int64',
  'uint8',
  'int8',
  'int16',
  'bool',
];

/** The dtypes that indices come in. */
export const indexDTypes: readonly DType[] = ['int32', 'int64'];

/** Where the elements of a view of any shape go. */
export interface Layout {
  /** Dimensions from the innermost outwards, by rank among those that exist. */
  readonly order: readonly number[];
  readonly steps: readonly number[];
  readonly flipped: readonly boolean[];
  readonly expanded: readonly boolean[];
  readonly lead: number;
}

const most = 5;

/** Layouts with permuted dimensions, gaps, negative strides, an offset and, for inputs, strides of 0. */
export function layouts(expand: boolean): fc.Arbitrary<Layout> {
  const each = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: most, maxLength: most });
  const chance = fc.integer({ min: 0, max: 4 }).map((n) => expand && n === 4);
  const dims = Array.from({ length: most }, (_, d) => most - 1 - d);
  return fc.record({
    order: fc.oneof(fc.constant(dims), fc.shuffledSubarray(dims, { minLength: most })),
    steps: each(fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) })),
    flipped: each(fc.integer({ min: 0, max: 3 }).map((n) => n === 3)),
    expanded: each(chance),
    lead: fc.nat(3),
  });
}

/** Row-major, with memory in front. */
export const plain: Layout = {
  order: Array.from({ length: most }, (_, d) => most - 1 - d),
  steps: new Array(most).fill(1),
  flipped: new Array(most).fill(false),
  expanded: new Array(most).fill(false),
  lead: 2,
};

/** Memory with a pattern in it that no kernel is likely to write. */
function poisoned(dtype: DType, count: number): TypedArray {
  const array = new arrayTypes[dtype](count);
  new Uint8Array(array.buffer).fill(0xa5);
  return array;
}

/** A view of poisoned memory, a little larger than the view. */
export function blank(dtype: DType, shape: readonly number[], layout: Layout = plain): View {
  const strides = new Array<number>(shape.length).fill(0);
  let offset = layout.lead;
  let extent = 1;
  for (const d of layout.order.filter((d) => d < shape.length)) {
    if (layout.expanded[d]) continue;
    strides[d] = extent * layout.steps[d];
    extent = strides[d] * Math.max(shape[d], 1);
    if (layout.flipped[d] && shape[d] > 0) {
      offset += (shape[d] - 1) * strides[d];
      strides[d] = -strides[d];
    }
  }
  return { buffer: poisoned(dtype, layout.lead + extent + 3), offset, shape, strides, dtype };
}

/** Writes elements into a view, row-major, as they are given: bigints for int64, numbers else. */
export function put(view: View, elements: readonly (number | bigint)[]): View {
  const data = view.buffer as TypedArray as unknown as (number | bigint)[];
  positions(view).forEach((at, i) => {
    const element = elements[i];
    if (view.dtype === 'int64') data[at] = BigInt(element);
    else data[at] = view.dtype === 'float16' ? floatToHalf(Number(element)) : element;
  });
  return view;
}

/** A contiguous view of given elements. */
export function from(dtype: DType, elements: readonly (number | bigint)[], shape?: readonly number[]): View {
  return put(blank(dtype, shape ?? [elements.length]), elements);
}

/** Numbers in [0, 1) from a seed. */
export function randoms(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const floats = [0, -0, 1, 1, -1, 2, 2.5, -4, 0.1, 1000.5, NaN, Infinity, -Infinity];
const integers = [0, 1, 1, 2, 3, 100, 127, 65537, 2 ** 31 - 1];
const signed = [...integers, -1, -2, -128, -(2 ** 31)];
const longs = [...signed.map(BigInt), 2n ** 60n + 1n, -(2n ** 60n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Fills a view with elements that are likely to tie, to overflow, or not to be numbers. */
export function scramble(view: View, random: () => number): View {
  const pools: Partial<Record<DType, readonly (number | bigint)[]>> = { bool: [0, 1], int64: longs, uint8: integers };
  const pool = pools[view.dtype] ?? (view.dtype.startsWith('float') ? floats : signed);
  return put(
    view,
    positions(view).map(() => pool[Math.floor(random() * pool.length)]),
  );
}

/** Fills a view with whole numbers from `low` up to and without `high`. */
export function scrambleIntegers(view: View, random: () => number, low: number, high: number): View {
  return put(
    view,
    positions(view).map(() => low + Math.floor(random() * (high - low))),
  );
}

/** The same view on a copy of its memory. */
export function duplicate(view: View): View {
  return { ...view, buffer: (view.buffer as TypedArray).slice() };
}

/** A view's elements, row-major, as they are stored. */
export function stored(view: View): (number | bigint)[] {
  const data = view.buffer as TypedArray;
  return positions(view).map((at) => data[at]);
}

/** Expects two views to hold the same elements, and the memory around `a` to be as it was in `before`. */
export function expectSame(a: View, b: View, before: View): void {
  expect(stored(a)).toEqual(stored(b));
  const untouched = (view: View): unknown => put(duplicate(view), new Array(positions(view).length).fill(0)).buffer;
  expect(untouched(a)).toEqual(untouched(before));
}

/** Expects two kernels to write the same into copies of the same outputs, and nothing around them. */
export function expectAlike<K>(
  outputs: readonly View[],
  kernels: readonly [K, K],
  run: (kernel: K, outputs: readonly View[]) => void,
): void {
  const [ours, theirs] = kernels.map((kernel) => {
    const copies = outputs.map(duplicate);
    run(kernel, copies);
    return copies;
  });
  outputs.forEach((output, i) => {
    expectSame(ours[i], theirs[i], output);
  });
}

/** Fills a view with numbers around 0, as wide as given. */
export function fill(view: View, random: () => number, width = 6): View {
  return put(
    view,
    positions(view).map(() => Math.fround((random() - 0.5) * width)),
  );
}

/** All memory of both views agrees within the dtype's rounding, what lies around the elements included. */
export function expectNear(got: View, wanted: View, scale = 1): void {
  const [a, b] = [got.buffer as TypedArray, wanted.buffer as TypedArray] as unknown as number[][];
  const tolerance = (got.dtype === 'float64' ? 1e-12 : 2e-6) * scale;
  for (let i = 0; i < b.length; i++) {
    const [far, limit] = [Math.abs(a[i] - b[i]), tolerance * Math.max(1, Math.abs(b[i]))];
    // A call of `expect` takes longer than what it checks.
    if (!Object.is(a[i], b[i]) && !(far <= limit)) expect(far).toBeLessThanOrEqual(limit);
  }
}
