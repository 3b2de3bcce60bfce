import { type Tools, tools } from './convolutionTools.js';
import { depthBlock, panelColumns, panelRows } from './gemm.js';
import type { Heap, Linked } from './heap.js';
import {
  areas,
  blank,
  chunkOf,
  elements,
  type Images,
  type Kernels,
  type Padded,
  padded,
  stageImages,
  type Triple,
} from './images.js';
import { panels } from './staging.js';

const { ceil, floor, max, min } = Math;

/** Columns of patches that are packed and multiplied at a time: 256 KiB of them in a block of depth. */
const columnBlock = 256;
/** The same for the columns of a kernel's gradient. */
const kernelBlock = 512;

/** What is the same for all three operands of a convolution with three spatial dimensions. */
export interface Steps {
  readonly images: number;
  readonly groups: number;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
}

/** Results of a convolution that lie on a grid of steps in the result's plane, and the taps that reach them: [0, source offset, kernel offset]. */
interface Pass {
  /** The first result along each dimension, how many follow, and how far apart: in elements. */
  readonly first: Triple;
  readonly counts: Triple;
  readonly apart: Triple;
  /** Where a result's patch begins in the padded source: its first place, and the way from place to place. */
  readonly start: number;
  readonly walk: Triple;
  /** Offsets of taps from there, and in the kernel. */
  readonly taps: readonly (readonly [source: number, kernel: number])[];
}

function product([a, b, c]: Triple): number {
  return a * b * c;
}

function triple(make: (d: 0 | 1 | 2) => number): Triple {
  return [make(0), make(1), make(2)];
}

/** Calls back for all triples below a limit, in order. */
function each(limit: Triple, visit: (at: Triple) => void): void {
  for (let z = 0; z < limit[0]; z++) {
    for (let y = 0; y < limit[1]; y++) for (let x = 0; x < limit[2]; x++) visit([z, y, x]);
  }
}

/** Offsets of a convolution's taps in the padded input and in the kernel. */
function tapsOf(input: Padded, taps: Triple, dilation: Triple): [number, number][] {
  const found: [number, number][] = [];
  each(taps, ([z, y, x]) => {
    const along = x * dilation[2];
    const within = (along % input.phases) * input.part + floor(along / input.phases);
    found.push([z * dilation[0] * input.plane + y * dilation[1] * input.row + within, found.length]);
  });
  return found;
}

/** The input as its patches need it. */
function patchedInput(input: Images, result: Images, taps: Triple, steps: Steps): Padded {
  const { groups, stride, padding, dilation } = steps;
  const reach = triple((d) => (result.plane[d] - 1) * stride[d] + (taps[d] - 1) * dilation[d] + 1);
  // All of the input, also what no patch reaches: then it may need no other layout.
  const extent = triple((d) => max(reach[d], input.plane[d] + padding[d]));
  return padded(groups, input, extent, padding, stride[2]);
}

/** The way from place to place in the padded input. */
function walkOf(input: Padded, stride: Triple): Triple {
  return [stride[0] * input.plane, stride[1] * input.row, 1];
}

/** Writes a table of bytes to an address, filled up with its last entry. */
function writeTable(heap: Heap, address: number, entries: readonly number[], whole: number): void {
  const { i32 } = heap;
  for (let i = 0; i < whole; i++) i32[address / 4 + i] = 4 * entries[min(i, entries.length - 1)];
}

/** Writes where the patches of places begin, image after image, filled up with the last one. */
function writePlaces(
  { i32 }: Heap,
  address: number,
  images: number,
  image: number,
  { counts, start, walk }: Pick<Pass, 'counts' | 'start' | 'walk'>,
  whole: number,
): void {
  let to = address / 4;
  const end = to + whole;
  for (let n = 0; n < images; n++) {
    for (let z = 0; z < counts[0]; z++) {
      for (let y = 0; y < counts[1]; y++) {
        const row = n * image + start + z * walk[0] + y * walk[1];
        for (let x = 0; x < counts[2]; x++) i32[to++] = 4 * (row + x * walk[2]);
      }
    }
  }
  for (const last = i32[to - 1]; to < end; ) i32[to++] = last;
}

/** `inputs` times the taps, as offsets `channel` elements apart in the source and `kernel` elements apart in the kernels. */
function perChannel(inputs: number, taps: Pass['taps'], which: 0 | 1, apart: number): number[] {
  const offsets: number[] = [];
  for (let c = 0; c < inputs; c++) for (const tap of taps) offsets.push(c * apart + tap[which]);
  return offsets;
}

/** Results = kernels times patches, pass by pass; kernels lie [results, ...] or `turned`: [sources, results, ...]. */
function multiplyPatches(
  { heap, functions }: Linked<Tools>,
  images: number,
  groups: number,
  source: Images,
  input: Padded,
  kernels: Kernels,
  turned: boolean,
  passes: readonly Pass[],
  result: Images,
  bias: Float32Array | null,
): boolean {
  const [inputs, outputs] = [source.channels, result.channels];
  const kernel = product(kernels.taps);
  const perGroup = outputs * inputs * kernel;
  const rows = panels(outputs, panelRows);
  const resultPlane = product(result.plane);
  const chunk = chunkOf(images, max(input.size, groups * outputs * resultPlane));
  const places = passes.map(({ counts }) => product(counts));
  const pitch = panels(chunk * max(...places), panelColumns);
  const most = passes.map(({ taps }) => taps.length * inputs);
  const deepest = max(...most);
  // Where a block of products is the result as it lies in memory, nothing is moved.
  const direct =
    passes.length === 1 && (chunk === 1 || (groups === 1 && outputs === 1)) && pitch === chunk * resultPlane;
  const found = areas(heap, [
    4 * max(chunk * elements(groups, source), groups * perGroup),
    input.copied ? 4 * chunk * input.size : 0,
    4 * groups * rows * most.reduce((a, b) => a + b, 0),
    4 * columnBlock * min(deepest, depthBlock),
    4 * groups * outputs * pitch + 4 * rows * pitch,
    direct ? 0 : 4 * chunk * elements(groups, result),
    4 * pitch * passes.length,
    4 * deepest * passes.length,
    4 * max(rows, deepest),
    4 * deepest,
    4 * (groups * outputs + rows),
  ]);
  if (found === null) return false;
  const [raw, zeros, left, right, products, results, placeTables, stepTables, lanes, kernelSteps, biasAt] = found;

  heap.write(raw, kernels.data, kernels.offset, groups * perGroup);
  const lane = turned ? kernel : inputs * kernel;
  writeTable(
    heap,
    lanes,
    Array.from({ length: outputs }, (_, o) => o * lane),
    rows,
  );
  const lefts: number[] = [];
  let to = left;
  for (const [p, { taps }] of passes.entries()) {
    lefts.push(to);
    const steps = perChannel(inputs, taps, 1, turned ? outputs * kernel : kernel);
    writeTable(heap, kernelSteps, steps, steps.length);
    for (let g = 0; g < groups; g++) {
      for (let k = 0; k < most[p]; k += depthBlock) {
        const depth = min(depthBlock, most[p] - k);
        functions.pack4(to, raw + 4 * g * perGroup, lanes, rows, kernelSteps + 4 * k, depth);
        to += 4 * rows * depth;
      }
    }
    const sourceSteps = perChannel(inputs, taps, 0, input.channel);
    writeTable(heap, stepTables + 4 * p * deepest, sourceSteps, sourceSteps.length);
    writePlaces(heap, placeTables + 4 * p * pitch, chunk, input.size, passes[p], pitch);
  }
  if (input.copied) blank(heap, zeros, chunk * input.size);
  blank(heap, biasAt, groups * outputs + rows);
  if (bias !== null) heap.write(biasAt, bias, 0, groups * outputs);

  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(heap, functions, source, groups, first, some, raw, input, zeros);
    for (const [p, pass] of passes.entries()) {
      const depth = most[p];
      for (let g = 0; g < groups; g++) {
        const c = products + 4 * g * outputs * pitch;
        const kernelAt = lefts[p] + 4 * g * rows * depth;
        for (let j = 0; j < some * places[p]; j += columnBlock) {
          const columns = panels(min(columnBlock, some * places[p] - j), panelColumns);
          if (bias !== null || depth === 0) {
            functions.fillRows(c + 4 * j, 4 * pitch, outputs, columns, biasAt + 4 * g * outputs);
          }
          for (let k = 0; k < depth; k += depthBlock) {
            const d = min(depthBlock, depth - k);
            const group = from + 4 * g * inputs * input.channel;
            const placeTable = placeTables + 4 * (p * pitch + j);
            functions.pack8(right, group, placeTable, columns, stepTables + 4 * (p * deepest + k), d);
            const more = k > 0 || bias !== null ? 1 : 0;
            functions.multiply(kernelAt + 4 * rows * k, right, c + 4 * j, 4 * pitch, rows, columns, d, more);
          }
        }
      }
      if (!direct) spread(functions, pass, some, groups * outputs, pitch, products, result.plane, results);
    }
    const size = elements(groups, result);
    heap.read(direct ? products : results, result.data, result.offset + first * size, some * size);
  }
  return true;
}

/** Copies the products of a pass, a row for each channel, to where they belong in images. */
function spread(
  { copy }: Tools,
  { first, counts, apart }: Pass,
  images: number,
  channels: number,
  pitch: number,
  products: number,
  plane: Triple,
  results: number,
): void {
  const [depth, height, width] = counts;
  const size = product(plane);
  const row = plane[2];
  const slice = plane[1] * plane[2];
  for (let n = 0; n < images; n++) {
    for (let z = 0; z < depth; z++) {
      const to = n * channels * size + (first[0] + z * apart[0]) * slice + first[1] * row + first[2];
      const from = products + 4 * (n * product(counts) + z * height * width);
      const [toRow, toStep] = [4 * apart[1] * row, 4 * apart[2]];
      copy(results + 4 * to, 4 * size, toRow, toStep, from, 4 * pitch, 4 * width, 4, channels, height, width);
    }
  }
}

/** A convolution, by the patches of its input. False where the heap cannot hold it. */
export function convolve(
  steps: Steps,
  source: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const linked = tools();
  if (linked === null) return false;
  const input = patchedInput(source, result, kernels.taps, steps);
  const pass: Pass = {
    first: [0, 0, 0],
    counts: result.plane,
    apart: [1, 1, 1],
    start: 0,
    walk: walkOf(input, steps.stride),
    taps: tapsOf(input, kernels.taps, steps.dilation),
  };
  return multiplyPatches(linked, steps.images, steps.groups, source, input, kernels, false, [pass], result, bias);
}

/** What one remainder of a place by the stride means along a dimension: which results have it, and which taps reach them. */
interface Remainder {
  readonly first: number;
  readonly count: number;
  /** The first result's place in the gradient for a tap of no delay. */
  readonly start: number;
  /** Taps, and how many places before that one they read. */
  readonly taps: readonly (readonly [tap: number, delay: number])[];
}

function remainders(size: number, stride: number, padding: number, taps: number, dilation: number): Remainder[] {
  return Array.from({ length: stride }, (_, r) => {
    const start = ceil((padding - r) / stride);
    const first = start * stride + r - padding;
    const reached = Array.from({ length: taps }, (_, t) => t).filter((t) => (t * dilation - r) % stride === 0);
    const delays = reached.map((t) => [t, (t * dilation - r) / stride] as const);
    return { first, count: max(0, ceil((size - first) / stride)), start, taps: delays };
  });
}

/**
 * The gradient of `convolve` to its input: results of one remainder by the stride are a convolution of stride 1 over the gradient, with
 * the taps that reach them.
 */
export function convolveInput(
  steps: Steps,
  gradient: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const linked = tools();
  if (linked === null) return false;
  const { stride, padding, dilation, images, groups } = steps;
  const along = triple(() => 0).map((_, d) =>
    remainders(result.plane[d], stride[d], padding[d], kernels.taps[d], dilation[d]),
  );
  const reads = along.map((list) =>
    list.flatMap(({ start, count, taps }) =>
      count === 0 ? [] : taps.flatMap(([, delay]) => [start - delay, start + count - 1 - delay]),
    ),
  );
  const before = triple((d) => max(0, ...reads[d].map((n) => -n)));
  const extent = triple((d) => before[d] + max(gradient.plane[d], ...reads[d].map((n) => n + 1)));
  const input = padded(groups, gradient, extent, before);
  const passes: Pass[] = [];
  const [, high, wide] = kernels.taps;
  each(stride, ([z, y, x]) => {
    const [a, b, c] = [along[0][z], along[1][y], along[2][x]];
    const taps = a.taps.flatMap(([t, delay]) =>
      b.taps.flatMap(([u, later]) =>
        c.taps.map(
          ([v, last]) => [-(delay * input.plane + later * input.row + last), (t * high + u) * wide + v] as const,
        ),
      ),
    );
    const places = [a, b, c].map(({ start }, d) => start + before[d]);
    passes.push({
      first: [a.first, b.first, c.first],
      counts: [a.count, b.count, c.count],
      apart: stride,
      start: places[0] * input.plane + places[1] * input.row + places[2],
      walk: [input.plane, input.row, 1],
      taps,
    });
  });
  return multiplyPatches(linked, images, groups, gradient, input, kernels, true, passes, result, bias);
}

/** The gradient of `convolve` to its kernels: gradients times patches, summed over places and images. */
export function convolveKernels(steps: Steps, source: Images, gradient: Images, kernels: Kernels): boolean {
  const linked = tools();
  if (linked === null) return false;
  const { heap, functions } = linked;
  const { images, groups, stride, dilation } = steps;
  const input = patchedInput(source, gradient, kernels.taps, steps);
  const [inputs, outputs] = [source.channels, gradient.channels];
  const plane = product(gradient.plane);
  const chunk = chunkOf(images, max(input.size, elements(groups, gradient)));
  const columns = inputs * product(kernels.taps);
  const rows = panels(outputs, panelRows);
  const whole = panels(columns, panelColumns);
  const depth = min(depthBlock, chunk * plane);
  const found = areas(heap, [
    4 * chunk * elements(groups, source),
    input.copied ? 4 * chunk * input.size : 0,
    4 * chunk * elements(groups, gradient),
    4 * rows * depth,
    4 * min(whole, kernelBlock) * depth,
    4 * groups * rows * whole,
    whole === columns ? 0 : 4 * outputs * columns,
    4 * whole,
    4 * rows,
    4 * chunk * plane,
    4 * chunk * plane,
  ]);
  if (found === null) return false;
  const [raw, zeros, given, left, right, sums, cropped, lanes, outputLanes, places, givenSteps] = found;

  const taps = tapsOf(input, kernels.taps, dilation);
  writeTable(heap, lanes, perChannel(inputs, taps, 0, input.channel), whole);
  writeTable(
    heap,
    outputLanes,
    Array.from({ length: outputs }, (_, o) => o * plane),
    rows,
  );
  const size = elements(groups, gradient);
  const [, height, width] = gradient.plane;
  const counts = gradient.plane;
  writePlaces(heap, places, chunk, input.size, { counts, start: 0, walk: walkOf(input, stride) }, chunk * plane);
  writePlaces(heap, givenSteps, chunk, size, { counts, start: 0, walk: [height * width, width, 1] }, chunk * plane);
  if (input.copied) blank(heap, zeros, chunk * input.size);

  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(heap, functions, source, groups, first, some, raw, input, zeros);
    heap.write(given, gradient.data, gradient.offset + first * size, some * size);
    for (let g = 0; g < groups; g++) {
      const sum = sums + 4 * g * rows * whole;
      for (let k = 0; k < some * plane; k += depth) {
        const d = min(depth, some * plane - k);
        functions.pack4(left, given + 4 * g * outputs * plane, outputLanes, rows, givenSteps + 4 * k, d);
        for (let j = 0; j < whole; j += kernelBlock) {
          const n = min(kernelBlock, whole - j);
          functions.pack8(right, from + 4 * g * inputs * input.channel, lanes + 4 * j, n, places + 4 * k, d);
          functions.multiply(left, right, sum + 4 * j, 4 * whole, rows, n, d, first + k > 0 ? 1 : 0);
        }
      }
    }
  }
  for (let g = 0; g < groups; g++) {
    const sum = sums + 4 * g * rows * whole;
    const to = kernels.offset + g * outputs * columns;
    if (whole !== columns) {
      functions.copy(cropped, 0, 4 * columns, 4, sum, 0, 4 * whole, 4, 1, outputs, columns);
    }
    heap.read(whole === columns ? sum : cropped, kernels.data, to, outputs * columns);
  }
  return true;
}
