import type { Engine } from './convolutionTools.js';
import type { Images } from './images.js';
import type { Winograd } from './winograd.js';

const { ceil, floor, max } = Math;

/** Bytes of a kernel of 3 x 3 elements, and of a row of it. */
export const kernelBytes = 36;
export const kernelRow = 12;
/** Bytes of the factors, and of the products, of a block of tiles: with the kernels' factors they stay near the processor. */
const blockBytes = 5 << 16;
/** The same for BLAS, which packs its operands itself and likes them large. */
const blasBlockBytes = 5 << 18;
/** Tiles in a block at least. */
const smallestBlock = 32;
/** Tiles, and channels, whose products are summed in registers at most: the rest meets their sums, which keeps errors small. */
export const largestDepth = 64;
const blasDepth = 128;
/** Added to the distance between factors, or they would all fall on the same lines of the first cache. */
export const skew = 320;

/** How many images and groups; rows and columns of zeros before each image. */
export interface Extent {
  readonly images: number;
  readonly groups: number;
  readonly top: number;
  readonly left: number;
}

/** Tiles that cover the planes of some images. */
export interface Grid {
  readonly winograd: Winograd;
  readonly size: number;
  /** Factors of a tile. */
  readonly factors: number;
  /** Tiles along a plane. */
  readonly high: number;
  readonly wide: number;
  /** Elements along the planes with all of their tiles, and of such a plane. */
  readonly height: number;
  readonly width: number;
  readonly area: number;
}

export function gridOf({ functions }: Engine, size: number, { plane }: Images): Grid {
  const [high, wide] = [ceil(plane[1] / size), ceil(plane[2] / size)];
  const [height, width] = [size * high, size * wide];
  const winograd = functions.winograd.get(size)!;
  return { winograd, size, factors: (size + 2) ** 2, high, wide, height, width, area: height * width };
}

/** The most tiles that a block may have, for sides of so many lanes, and how many steps of depth. */
export function blockOf({ blas }: Engine, { factors }: Grid, lanes: number): { tiles: number; depth: number } {
  const tiles = max(smallestBlock, floor((blas ? blasBlockBytes : blockBytes) / 4 / factors / lanes));
  return { tiles, depth: blas ? blasDepth : largestDepth };
}

/** Writes where tiles lie in images: tile after tile, row after row, image after image, filled up with the last one. */
export function writeTiles(
  { heap: { i32 } }: Engine,
  { size, high, wide }: Grid,
  address: number,
  images: number,
  image: number,
  row: number,
  whole: number,
): void {
  let to = address / 4;
  const end = to + whole;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) i32[to++] = 4 * (n * image + size * (y * row + x));
    }
  }
  for (const last = i32[to - 1]; to < end; ) i32[to++] = last;
}
