import type { Window } from '../../../kernels/types.js';
import { contiguousStrides } from '../../../kernels/view.js';
import { applyView, type ViewRow } from '../../autograd/apply.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { embed } from './regions.js';

/** One number for every spatial dimension, or a list with one each. */
export type Size = number | readonly number[];

/** A size per spatial dimension: one number (or a list of one) stands for all. */
export function spread(name: string, what: string, value: unknown, rank: number, least: number): number[] {
  const list = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list) || (list.length !== 1 && list.length !== rank)) {
    throw new ArgumentError(`${name}: ${what} must be a number or a list of ${rank}, got ${showValue(value)}`);
  }
  for (const size of list as unknown[]) {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < least) {
      throw new ValueError(`${name}: ${what} must hold integers of at least ${least}, got ${showValue(value)}`);
    }
  }
  return list.length === rank ? [...(list as number[])] : new Array<number>(rank).fill(list[0] as number);
}

function showValue(value: unknown): string {
  return Array.isArray(value) ? `(${value.join(', ')})` : String(value);
}

/** Runs an operation on [N, C, ...]: an input without batch dimension, [C, ...], gets one for the time being. */
export function batched(name: string, input: Tensor, rank: number, run: (input: Tensor) => Tensor[]): Tensor[] {
  const { shape } = input;
  if (shape.length === rank + 2) return run(input);
  if (shape.length === rank + 1) return run(input.unsqueeze(0)).map((y) => y.squeeze(0));
  throw new ShapeError(
    `${name}: the input has shape ${showShape(shape)}; it needs ${rank + 2} dimensions (N, C, ...) or ${rank + 1} without the batch`,
  );
}

/** How far a window of `size` elements, `dilation` apart, reaches. */
export const reach = (size: number, dilation: number): number => dilation * (size - 1) + 1;

/** A stride per spatial dimension; null and an empty list mean the window's size. */
export function strideOf(name: string, stride: unknown, size: readonly number[]): readonly number[] {
  if (stride === null || (Array.isArray(stride) && stride.length === 0)) return size;
  return spread(name, 'stride', stride, size.length, 1);
}

/** A window's sizes along each spatial dimension, and how it moves. */
export interface Pooling extends Window {
  readonly ceilMode: boolean;
}

/** Reads and checks the arguments that pooling operations share. */
export function pooling(
  name: string,
  rank: number,
  kernelSize: unknown,
  stride: unknown,
  padding: unknown,
  dilation: unknown,
  ceilMode: boolean,
): Pooling {
  const size = spread(name, 'kernelSize', kernelSize, rank, 1);
  const pad = spread(name, 'padding', padding, rank, 0);
  pad.forEach((n, d) => {
    if (n > size[d] / 2)
      throw new ValueError(`${name}: padding ${n} is more than half of the window's size ${size[d]}; use less`);
  });
  return {
    size,
    stride: strideOf(name, stride, size),
    padding: pad,
    dilation: spread(name, 'dilation', dilation, rank, 1),
    ceilMode,
  };
}

/** How many windows fit each spatial dimension of [N, C, ...]; with `ceilMode` the last may hang over, but starts inside or in the padding before. */
export function pooledSizes(name: string, shape: readonly number[], window: Pooling): number[] {
  const { size, stride, padding, dilation, ceilMode } = window;
  return size.map((n, d) => {
    const room = shape[d + 2] + 2 * padding[d] - reach(n, dilation[d]);
    let windows = (ceilMode ? Math.ceil(room / stride[d]) : Math.floor(room / stride[d])) + 1;
    if (ceilMode && (windows - 1) * stride[d] >= shape[d + 2] + padding[d]) windows--;
    if (windows > 0) return windows;
    throw new ShapeError(
      `${name}: no window of ${reach(n, dilation[d])} elements fits dimension ${d + 2} of the input ${showShape(shape)} with padding ${padding[d]}`,
    );
  });
}

/** [N, C, ...] with zeros before and after its spatial dimensions. */
export function padded(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
  const within = x.shape.map((size, d) => (d < 2 ? size : before[d - 2] + size + after[d - 2]));
  const strides = contiguousStrides(within);
  const offset = before.reduce((at, n, d) => at + n * strides[d + 2], 0);
  return embed(x, { shape: x.shape, strides, offset, within });
}

/** What `windows` needs of a window: it has been padded before. */
interface Places {
  readonly window: Window;
  /** How many windows along each spatial dimension. */
  readonly counts: readonly number[];
}

function placesOf(x: Tensor, { window, counts }: Places): ReturnType<ViewRow<Places>['geometry']> {
  const lead = x.strides.slice(0, 2);
  const plane = x.strides.slice(2);
  return {
    offset: x.offset,
    shape: [...x.shape.slice(0, 2), ...counts, ...window.size],
    strides: [
      ...lead,
      ...plane.map((step, d) => step * window.stride[d]),
      ...plane.map((step, d) => step * window.dilation[d]),
    ],
  };
}

const windowsRow: ViewRow<Places> = {
  name: 'windows',
  geometry: placesOf,
  grad(t, g, x, places) {
    const dense = alias(x, 0, x.shape, contiguousStrides(x.shape));
    return t.embed(g, { ...placesOf(dense, places), within: x.shape });
  },
};

/** The windows of [N, C, ...], padded with zeros, as a view or a view of the padded copy: [N, C, counts..., size...]. */
export function windows(x: Tensor, window: Window, counts: readonly number[]): Tensor {
  const after = counts.map((n, d) => {
    const last = (n - 1) * window.stride[d] + reach(window.size[d], window.dilation[d]);
    return Math.max(0, last - x.shape[d + 2] - window.padding[d]);
  });
  return applyView(windowsRow, padded(x, window.padding, after), { window, counts });
}
