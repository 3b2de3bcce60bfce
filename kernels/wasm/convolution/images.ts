import type { Heap } from '../heap.js';
import type { Work } from '../threads/threads.js';
import { type Engine, inPieces, pieceOf, workOf } from './convolutionTools.js';

const { ceil, floor, max, min } = Math;

/** Bytes of images that are staged at a time, if not one image alone is more. */
const chunkBytes = 1 << 20;

/** Depth, height and width. */
export type Triple = readonly [number, number, number];

/** Images in memory, one behind the other; `channels` in a group. */
export interface Images {
  readonly data: Float32Array;
  readonly offset: number;
  readonly channels: number;
  readonly plane: Triple;
}

/** Kernels in memory, for each group [outputs, inputs, ...taps]. */
export interface Kernels {
  readonly data: Float32Array;
  readonly offset: number;
  readonly taps: Triple;
}

/**
 * Images in the heap: as they are, or with zeros around them, and each row in `phases` parts, of which part k holds the elements k,
 * k + phases and so on. A stride then walks over neighbours.
 */
export interface Padded {
  /** Elements of a row's part, a row, a plane, a channel and an image. */
  readonly part: number;
  readonly row: number;
  readonly plane: number;
  readonly channel: number;
  readonly size: number;
  readonly before: Triple;
  readonly extent: Triple;
  readonly phases: number;
  /** Whether that is another layout. */
  readonly copied: boolean;
}

/** Elements of an image, of all its groups. */
export function elements(groups: number, { channels, plane }: Images): number {
  return groups * channels * plane[0] * plane[1] * plane[2];
}

/** Images with zeros before and after them, up to an extent. */
export function padded(groups: number, images: Images, extent: Triple, before: Triple, phases: number = 1): Padded {
  const part = ceil(extent[2] / phases);
  const row = part * phases;
  const plane = row * extent[1];
  const channel = plane * extent[0];
  const size = groups * images.channels * channel;
  const copied = phases > 1 || extent.some((n, d) => n !== images.plane[d]) || before.some((n) => n !== 0);
  return { part, row, plane, channel, size, before, extent, phases, copied };
}

/** How many images one thread takes at a time, of this many elements each. */
export function chunkOf(images: number, size: number): number {
  return max(1, min(images, floor(chunkBytes / 4 / max(1, size))));
}

/** Copies images to `raw`, and where they need another layout from there to `zeros`. Gives the address of the result. */
export function stageImages(
  engine: Engine,
  from: Images,
  groups: number,
  first: number,
  count: number,
  raw: number,
  to: Padded,
  zeros: number,
): number {
  writeImages(engine, from, groups, first, count, raw);
  if (!to.copied) return raw;
  const work = workOf(engine);
  layOut(engine, work, from, groups, count, raw, to, zeros);
  work.done();
  return zeros;
}

/** Copies images to `raw`. */
export function writeImages(
  { heap }: Engine,
  from: Images,
  groups: number,
  first: number,
  count: number,
  raw: number,
): void {
  const size = elements(groups, from);
  heap.write(raw, from.data, from.offset + first * size, count * size);
}

/** Copies images from `raw` to another layout, in which everything else is zero already. */
export function layOut(
  engine: Engine,
  work: Work,
  from: Images,
  groups: number,
  count: number,
  raw: number,
  to: Padded,
  zeros: number,
): void {
  const { functions } = engine;
  const [depth, height, width] = from.plane;
  const rows = min(height, to.extent[1] - to.before[1]);
  const end = min(width, to.extent[2] - to.before[2]);
  const channels = count * groups * from.channels;
  // Without depth the channels are planes of one image.
  const flat = depth === 1 && to.extent[0] === 1;
  const planes = flat ? channels : min(depth, to.extent[0] - to.before[0]);
  const [toPlane, fromPlane] = [flat ? to.channel : to.plane, height * width];
  const [step, row] = [4 * to.phases, 4 * width];
  for (let c = 0; c < (flat ? 1 : channels); c++) {
    const start = c * to.channel + to.before[0] * to.plane + to.before[1] * to.row;
    for (let phase = 0; phase < to.phases; phase++) {
      // The first element of the row that belongs to this part.
      const x = (phase + to.phases * to.before[2] - to.before[2]) % to.phases;
      if (x >= end) continue;
      const place = start + phase * to.part + (x + to.before[2] - phase) / to.phases;
      const columns = ceil((end - x) / to.phases);
      inPieces(work, planes, pieceOf(engine, planes, 1, planes), (p, n) => {
        const target = zeros + 4 * (place + p * toPlane);
        const source = raw + 4 * (x + (c * depth + p) * fromPlane);
        work.call(
          functions.copy,
          0,
          target,
          4 * toPlane,
          4 * to.row,
          4,
          source,
          4 * fromPlane,
          row,
          step,
          n,
          rows,
          columns,
        );
      });
    }
  }
}

/** Fills an area of the heap with zeros. */
export function blank(heap: Heap, address: number, count: number): void {
  heap.f32.fill(0, address / 4, address / 4 + count);
}
