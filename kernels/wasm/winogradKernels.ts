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
import { blockOf, type Extent, gridOf, kernelBytes, skew, writeTiles } from './winogradGrid.js';
import { convolveKernelsOnce } from './winogradOnce.js';

const { ceil, max, min } = Math;

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
  const { heap, functions } = engine;
  const { images, groups, top, left } = extent;
  const grid = gridOf(engine, size, gradient);
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, gradient.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const given = padded(groups, gradient, [1, height, width], [0, 0, 0]);
  const chunk = chunkOf(engine, images, max(input.size, given.size));
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
  const found = areas(
    engine,
    [
      factors * inputPlane,
      factors * givenPlane,
      groups * factors * sumPlane,
      4 * max(chunk * elements(groups, source), perGroup) + 4 * kernelBytes,
      input.copied ? 4 * chunk * input.size : 0,
      4 * chunk * elements(groups, gradient),
      given.copied ? 4 * chunk * given.size : 0,
      4 * tiles,
      4 * tiles,
      4 * columns,
      4 * rows,
    ],
    [],
  );
  if (found === null) return false;
  const [inputAt, givenAt, sums, raw, zeros, rawGiven, zerosGiven, sourceTiles, givenTiles, channels, lanes] =
    found.common;
  const work = workOf(engine);

  if (input.copied) blank(heap, zeros, chunk * input.size);
  if (given.copied) blank(heap, zerosGiven, chunk * given.size);
  writeTiles(engine, grid, sourceTiles, chunk, input.size, input.row, tiles);
  writeTiles(engine, grid, givenTiles, chunk, given.size, width, tiles);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, rows);

  /** Adds the products of one group and `n` tiles from t on. */
  const runBlock = (from: number, to: number, g: number, t: number, n: number, more: boolean): void => {
    const a = leftApart(engine, rows, n);
    const b = rightApart(engine, columns, n);
    const [sourceAt, tilesAt, sourceRow] = [sourceTiles + 4 * t, givenTiles + 4 * t, 4 * input.row];
    inPieces(work, columns, pieceOf(engine, columns, pairOfFours, columns), (l, size) => {
      const target = inputAt + (l / pairOfFours) * b.pair;
      const lanesAt = channels + 4 * l;
      work.call(
        winograd.input,
        0,
        target,
        from,
        lanesAt,
        size,
        sourceAt,
        n,
        sourceRow,
        inputPlane,
        b.step,
        b.half,
        b.pair,
      );
    });
    inPieces(work, rows, pieceOf(engine, rows, pairOfFours, rows), (l, size) => {
      const target = givenAt + (l / pairOfFours) * a.pair;
      const lanesAt = lanes + 4 * l;
      work.call(
        winograd.gradient,
        0,
        target,
        to,
        lanesAt,
        size,
        tilesAt,
        n,
        4 * width,
        givenPlane,
        a.step,
        a.half,
        a.pair,
      );
    });
    work.done();
    inPieces(work, factors, pieceOf(engine, factors, 1, factors), (x, count) => {
      for (let end = x + count; x < end; x++) {
        const [left, right] = [givenAt + x * givenPlane, inputAt + x * inputPlane];
        const sum = sums + (g * factors + x) * sumPlane;
        work.call(functions.multiply, 0, left, right, sum, 4 * columns, rows, columns, n, more ? 1 : 0);
      }
    });
    work.done();
  };
  for (let first = 0; first < images; first += chunk) {
    const some = min(chunk, images - first);
    const from = stageImages(engine, source, groups, first, some, raw, input, zeros);
    const to = stageImages(engine, gradient, groups, first, some, rawGiven, given, zerosGiven);
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
