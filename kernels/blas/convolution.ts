import { compact } from '../cpu/compact.js';
import type { Floats, Matrix } from '../cpu/gemm.js';
import { scratch } from '../cpu/scratch.js';
import type { Convolution, View } from '../types.js';
import { count, isContiguous } from '../view.js';
import { blasFor, multiply, policy } from './gemm.js';
import type { Library } from './library.js';
import { patchesFor } from './patches.js';

const { floor, max, min } = Math;

/** Bytes of patches that are made at a time: they stay in the second cache. */
const patchBytes = 1 << 19;

const patchScratch = scratch();

/** What a convolution needs, as products of matrices: for each group and image, [outputs, taps] times [taps, places]. */
interface Plan {
  readonly blas: Library;
  readonly outputs: number;
  readonly taps: number;
  /** Places in a row of the output plane, rows of it, and how many of those make a block. */
  readonly wide: number;
  readonly rows: number;
  readonly block: number;
  /** Numbers for the loop over patches. */
  readonly geometry: readonly number[];
  /** Whether the patches are what the image holds, as for kernels of one element. */
  readonly plain: boolean;
}

/** Views have three spatial dimensions. Null where BLAS is not the way. */
function planFor(output: View, input: View, weight: View, { stride, padding, dilation }: Convolution): Plan | null {
  const [all, channels, ...kernel] = weight.shape;
  const [images, , depth, height, wide] = output.shape;
  const outputs = all / (input.shape[1] / channels);
  const taps = channels * count(kernel);
  const places = depth * height * wide;
  const work = outputs * taps * places;
  if (!(work >= policy.convolutions) || images === 0) return null;
  if (max(count(input.shape), count(output.shape), count(weight.shape), taps * wide) >= 2 ** 31) return null;
  const blas = blasFor(output.buffer as Floats, input.buffer as Floats, weight.buffer as Floats);
  if (blas === null) return null;
  const bytes = (output.buffer as Floats).BYTES_PER_ELEMENT;
  const [, mc, ...memory] = input.strides;
  const plain = count(kernel) === 1 && count(stride) === 1 && padding.every((p) => p === 0);
  return {
    blas,
    outputs,
    taps,
    wide,
    rows: depth * height,
    block: min(depth * height, max(1, floor(patchBytes / bytes / (taps * wide)))),
    geometry: [
      ...kernel,
      ...input.shape.slice(2),
      ...stride,
      ...padding,
      ...dilation,
      ...memory,
      channels,
      mc,
      height,
      wide,
    ],
    plain: plain && isContiguous(input.shape.slice(1), input.strides.slice(1)),
  };
}

function matrix(data: Floats, offset: number, row: number): Matrix {
  return { data, offset, row, column: 1 };
}

function transposed({ data, offset, row, column }: Matrix): Matrix {
  return { data, offset, row: column, column: row };
}

/** Calls back for every group, image and block of rows of places: with the matrix of each, and where the image lies. */
function eachBlock(
  plan: Plan,
  output: View,
  input: View,
  weight: View,
  visit: (o: Matrix, w: Matrix, imageAt: number, firstRow: number, rows: number) => void,
): void {
  const { outputs, taps, wide, rows, block } = plan;
  const [images] = output.shape;
  for (let group = 0; group < weight.shape[0] / outputs; group++) {
    const w = matrix(weight.buffer as Floats, weight.offset + group * outputs * taps, taps);
    for (let image = 0; image < images; image++) {
      const at = input.offset + image * input.strides[0] + group * weight.shape[1] * input.strides[1];
      const to = output.offset + image * output.strides[0] + group * outputs * output.strides[1];
      for (let row = 0; row < rows; row += block) {
        const o = matrix(output.buffer as Floats, to + row * wide, output.strides[1]);
        visit(o, w, at, row, min(block, rows - row));
      }
    }
  }
}

/** Memory for the patches of a block; the next convolution overwrites it. */
function patchMemory({ taps, block, wide }: Plan, like: View): Floats {
  const size = taps * block * wide;
  if (like.dtype === 'float64') return patchScratch(size);
  return new Float32Array(patchScratch(Math.ceil(size / 2)).buffer as ArrayBuffer, 0, size);
}

/** The patches of a block: made, or where they lie in the image. */
function patchesOf(plan: Plan, memory: Floats, image: Floats, at: number, firstRow: number, rows: number): Matrix {
  const { geometry, wide, plain } = plan;
  if (plain) return matrix(image, at + firstRow * wide, plan.rows * wide);
  patchesFor(image.BYTES_PER_ELEMENT)(memory, image, at, geometry, firstRow, rows, false);
  return matrix(memory, 0, rows * wide);
}

/** `Kernels.convolution` of float32 or float64 with three spatial dimensions. False, and nothing done, where BLAS is not the way. */
export function convolution(output: View, input: View, weight: View, options: Convolution): boolean {
  const plan = isContiguous(output.shape, output.strides) ? planFor(output, input, weight, options) : null;
  if (plan === null) return false;
  const { blas, outputs, taps, wide } = plan;
  const memory = patchMemory(plan, output);
  eachBlock(plan, output, input, compact(weight), (o, w, at, firstRow, rows) => {
    const patches = patchesOf(plan, memory, input.buffer as Floats, at, firstRow, rows);
    multiply(blas, outputs, rows * wide, taps, o, w, patches, false);
  });
  return true;
}

/** `Kernels.convolutionInput` in the same way: weight times gradient gives patches, which are added up where they overlap. */
export function convolutionInput(output: View, gradient: View, weight: View, options: Convolution): boolean {
  const plan = isContiguous(output.shape, output.strides) ? planFor(gradient, output, weight, options) : null;
  if (plan === null) return false;
  const { blas, outputs, taps, wide, geometry, plain } = plan;
  const data = output.buffer as Floats;
  const add = patchesFor(data.BYTES_PER_ELEMENT);
  const memory = patchMemory(plan, output);
  data.fill(0, output.offset, output.offset + count(output.shape));
  eachBlock(plan, compact(gradient), output, compact(weight), (o, w, at, firstRow, rows) => {
    const patches = plain ? matrix(data, at + firstRow * wide, plan.rows * wide) : matrix(memory, 0, rows * wide);
    multiply(blas, taps, rows * wide, outputs, patches, transposed(w), o, false);
    if (!plain) add(memory, data, at, geometry, firstRow, rows, true);
  });
  return true;
}

/** `Kernels.convolutionWeight` in the same way: gradient times patches, summed over places and images. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): boolean {
  const plan = isContiguous(output.shape, output.strides) ? planFor(gradient, input, output, options) : null;
  if (plan === null) return false;
  const { blas, outputs, taps, wide } = plan;
  const memory = patchMemory(plan, output);
  (output.buffer as Floats).fill(0, output.offset, output.offset + count(output.shape));
  eachBlock(plan, compact(gradient), input, output, (o, w, at, firstRow, rows) => {
    const patches = patchesOf(plan, memory, input.buffer as Floats, at, firstRow, rows);
    multiply(blas, outputs, taps, rows * wide, w, o, transposed(patches), true);
  });
  return true;
}
