import { contiguousStrides } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Described, type Fn, fn, type Maker, typed } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { resample } from '../layers/resample.js';
import { batched } from '../shape/window.js';
import { average } from './averagePool.js';
import { meanPool, poolsMeans } from './meanPool.js';
import { largest } from './planes.js';

/** Wanted sizes: one number for all dimensions, or a list with one each; null keeps the input's. */
export type OutputSize = number | null | readonly (number | null)[];

/** Start and end of each window along a dimension: together they cover all of it. */
interface Spans {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

function spans(size: number, windows: number): Spans {
  const starts = Array.from({ length: windows }, (_, i) => Math.floor((i * size) / windows));
  return { starts, lengths: starts.map((start, i) => Math.ceil(((i + 1) * size) / windows) - start) };
}

/** The elements of a span by number; beyond its end, the last one again. */
const element = (start: number, length: number, i: number): number => start + Math.min(i, length - 1);

function sizesOf(name: string, size: OutputSize, x: Tensor, rank: number): number[] {
  const list = Array.isArray(size) ? size : new Array<number | null>(rank).fill(size as number | null);
  if (list.length !== rank || list.some((n) => n !== null && !(Number.isInteger(n) && n >= 0))) {
    throw new ArgumentError(
      `${name}: outputSize must be a number, or ${rank} numbers (null keeps a size), got ${String(size)}`,
    );
  }
  const plane = x.shape.slice(2);
  if (plane.includes(0)) {
    throw new ShapeError(`${name}: the input of shape ${showShape(x.shape)} has no elements in a spatial dimension`);
  }
  return list.map((n, d) => n ?? plane[d]);
}

type AdaptivePool = Fn<[input: Tensor, outputSize: OutputSize], { outputSize?: OutputSize }, Tensor>;

function adaptiveAverage(name: string, x: Tensor, sizes: readonly number[]): Tensor {
  const plane = x.shape.slice(2);
  if (poolsMeans(x)) {
    const all = sizes.map((n, d) => spans(plane[d], n));
    const end = ({ starts, lengths }: Spans): number[] => starts.map((start, i) => start + lengths[i]);
    return meanPool(
      x,
      all.map((along) => ({ starts: along.starts, ends: end(along), divisors: along.lengths })),
    );
  }
  if (sizes.every((n, d) => n > 0 && plane[d] % n === 0)) {
    const size = sizes.map((n, d) => plane[d] / n);
    const none = sizes.map(() => 0);
    const window = { size, stride: size, padding: none, dilation: sizes.map(() => 1), ceilMode: false };
    return average(name, x, window, true, null);
  }
  // The mean over a box is the mean along one dimension after the other.
  return sizes.reduce((y, n, d) => {
    if (n === plane[d]) return y;
    const { starts, lengths } = spans(plane[d], n);
    const most = Array.from({ length: Math.max(1, ...lengths) }, (_, tap) => tap);
    return resample(y, d + 2, {
      indices: most.map((tap) => starts.map((start, i) => element(start, lengths[i], tap))),
      weights: most.map((tap) => lengths.map((length) => (tap < length ? 1 / length : 0))),
    });
  }, x);
}

function adaptiveAvgPool(rank: number): AdaptivePool {
  const name = `adaptiveAvgPool${rank}d`;
  return fn(
    `${name}(input, outputSize)`,
    (input, outputSize) => {
      checkTensor(name, input);
      return batched(name, input, rank, (x) => [adaptiveAverage(name, x, sizesOf(name, outputSize, x, rank))])[0];
    },
    { samples: (m) => samples(m, rank), errors: (m) => errors(m, rank) },
  );
}

/** `adaptiveMaxPool1d` and so on: values, or [values, indices] with `returnIndices`. */
export type AdaptiveMaxPool = Fn<
  [input: Tensor, outputSize: OutputSize, returnIndices?: false],
  { outputSize?: OutputSize; returnIndices?: false },
  Tensor
> &
  Fn<
    [input: Tensor, outputSize: OutputSize, returnIndices: true],
    { outputSize?: OutputSize; returnIndices: true },
    [Tensor, Tensor]
  >;

/** The flat places of every window's elements: [sizes..., elements of a window], short windows with their last one again. */
function candidates(plane: readonly number[], sizes: readonly number[]): { places: number[]; width: number } {
  const all = sizes.map((n, d) => spans(plane[d], n));
  const most = all.map(({ lengths }) => Math.max(1, ...lengths));
  const strides = contiguousStrides(plane);
  let rows: number[][] = [[]];
  sizes.forEach((n, d) => {
    const { starts, lengths } = all[d];
    rows = rows.flatMap((row) =>
      Array.from({ length: n }, (_, i) => {
        const along = Array.from({ length: most[d] }, (_, j) => element(starts[i], lengths[i], j) * strides[d]);
        return row.length === 0 ? along : row.flatMap((at) => along.map((step) => at + step));
      }),
    );
  });
  return { places: rows.flat(), width: most.reduce((product, n) => product * n, 1) };
}

function adaptiveMaxPool(rank: number): AdaptiveMaxPool & Described {
  const name = `adaptiveMaxPool${rank}d`;
  const body = (input: Tensor, outputSize: OutputSize, returnIndices: boolean): Tensor | Tensor[] => {
    checkTensor(name, input);
    const results = batched(name, input, rank, (x) => {
      const sizes = sizesOf(name, outputSize, x, rank);
      const { places, width } = candidates(x.shape.slice(2), sizes);
      return largest(x, places, [...sizes, width]);
    });
    return returnIndices ? results : results[0];
  };
  return typed<(...args: never[]) => Tensor | Tensor[]>(
    `${name}(input, outputSize, returnIndices=false)`,
    body as (...args: never[]) => Tensor | Tensor[],
    {
      samples: (m) => [...samples(m, rank), [m(2, 3, ...[7, 6, 5].slice(0, rank)), 2, true]],
      errors: (m) => errors(m, rank),
    },
  ) as unknown as AdaptiveMaxPool;
}

function samples(m: Maker, rank: number): unknown[][] {
  const sizes = [7, 6, 5].slice(0, rank);
  return [
    [m(2, 3, ...sizes), 1],
    [m(2, ...sizes), 4],
    [m(1, 2, ...sizes), [3, null, 2].slice(0, rank)],
    [m(1, 2, ...sizes), sizes.map((n) => n + 2)],
  ];
}

function errors(m: Maker, rank: number): [unknown[], string][] {
  return [
    [[m(2, 3, ...[7, 6, 5].slice(0, rank)), [1, 2, 3, 4]], 'outputSize must be a number, or'],
    [[m(2, 3, ...[0, 6, 5].slice(0, rank)), 2], 'has no elements in a spatial dimension'],
    [[m(2), 2], 'dimensions (N, C, ...)'],
  ];
}

/** Means of windows that cover [N, C, L] in `outputSize` parts. PyTorch: torch.nn.functional.adaptive_avg_pool1d. */
export const adaptiveAvgPool1d: AdaptivePool = adaptiveAvgPool(1);

/**
 * Means of windows that cover [N, C, H, W] in `outputSize` parts along each dimension; null keeps a size.
 * PyTorch: torch.nn.functional.adaptive_avg_pool2d.
 * @example
 * tg.nn.functional.adaptiveAvgPool2d(tg.ones(1, 3, 7, 5), 1).shape // => [ 1, 3, 1, 1 ]
 */
export const adaptiveAvgPool2d: AdaptivePool = adaptiveAvgPool(2);

/** Means of windows that cover [N, C, D, H, W] in `outputSize` parts along each dimension. PyTorch: torch.nn.functional.adaptive_avg_pool3d. */
export const adaptiveAvgPool3d: AdaptivePool = adaptiveAvgPool(3);

/** Largest elements of windows that cover [N, C, L] in `outputSize` parts. PyTorch: torch.nn.functional.adaptive_max_pool1d. */
export const adaptiveMaxPool1d: AdaptiveMaxPool & Described = adaptiveMaxPool(1);

/** Largest elements of windows that cover [N, C, H, W] in `outputSize` parts along each dimension. PyTorch: torch.nn.functional.adaptive_max_pool2d. */
export const adaptiveMaxPool2d: AdaptiveMaxPool & Described = adaptiveMaxPool(2);

/** Largest elements of windows that cover [N, C, D, H, W] in `outputSize` parts along each dimension. PyTorch: torch.nn.functional.adaptive_max_pool3d. */
export const adaptiveMaxPool3d: AdaptiveMaxPool & Described = adaptiveMaxPool(3);
