import { apply1 } from '../../autograd/apply.js';
import { type Fn, fn, type Maker } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { batched, padded, reach, type Size, spread } from '../shape/window.js';
import {
  checkChannels,
  checkGroups,
  checkOperands,
  convolutionInputRow,
  convolutionRow,
  operands,
  paddingOf,
} from './convolve.js';

/** How an optional argument of the family is given. */
export interface ConvolutionOptions {
  /** (out, in / groups, kernel...). */
  weight?: Tensor;
  /** One number for each output channel. */
  bias?: Tensor | null;
  /** 1 unless given. */
  stride?: Size;
  /** Zeros added on both sides; 'same' keeps the size (stride 1 only), 'valid' adds none. */
  padding?: Size | 'same' | 'valid';
  /** Steps between the elements of a kernel, 1 unless given. */
  dilation?: Size;
  /** Groups of channels that do not see each other, 1 unless given. */
  groups?: number;
}

/** `conv1d`, `conv2d`, `conv3d`. */
export type Convolve = Fn<
  [
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: Size,
    padding?: Size | 'same' | 'valid',
    dilation?: Size,
    groups?: number,
  ],
  ConvolutionOptions,
  Tensor
>;

function convolve(rank: number): Convolve {
  const name = `conv${rank}d`;
  return fn(
    `${name}(input, weight, bias=null, stride=1, padding=0, dilation=1, groups=1)`,
    (input, weight, bias, stride, padding, dilation, groups) => {
      checkOperands(name, input, weight, bias, rank);
      const steps = spread(name, 'stride', stride, rank, 1);
      const spacing = spread(name, 'dilation', dilation, rank, 1);
      const kernel = weight.shape.slice(2);
      const { before, extra } = paddingOf(name, padding, kernel, spacing, steps);
      checkGroups(name, groups, weight.shape[0], 'output channels');
      const run = (x: Tensor): Tensor[] => {
        checkChannels(name, x, weight, weight.shape[1] * groups, groups);
        const wide = padded(
          x,
          kernel.map(() => 0),
          extra,
        );
        const plane = kernel.map((size, d) => {
          const room = wide.shape[d + 2] + 2 * before[d];
          if (reach(size, spacing[d]) <= room) return Math.floor((room - reach(size, spacing[d])) / steps[d]) + 1;
          throw new ShapeError(
            `${name}: the kernel reaches over ${reach(size, spacing[d])} elements (size ${size}, dilation ${spacing[d]}), ` +
              `but dimension ${d + 2} of the input ${showShape(x.shape)} has ${room} with its padding`,
          );
        });
        const shape = [x.shape[0], weight.shape[0], ...plane];
        const taps = { shape, stride: steps, padding: before, dilation: spacing, groups };
        return [apply1(convolutionRow, operands(name, wide, weight, bias, shape[1]), taps)];
      };
      return batched(name, input, rank, run)[0];
    },
    {
      samples: (m) => convolutionSamples(m, rank),
      errors: (m) => {
        const kernel = new Array<number>(rank).fill(3);
        const plane = new Array<number>(rank).fill(5);
        return [
          [[m(1, 3, ...plane), m(4, 2, ...kernel)], 'has 3 channels'],
          [[m(1, 2, ...kernel.map(() => 2)), m(4, 2, ...kernel)], 'the kernel reaches over 3'],
          [[m(1, 2, ...plane), m(3, 1, ...kernel), { groups: 2 }], 'cannot be dealt to 2 groups'],
          [[m(2), m(3, 1, ...kernel)], 'dimensions (N, C, ...)'],
          [[m(1, 2, ...plane), m(4, 2)], 'the weight has shape (4, 2)'],
          [[m(1, 2, ...plane), m(4, 2, ...kernel), m(3)], 'the bias has shape (3,)'],
          [[m(1, 2, ...plane), m(4, 2, ...kernel), { padding: 'full' }], "unknown padding 'full'"],
          [[m(1, 2, ...plane), m(4, 2, ...kernel), { padding: 'same', stride: 2 }], "padding 'same' needs stride 1"],
          [[m(1, 2, ...plane), m(4, 2, ...kernel), { stride: 0 }], 'stride must hold integers of at least 1'],
        ];
      },
    },
  );
}

function convolutionSamples(m: Maker, rank: number): unknown[][] {
  const sizes = [5, 4, 6].slice(0, rank);
  const kernel = [3, 2, 3].slice(0, rank);
  return [
    [m(2, 2, ...sizes), m(3, 2, ...kernel), m(3)],
    [m(2, ...sizes), m(3, 2, ...kernel)],
    [m(1, 4, ...sizes), m(4, 2, ...kernel), m(4), { stride: 2, padding: 1, groups: 2 }],
    [m(1, 2, ...sizes), m(2, 1, ...kernel), null, 1, 'same', kernel.map((_, d) => (d === 1 ? 3 : 1)), 2],
    [m(1, 1, ...sizes), m(2, 1, ...kernel), { padding: 'valid', dilation: 2 }],
    [m(0, 2, ...sizes), m(3, 2, ...kernel)],
  ];
}

/**
 * Cross-correlation of [N, C, L] (or [C, L]) with kernels [O, C / groups, K], plus `bias`. PyTorch: torch.nn.functional.conv1d.
 * @example
 * tg.nn.functional.conv1d(tg.ones(1, 1, 5), tg.ones(1, 1, 3)).tolist() // => [ [ [ 3, 3, 3 ] ] ]
 */
export const conv1d: Convolve = convolve(1);

/**
 * Cross-correlation of images [N, C, H, W] (or [C, H, W]) with kernels [O, C / groups, KH, KW], plus `bias`.
 * PyTorch: torch.nn.functional.conv2d.
 * @example
 * tg.nn.functional.conv2d(tg.ones(1, 1, 4, 4), tg.ones(2, 1, 3, 3), { padding: 1 }).shape // => [ 1, 2, 4, 4 ]
 */
export const conv2d: Convolve = convolve(2);

/** Cross-correlation of volumes [N, C, D, H, W] (or without N) with kernels [O, C / groups, KD, KH, KW]. PyTorch: torch.nn.functional.conv3d. */
export const conv3d: Convolve = convolve(3);

/** Options of the transposed convolutions. */
export interface ConvolutionTransposeOptions {
  /** (in, out / groups, kernel...). */
  weight?: Tensor;
  /** One number for each output channel. */
  bias?: Tensor | null;
  /** 1 unless given. */
  stride?: Size;
  /** Elements cut off on both sides of the result, 0 unless given. */
  padding?: Size;
  /** Elements added after each dimension: which of the inputs' sizes that give one output size is meant. */
  outputPadding?: Size;
  /** Groups of channels that do not see each other, 1 unless given. */
  groups?: number;
  /** Steps between the elements of a kernel, 1 unless given. */
  dilation?: Size;
}

/** `convTranspose1d`, `convTranspose2d`, `convTranspose3d`. */
export type ConvolveTranspose = Fn<
  [
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: Size,
    padding?: Size,
    outputPadding?: Size,
    groups?: number,
    dilation?: Size,
  ],
  ConvolutionTransposeOptions,
  Tensor
>;

function convolveTranspose(rank: number): ConvolveTranspose {
  const name = `convTranspose${rank}d`;
  return fn(
    `${name}(input, weight, bias=null, stride=1, padding=0, outputPadding=0, groups=1, dilation=1)`,
    (input, weight, bias, stride, padding, outputPadding, groups, dilation) => {
      checkOperands(name, input, weight, bias, rank);
      const steps = spread(name, 'stride', stride, rank, 1);
      const cut = spread(name, 'padding', padding, rank, 0);
      const spacing = spread(name, 'dilation', dilation, rank, 1);
      const added = spread(name, 'outputPadding', outputPadding, rank, 0);
      added.forEach((n, d) => {
        if (n < steps[d] || n < spacing[d]) return;
        throw new ValueError(
          `${name}: outputPadding ${n} must be smaller than the stride ${steps[d]} or the dilation ${spacing[d]}`,
        );
      });
      const kernel = weight.shape.slice(2);
      checkGroups(name, groups, weight.shape[0], 'input channels');
      const run = (x: Tensor): Tensor[] => {
        checkChannels(name, x, weight, weight.shape[0], groups);
        const plane = kernel.map((size, d) => {
          const length = (x.shape[d + 2] - 1) * steps[d] - 2 * cut[d] + reach(size, spacing[d]) + added[d];
          if (length > 0) return length;
          throw new ShapeError(
            `${name}: dimension ${d + 2} of the input ${showShape(x.shape)} would become ${length}; use less padding`,
          );
        });
        const shape = [x.shape[0], weight.shape[1] * groups, ...plane];
        const taps = { shape, stride: steps, padding: cut, dilation: spacing, groups };
        return [apply1(convolutionInputRow, operands(name, x, weight, bias, shape[1]), taps)];
      };
      return batched(name, input, rank, run)[0];
    },
    {
      samples: (m) => transposedSamples(m, rank),
      errors: (m) => {
        const kernel = new Array<number>(rank).fill(3);
        const plane = new Array<number>(rank).fill(5);
        return [
          [[m(1, 3, ...plane), m(2, 4, ...kernel)], 'has 3 channels'],
          [[m(1, 3, ...plane), m(3, 4, ...kernel), { groups: 2 }], 'cannot be dealt to 2 groups'],
          [[m(1, 2, ...plane), m(2, 4, ...kernel), { outputPadding: 1 }], 'outputPadding 1 must be smaller'],
          [[m(1, 2, ...plane.map(() => 1)), m(2, 4, ...kernel), { padding: 2 }], 'use less padding'],
        ];
      },
    },
  );
}

function transposedSamples(m: Maker, rank: number): unknown[][] {
  const sizes = [3, 2, 3].slice(0, rank);
  const kernel = [3, 2, 2].slice(0, rank);
  return [
    [m(2, 2, ...sizes), m(2, 3, ...kernel), m(3)],
    [m(2, ...sizes), m(2, 3, ...kernel)],
    [m(1, 4, ...sizes), m(4, 1, ...kernel), m(2), { stride: 2, padding: 1, outputPadding: 1, groups: 2 }],
    [m(1, 1, ...sizes), m(1, 2, ...kernel), null, 1, 0, 1, 1, 2],
    [m(0, 2, ...sizes), m(2, 3, ...kernel)],
  ];
}

/** The gradient of `conv1d` to its input as an operation: [N, C, L] with kernels [C, O / groups, K]. PyTorch: torch.nn.functional.conv_transpose1d. */
export const convTranspose1d: ConvolveTranspose = convolveTranspose(1);

/**
 * The gradient of `conv2d` to its input as an operation: [N, C, H, W] with kernels [C, O / groups, KH, KW].
 * PyTorch: torch.nn.functional.conv_transpose2d.
 * @example
 * tg.nn.functional.convTranspose2d(tg.ones(1, 1, 4, 4), tg.ones(1, 2, 2, 2), { stride: 2 }).shape // => [ 1, 2, 8, 8 ]
 */
export const convTranspose2d: ConvolveTranspose = convolveTranspose(2);

/** The gradient of `conv3d` to its input as an operation: [N, C, D, H, W] with kernels [C, O / groups, KD, KH, KW]. PyTorch: torch.nn.functional.conv_transpose3d. */
export const convTranspose3d: ConvolveTranspose = convolveTranspose(3);
