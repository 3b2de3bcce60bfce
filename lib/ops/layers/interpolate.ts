import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from '../convolution/adaptivePool.js';
import { type Filter, smoothTapsOf, tapsOf } from './interpolationTaps.js';
import { resample } from './resample.js';

/** How sizes change. */
export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

/** A number for every spatial dimension, or a list with one each. */
type PerDimension = number | readonly number[];

/** What each mode is made of, and how many spatial dimensions it takes (null: one to three). */
const modes: Readonly<Record<InterpolateMode, { filter: Filter | null; rank: number | null }>> = {
  nearest: { filter: 'nearest', rank: null },
  'nearest-exact': { filter: 'nearest-exact', rank: null },
  linear: { filter: 'linear', rank: 1 },
  bilinear: { filter: 'linear', rank: 2 },
  trilinear: { filter: 'linear', rank: 3 },
  bicubic: { filter: 'cubic', rank: 2 },
  area: { filter: null, rank: null },
};

/** Options of `interpolate`. */
export interface InterpolateOptions {
  /** The wanted sizes. */
  size?: PerDimension | null;
  /** Or what sizes are multiplied by. */
  scaleFactor?: PerDimension | null;
  mode?: InterpolateMode;
  /** The corner elements stay in place; not for nearest and area. */
  alignCorners?: boolean | null;
  /** Take the ratio of the sizes for coordinates instead of `scaleFactor`. */
  recomputeScaleFactor?: boolean | null;
  /** Smooth before shrinking; for bilinear and bicubic. */
  antialias?: boolean;
}

function listOf(name: string, what: string, value: PerDimension, rank: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : [...value];
  if (list.length === rank && list.every((n) => Number.isFinite(n) && n > 0)) return list;
  throw new ValueError(
    `${name}: ${what} must be a positive number, or ${rank} for the spatial dimensions, got (${list.join(', ')})`,
  );
}

/** Wanted sizes, and the scales that coordinates are computed with (null: the ratio of the sizes). */
function targets(
  name: string,
  input: Tensor,
  { size, scaleFactor, recomputeScaleFactor }: InterpolateOptions,
): { sizes: number[]; scales: (number | null)[] } {
  const plane = input.shape.slice(2);
  if ((size ?? null) !== null && (scaleFactor ?? null) !== null) {
    throw new ArgumentError(`${name}: give size or scaleFactor, not both`);
  }
  if (size !== null && size !== undefined) {
    if (recomputeScaleFactor) throw new ArgumentError(`${name}: recomputeScaleFactor needs scaleFactor, not size`);
    const sizes = listOf(name, 'size', size, plane.length);
    if (sizes.some((n) => !Number.isInteger(n))) {
      throw new ValueError(`${name}: size must hold integers, got (${sizes.join(', ')})`);
    }
    return { sizes, scales: sizes.map(() => null) };
  }
  if (scaleFactor === null || scaleFactor === undefined) throw new ArgumentError(`${name}: give size or scaleFactor`);
  const scales = listOf(name, 'scaleFactor', scaleFactor, plane.length);
  const sizes = plane.map((n, d) => Math.floor(n * scales[d]));
  if (sizes.every((n) => n > 0)) return { sizes, scales: recomputeScaleFactor ? scales.map(() => null) : scales };
  throw new ShapeError(`${name}: scaleFactor (${scales.join(', ')}) makes ${showShape(input.shape)} empty`);
}

function resize(name: string, input: Tensor, options: Required<InterpolateOptions>): Tensor {
  checkTensor(name, input);
  const { mode, alignCorners, antialias } = options;
  const rank = input.shape.length - 2;
  if (!Object.hasOwn(modes, mode)) {
    throw new ArgumentError(`${name}: unknown mode '${String(mode)}'; use one of ${Object.keys(modes).join(', ')}`);
  }
  const { filter, rank: wanted } = modes[mode];
  if (rank < 1 || rank > 3 || (wanted !== null && rank !== wanted)) {
    throw new ShapeError(
      `${name}: mode '${mode}' needs ${wanted === null ? '3 to 5' : wanted + 2} dimensions (N, C, ...), got ${showShape(input.shape)}`,
    );
  }
  if (input.shape.slice(1).includes(0)) {
    throw new ShapeError(`${name}: the input of shape ${showShape(input.shape)} has no elements`);
  }
  if (alignCorners !== null && filter !== 'linear' && filter !== 'cubic') {
    throw new ArgumentError(`${name}: alignCorners is for linear, bilinear, bicubic and trilinear, not '${mode}'`);
  }
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic') {
    throw new ArgumentError(`${name}: antialias is for bilinear and bicubic, not '${mode}'`);
  }
  const { sizes, scales } = targets(name, input, options);
  if (filter === null) return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][rank - 1](input, sizes);
  return sizes.reduce((x, to, d) => {
    const resizing = {
      from: input.shape[d + 2],
      to,
      alignCorners: alignCorners ?? false,
      scale: scales[d],
      round: input.dtype === 'float64' ? (value: number): number => value : Math.fround,
    };
    const smooth = antialias && (filter === 'linear' || filter === 'cubic');
    return resample(x, d + 2, smooth ? smoothTapsOf(filter, resizing) : tapsOf(filter, resizing));
  }, input);
}

/**
 * [N, C, ...] with its spatial dimensions brought to `size`, or multiplied by `scaleFactor`. Each dimension is resized by itself.
 * PyTorch: torch.nn.functional.interpolate.
 * @example
 * tg.nn.functional.interpolate(tg.tensor([[[1, 2]]]), { scaleFactor: 2 }).tolist() // => [ [ [ 1, 1, 2, 2 ] ] ]
 */
export const interpolate: Fn<
  [
    input: Tensor,
    size?: PerDimension | null,
    scaleFactor?: PerDimension | null,
    mode?: InterpolateMode,
    alignCorners?: boolean | null,
    recomputeScaleFactor?: boolean | null,
    antialias?: boolean,
  ],
  InterpolateOptions,
  Tensor
> = fn(
  "interpolate(input, size:integers=null, scaleFactor:numbers=null, mode='nearest', alignCorners=null, recomputeScaleFactor=null, antialias=false)",
  (input, size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias) =>
    resize('interpolate', input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias }),
  {
    samples: (m) => [
      [m(2, 3, 4), 7],
      [m(1, 2, 4, 5), { scaleFactor: 1.7, mode: 'nearest-exact' }],
      [m(2, 3, 4), { size: 7, mode: 'linear' }],
      [m(1, 2, 4, 5), [6, 3], null, 'bilinear', true],
      [m(1, 2, 4, 5), { scaleFactor: [2, 0.6], mode: 'bicubic' }],
      [m(1, 1, 3, 2, 4), { scaleFactor: 1.5, mode: 'trilinear', recomputeScaleFactor: true }],
      [m(1, 2, 5, 6), { size: [2, 4], mode: 'area' }],
      [m(1, 1, 8, 9), { size: [3, 4], mode: 'bilinear', antialias: true }],
      [m(1, 1, 8, 9), { size: [3, 12], mode: 'bicubic', antialias: true, alignCorners: true }],
    ],
    errors: (m) => [
      [[m(2, 3, 4)], 'give size or scaleFactor'],
      [[m(2, 3, 4), 7, 2], 'give size or scaleFactor, not both'],
      [[m(2, 3, 4), 7, null, 'lanczos'], "unknown mode 'lanczos'"],
      [[m(2, 3, 4), 7, null, 'bilinear'], "mode 'bilinear' needs 4 dimensions"],
      [[m(2, 3, 4), 7, null, 'nearest', true], 'alignCorners is for'],
      [[m(2, 3, 4), [7, 7]], 'size must be a positive number, or 1 for'],
      [[m(2, 3, 4), { scaleFactor: 0.1 }], 'makes (2, 3, 4) empty'],
      [[m(2, 3, 4), { size: 2, antialias: true }], 'antialias is for bilinear and bicubic'],
    ],
  },
);

/** `interpolate` under its older name. PyTorch: torch.nn.functional.upsample. */
export const upsample: Fn<
  [
    input: Tensor,
    size?: PerDimension | null,
    scaleFactor?: PerDimension | null,
    mode?: InterpolateMode,
    alignCorners?: boolean | null,
  ],
  InterpolateOptions,
  Tensor
> = fn(
  "upsample(input, size:integers=null, scaleFactor:numbers=null, mode='nearest', alignCorners=null)",
  (input, size, scaleFactor, mode, alignCorners) =>
    resize('upsample', input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor: null, antialias: false }),
  {
    samples: (m) => [[m(2, 3, 4), 7]],
    errors: (m) => [[[m(2, 3, 4)], 'give size or scaleFactor']],
  },
);

type Upsample = Fn<
  [input: Tensor, size?: PerDimension | null, scaleFactor?: PerDimension | null],
  { size?: PerDimension | null; scaleFactor?: PerDimension | null },
  Tensor
>;

function upsampler(name: string, mode: InterpolateMode, alignCorners: boolean | null): Upsample {
  return fn(
    `${name}(input, size:integers=null, scaleFactor:numbers=null)`,
    (input, size, scaleFactor) =>
      resize(name, input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor: null, antialias: false }),
    {
      samples: (m) => [
        [m(1, 2, 3, 4), [5, 6]],
        [m(1, 2, 3, 4), { scaleFactor: 2 }],
      ],
      errors: (m) => [[[m(1, 2, 3, 4)], 'give size or scaleFactor']],
    },
  );
}

/** `interpolate` with mode 'nearest'. PyTorch: torch.nn.functional.upsample_nearest. */
export const upsampleNearest: Upsample = upsampler('upsampleNearest', 'nearest', null);

/** `interpolate` with mode 'bilinear' and corners in place. PyTorch: torch.nn.functional.upsample_bilinear. */
export const upsampleBilinear: Upsample = upsampler('upsampleBilinear', 'bilinear', true);
