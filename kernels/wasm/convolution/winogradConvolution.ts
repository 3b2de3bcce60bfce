import { panelColumns, panelRows } from '../product/gemm.js';
import { panels, writeOffsets } from '../product/staging.js';
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
import { blank, chunkOf, elements, type Images, type Kernels, padded, stageImages, waveOf } from './images.js';
import {
  blockOf,
  type Extent,
  gridOf,
  kernelBytes,
  kernelRow,
  largestDepth,
  skew,
  writeTiles,
} from './winogradGrid.js';
import { convolveOnce } from './winogradOnce.js';

const { ceil, max, min } = Math;

/**
 * Convolutions of stride 1 with kernels of 3 x 3 elements, in tiles of `size` results a side; for each group the kernels are
 * [outputs, inputs], or `turned` [inputs, outputs] and by half a circle. False where the heap cannot hold it, or where a result is
 * not finite: a tile spreads what is no number over all its results, so that those must be computed in another way.
 */
export function convolve(
  engine: Engine,
  size: number,
  extent: Extent,
  source: Images,
  kernels: Kernels,
  turned: boolean,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const { heap, functions } = engine;
  const { images, groups, top, left } = extent;
  const grid = gridOf(engine, size, result);
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, result.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const cropped = area !== result.plane[1] * result.plane[2];
  const resultSize = groups * outputs * area;
  const chunk = waveOf(engine, images, chunkOf(images, max(input.size, resultSize)));
  const perImage = high * wide;
  const tiles = chunk * perImage;
  const most = blockOf(engine, grid, max(min(inputs, largestDepth), outputs));
  if (chunk === images && tiles <= most.tiles) {
    return convolveOnce(engine, grid, extent, source, kernels, turned, result, bias);
  }
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
      const plane = 4 * high * wide;
      inPieces(work, planes, pieceOf(engine, planes, 1, planes), (p, n) => {
        const [to, from] = [raw + plane * p, results + 4 * area * p];
        work.call(functions.copy, 0, to, plane, 4 * wide, 4, from, 4 * area, 4 * width, 4, n, high, wide);
      });
      work.done();
    }
    const count = elements(groups, result);
    heap.read(cropped ? raw : results, result.data, result.offset + first * count, some * count);
  }
  return true;
}
