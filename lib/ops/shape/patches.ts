import { contiguousStrides } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import type { Geometry } from '../../autograd/edges.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { pad } from './pad.js';
import { embed, extract } from './regions.js';

/** One number for both directions, or one for each. */
export type Pair = number | readonly number[];

interface Patches {
  readonly kernel: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
}

function pair(name: string, what: string, value: Pair, least: number): readonly number[] {
  const two = typeof value === 'number' ? [value, value] : value.length === 1 ? [value[0], value[0]] : value;
  if (two.length !== 2 || !two.every((n) => Number.isInteger(n) && n >= least)) {
    throw new ValueError(`${name}: ${what} must be one or two integers of at least ${least}, got ${String(value)}`);
  }
  return two;
}

function patchesOf(name: string, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair): Patches {
  return {
    kernel: pair(name, 'kernelSize', kernel, 1),
    dilation: pair(name, 'dilation', dilation, 1),
    padding: pair(name, 'padding', padding, 0),
    stride: pair(name, 'stride', stride, 1),
  };
}

/** Where the patches of padded images (N, C, H, W) lie: (N, C, rows, columns, kernel height, kernel width). */
function windows(name: string, within: readonly number[], { kernel, dilation, stride }: Patches): Geometry {
  const strides = contiguousStrides(within);
  const counts = [0, 1].map((d) => Math.floor((within[d + 2] - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1);
  if (counts.some((n) => n < 1)) {
    throw new ShapeError(
      `${name}: a kernel of ${showShape(kernel)} with dilation ${showShape(dilation)} does not fit padded images of ${showShape(within.slice(2))}`,
    );
  }
  return {
    shape: [within[0], within[1], ...counts, ...kernel],
    strides: [
      strides[0],
      strides[1],
      ...[0, 1].map((d) => strides[d + 2] * stride[d]),
      ...[0, 1].map((d) => strides[d + 2] * dilation[d]),
    ],
    offset: 0,
    within,
  };
}

type UnfoldOptions = { kernelSize?: Pair; dilation?: Pair; padding?: Pair; stride?: Pair };

/**
 * The patches that a convolution's kernel sees, one in a column: images (N, C, H, W) or (C, H, W) become (N, C kh kw, patches).
 * PyTorch: torch.nn.functional.unfold.
 */
export const unfold: Fn<
  [input: Tensor, kernelSize: Pair, dilation?: Pair, padding?: Pair, stride?: Pair],
  UnfoldOptions,
  Tensor
> = fn(
  'unfold(input, kernelSize, dilation=1, padding:integers=0, stride:integers=1)',
  (input, kernelSize, dilation, padding, stride) => {
    checkTensor('unfold', input);
    if (input.shape.length === 3) return unfold(input.unsqueeze(0), kernelSize, dilation, padding, stride).squeeze(0);
    if (input.shape.length !== 4) {
      throw new ShapeError(`unfold: takes images (N, C, H, W) or (C, H, W), got ${showShape(input.shape)}`);
    }
    const patches = patchesOf('unfold', kernelSize, dilation, padding, stride);
    const [ph, pw] = patches.padding;
    const geometry = windows(
      'unfold',
      [...input.shape.slice(0, 2), input.shape[2] + 2 * ph, input.shape[3] + 2 * pw],
      patches,
    );
    const padded = ph === 0 && pw === 0 ? input : pad(input, [pw, pw, ph, ph]);
    const [n, c, rows, columns, kh, kw] = geometry.shape;
    return extract(padded, geometry)
      .permute(0, 1, 4, 5, 2, 3)
      .reshape(n, c * kh * kw, rows * columns);
  },
  {
    samples: (m) => [
      [m(2, 2, 4, 5), 2],
      [m(1, 1, 5, 5), [3, 2], { dilation: [1, 2], padding: 1, stride: [2, 1] }],
      [m(2, 3, 3), 2],
    ],
    errors: (m) => [
      [[m(2, 2), 1], 'takes images'],
      [[m(1, 1, 2, 2), 3], 'does not fit'],
    ],
  },
);

type FoldOptions = UnfoldOptions & { outputSize?: Pair };

/**
 * The reverse of `unfold`: puts patches (N, C kh kw, patches) back into images of `outputSize`, adding where they overlap.
 * PyTorch: torch.nn.functional.fold.
 */
export const fold: Fn<
  [input: Tensor, outputSize: Pair, kernelSize: Pair, dilation?: Pair, padding?: Pair, stride?: Pair],
  FoldOptions,
  Tensor
> = fn(
  'fold(input, outputSize:integers, kernelSize, dilation=1, padding:integers=0, stride:integers=1)',
  (input, outputSize, kernelSize, dilation, padding, stride) => {
    checkTensor('fold', input);
    if (input.shape.length === 2) {
      return fold(input.unsqueeze(0), outputSize, kernelSize, dilation, padding, stride).squeeze(0);
    }
    const patches = patchesOf('fold', kernelSize, dilation, padding, stride);
    const [h, w] = pair('fold', 'outputSize', outputSize, 1);
    const [ph, pw] = patches.padding;
    const [kh, kw] = patches.kernel;
    const [n, rows, columns] = input.shape;
    const c = rows / (kh * kw);
    const geometry = windows('fold', [n, Math.max(1, Math.floor(c)), h + 2 * ph, w + 2 * pw], patches);
    const [, , down, across] = geometry.shape;
    if (input.shape.length !== 3 || !Number.isInteger(c) || columns !== down * across) {
      throw new ShapeError(
        `fold: takes (N, C x ${kh * kw}, ${down * across}) for images of (${h}, ${w}), got ${showShape(input.shape)}`,
      );
    }
    const images = embed(input.reshape(n, c, kh, kw, down, across).permute(0, 1, 4, 5, 2, 3), geometry);
    return ph === 0 && pw === 0 ? images : images.narrow(2, ph, h).narrow(3, pw, w).contiguous();
  },
  {
    samples: (m) => [
      [m(2, 8, 12), [4, 5], 2],
      [m(1, 6, 15), 5, [3, 2], { dilation: [1, 2], padding: 1, stride: [2, 1] }],
    ],
    errors: (m) => [[[m(1, 8, 5), [4, 5], 2], 'takes (N, C x 4, 12)']],
  },
);
