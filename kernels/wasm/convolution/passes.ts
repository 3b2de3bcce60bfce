import type { Work } from '../threads/threads.js';
import type { Engine, Tools } from './convolutionTools.js';
import { type Images, type Kernels, type Padded, padded, type Triple } from './images.js';
import { each, patchedInput, product, type Steps, tapsOf, triple, walkOf } from './patches.js';

const { ceil, max } = Math;

/** Results of a convolution that lie on a grid of steps in the result's plane, and the taps that reach them: [0, source offset, kernel offset]. */
export interface Pass {
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

/**
 * Computes results pass by pass from images laid out as `input` says; kernels lie [results, sources, taps], or `turned` [sources, results, taps].
 * False where the heap cannot hold it.
 */
export type RunPasses = (
  engine: Engine,
  steps: Steps,
  source: Images,
  input: Padded,
  kernels: Kernels,
  turned: boolean,
  passes: readonly Pass[],
  result: Images,
  bias: Float32Array | null,
) => boolean;

/** Copies the products of a pass and a group, a row for each channel, to where they belong in images. */
export function spread(
  work: Work,
  { copy }: Tools,
  { first, counts, apart }: Pass,
  images: number,
  channels: number,
  groups: number,
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
    work.task();
    for (let z = 0; z < depth; z++) {
      const to = n * groups * channels * size + (first[0] + z * apart[0]) * slice + first[1] * row + first[2];
      const from = products + 4 * (n * product(counts) + z * height * width);
      const [toRow, toStep] = [4 * apart[1] * row, 4 * apart[2]];
      work.call(
        copy,
        0,
        results + 4 * to,
        4 * size,
        toRow,
        toStep,
        from,
        4 * pitch,
        4 * width,
        4,
        channels,
        height,
        width,
      );
    }
  }
}

/** A convolution: one pass over the patches of its input. */
export function convolve(
  run: RunPasses,
  engine: Engine,
  steps: Steps,
  source: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const input = patchedInput(source, result, kernels.taps, steps);
  const pass: Pass = {
    first: [0, 0, 0],
    counts: result.plane,
    apart: [1, 1, 1],
    start: 0,
    walk: walkOf(input, steps.stride),
    taps: tapsOf(input, kernels.taps, steps.dilation),
  };
  return run(engine, steps, source, input, kernels, false, [pass], result, bias);
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
  run: RunPasses,
  engine: Engine,
  steps: Steps,
  gradient: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const { stride, padding, dilation, groups } = steps;
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
  return run(engine, steps, gradient, input, kernels, true, passes, result, bias);
}
