import type { TypedArray, View } from '../types.js';
import { collapse, count } from '../view.js';
import { dtypeCodes } from './source.js';

/** How hand-written loops see elements; the copy for int64 meets bigints and must not mix them with numbers. */
export type Elements = Float64Array;

/** A view's typed array, for a loop's argument. */
export function elements(view: View): Elements {
  return view.buffer as TypedArray as Elements;
}

/** One key for the dtypes of up to four operands. */
export function dtypesKey(...views: readonly View[]): number {
  return views.reduce((key, view) => key * 16 + dtypeCodes[view.dtype], 0);
}

/** Whether 32 bits can count the elements of all memory. */
export function areCounted(...views: readonly View[]): boolean {
  return views.every((view) => elements(view).length < 2 ** 31);
}

/** Whether all that are there have one dtype, float32 or float64, and memory that 32 bits can count. */
export function arePlain(...views: readonly (View | null)[]): boolean {
  const dtype = views[0]?.dtype;
  if (dtype !== 'float32' && dtype !== 'float64') return false;
  return views.every((view) => view === null || (view.dtype === dtype && elements(view).length < 2 ** 31));
}

/** All positions of a strided block, row-major. */
export function places(offset: number, shape: readonly number[], strides: readonly number[]): Float64Array {
  const result = new Float64Array(count(shape));
  if (result.length === 0) return result;
  result[0] = offset;
  let filled = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    for (let i = 1; i < shape[d]; i++) {
      const step = i * strides[d];
      for (let k = 0; k < filled; k++) result[i * filled + k] = result[k] + step;
    }
    filled *= shape[d];
  }
  return result;
}

/** The lines of a view along a dimension: where they start, how many elements each has and how far apart they are. */
export interface Lines {
  readonly starts: Float64Array;
  readonly size: number;
  readonly stride: number;
}

/** The lines of a view along a dimension; a view without dimensions is one line of one element. */
export function lines(view: View, dim: number): Lines {
  const shape = view.shape.filter((_, d) => d !== dim);
  const strides = view.strides.filter((_, d) => d !== dim);
  return { starts: places(view.offset, shape, strides), size: view.shape[dim] ?? 1, stride: view.strides[dim] ?? 0 };
}

/** One shape walked by several operands together, as few rows that are as long as their strides allow. */
export interface Rows {
  /** Elements of a row. */
  readonly size: number;
  /** Step along a row, by operand. */
  readonly strides: readonly number[];
  /** Where the rows start, by operand. */
  readonly starts: readonly Float64Array[];
}

/** Cuts a shape into rows for operands that are each given by an offset and strides. */
export function rows(shape: readonly number[], ...operands: readonly Pick<View, 'offset' | 'strides'>[]): Rows {
  const nest = collapse(
    shape,
    operands.map((operand) => operand.strides),
  );
  const outer = nest.shape.slice(0, -1);
  return {
    size: nest.shape.length === 0 ? 1 : nest.shape[outer.length],
    strides: nest.strides.map((strides) => strides[outer.length] ?? 0),
    starts: nest.strides.map((strides, k) => places(operands[k].offset, outer, strides)),
  };
}
