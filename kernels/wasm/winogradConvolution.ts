import { type Tools, tools } from './convolutionTools.js';
import { panelColumns, panelRows } from './gemm.js';
import type { Linked } from './heap.js';
import { areas, blank, chunkOf, elements, type Images, type Kernels, padded, stageImages } from './images.js';
import { panels, writeOffsets } from './staging.js';
import type { Winograd } from './winograd.js';

const { ceil, floor, max, min } = Math;

/** Bytes of a kernel of 3 x 3 elements, and of a row of it. */
const kernelBytes = 36;
const kernelRow = 12;
/** Bytes of the factors, and of the products, of a block of tiles: with the kernels' factors they stay near the processor. */
const blockBytes = 5 << 16;
/** Tiles in a block at least. */
const smallestBlock = 32;
/** Tiles, and channels, whose products are summed in registers at most: the rest meets their sums, which keeps errors small. */
const largestDepth = 64;
/** Added to the distance between factors, or they would all fall on the same lines of the first cache. */
const skew = 320;

/** How many images and groups; rows and columns of zeros before each image. */
export interface Extent {
  readonly images: number;
  readonly groups: number;
  readonly top: number;
  readonly left: number;
}

/** Tiles that cover the planes of some images, and what they need of the images on the other side. */
interface Plan extends Linked<Tools> {
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

function planFor(size: number, result: Images): Plan | null {
  const linked = tools();
  if (linked === null) return null;
  const [high, wide] = [ceil(result.plane[1] / size), ceil(result.plane[2] / size)];
  const [height, width] = [size * high, size * wide];
  const winograd = linked.functions.winograd.get(size)!;
  return { ...linked, winograd, size, factors: (size + 2) ** 2, high, wide, height, width, area: height * width };
}

/** Writes where tiles lie in images: tile after tile, row after row, image after image, filled up with the last one. */
function writeTiles(
  { heap: { i32 }, size, high, wide }: Plan,
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
  size: number,
  { images, groups, top, left }: Extent,
  source: Images,
  kernels: Kernels,
  turned: boolean,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const plan = planFor(size, result);
  if (plan === null) return false;
  const { heap, functions, winograd, factors, high, wide, height, width, area } = plan;
  const [inputs, outputs] = [source.channels, result.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const cropped = area !== result.plane[1] * result.plane[2];
  const resultSize = groups * outputs * area;
  const chunk = chunkOf(images, max(input.size, resultSize));
  const perImage = high * wide;
  const tiles = chunk * perImage;
  const depth = min(inputs, largestDepth);
  const most = max(smallestBlock, floor(blockBytes / 4 / factors / max(depth, outputs)));
  const block = panels(ceil(tiles / ceil(tiles / most)), panelColumns);
  const allTiles = panels(tiles, panelColumns);
  const rows = panels(outputs, panelRows);
  const perGroup = outputs * inputs * 9;
  const filterPlane = 4 * rows * inputs + skew;
  const inputPlane = 4 * depth * block + skew;
  const productPlane = 4 * rows * block + skew;
  const places = areas(heap, [
    groups * factors * filterPlane,
    factors * inputPlane,
    factors * productPlane,
    4 * max(chunk * elements(groups, source), groups * perGroup, cropped ? chunk * elements(groups, result) : 0),
    input.copied ? 4 * chunk * input.size : 0,
    4 * chunk * resultSize,
    4 * allTiles,
    4 * allTiles,
    4 * rows,
    4 * inputs,
    4 * groups * outputs,
  ]);
  if (places === null) return false;
  const [filterAt, inputAt, productAt, raw, zeros, results, sourceTiles, resultTiles, lanes, steps, biasAt] = places;

  heap.write(raw, kernels.data, kernels.offset, groups * perGroup);
  writeOffsets(heap, lanes, outputs, turned ? kernelBytes : kernelBytes * inputs, rows);
  writeOffsets(heap, steps, inputs, turned ? kernelBytes * outputs : kernelBytes, inputs);
  const filter = turned ? winograd.turned : winograd.filter;
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < inputs; c += depth) {
      const to = filterAt + g * factors * filterPlane + 4 * c * rows;
      const d = min(depth, inputs - c);
      filter(to, raw + 4 * g * perGroup, lanes, rows, steps + 4 * c, d, kernelRow, filterPlane, 16, 16 * d, 32 * d);
    }
  }
  if (input.copied) blank(heap, zeros, chunk * input.size);
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);
  writeTiles(plan, sourceTiles, chunk, input.size, input.row, allTiles);
  writeTiles(plan, resultTiles, chunk, resultSize, width, allTiles);
  writeOffsets(heap, steps, inputs, 4 * input.channel, inputs);

  const runBlock = (from: number, to: number, g: number, t: number, n: number): number => {
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const [tilesAt, stepsAt, row] = [sourceTiles + 4 * t, steps + 4 * c, 4 * input.row];
      winograd.input(inputAt, from, tilesAt, n, stepsAt, d, row, inputPlane, 32, 16, 32 * d);
      for (let x = 0; x < factors; x++) {
        const left = filterAt + (g * factors + x) * filterPlane + 4 * c * rows;
        const [right, product] = [inputAt + x * inputPlane, productAt + x * productPlane];
        functions.multiply(left, right, product, 4 * block, rows, n, d, c > 0 ? 1 : 0);
      }
    }
    const biases = biasAt + 4 * g * outputs;
    const tilesAt = resultTiles + 4 * t;
    return winograd.output(to, tilesAt, n, productAt, outputs, productPlane, 4 * block, biases, 4 * area, 4 * width);
  };
  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(heap, functions, source, groups, first, some, raw, input, zeros);
    let check = 0;
    for (let g = 0; g < groups; g++) {
      for (let t = 0; t < some * perImage; t += block) {
        const n = panels(min(block, some * perImage - t), panelColumns);
        const group = from + 4 * g * inputs * input.channel;
        check += runBlock(group, results + 4 * g * outputs * area, g, t, n);
      }
    }
    if (!Number.isFinite(check)) return false;
    unstageImages(plan, result, groups, first, some, cropped, results, raw);
  }
  return true;
}

/** Copies images whose planes have all of their tiles out of the heap; `raw` is for what their tiles reach beyond them. */
function unstageImages(
  { heap, functions, width, area }: Plan,
  to: Images,
  groups: number,
  first: number,
  count: number,
  cropped: boolean,
  results: number,
  raw: number,
): void {
  const size = elements(groups, to);
  if (cropped) {
    const [, rows, columns] = to.plane;
    const planes = count * groups * to.channels;
    functions.copy(raw, 4 * rows * columns, 4 * columns, 4, results, 4 * area, 4 * width, 4, planes, rows, columns);
  }
  heap.read(cropped ? raw : results, to.data, to.offset + first * size, count * size);
}

/** Gradients of `convolve` to its kernels, [outputs, inputs] for each group, from those to its results. False as there. */
export function convolveKernels(
  size: number,
  { images, groups, top, left }: Extent,
  source: Images,
  gradient: Images,
  kernels: Kernels,
): boolean {
  const plan = planFor(size, gradient);
  if (plan === null) return false;
  const { heap, functions, winograd, factors, high, wide, height, width, area } = plan;
  const [inputs, outputs] = [source.channels, gradient.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const given = padded(groups, gradient, [1, height, width], [0, 0, 0]);
  const chunk = chunkOf(images, max(input.size, given.size));
  const perImage = high * wide;
  const tiles = chunk * perImage;
  const most = min(largestDepth, max(smallestBlock, floor(blockBytes / 4 / factors / max(inputs, outputs))));
  const block = ceil(tiles / ceil(tiles / most));
  const rows = panels(outputs, panelRows);
  const columns = panels(inputs, panelColumns);
  const perGroup = 9 * outputs * inputs;
  const inputPlane = 4 * columns * block + skew;
  const givenPlane = 4 * rows * block + skew;
  const sumPlane = 4 * rows * columns + skew;
  const places = areas(heap, [
    factors * inputPlane,
    factors * givenPlane,
    groups * factors * sumPlane,
    4 * max(chunk * max(elements(groups, source), elements(groups, gradient)), perGroup) + 4 * kernelBytes,
    input.copied ? 4 * chunk * input.size : 0,
    4 * chunk * max(elements(groups, gradient), given.size),
    4 * tiles,
    4 * tiles,
    4 * columns,
    4 * rows,
    given.copied ? 4 * chunk * given.size : 0,
  ]);
  if (places === null) return false;
  const [inputAt, givenAt, sums, raw, zeros, rawGiven, sourceTiles, givenTiles, channels, lanes, zerosGiven] = places;

  if (input.copied) blank(heap, zeros, chunk * input.size);
  if (given.copied) blank(heap, zerosGiven, chunk * given.size);
  writeTiles(plan, sourceTiles, chunk, input.size, input.row, tiles);
  writeTiles(plan, givenTiles, chunk, given.size, width, tiles);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, rows);

  const runBlock = (from: number, to: number, g: number, t: number, n: number, more: boolean): void => {
    const panel = 16 * n;
    const inputRow = 4 * input.row;
    winograd.input(inputAt, from, channels, columns, sourceTiles + 4 * t, n, inputRow, inputPlane, 32, 16, 2 * panel);
    winograd.gradient(givenAt, to, lanes, rows, givenTiles + 4 * t, n, 4 * width, givenPlane, 16, panel, 2 * panel);
    for (let x = 0; x < factors; x++) {
      const sum = sums + (g * factors + x) * sumPlane;
      const row = 4 * columns;
      functions.multiply(givenAt + x * givenPlane, inputAt + x * inputPlane, sum, row, rows, columns, n, more ? 1 : 0);
    }
  };
  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(heap, functions, source, groups, first, some, raw, input, zeros);
    const to = stageImages(heap, functions, gradient, groups, first, some, rawGiven, given, zerosGiven);
    for (let g = 0; g < groups; g++) {
      for (let t = 0; t < some * perImage; t += block) {
        const group = from + 4 * g * inputs * input.channel;
        const n = min(block, some * perImage - t);
        runBlock(group, to + 4 * g * outputs * area, g, t, n, first + t > 0);
      }
    }
  }
  for (let g = 0; g < groups; g++) {
    const from = sums + g * factors * sumPlane;
    const check = winograd.taps(raw, from, outputs, inputs, sumPlane, 4 * columns, kernelBytes * inputs);
    if (!Number.isFinite(check)) return false;
    heap.read(raw, kernels.data, kernels.offset + g * perGroup, perGroup);
  }
  return true;
}
