import * as reference from '../reference/convolution.js';
import type { Convolution, DType, View } from '../types.js';
import { count } from '../view.js';
import type { Floats } from './gemm.js';
import { scratch } from './scratch.js';
import { staged, throughFloat32 } from './stage.js';
import { copyFor, correlate, gatherFor, packFor } from './taps.js';

const { ceil, floor, max, min } = Math;

/** Images go through the loops in blocks of at least this many places, where there are so many. */
const blockPlaces = 64;

const imageScratch = scratch();
const packScratch = scratch();
const sumScratch = scratch();
const tile = new Float64Array(16);

/** `Kernels.convolution`: up to three spatial dimensions of floats by gathering, the rest through the reference. */
export function convolution(output: View, input: View, weight: View, options: Convolution): void {
  if (!isFast(output, input, weight)) return reference.convolution(output, input, weight, options);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) => convolution(floats, staged(input), staged(weight), options));
  }
  forward(flatten(output), flatten(input), flatten(weight), widen(options));
}

/** `Kernels.convolutionInput`: a gathering too, one for each remainder of the position by the stride. */
export function convolutionInput(output: View, gradient: View, weight: View, options: Convolution): void {
  if (!isFast(output, gradient, weight)) return reference.convolutionInput(output, gradient, weight, options);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) => convolutionInput(floats, staged(gradient), staged(weight), options));
  }
  backward(flatten(output), flatten(gradient), flatten(weight), widen(options));
}

/** `Kernels.convolutionWeight`: the gradient's rows against the gathered taps, summed in double over all images. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): void {
  if (!isFast(output, gradient, input)) return reference.convolutionWeight(output, gradient, input, options);
  if (output.dtype === 'float16') {
    return throughFloat32(output, (floats) => convolutionWeight(floats, staged(gradient), staged(input), options));
  }
  weightGradient(flatten(output), flatten(gradient), flatten(input), widen(options));
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
  const shape = [...view.shape.slice(0, 2), ...three(view.shape.slice(2), 1)];
  return { ...view, shape, strides: [...view.strides.slice(0, 2), ...three(view.strides.slice(2), 0)] };
}

function widen({ stride, padding, dilation, groups }: Convolution): Convolution {
  return { stride: three(stride, 1), padding: three(padding, 0), dilation: three(dilation, 1), groups };
}

/** Row-major offsets of a box of elements; whole fours, where the surplus repeats the first. */
function offsets(shape: readonly number[], strides: readonly number[], base = 0): Int32Array {
  const table = new Int32Array(4 * ceil(count(shape) / 4)).fill(base);
  let filled = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    for (let i = 1; i < shape[d]; i++) {
      for (let j = 0; j < filled; j++) table[i * filled + j] = table[j] + i * strides[d];
    }
    filled *= shape[d];
  }
  return table;
}

/** Where the channels of a group lie in scratch: row-major, with `low` zeros before each spatial dimension and more behind. */
interface Layout {
  readonly low: readonly number[];
  readonly strides: readonly number[];
  readonly size: number;
}

function layout(channels: number, sizes: readonly number[], low: readonly number[]): Layout {
  const [depth, height, width] = sizes;
  const plane = height * width;
  return { low, strides: [depth * plane, plane, width, 1], size: channels * depth * plane };
}

/** Copies one group of some images into the scratch; the zeros around them are there already. */
function copyImages(
  target: Float64Array,
  to: Layout,
  source: View,
  group: number,
  groups: number,
  first: number,
  images: number,
): void {
  const channels = source.shape[1] / groups;
  const copy = copyFor((source.buffer as Floats).BYTES_PER_ELEMENT);
  const shape = [channels, ...source.shape.slice(2)];
  const start = dot(to.low, to.strides.slice(1));
  const channel = source.offset + group * channels * source.strides[1];
  for (let image = 0; image < images; image++) {
    const from = channel + (first + image) * source.strides[0];
    copy(target, image * to.size + start, to.strides, source.buffer as Floats, from, source.strides.slice(1), shape);
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/** Images in a block, for that many places in each. */
function blockOf(images: number, places: number): number {
  return max(1, min(images, ceil(blockPlaces / max(1, places))));
}

/** Some places of the output, all of which see the same taps. */
interface Part {
  /** Taps of one output element. */
  readonly steps: number;
  /** Places in one image. */
  readonly places: number;
  readonly taps: Int32Array;
  readonly weights: Int32Array;
  readonly gathered: Int32Array;
  readonly stored: Int32Array;
}

/** What distinguishes the two gatherings: which side of the weight makes the rows, and the parts. */
interface Gathering {
  readonly layout: Layout;
  readonly block: number;
  /** Weight strides from row to row and from group to group. */
  readonly row: number;
  readonly group: number;
  readonly parts: readonly Part[];
}

function gather(output: View, source: View, weight: View, groups: number, plan: Gathering): void {
  const data = output.buffer as Floats;
  const key = data.BYTES_PER_ELEMENT;
  const pack = packFor(key);
  const loop = gatherFor(key);
  const rows = output.shape[1] / groups;
  const images = output.shape[0];
  const image = imageScratch(plan.block * plan.layout.size).fill(0, 0, plan.block * plan.layout.size);
  for (let group = 0; group < groups; group++) {
    for (const part of plan.parts) {
      const packed = packScratch(4 * ceil(rows / 4) * part.steps);
      pack(
        packed,
        weight.buffer as Floats,
        weight.offset + group * plan.group,
        plan.row,
        part.weights,
        rows,
        part.steps,
      );
      for (let first = 0; first < images; first += plan.block) {
        const some = min(plan.block, images - first);
        copyImages(image, plan.layout, source, group, groups, first, some);
        const at = output.offset + first * output.strides[0] + group * rows * output.strides[1];
        const { stored, taps, steps, gathered, places } = part;
        loop(data, at, output.strides[1], stored, packed, rows, image, taps, steps, gathered, some * places, tile);
      }
    }
  }
}

/** The offsets of taps and places in the padded input, for the passes that read the input. */
function inputSide(input: View, outputPlane: readonly number[], kernel: readonly number[], options: Convolution) {
  const { stride, padding, dilation, groups } = options;
  const channels = input.shape[1] / groups;
  const sizes = padding.map((low, d) => input.shape[d + 2] + 2 * low);
  const to = layout(channels, sizes, padding);
  const [channel, ...spatial] = to.strides;
  const places = count(outputPlane);
  const block = blockOf(input.shape[0], places);
  return {
    layout: to,
    block,
    steps: channels * count(kernel),
    places,
    taps: offsets([channels, ...kernel], [channel, ...spatial.map((s, d) => s * dilation[d])]),
    gathered: offsets([block, ...outputPlane], [to.size, ...spatial.map((s, d) => s * stride[d])]),
  };
}

function forward(output: View, input: View, weight: View, options: Convolution): void {
  const plane = output.shape.slice(2);
  const side = inputSide(input, plane, weight.shape.slice(2), options);
  const part: Part = {
    ...side,
    weights: offsets(weight.shape.slice(1), weight.strides.slice(1)),
    stored: offsets([side.block, ...plane], [output.strides[0], ...output.strides.slice(2)]),
  };
  const group = (weight.shape[0] / options.groups) * weight.strides[0];
  gather(output, input, weight, options.groups, { ...side, row: weight.strides[0], group, parts: [part] });
}

/** Along one dimension: the positions `first + j * stride` of the input, and the taps that reach them from gradient element `start + j - m * back`. */
interface Remainder {
  readonly first: number;
  readonly positions: number;
  readonly tap: number;
  readonly step: number;
  readonly taps: number;
  readonly start: number;
  readonly back: number;
}

function remainders(size: number, kernel: number, stride: number, padding: number, dilation: number): Remainder[] {
  let step = 1;
  while ((step * dilation) % stride !== 0) step++;
  const list: Remainder[] = [];
  for (let first = 0; first < min(stride, size); first++) {
    let tap = 0;
    while (tap < step && (first + padding - tap * dilation) % stride !== 0) tap++;
    const taps = tap === step ? 0 : max(0, ceil((kernel - tap) / step));
    const start = taps === 0 ? 0 : (first + padding - tap * dilation) / stride;
    list.push({
      first,
      positions: ceil((size - first) / stride),
      tap,
      step,
      taps,
      start,
      back: (step * dilation) / stride,
    });
  }
  return list;
}

function backward(output: View, gradient: View, weight: View, options: Convolution): void {
  const { stride, padding, dilation, groups } = options;
  const channels = gradient.shape[1] / groups;
  const plane = output.shape.slice(2);
  const kernel = weight.shape.slice(2);
  const low = kernel.map((k, d) => max(0, -floor((padding[d] - (k - 1) * dilation[d]) / stride[d])));
  const sizes = low.map((l, d) => l + max(gradient.shape[d + 2], floor((plane[d] - 1 + padding[d]) / stride[d]) + 1));
  const to = layout(channels, sizes, low);
  const block = blockOf(output.shape[0], count(plane));
  const [channel, ...spatial] = to.strides;
  const [depths, heights, widths] = plane.map((size, d) =>
    remainders(size, kernel[d], stride[d], padding[d], dilation[d]),
  );
  const parts: Part[] = [];
  for (const z of depths) {
    for (const y of heights) {
      for (const x of widths) {
        const each = [z, y, x];
        const counts = each.map((r) => r.positions);
        const taps = each.map((r) => r.taps);
        const start = dot(
          each.map((r, d) => r.start + low[d]),
          spatial,
        );
        const steps = each.map((r, d) => r.step * weight.strides[d + 2]);
        const strides = stride.map((s, d) => s * output.strides[d + 2]);
        parts.push({
          steps: channels * count(taps),
          places: count(counts),
          taps: offsets([channels, ...taps], [channel, ...spatial.map((s, d) => -s * each[d].back)]),
          weights: offsets(
            [channels, ...taps],
            [weight.strides[0], ...steps],
            dot(
              each.map((r) => r.tap),
              weight.strides.slice(2),
            ),
          ),
          gathered: offsets([block, ...counts], [to.size, ...spatial], start),
          stored: offsets(
            [block, ...counts],
            [output.strides[0], ...strides],
            dot(
              each.map((r) => r.first),
              output.strides.slice(2),
            ),
          ),
        });
      }
    }
  }
  const plan = { layout: to, block, row: weight.strides[1], group: channels * weight.strides[0], parts };
  gather(output, gradient, weight, groups, plan);
}

function weightGradient(output: View, gradient: View, input: View, options: Convolution): void {
  const { groups } = options;
  const plane = gradient.shape.slice(2);
  const { layout: to, block, steps, places, taps, gathered } = inputSide(input, plane, output.shape.slice(2), options);
  const rows = output.shape[0] / groups;
  const data = gradient.buffer as Floats;
  const pack = packFor(data.BYTES_PER_ELEMENT);
  const images = input.shape[0];
  const image = imageScratch(block * to.size).fill(0, 0, block * to.size);
  const packed = packScratch(4 * ceil(rows / 4) * block * places);
  const sums = sumScratch(rows * steps);
  const packing = offsets([block, ...plane], [gradient.strides[0], ...gradient.strides.slice(2)]);
  for (let group = 0; group < groups; group++) {
    sums.fill(0, 0, rows * steps);
    for (let first = 0; first < images; first += block) {
      const some = min(block, images - first);
      copyImages(image, to, input, group, groups, first, some);
      const at = gradient.offset + first * gradient.strides[0] + group * rows * gradient.strides[1];
      pack(packed, data, at, gradient.strides[1], packing, rows, some * places);
      correlate(sums, packed, rows, image, taps, steps, gathered, some * places, tile);
    }
    const result = sums.subarray(0, rows * steps);
    (output.buffer as Floats).set(result, output.offset + group * rows * steps);
  }
}
