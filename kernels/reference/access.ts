import type { DType, View } from '../types.js';
import { positions } from '../view.js';
import { type Element, toBigInt } from './element.js';

export { reader, writer } from './element.js';

/** Makes of any element the number or bigint in which `dtype` computes. */
export function converter(dtype: DType): (value: Element) => Element {
  switch (dtype) {
    case 'int64':
      return toBigInt;
    case 'bool':
      return (value) => (Number(value) === 0 ? 0 : 1);
    case 'float32':
    case 'float64':
    case 'float16':
      return Number;
    default:
      return (value) => (typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0);
  }
}

/** Sum and product of two elements as `dtype` has them: integers wrap, floats stay in double. */
export interface Arithmetic {
  add(a: Element, b: Element): Element;
  multiply(a: Element, b: Element): Element;
}

/** The arithmetic of a dtype; operands have been through its `converter`. */
export function arithmetic(dtype: DType): Arithmetic {
  if (dtype === 'int64') {
    return {
      add: (a, b) => BigInt.asIntN(64, (a as bigint) + (b as bigint)),
      multiply: (a, b) => BigInt.asIntN(64, (a as bigint) * (b as bigint)),
    };
  }
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'float16') {
    return { add: (a, b) => (a as number) + (b as number), multiply: (a, b) => (a as number) * (b as number) };
  }
  return {
    add: (a, b) => ((a as number) + (b as number)) | 0,
    multiply: (a, b) => Math.imul(a as number, b as number),
  };
}

/** Whether `a` takes the place of `b` as the largest (or smallest) element; NaN beats all, and nothing beats NaN. */
export function beats(kind: 'max' | 'min', a: Element, b: Element): boolean {
  if (Number.isNaN(b)) return false;
  return Number.isNaN(a) || (kind === 'max' ? a > b : a < b);
}

/** Sizes or strides without those of one dimension. */
export function without(sizes: readonly number[], dim: number): number[] {
  return sizes.filter((_, d) => d !== dim);
}

/** Where the lines of a view along `dim` start, how many elements each has and how far apart they are. */
export interface Lines {
  readonly starts: readonly number[];
  readonly size: number;
  readonly stride: number;
}

/** The lines of a view along a dimension; a view without dimensions is one line of one element. */
export function lines(view: View, dim: number): Lines {
  const { offset, shape, strides } = view;
  const starts = positions({ offset, shape: without(shape, dim), strides: without(strides, dim) });
  return { starts, size: shape[dim] ?? 1, stride: strides[dim] ?? 0 };
}

/** A non-negative index from one that may count from the end; -1 when it is out of range. */
export function wrap(index: Element, size: number): number {
  const i = Number(index);
  const from = i < 0 ? i + size : i;
  return from >= 0 && from < size ? from : -1;
}
