import type { Window } from '../../kernels/types.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';

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

/** A window's sizes along each spatial dimension, and how it moves. */
export interface Pooling extends Window {
  readonly ceilMode: boolean;
}

/** Reads and checks the arguments that pooling operations share; a stride of null or an empty list is the window's size. */
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
  const none = stride === null || (Array.isArray(stride) && stride.length === 0);
  const pad = spread(name, 'padding', padding, rank, 0);
  pad.forEach((n, d) => {
    if (n > size[d] / 2)
      throw new ValueError(`${name}: padding ${n} is more than half of the window's size ${size[d]}; use less`);
  });
  return {
    size,
    stride: none ? size : spread(name, 'stride', stride, rank, 1),
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
