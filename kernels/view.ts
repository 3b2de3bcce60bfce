import type { View } from './types.js';

/** Elements in a shape. */
export function count(shape: readonly number[]): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Row-major strides. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] > 0 ? shape[i] : 1;
  }
  return strides;
}

/** Whether the elements lie one after another in row-major order; dimensions of size 1 may have any stride. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1) {
      if (strides[i] !== step) return false;
      step *= shape[i];
    }
  }
  return true;
}

/** Whether two shapes, or two lists of strides, are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The same memory in another shape: of views and of what else has a view's fields. */
export function reshaped(view: View, shape: readonly number[], strides: readonly number[]): View {
  return { buffer: view.buffer, offset: view.offset, shape, strides, dtype: view.dtype };
}

/** Whether a view is one element, seen once or many times. */
export function isSingle({ shape, strides }: Pick<View, 'shape' | 'strides'>): boolean {
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1 && strides[i] !== 0) return false;
  return true;
}

/** Strides that make `shape` look like `target` by broadcasting; the shapes have been checked before. */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
): number[] {
  const lead = target.length - shape.length;
  return target.map((size, i) => (i < lead || (shape[i - lead] === 1 && size !== 1) ? 0 : strides[i - lead]));
}

/** A loop nest over one shape with one stride row per operand. */
export interface Nest {
  readonly shape: number[];
  readonly strides: number[][];
}

/** Drops dimensions of size 1 and merges neighbours that every operand walks as one. */
export function collapse(shape: readonly number[], strides: readonly (readonly number[])[]): Nest {
  const sizes: number[] = [];
  const rows: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((row, k) => rows[k][last] === row[d] * shape[d])) {
      sizes[last] *= shape[d];
      for (let k = 0; k < rows.length; k++) rows[k][last] = strides[k][d];
    } else {
      sizes.push(shape[d]);
      for (let k = 0; k < rows.length; k++) rows[k].push(strides[k][d]);
    }
  }
  return { shape: sizes, strides: rows };
}

/** The elements' positions in the buffer, in row-major order: plain, for reference kernels and tests. */
export function positions(view: Pick<View, 'offset' | 'shape' | 'strides'>): number[] {
  const { offset, shape, strides } = view;
  const result: number[] = [];
  const walk = (d: number, at: number): void => {
    if (d === shape.length) result.push(at);
    else for (let i = 0; i < shape[d]; i++) walk(d + 1, at + i * strides[d]);
  };
  walk(0, offset);
  return result;
}

/** The lowest and highest element position a view touches; null when it is empty. */
export function extent(view: Pick<View, 'offset' | 'shape' | 'strides'>): [number, number] | null {
  let low = view.offset;
  let high = view.offset;
  for (let d = 0; d < view.shape.length; d++) {
    if (view.shape[d] === 0) return null;
    const reach = (view.shape[d] - 1) * view.strides[d];
    if (reach < 0) low += reach;
    else high += reach;
  }
  return [low, high];
}
