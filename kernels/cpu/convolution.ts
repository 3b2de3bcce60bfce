import * as blas from '../blas/convolution.js';
import * as reference from '../reference/convolution.js';
import type { Convolution, DType, View } from '../types.js';
import { count } from '../view.js';
import * as wasm from '../wasm/convolution/convolution.js';
import { type Floats, packedFor } from './gemm.js';
import { scratch } from './scratch.js';
import { staged, throughFloat32 } from './stage.js';
import { copyFor, gatherFor, scatter } from './taps.js';

const { ceil, floor, max, min } = Math;

/** How many elements of patches are packed, and multiplied, at a time: 256 KiB. */
const packed = 32768;
/** Images of one place each go through the loops together, this many at a time. */
const together = 64;

const imageScratch = scratch();
const leftScratch = scratch();
const rightScratch = scratch();
const sumScratch = scratch();
const tile = new Float64Array(16);

/**
 * `Kernels.convolution`: through the system's BLAS where that pays, else patches packed for the blocked product; up to three spatial
 * dimensions of floats, the rest through the reference.
 */
export function convolution(output: View, input: View, weight: View, options: Convolution, bias?: View): void {
  if (!isFast(output, input, weight)) return reference.convolution(output, input, weight, options, bias);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) =>
      convolution(floats, staged(input), staged(weight), options, bias && staged(bias)),
    );
  }
  const all = [flatten(output), flatten(input), flatten(weight), widen(options)] as const;
  if (wasm.convolution(...all, bias)) return;
  if (!blas.convolution(...all)) forward(...all);
  if (bias) addBias(all[0], bias);
}

/** `Kernels.convolutionInput`: weight times gradient gives patches, which are added up where they overlap. */
export function convolutionInput(output: View, gradient: View, weight: View, options: Convolution, bias?: View): void {
  if (!isFast(output, gradient, weight)) return reference.convolutionInput(output, gradient, weight, options, bias);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) =>
      convolutionInput(floats, staged(gradient), staged(weight), options, bias && staged(bias)),
    );
  }
  const all = [flatten(output), flatten(gradient), flatten(weight), widen(options)] as const;
  if (wasm.convolutionInput(...all, bias)) return;
  if (!blas.convolutionInput(...all)) inputGradient(...all);
  if (bias) addBias(all[0], bias);
}

/** Adds a channel's number to each of its elements, in what was computed without. */
function addBias({ buffer, offset, shape, strides }: View, bias: View): void {
  const data = buffer as Floats;
  const [images, channels, depth, height, width] = shape;
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      const value = (bias.buffer as Floats)[bias.offset + c * bias.strides[0]];
      const at = offset + n * strides[0] + c * strides[1];
      for (let i = at; i < at + depth * height * width; i++) data[i] += value;
    }
  }
}

/** `Kernels.convolutionWeight`: the gradient times packed patches, summed in double over all images. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): void {
  if (!isFast(output, gradient, input)) return reference.convolutionWeight(output, gradient, input, options);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) => convolutionWeight(floats, staged(gradient), staged(input), options));
  }
  const all = [flatten(output), flatten(gradient), flatten(input), widen(options)] as const;
  if (!wasm.convolutionWeight(...all) && !blas.convolutionWeight(...all)) weightGradient(...all);
}

const floats: readonly DType[] = ['float32', 'float64', 'float16'];

function isFast(output: View, a: View, b: View): boolean {
  const { dtype } = output;
  return output.shape.length <= 5 && floats.includes(dtype) && a.dtype === dtype && b.dtype === dtype;
}

/** Puts `value` before the spatial entries until there are three. */
function three(list: readonly number[], value: number): number[] {
  return [...new Array<number>(3 - list.length).fill(value), ...list];
}

/** A view with three spatial dimensions. */
function flatten(view: View): View {
  const { buffer, offset, dtype } = view;
  const shape = [...view.shape.slice(0, 2), ...three(view.shape.slice(2), 1)];
  const strides = [...view.strides.slice(0, 2), ...three(view.strides.slice(2), 0)];
  // Field by field: a view may be an object whose buffer is a getter, which a spread would leave behind.
  return { buffer, offset, shape, strides, dtype };
}

function widen({ stride, padding, dilation, groups }: Convolution): Convolution {
  return { stride: three(stride, 1), padding: three(padding, 0), dilation: three(dilation, 1), groups };
}

/** Row-major offsets of a box of elements. */
function offsets(shape: readonly number[], strides: readonly number[]): Int32Array {
  const table = new Int32Array(count(shape));
  let filled = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    for (let i = 1; i < shape[d]; i++) {
      for (let j = 0; j < filled; j++) table[i * filled + j] = table[j] + i * strides[d];
    }
    filled *= shape[d];
  }
  return table;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/**
 * A convolution as a product of matrices: [outputs, taps] times [taps, places], for every group and block of images.
 * The padded input of a block lies in scratch, where tap k of place j is image[places[j] + taps[k]].
 */
interface Plan {
  readonly groups: number;
  readonly outputs: number;
  readonly channels: number;
  readonly taps: number;
  readonly images: number;
  /** Images in a block. */
  readonly block: number;
  /** Places in one image. */
  readonly places: number;
  readonly tapOffsets: Int32Array;
  readonly placeOffsets: Int32Array;
  /** The scratch: where the input starts in it, its strides and the size of one image. */
  readonly start: number;
  readonly strides: readonly number[];
  readonly size: number;
}

function planFor(output: View, input: View, weight: View, options: Convolution): Plan {
  const { stride, padding, dilation, groups } = options;
  const [, channels, ...kernel] = weight.shape;
  const [images, , ...plane] = output.shape;
  const [depth, height, width] = padding.map((p, d) => input.shape[d + 2] + 2 * p);
  const spatial = [height * width, width, 1];
  const channel = depth * height * width;
  const size = channels * channel;
  const places = count(plane);
  const block = places === 1 ? max(1, min(images, together)) : 1;
  return {
    groups,
    outputs: weight.shape[0] / groups,
    channels,
    taps: channels * count(kernel),
    images,
    block,
    places,
    tapOffsets: offsets([channels, ...kernel], [channel, ...spatial.map((s, d) => s * dilation[d])]),
    placeOffsets: offsets([block, ...plane], [size, ...spatial.map((s, d) => s * stride[d])]),
    start: dot(padding, spatial),
    strides: [channel, ...spatial],
    size,
  };
}

/** Zeroed scratch for a block of padded images. */
function blankImages(plan: Plan): Float64Array {
  return imageScratch(plan.block * plan.size).fill(0, 0, plan.block * plan.size);
}

/** Copies one group's channels of some images between a view and the scratch. */
function copyImages(
  plan: Plan,
  scratch: Float64Array,
  view: View,
  group: number,
  first: number,
  images: number,
  out: boolean,
): void {
  const { channels, start, strides, size } = plan;
  const data = view.buffer as Floats;
  const copy = copyFor(out ? data.BYTES_PER_ELEMENT * 16 + 8 : 8 * 16 + data.BYTES_PER_ELEMENT);
  const shape = [channels, ...view.shape.slice(2)];
  const viewStrides = view.strides.slice(1);
  for (let image = 0; image < images; image++) {
    const inside = image * size + start;
    const outside = view.offset + group * channels * view.strides[1] + (first + image) * view.strides[0];
    if (out) copy(data, outside, viewStrides, scratch, inside, strides, shape);
    else copy(scratch, inside, strides, data, outside, viewStrides, shape);
  }
}

/** Calls back for every block of images: the first of them and how many. */
function eachBlock(plan: Plan, visit: (first: number, images: number) => void): void {
  for (let first = 0; first < plan.images; first += plan.block) visit(first, min(plan.block, plan.images - first));
}

/** Calls back for runs of whole fours of `total` rows that fit the packing memory at `depth` steps each. */
function eachRun(total: number, depth: number, visit: (from: number, count: number) => void): void {
  const run = max(4, 4 * floor(packed / max(1, depth) / 4));
  for (let from = 0; from < total; from += run) visit(from, min(run, total - from));
}

function fours(n: number): number {
  return 4 * ceil(n / 4);
}

function forward(output: View, input: View, weight: View, options: Convolution): void {
  const plan = planFor(output, input, weight, options);
  const { outputs, taps, places, tapOffsets, placeOffsets } = plan;
  const data = output.buffer as Floats;
  const multiply = packedFor(data.BYTES_PER_ELEMENT);
  const gatherWeight = gatherFor(data.BYTES_PER_ELEMENT);
  const gatherImage = gatherFor(8);
  const column = places === 1 ? output.strides[0] : output.strides[4];
  const rowOffsets = offsets([outputs], [weight.strides[0]]);
  const stepOffsets = offsets(weight.shape.slice(1), weight.strides.slice(1));
  const image = blankImages(plan);
  const left = leftScratch(fours(outputs) * taps);
  const right = rightScratch(max(packed, 4 * taps));
  for (let group = 0; group < plan.groups; group++) {
    const weightAt = weight.offset + group * outputs * weight.strides[0];
    gatherWeight(left, weight.buffer as Floats, weightAt, rowOffsets, 0, outputs, stepOffsets, 0, taps);
    eachBlock(plan, (first, images) => {
      copyImages(plan, image, input, group, first, images, false);
      const at = output.offset + first * output.strides[0] + group * outputs * output.strides[1];
      eachRun(images * places, taps, (from, count) => {
        gatherImage(right, image, 0, placeOffsets, from, count, tapOffsets, 0, taps);
        multiply(left, right, data, at + from * column, output.strides[1], column, outputs, count, taps, false, tile);
      });
    });
  }
}

function inputGradient(output: View, gradient: View, weight: View, options: Convolution): void {
  const plan = planFor(gradient, output, weight, options);
  const { outputs, taps, places, tapOffsets, placeOffsets } = plan;
  const data = gradient.buffer as Floats;
  const multiply = packedFor(8);
  const gather = gatherFor(data.BYTES_PER_ELEMENT);
  const tapRows = offsets(weight.shape.slice(1), weight.strides.slice(1));
  const weightSteps = offsets([outputs], [weight.strides[0]]);
  const placeRows = offsets(
    [plan.block, ...gradient.shape.slice(2)],
    [gradient.strides[0], ...gradient.strides.slice(2)],
  );
  const gradientSteps = offsets([outputs], [gradient.strides[1]]);
  const left = leftScratch(fours(taps) * outputs);
  const right = rightScratch(max(packed, 4 * max(taps, outputs)));
  const sums = sumScratch(max(packed, 4 * taps));
  for (let group = 0; group < plan.groups; group++) {
    const weightAt = weight.offset + group * outputs * weight.strides[0];
    gather(left, weight.buffer as Floats, weightAt, tapRows, 0, taps, weightSteps, 0, outputs);
    eachBlock(plan, (first, images) => {
      const image = blankImages(plan);
      const at = gradient.offset + first * gradient.strides[0] + group * outputs * gradient.strides[1];
      eachRun(images * places, max(taps, outputs), (from, count) => {
        gather(right, data, at, placeRows, from, count, gradientSteps, 0, outputs);
        multiply(left, right, sums, 0, count, 1, taps, count, outputs, false, tile);
        scatter(image, sums, tapOffsets, taps, placeOffsets, from, count);
      });
      copyImages(plan, image, output, group, first, images, true);
    });
  }
}

function weightGradient(output: View, gradient: View, input: View, options: Convolution): void {
  const plan = planFor(gradient, input, output, options);
  const { outputs, taps, places, tapOffsets, placeOffsets } = plan;
  const data = gradient.buffer as Floats;
  const multiply = packedFor(8);
  const gatherGradient = gatherFor(data.BYTES_PER_ELEMENT);
  const gatherImage = gatherFor(8);
  const outputRows = offsets([outputs], [gradient.strides[1]]);
  const placeSteps = offsets(
    [plan.block, ...gradient.shape.slice(2)],
    [gradient.strides[0], ...gradient.strides.slice(2)],
  );
  const image = blankImages(plan);
  const left = leftScratch(max(packed, 4 * fours(outputs)));
  const right = rightScratch(max(packed, 4 * fours(taps)));
  const sums = sumScratch(outputs * taps);
  for (let group = 0; group < plan.groups; group++) {
    sums.fill(0, 0, outputs * taps);
    eachBlock(plan, (first, images) => {
      copyImages(plan, image, input, group, first, images, false);
      const at = gradient.offset + first * gradient.strides[0] + group * outputs * gradient.strides[1];
      eachRun(images * places, max(fours(taps), fours(outputs)), (from, count) => {
        gatherGradient(left, data, at, outputRows, 0, outputs, placeSteps, from, count);
        gatherImage(right, image, 0, tapOffsets, 0, taps, placeOffsets, from, count);
        multiply(left, right, sums, 0, taps, 1, outputs, taps, count, true, tile);
      });
    });
    (output.buffer as Floats).set(sums.subarray(0, outputs * taps), output.offset + group * outputs * taps);
  }
}
