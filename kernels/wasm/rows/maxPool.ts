import type { View, Window } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { type Heap, wasmHeap } from '../heap.js';
import { policy } from '../policy.js';
import { type PoolKernels, poolOn, type Taps } from './maxPoolCode.js';

const { ceil, floor, max, min } = Math;

/** Elements of planes that are staged at once. */
const tile = 4096;
/** Bytes behind an area that vectors may read and write. */
const slack = 64;
/** Longest window along rows that gets a kernel: it is written out. */
const longest = 16;

const kernels = new Map<number, PoolKernels | null>();

function kernelsFor(heap: Heap, taps: Taps): PoolKernels | null {
  const key = (taps.stride * 32 + taps.size) * 1024 + taps.dilation;
  let found = kernels.get(key);
  if (found === undefined) {
    try {
      found = poolOn(heap, taps);
    } catch {
      found = null;
    }
    kernels.set(key, found);
  }
  return found;
}

/** A window along one spatial dimension, and how many elements it reads with what lies before the first. */
interface Side {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly reach: number;
}

function sideOf(input: number, output: number, window: Window, d: number): Side {
  const [size, stride, padding, dilation] = [window.size[d], window.stride[d], window.padding[d], window.dilation[d]];
  return { input, output, size, stride, padding, dilation, reach: (output - 1) * stride + (size - 1) * dilation + 1 };
}

/** The first element of each window that lies in the input; `input` or more: there is none. */
function firsts({ input, output, size, stride, padding, dilation }: Side): number[] {
  return Array.from({ length: output }, (_, i) => {
    const start = i * stride - padding;
    const skipped = start >= 0 ? 0 : ceil(-start / dilation);
    return skipped < size ? start + skipped * dilation : input;
  });
}

const bytesOf = (elements: number): number => 16 * ceil(elements / 4) + slack;

/** `Kernels.maxPool` of float32 in two dimensions, in vectors; false where JavaScript is the way. The window has two entries. */
export function maxPoolVectors(values: View, indices: View, input: View, window: Window): boolean {
  const [height, width] = input.shape.slice(-2);
  const [y, x] = [height, width].map((size, d) => sideOf(size, values.shape[values.shape.length - 2 + d], window, d));
  if (!(count(input.shape) >= policy.windows) || (x.stride !== 1 && x.stride !== 2) || x.size > longest) return false;
  if (input.dtype !== 'float32' || indices.dtype !== 'int32' || x.dilation >= 1024) return false;
  if ([values, indices, input].some((v) => !isContiguous(v.shape, v.strides))) return false;
  const heap = wasmHeap();
  const found = heap && kernelsFor(heap, { stride: x.stride, size: x.size, dilation: x.dilation });
  if (heap === null || found === null) return false;

  const [plane, outputs] = [height * width, y.output * x.output];
  const planes = count(input.shape) / plane;
  const pitch = max(width + x.padding, x.reach);
  const padded = pitch > width || y.padding > 0 || y.reach > height;
  const paddedPlane = pitch * max(height + y.padding, y.reach);
  const block = min(planes, max(1, floor(tile / plane)));
  const stageBytes = bytesOf(block * plane);
  const resultBytes = bytesOf(block * outputs);
  const stage = heap.reserve(stageBytes + 2 * resultBytes + bytesOf(outputs) + (padded ? bytesOf(paddedPlane) : 0));
  if (stage === 0) return false;
  const valuesAt = stage + stageBytes;
  const indicesAt = valuesAt + resultBytes;
  const tableAt = indicesAt + resultBytes;
  const paddedAt = tableAt + bytesOf(outputs);
  const { f32, i32 } = heap;
  const [top, left] = [firsts(y), firsts(x)];
  top.forEach((row, i) => {
    left.forEach((column, j) => {
      i32[tableAt / 4 + i * x.output + j] = row < height && column < width ? row * width + column : 0;
    });
  });
  if (padded) f32.fill(-Infinity, paddedAt / 4, paddedAt / 4 + paddedPlane);
  const inner = paddedAt + 4 * (y.padding * pitch + x.padding);
  const rowBytes = 4 * (padded ? pitch : width);
  const steps = [y.stride * rowBytes, y.dilation * rowBytes, y.stride * width, y.dilation * width];
  const corner = -y.padding * width - x.padding;
  const [source, target, targetIndices] = [input, values, indices].map((v) => v.buffer as Float32Array);
  for (let first = 0; first < planes; first += block) {
    const m = min(block, planes - first);
    const from = input.offset + first * plane;
    f32.set(source.subarray(from, from + m * plane), stage / 4);
    for (let k = 0; k < m; k++) {
      const at = stage + 4 * k * plane;
      if (padded) found.pad(at, inner, height, 4 * width, 4 * pitch);
      const to = 4 * k * outputs;
      const places = [padded ? paddedAt : at, valuesAt + to, indicesAt + to, tableAt];
      found.maxima(...places, y.output, 4 * x.output, y.size, ...steps, corner);
    }
    target.set(f32.subarray(valuesAt / 4, valuesAt / 4 + m * outputs), values.offset + first * outputs);
    targetIndices.set(i32.subarray(indicesAt / 4, indicesAt / 4 + m * outputs), indices.offset + first * outputs);
  }
  return true;
}
