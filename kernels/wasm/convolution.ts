import { compact } from '../cpu/compact.js';
import type { Convolution, View } from '../types.js';
import { count, isContiguous } from '../view.js';
import { panelColumns, panelRows } from './gemm.js';
import type { Images, Kernels, Triple } from './images.js';
import type { Steps } from './patchConvolution.js';
import * as patches from './patchConvolution.js';
import { policy } from './policy.js';
import { panels } from './staging.js';
import type { Extent } from './winogradConvolution.js';
import * as winograd from './winogradConvolution.js';

const { ceil } = Math;

// What things cost, in cycles of the machine of docs/performance.md: a multiplication of the micro-kernel, an element of a patch, a factor
// of an element, a factor of a kernel's element, a call, and what comes before the first of them.
const multiplication = 0.27;
const patchElement = 0.6;
const factor = 1.6;
const kernelFactor = 1;
const call = 100;
const start = 20_000;

/** Whether operands are memory that can be staged: typed arrays of float32, and not look-alikes. */
function canStage(...views: readonly View[]): boolean {
  return views.every(({ dtype, buffer }) => dtype === 'float32' && ArrayBuffer.isView(buffer));
}

/** Whether a convolution with three spatial dimensions is one of planes in steps of 1 with kernels of 3 x 3 elements. */
function isTiled({ shape }: View, input: View, { stride, padding, dilation }: Convolution): boolean {
  const [, , depth, height, width] = shape;
  const flat = depth === 1 && input.shape[2] === 1 && padding[0] === 0;
  return flat && height === 3 && width === 3 && stride.every((s) => s === 1) && dilation.every((d) => d === 1);
}

/** The size of the tiles in which a convolution costs least, by these counts; null where patches cost less. Channels are those of a group; inputs go in so many lanes. */
function tileFor(
  images: number,
  groups: number,
  inputs: number,
  outputs: number,
  height: number,
  width: number,
  lanes: number,
): number | null {
  const channels = panels(inputs, lanes);
  const kernels = channels * outputs;
  let best: number | null = null;
  let least = groups * images * height * width * 9 * inputs * (outputs * multiplication + patchElement);
  for (const size of policy.tiles) {
    const tiles = images * ceil(height / size) * ceil(width / size);
    const perTile = kernels * multiplication + (channels + outputs) * factor;
    const work = groups * (size + 2) ** 2 * (tiles * perTile + kernels * kernelFactor + call);
    const cost = policy.tilePrice * (work + start);
    if (cost <= least) [best, least] = [size, cost];
  }
  return best;
}

function imagesOf({ buffer, offset, shape }: View, groups: number): Images {
  const [, channels, depth, height, width] = shape;
  return { data: buffer as Float32Array, offset, channels: channels / groups, plane: [depth, height, width] };
}

function kernelsOf({ buffer, offset, shape }: View): Kernels {
  const [, , depth, height, width] = shape;
  return { data: buffer as Float32Array, offset, taps: [depth, height, width] };
}

function stepsOf({ shape }: View, { groups, stride, padding, dilation }: Convolution): Steps {
  return {
    images: shape[0],
    groups,
    stride: stride as unknown as Triple,
    padding: padding as unknown as Triple,
    dilation: dilation as unknown as Triple,
  };
}

/** Which tiles a convolution goes in, and how far they reach over the source's edges; null where they are not the way. */
function tilesFor(
  source: View,
  result: View,
  weight: View,
  options: Convolution,
  top: number,
  left: number,
  lanes: number,
): [size: number, extent: Extent] | null {
  const { groups } = options;
  const [images, channels] = source.shape;
  const [, outputs, , height, width] = result.shape;
  if (top < 0 || left < 0 || !isTiled(weight, source, options)) return null;
  const rows = panels(outputs / groups, panelRows);
  const size = tileFor(images, groups, channels / groups, rows, height, width, lanes);
  return size === null ? null : [size, { images, groups, top, left }];
}

function isWorth(output: View, result: View, weight: View): boolean {
  const work = (count(result.shape) * count(weight.shape)) / weight.shape[0];
  return work >= policy.convolutions && count(output.shape) > 0 && isContiguous(output.shape, output.strides);
}

/** `Kernels.convolution` of float32 with three spatial dimensions; false, and nothing done, where WebAssembly is not the way. */
export function convolution(output: View, input: View, weight: View, options: Convolution): boolean {
  if (!canStage(output, input, weight) || !isWorth(output, output, weight)) return false;
  const { groups, padding } = options;
  const [source, kernels] = [imagesOf(compact(input), groups), kernelsOf(compact(weight))];
  const result = imagesOf(output, groups);
  const tiles = tilesFor(input, output, weight, options, padding[1], padding[2], 1);
  if (tiles !== null && winograd.convolve(...tiles, source, kernels, false, result, null)) return true;
  return patches.convolve(stepsOf(input, options), source, kernels, result, null);
}

/** `Kernels.convolutionInput` in the same way. */
export function convolutionInput(output: View, gradient: View, weight: View, options: Convolution): boolean {
  if (!canStage(output, gradient, weight) || !isWorth(output, gradient, weight)) return false;
  const { groups, padding } = options;
  const [source, kernels] = [imagesOf(compact(gradient), groups), kernelsOf(compact(weight))];
  const result = imagesOf(output, groups);
  const tiles = tilesFor(gradient, output, weight, options, 2 - padding[1], 2 - padding[2], 1);
  if (tiles !== null && winograd.convolve(...tiles, source, kernels, true, result, null)) return true;
  return patches.convolveInput(stepsOf(gradient, options), source, kernels, result, null);
}

/** `Kernels.convolutionWeight` in the same way. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): boolean {
  if (!canStage(output, gradient, input) || !isWorth(output, gradient, output)) return false;
  const { groups, padding } = options;
  const [source, given] = [imagesOf(compact(input), groups), imagesOf(compact(gradient), groups)];
  const tiles = tilesFor(input, gradient, output, options, padding[1], padding[2], panelColumns);
  if (tiles !== null && winograd.convolveKernels(...tiles, source, given, kernelsOf(output))) return true;
  return patches.convolveKernels(stepsOf(input, options), source, given, kernelsOf(output));
}
