import { apply, checkTensor, type Row } from '../../autograd/apply.js';
import { type Described, type Fn, type Maker, typed } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { batched, type Pooling, pooledSizes, pooling, type Size } from '../shape/window.js';
import { addToPlanes } from './planes.js';

const maxPoolRow: Row<{ window: Pooling; shape: readonly number[] }> = {
  name: 'maxPool',
  infer: ([x], { shape }) => [
    { shape, dtype: x.dtype },
    { shape, dtype: 'int32' },
  ],
  kernel: (k, [values, indices], [x], { window }) => k.maxPool(values, indices, x, window),
  savesResults: [1],
  grad: (_t, [g], [x], [, indices]) => [addToPlanes(g, indices, x.shape)],
};

/** Options of max pooling. */
export interface MaxPoolOptions {
  kernelSize?: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** Minus infinity added on both sides, at most half of the window. */
  padding?: Size;
  /** Steps between the elements of a window, 1 unless given. */
  dilation?: Size;
  /** Let the last window hang over the end. */
  ceilMode?: boolean;
}

type Leading = [
  input: Tensor,
  kernelSize: Size,
  stride?: Size | null,
  padding?: Size,
  dilation?: Size,
  ceilMode?: boolean,
];

/** `maxPool1d`, `maxPool2d`, `maxPool3d`: values, or [values, indices] with `returnIndices`. */
export type MaxPool = Fn<
  [...leading: Leading, returnIndices?: false],
  MaxPoolOptions & { returnIndices?: false },
  Tensor
> &
  Fn<[...leading: Leading, returnIndices: true], MaxPoolOptions & { returnIndices: true }, [Tensor, Tensor]>;

function pool(name: string, rank: number, input: Tensor, window: Pooling): Tensor[] {
  return batched(name, input, rank, (x) => {
    const shape = [...x.shape.slice(0, 2), ...pooledSizes(name, x.shape, window)];
    return apply(maxPoolRow, [x], { window, shape });
  });
}

function maxPool(rank: number): MaxPool {
  const name = `maxPool${rank}d`;
  const body = (
    input: Tensor,
    kernelSize: Size,
    stride: Size | null,
    padding: Size,
    dilation: Size,
    ceilMode: boolean,
    returnIndices: boolean,
  ): Tensor | Tensor[] => {
    checkTensor(name, input);
    const results = pool(name, rank, input, pooling(name, rank, kernelSize, stride, padding, dilation, ceilMode));
    return returnIndices ? results : results[0];
  };
  return typed<(...args: never[]) => Tensor | Tensor[]>(
    `${name}(input, kernelSize, stride=null, padding=0, dilation=1, ceilMode=false, returnIndices=false)`,
    body as (...args: never[]) => Tensor | Tensor[],
    { samples: (m) => samples(m, rank), errors: (m) => errors(m, rank) },
  ) as unknown as MaxPool;
}

function samples(m: Maker, rank: number): unknown[][] {
  const sizes = [7, 6, 5].slice(0, rank);
  return [
    [m(2, 3, ...sizes), 2],
    [m(2, ...sizes), sizes.map((_, d) => 3 - (d % 2)), { stride: 2, ceilMode: true }],
    [m(1, 2, ...sizes), 3, 1, 1, 1, false, true],
    [m(1, 2, ...sizes), 2, { dilation: 2, stride: 1 }],
  ];
}

function errors(m: Maker, rank: number): [unknown[], string][] {
  const sizes = [7, 6, 5].slice(0, rank);
  return [
    [[m(2, 3, ...sizes), 8], 'no window of 8 elements fits dimension'],
    [[m(2, 3, ...sizes), 2, { padding: 2 }], "padding 2 is more than half of the window's size 2"],
    [[m(2, 3, ...sizes), [2, 2, 2, 2]], 'kernelSize must be a number or a list'],
    [[m(2, 3, ...sizes), 2, 0], 'stride must hold integers of at least 1'],
    [[m(2), 2], 'dimensions (N, C, ...)'],
  ];
}

/** Largest of each window of [N, C, L] (or [C, L]). PyTorch: torch.nn.functional.max_pool1d. */
export const maxPool1d: MaxPool & Described = maxPool(1);

/**
 * Largest of each window of [N, C, H, W] (or [C, H, W]); with `returnIndices` also where in the H x W plane it is, as int32.
 * PyTorch: torch.nn.functional.max_pool2d.
 * @example
 * const x = tg.tensor([[[1, 2], [4, 3]]]);
 * tg.nn.functional.maxPool2d(x, 2).tolist() // => [ [ [ 4 ] ] ]
 */
export const maxPool2d: MaxPool & Described = maxPool(2);

/** Largest of each window of [N, C, D, H, W] (or without N). PyTorch: torch.nn.functional.max_pool3d. */
export const maxPool3d: MaxPool & Described = maxPool(3);
