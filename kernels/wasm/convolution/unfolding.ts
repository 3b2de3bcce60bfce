import type { Matrix } from '../../cpu/matrix.js';
import type { Heap } from '../heap.js';
import { blank, elements, type Images, type Triple } from './images.js';
import { each, product, type Steps, triple } from './patches.js';
import type { Planes } from './planes.js';

const { ceil, floor, max, min } = Math;

/** Rows of places, counted over depth and height, of a group of some images: of several images all rows. */
export interface Block {
  readonly first: number;
  readonly images: number;
  readonly group: number;
  readonly row: number;
  readonly rows: number;
}

/** Where patches of `taps` are taken, and how many images at a time; rows of their matrix lie `pitch` elements apart. */
export interface Grid {
  readonly steps: Steps;
  readonly taps: Triple;
  readonly places: Triple;
  readonly chunk: number;
  readonly pitch: number;
}

/** The places along one dimension for which a tap lies inside the image: the first, how many, and where the first one reads. */
interface Range {
  readonly first: number;
  readonly count: number;
  readonly from: number;
}

/** Where planes begin, and the bytes from plane to plane, row to row, and element to element. */
type Walk = [at: number, plane: number, row: number, step: number];

function rangesOf({ plane }: Images, { steps, taps, places }: Grid): readonly (readonly Range[])[] {
  const { stride, padding, dilation } = steps;
  return triple(() => 0).map((_, d) =>
    Array.from({ length: taps[d] }, (_, t) => {
      const shift = t * dilation[d] - padding[d];
      const first = max(0, ceil(-shift / stride[d]));
      const end = min(places[d], floor((plane[d] - 1 - shift) / stride[d]) + 1);
      return { first, count: max(0, end - first), from: first * stride[d] + shift };
    }),
  );
}

/**
 * Images as matrices of patches, a row for each channel and tap, a column for each place of a block: as they lie if that is the same, else
 * in the heap.
 */
export class Unfolding {
  /** Rows of a matrix: channels times taps. */
  readonly depth: number;
  /** Whether patches are the images as they lie. */
  readonly plain: boolean;
  /** Bytes of the heap for images, and for patches. */
  readonly bytes: readonly [number, number];
  private readonly heap: Heap;
  private readonly functions: Planes;
  private readonly images: Images;
  private readonly grid: Grid;
  /** Elements of an image. */
  private readonly size: number;
  private readonly ranges: readonly (readonly Range[])[];
  /** Whether some taps lie outside the image, and for which block's first row zeros are there in their place. */
  private readonly padded: boolean;
  private blankRow = -1;
  private imagesAt = 0;
  private patchesAt = 0;

  constructor(heap: Heap, functions: Planes, images: Images, grid: Grid) {
    const { steps, taps, places, chunk, pitch } = grid;
    const ranges = rangesOf(images, grid);
    const size = elements(steps.groups, images);
    const depth = images.channels * product(taps);
    const padded = ranges.some((list, d) => list.some(({ count }) => count < places[d]));
    const same = images.plane.every((n, d) => n === places[d]);
    const plain = chunk === 1 && product(taps) === 1 && same && !padded;
    this.heap = heap;
    this.functions = functions;
    this.images = images;
    this.grid = grid;
    this.size = size;
    this.depth = depth;
    this.ranges = ranges;
    this.padded = padded;
    this.plain = plain;
    this.bytes = plain ? [0, 0] : [4 * chunk * size, 4 * depth * pitch];
  }

  /** Where images and patches are in the heap. */
  place(images: number, patches: number): void {
    this.imagesAt = images;
    this.patchesAt = patches;
  }

  /** The patches of a block. */
  matrix({ first, group, row }: Block): Matrix {
    const { images, grid, size } = this;
    if (!this.plain) return { data: this.heap.f32, offset: this.patchesAt / 4, row: grid.pitch, column: 1 };
    const places = product(grid.places);
    const at = first * size + group * images.channels * places + row * grid.places[2];
    return { data: images.data, offset: images.offset + at, row: places, column: 1 };
  }

  /** Copies images to the heap. */
  stage({ first, images }: Pick<Block, 'first' | 'images'>): void {
    const { data, offset } = this.images;
    if (!this.plain) this.heap.write(this.imagesAt, data, offset + first * this.size, images * this.size);
  }

  /** Copies images from the heap. */
  fetch({ first, images }: Pick<Block, 'first' | 'images'>): void {
    const { data, offset } = this.images;
    if (!this.plain) this.heap.read(this.imagesAt, data, offset + first * this.size, images * this.size);
  }

  /** Makes images of the heap begin with one number for each channel, or with zeros. */
  begin({ images }: Pick<Block, 'images'>, bias: Float32Array | null): void {
    if (bias === null) return blank(this.heap, this.imagesAt, images * this.size);
    const channel = product(this.images.plane);
    let at = this.imagesAt / 4;
    for (let n = 0; n < images; n++) for (const x of bias) this.heap.f32.fill(x, at, (at += channel));
  }

  /** Writes the patches of a block. */
  unfold(block: Block): void {
    if (this.plain) return;
    if (this.padded && this.blankRow !== block.row) {
      blank(this.heap, this.patchesAt, this.depth * this.grid.pitch);
      this.blankRow = block.row;
    }
    this.move(block, this.functions.copy, false);
  }

  /** Moves the patches of a block back to their images. */
  fold(block: Block): void {
    if (!this.plain) this.move(block, this.functions.copy, true);
  }

  /** Adds them to what is there: several may have an element in common. */
  addUp(block: Block): void {
    if (!this.plain) this.move(block, this.functions.accumulate, true);
  }

  private move({ images, group, row, rows }: Block, move: Planes['copy'], back: boolean): void {
    const { taps, places, steps, pitch } = this.grid;
    const { channels, plane } = this.images;
    const [, high, wide] = places;
    const channel = product(plane);
    const [patchChannel, line] = [product(taps) * pitch, steps.stride[1] * plane[2]];
    const image = this.imagesAt + 4 * group * channels * channel;
    let patch = this.patchesAt;
    each(taps, ([a, b, c]) => {
      const [deep, down, along] = [this.ranges[0][a], this.ranges[1][b], this.ranges[2][c]];
      // Whole rows that follow each other are one.
      const whole = along.count === wide && line === wide && steps.stride[2] === 1;
      for (let z = deep.first; z < deep.first + deep.count; z++) {
        const start = max(down.first, row - z * high);
        const count = min(down.first + down.count, row + rows - z * high) - start;
        if (count <= 0 || along.count === 0) continue;
        const slice = deep.from + (z - deep.first) * steps.stride[0];
        const from = slice * plane[1] * plane[2] + down.from * plane[2] + (start - down.first) * line + along.from;
        const to = (z * high + start - row) * wide + along.first;
        for (let n = 0; n < images; n++) {
          const inPatches: Walk = [patch + 4 * (n * rows * wide + to), 4 * patchChannel, 4 * wide, 4];
          const inImage: Walk = [image + 4 * (n * this.size + from), 4 * channel, 4 * line, 4 * steps.stride[2]];
          const [first, second] = back ? [inImage, inPatches] : [inPatches, inImage];
          move(...first, ...second, channels, whole ? 1 : count, whole ? count * wide : along.count);
        }
      }
      patch += 4 * pitch;
    });
  }
}
