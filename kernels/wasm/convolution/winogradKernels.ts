import { panelColumns, panelRows } from '../product/gemm.js';
import { panels, writeOffsets } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pairOfFours, rightApart, workOf } from './convolutionTools.js';
import { blank, chunkOf, elements, type Images, type Kernels, padded, stageImages, waveOf } from './images.js';
import { blockOf, type Extent, gridOf, kernelBytes, skew, writeTiles } from './winogradGrid.js';
import { convolveKernelsOnce } from './winogradOnce.js';

const { ceil, max, min } = Math;

/** Tiles of a group whose products are summed at a time: `n` from t on, added to `more` of them or the first. */
interface Block {
  readonly g: number;
  readonly t: number;
  readonly n: number;
  readonly more: boolean;
}

/**
 * Gradients of the convolution in tiles of `size` to its kernels, [outputs, inputs] for each group, from those to its results. False
 * where the heap cannot hold it, or where one of them is not finite.
 */
export function convolveKernels(
  engine: Engine,
  size: number,
  extent: Extent,
  source: Images,
  gradient: Images,
  kernels: Kernels,
): boolean {
  const { heap, functions, pool } = engine;
  const { images, groups, top, left } = extent;
  const grid = gridOf(engine, size, gradient);
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, gradient.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const given = padded(groups, gradient, [1, height, width], [0, 0, 0]);
  const chunk = chunkOf(images, max(input.size, given.size));
  const perImage = high * wide;
  const tiles = chunk * perImage;
  const most = blockOf(engine, grid, max(inputs, outputs));
  if (chunk === images && tiles <= min(most.depth, most.tiles)) {
    return convolveKernelsOnce(engine, grid, extent, source, gradient, kernels);
  }
  const block = ceil(tiles / ceil(tiles / min(most.depth, most.tiles)));
  const rows = panels(outputs, panelRows);
  const columns = panels(inputs, panelColumns);
  const perGroup = 9 * outputs * inputs;
  const inputPlane = 4 * columns * block + skew;
  const givenPlane = 4 * rows * block + skew;
  const sumPlane = 4 * rows * columns + skew;
  // On several threads first all factors of some chunks, then all products; sums are the same, of the same blocks one after the other.
  const slotsOf = (chunks: number): number => (pool === null ? 1 : groups * chunks * ceil(tiles / block));
  const wave = waveOf(engine, images, chunk, slotsOf(1) * factors * (inputPlane + givenPlane));
  const slots = slotsOf(ceil(wave / chunk));
  const found = areas(
    engine,
    [
      slots * factors * inputPlane,
      slots * factors * givenPlane,
      groups * factors * sumPlane,
      4 * max(wave * elements(groups, source), perGroup) + 4 * kernelBytes,
      input.copied ? 4 * wave * input.size : 0,
      4 * wave * elements(groups, gradient),
      given.copied ? 4 * wave * given.size : 0,
      4 * wave * perImage,
      4 * wave * perImage,
      4 * columns,
      4 * rows,
    ],
    [],
  );
  if (found === null) return false;
  const [inputAt, givenAt, sums, raw, zeros, rawGiven, zerosGiven, sourceTiles, givenTiles, channels, lanes] =
    found.common;
  const work = workOf(engine);

  if (input.copied) blank(heap, zeros, wave * input.size);
  if (given.copied) blank(heap, zerosGiven, wave * given.size);
  writeTiles(engine, grid, sourceTiles, wave, input.size, input.row, wave * perImage);
  writeTiles(engine, grid, givenTiles, wave, given.size, width, wave * perImage);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, rows);

  /** Factors of a block, from images and gradients at these addresses, to the slot's place. */
  const transform = ({ g, t, n }: Block, slot: number, from: number, to: number, pieces: number): void => {
    const a = leftApart(engine, rows, n);
    const b = rightApart(engine, columns, n);
    const source = from + 4 * g * inputs * input.channel;
    const gradients = to + 4 * g * outputs * area;
    const [sourceAt, tilesAt, sourceRow] = [sourceTiles + 4 * t, givenTiles + 4 * t, 4 * input.row];
    const pieceOf = (lanes: number): number => pairOfFours * ceil(lanes / pairOfFours / pieces);
    inPieces(work, columns, pieceOf(columns), (l, size) => {
      const target = inputAt + slot * factors * inputPlane + (l / pairOfFours) * b.pair;
      const places = [target, source, channels + 4 * l, size, sourceAt, n, sourceRow];
      work.call(winograd.input, 0, ...places, inputPlane, b.step, b.half, b.pair);
    });
    inPieces(work, rows, pieceOf(rows), (l, size) => {
      const target = givenAt + slot * factors * givenPlane + (l / pairOfFours) * a.pair;
      const places = [target, gradients, lanes + 4 * l, size, tilesAt, n, 4 * width];
      work.call(winograd.gradient, 0, ...places, givenPlane, a.step, a.half, a.pair);
    });
  };
  /** Adds a block's products of one factor. */
  const multiply = ({ g, n, more }: Block, slot: number, x: number): void => {
    const [left, right] = [givenAt + (slot * factors + x) * givenPlane, inputAt + (slot * factors + x) * inputPlane];
    const sum = sums + (g * factors + x) * sumPlane;
    work.call(functions.multiply, 0, left, right, sum, 4 * columns, rows, columns, n, more ? 1 : 0);
  };
  const runBlocks = (blocks: readonly Block[], from: number, to: number): void => {
    if (pool === null) {
      for (const block of blocks) {
        transform(block, 0, from, to, 1);
        for (let x = 0; x < factors; x++) multiply(block, 0, x);
      }
      return;
    }
    const pieces = ceil((4 * pool.threads) / blocks.length);
    for (const [slot, block] of blocks.entries()) transform(block, slot, from, to, pieces);
    work.done();
    for (let g = 0; g < groups; g++) {
      for (let x = 0; x < factors; x++) {
        work.task();
        for (const [slot, block] of blocks.entries()) if (block.g === g) multiply(block, slot, x);
      }
    }
    work.done();
  };
  for (let first = 0; first < images; first += wave) {
    const some = min(wave, images - first);
    const from = stageImages(engine, source, groups, first, some, raw, input, zeros);
    const to = stageImages(engine, gradient, groups, first, some, rawGiven, given, zerosGiven);
    const blocks: Block[] = [];
    for (let g = 0; g < groups; g++) {
      for (let c = 0; c < some; c += chunk) {
        const end = min(chunk, some - c) * perImage;
        for (let t = 0; t < end; t += block) {
          blocks.push({ g, t: c * perImage + t, n: min(block, end - t), more: first + c + t > 0 });
        }
      }
    }
    runBlocks(blocks, from, to);
  }
  for (let g = 0; g < groups; g++) {
    const from = sums + g * factors * sumPlane;
    const check = winograd.taps(raw, from, outputs, inputs, sumPlane, 4 * columns, kernelBytes * inputs);
    if (!Number.isFinite(check)) return false;
    heap.read(raw, kernels.data, kernels.offset + g * perGroup, perGroup);
  }
  return true;
}
