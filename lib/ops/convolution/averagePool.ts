import type { Spans } from '../../../kernels/types.js';
import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type Maker } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { batched, type Pooling, pooledSizes, pooling, type Size, windows } from '../shape/window.js';
import { meanPool, poolsMeans } from './meanPool.js';

/** How many elements each window along one dimension covers, with or without the padding. */
function covered(size: number, windowCount: number, window: Pooling, d: number, countIncludePad: boolean): number[] {
  const { padding, stride } = window;
  return Array.from({ length: windowCount }, (_, i) => {
    const start = i * stride[d] - padding[d];
    const end = Math.min(start + window.size[d], size + padding[d]);
    return countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0);
  });
}

/** What each window's sum is divided by: one number where all windows are alike. */
function divisor(x: Tensor, counts: readonly number[], window: Pooling, countIncludePad: boolean): Tensor | number {
  const lengths = counts.map((n, d) => covered(x.shape[d + 2], n, window, d, countIncludePad));
  if (lengths.every((list) => list.every((n) => n === list[0]))) {
    return lengths.reduce((product, list) => product * (list[0] ?? 1), 1);
  }
  const products = lengths.reduce((all, list) => all.flatMap((n) => list.map((m) => n * m)), [1]);
  return fromValues(products, counts, x.dtype).to(x.device);
}

/** Sums over the windows of [N, C, ...]; what hangs over the end counts as zero. */
function windowSums(x: Tensor, window: Pooling, counts: readonly number[]): Tensor {
  return windows(x, window, counts).sum(counts.map((_, d) => d - counts.length));
}

/** The windows along one dimension, cut to what is there. */
function spansOf(size: number, windowCount: number, window: Pooling, d: number, divisors: readonly number[]): Spans {
  const starts = Array.from({ length: windowCount }, (_, i) => i * window.stride[d] - window.padding[d]);
  return {
    starts: starts.map((start) => Math.max(start, 0)),
    ends: starts.map((start) => Math.min(start + window.size[d], size)),
    divisors,
  };
}

/** `avgPool1d`, `avgPool2d`, `avgPool3d` once their arguments are read. */
export function average(
  name: string,
  input: Tensor,
  window: Pooling,
  countIncludePad: boolean,
  divisorOverride: number | null,
): Tensor {
  const run = (x: Tensor): Tensor[] => {
    const counts = pooledSizes(name, x.shape, window);
    if (poolsMeans(x)) {
      const spans = counts.map((n, d) => {
        const size = x.shape[d + 2];
        const given = new Array<number>(n).fill(d === 0 ? (divisorOverride ?? 1) : 1);
        const divisors = divisorOverride === null ? covered(size, n, window, d, countIncludePad) : given;
        return spansOf(size, n, window, d, divisors);
      });
      return [meanPool(x, spans)];
    }
    const by = divisorOverride ?? divisor(x, counts, window, countIncludePad);
    return [windowSums(x, window, counts).div(by)];
  };
  return batched(name, input, window.size.length, run)[0];
}

/** Options of `avgPool1d`. */
export interface AvgPoolOptions {
  kernelSize?: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** Zeros added on both sides, at most half of the window. */
  padding?: Size;
  /** Let the last window hang over the end. */
  ceilMode?: boolean;
  /** Whether the padding counts in the mean. */
  countIncludePad?: boolean;
}

/** What `avgPool1d` takes after its input. */
export type AvgPool1dArguments = [
  kernelSize: Size,
  stride?: Size | null,
  padding?: Size,
  ceilMode?: boolean,
  countIncludePad?: boolean,
];

/** What `avgPool2d` and `avgPool3d` take after their input. */
export type AvgPoolArguments = [...window: AvgPool1dArguments, divisorOverride?: number | null];

/**
 * Mean of each window of [N, C, L] (or [C, L]). PyTorch: torch.nn.functional.avg_pool1d.
 * @example
 * tg.nn.functional.avgPool1d(tg.tensor([[1, 3, 5, 7]]), 2).tolist() // => [ [ 2, 6 ] ]
 */
export const avgPool1d: Fn<[input: Tensor, ...window: AvgPool1dArguments], AvgPoolOptions, Tensor> = fn(
  'avgPool1d(input, kernelSize, stride=null, padding=0, ceilMode=false, countIncludePad=true)',
  (input, kernelSize, stride, padding, ceilMode, countIncludePad) => {
    checkTensor('avgPool1d', input);
    const window = pooling('avgPool1d', 1, kernelSize, stride, padding, 1, ceilMode);
    return average('avgPool1d', input, window, countIncludePad, null);
  },
  { samples: (m) => samples(m, 1), errors: (m) => errors(m, 1) },
);

/** `avgPool2d`, `avgPool3d`. */
export type AvgPool = Fn<
  [input: Tensor, ...window: AvgPoolArguments],
  AvgPoolOptions & {
    /** What sums are divided by instead of the number of elements. */
    divisorOverride?: number | null;
  },
  Tensor
>;

function avgPool(rank: number): AvgPool {
  const name = `avgPool${rank}d`;
  return fn(
    `${name}(input, kernelSize, stride=null, padding=0, ceilMode=false, countIncludePad=true, divisorOverride=null)`,
    (input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride) => {
      checkTensor(name, input);
      if (divisorOverride === 0) throw new ValueError(`${name}: divisorOverride must not be 0`);
      const window = pooling(name, rank, kernelSize, stride, padding, 1, ceilMode);
      return average(name, input, window, countIncludePad, divisorOverride);
    },
    {
      samples: (m) => [
        ...samples(m, rank),
        [m(1, 2, ...[5, 4, 4].slice(0, rank)), 2, { padding: 1, divisorOverride: 3 }],
      ],
      errors: (m) => [
        ...errors(m, rank),
        [[m(1, 2, ...[5, 4, 4].slice(0, rank)), 2, { divisorOverride: 0 }], 'divisorOverride must not be 0'],
      ],
    },
  );
}

function samples(m: Maker, rank: number): unknown[][] {
  const sizes = [7, 6, 5].slice(0, rank);
  return [
    [m(2, 3, ...sizes), 2],
    [m(2, ...sizes), sizes.map((_, d) => 3 - (d % 2)), { stride: 2, ceilMode: true, padding: 1 }],
    [m(1, 2, ...sizes), 3, 1, 1, false, false],
    [m(1, 2, ...sizes), 3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }],
  ];
}

function errors(m: Maker, rank: number): [unknown[], string][] {
  const sizes = [7, 6, 5].slice(0, rank);
  return [
    [[m(2, 3, ...sizes), 8], 'no window of 8 elements fits dimension'],
    [[m(2, 3, ...sizes), 2, { padding: 2 }], "padding 2 is more than half of the window's size 2"],
    [[m(2), 2], 'dimensions (N, C, ...)'],
  ];
}

/** Mean of each window of [N, C, H, W] (or [C, H, W]). PyTorch: torch.nn.functional.avg_pool2d. */
export const avgPool2d: AvgPool = avgPool(2);

/** Mean of each window of [N, C, D, H, W] (or without N). PyTorch: torch.nn.functional.avg_pool3d. */
export const avgPool3d: AvgPool = avgPool(3);

type LpOptions = { normType?: number; kernelSize?: Size; stride?: Size | null; ceilMode?: boolean };

/** `lpPool1d`, `lpPool2d`. */
export type LpPool = Fn<
  [input: Tensor, normType: number, kernelSize: Size, stride?: Size | null, ceilMode?: boolean],
  LpOptions,
  Tensor
>;

function lpPool(rank: number): LpPool {
  const name = `lpPool${rank}d`;
  return fn(
    `${name}(input, normType, kernelSize, stride=null, ceilMode=false)`,
    (input, normType, kernelSize, stride, ceilMode) => {
      checkTensor(name, input);
      const window = pooling(name, rank, kernelSize, stride, 0, 1, ceilMode);
      const mean = average(name, input.pow(normType), window, true, null);
      return mean
        .sign()
        .mul(mean.abs())
        .mul(count(window.size))
        .pow(1 / normType);
    },
    {
      samples: (m) => [
        [m.positive(2, 3, ...[7, 6].slice(0, rank)), 2, 3],
        [m.positive(2, ...[7, 6].slice(0, rank)), 3, 2, 1],
      ],
      errors: (m) => [[[m(2, 3, ...[7, 6].slice(0, rank)), 2, 8], 'no window of 8 elements fits dimension']],
    },
  );
}

/** The p-norm of each window of [N, C, L] (or [C, L]): `(sum x^p)^(1/p)`. PyTorch: torch.nn.functional.lp_pool1d. */
export const lpPool1d: LpPool = lpPool(1);

/** The p-norm of each window of [N, C, H, W] (or [C, H, W]): `(sum x^p)^(1/p)`. PyTorch: torch.nn.functional.lp_pool2d. */
export const lpPool2d: LpPool = lpPool(2);
