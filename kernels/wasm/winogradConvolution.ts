import {
  areas,
  type Engine,
  inPieces,
  leftApart,
  pairOfFours,
  pieceOf,
  rightApart,
  workOf,
} from './convolutionTools.js';
import { panelColumns, panelRows } from './gemm.js';
import { blank, chunkOf, elements, type Images, type Kernels, padded, stageImages } from './images.js';
import { panels, writeOffsets } from './staging.js';
import type { Winograd } from './winograd.js';

const { ceil, floor, max, min } = Math;

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
const largestDepth = 64;
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

/**
 * Convolutions of stride 1 with kernels of 3 x 3 elements, in tiles of `size` results a side; for each group the kernels are
 * [outputs, inputs], or `turned` [inputs, outputs] and by half a circle. False where the heap cannot hold it, or where a result is
 * not finite: a tile spreads what is no number over all its results, so that those must be computed in another way.
 */
export function convolve(
  engine: Engine,
  size: number,
  { images, groups, top, left }: Extent,
  source: Images,
  kernels: Kernels,
  turned: boolean,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const { heap, functions } = engine;
  const grid = gridOf(engine, size, result);
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, result.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const cropped = area !== result.plane[1] * result.plane[2];
  const resultSize = groups * outputs * area;
  const chunk = chunkOf(engine, images, max(input.size, resultSize));
  const perImage = high * wide;
  const tiles = chunk * perImage;
  const most = blockOf(engine, grid, max(min(inputs, largestDepth), outputs));
  const depth = min(inputs, most.depth);
  const block = pieceOf(engine, tiles, panelColumns, panels(ceil(tiles / ceil(tiles / most.tiles)), panelColumns));
  const allTiles = panels(tiles, panelColumns);
  const rows = panels(outputs, panelRows);
  const perGroup = outputs * inputs * 9;
  const filterPlane = 4 * rows * inputs + skew;
  const inputPlane = 4 * depth * block + skew;
  const productPlane = 4 * rows * block + skew;
  const found = areas(
    engine,
    [
      groups * factors * filterPlane,
      4 * max(chunk * elements(groups, source), groups * perGroup, cropped ? chunk * elements(groups, result) : 0),
      input.copied ? 4 * chunk * input.size : 0,
      4 * chunk * resultSize,
      4 * allTiles,
      4 * allTiles,
      4 * rows,
      4 * inputs,
      4 * groups * outputs,
    ],
    [factors * inputPlane, factors * productPlane],
  );
  if (found === null) return false;
  const [filterAt, raw, zeros, results, sourceTiles, resultTiles, lanes, steps, biasAt] = found.common;
  const [inputAt, productAt] = found.own;
  const work = workOf(engine);

  heap.write(raw, kernels.data, kernels.offset, groups * perGroup);
  writeOffsets(heap, lanes, outputs, turned ? kernelBytes : kernelBytes * inputs, rows);
  writeOffsets(heap, steps, inputs, turned ? kernelBytes * outputs : kernelBytes, inputs);
  const filter = turned ? winograd.turned : winograd.filter;
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const { step, half, pair } = leftApart(engine, rows, d);
      const from = raw + 4 * g * perGroup;
      const stepsAt = steps + 4 * c;
      inPieces(work, rows, pieceOf(engine, rows, pairOfFours, rows), (first, n) => {
        const to = filterAt + g * factors * filterPlane + 4 * c * rows + (first / pairOfFours) * pair;
        work.call(filter, 0, to, from, lanes + 4 * first, n, stepsAt, d, kernelRow, filterPlane, step, half, pair);
      });
    }
  }
  work.done();
  if (input.copied) blank(heap, zeros, chunk * input.size);
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);
  writeTiles(engine, grid, sourceTiles, chunk, input.size, input.row, allTiles);
  writeTiles(engine, grid, resultTiles, chunk, resultSize, width, allTiles);
  writeOffsets(heap, steps, inputs, 4 * input.channel, inputs);

  /** The results of one group for `n` tiles from t on. */
  const runBlock = (group: number, result: number, g: number, t: number, n: number): void => {
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const { step, half, pair } = rightApart(engine, n, d);
      const [tilesAt, stepsAt, row] = [sourceTiles + 4 * t, steps + 4 * c, 4 * input.row];
      work.call(winograd.input, 1, inputAt, group, tilesAt, n, stepsAt, d, row, inputPlane, step, half, pair);
      for (let x = 0; x < factors; x++) {
        const left = filterAt + (g * factors + x) * filterPlane + 4 * c * rows;
        const [right, product] = [inputAt + x * inputPlane, productAt + x * productPlane];
        work.call(functions.multiply, 6, left, right, product, 4 * block, rows, n, d, c > 0 ? 1 : 0);
      }
    }
    const [tilesAt, biases] = [resultTiles + 4 * t, biasAt + 4 * g * outputs];
    const [channel, row] = [4 * area, 4 * width];
    work.call(
      winograd.output,
      8,
      result,
      tilesAt,
      n,
      productAt,
      outputs,
      productPlane,
      4 * block,
      biases,
      channel,
      row,
    );
  };
  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(engine, source, groups, first, some, raw, input, zeros);
    for (let g = 0; g < groups; g++) {
      inPieces(work, some * perImage, block, (t, n) => {
        const group = from + 4 * g * inputs * input.channel;
        runBlock(group, results + 4 * g * outputs * area, g, t, panels(n, panelColumns));
      });
    }
    if (!Number.isFinite(work.done(found.distance))) return false;
    if (cropped) {
      const [, high, wide] = result.plane;
      const planes = some * groups * outputs;
      functions.copy(raw, 4 * high * wide, 4 * wide, 4, results, 4 * area, 4 * width, 4, planes, high, wide);
    }
    const count = elements(groups, result);
    heap.read(cropped ? raw : results, result.data, result.offset + first * count, some * count);
  }
  return true;
}
