import { panelColumns, panelRows } from '../product/gemm.js';
import { lines, panels, writeOffsets } from '../product/staging.js';
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
import { blank, chunkOf, elements, type Images, type Kernels, padded } from './images.js';
import { Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';
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
  const waves = wavesOf(engine, images, chunkOf(images, max(input.size, resultSize)));
  const { size: wave, slots } = waves;
  const perImage = high * wide;
  const tiles = wave * perImage;
  const most = blockOf(engine, grid, max(min(inputs, largestDepth), outputs));
  if (wave === images && tiles <= most.tiles) {
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
  const intake = new Intake(engine, source, groups, input, waves);
  const resultBytes = lines(4 * wave * resultSize);
  const cropBytes = cropped ? lines(4 * wave * elements(groups, result)) : 0;
  const found = areas(
    engine,
    [
      groups * factors * filterPlane,
      max(intake.bytes[0], 4 * groups * perGroup),
      intake.bytes[1],
      slots * resultBytes,
      slots * cropBytes,
      4 * allTiles,
      4 * allTiles,
      4 * rows,
      4 * inputs,
      4 * groups * outputs,
    ],
    [factors * inputPlane, factors * productPlane],
  );
  if (found === null) return false;
  const [filterAt, raw, zeros, results, crops, sourceTiles, resultTiles, lanes, offsets, biasAt] = found.common;
  const [inputAt, productAt] = found.own;
  const work = workOf(engine);

  heap.write(raw, kernels.data, kernels.offset, groups * perGroup);
  writeOffsets(heap, lanes, outputs, turned ? kernelBytes : kernelBytes * inputs, rows);
  writeOffsets(heap, offsets, inputs, turned ? kernelBytes * outputs : kernelBytes, inputs);
  const filter = turned ? winograd.turned : winograd.filter;
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const { step, half, pair } = leftApart(engine, rows, d);
      const from = raw + 4 * g * perGroup;
      const stepsAt = offsets + 4 * c;
      inPieces(work, rows, pieceOf(engine, rows, pairOfFours, rows), (first, n) => {
        const to = filterAt + g * factors * filterPlane + 4 * c * rows + (first / pairOfFours) * pair;
        work.call(filter, 0, to, from, lanes + 4 * first, n, stepsAt, d, kernelRow, filterPlane, step, half, pair);
      });
    }
  }
  work.done();
  intake.begin(raw, zeros);
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);
  writeTiles(engine, grid, sourceTiles, wave, input.size, input.row, allTiles);
  writeTiles(engine, grid, resultTiles, wave, resultSize, width, allTiles);
  writeOffsets(heap, offsets, inputs, 4 * input.channel, inputs);

  /** The results of one group for `n` tiles from t on. */
  const runBlock = (group: number, result: number, g: number, t: number, n: number): void => {
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const { step, half, pair } = rightApart(engine, n, d);
      const [tilesAt, stepsAt, row] = [sourceTiles + 4 * t, offsets + 4 * c, 4 * input.row];
      work.call(winograd.input, 1, inputAt, group, tilesAt, n, stepsAt, d, row, inputPlane, step, half, pair);
      const [left, sides] = [filterAt + g * factors * filterPlane + 4 * c * rows, [filterPlane, inputPlane]];
      const sizes = [4 * block, rows, n, d, c > 0 ? 1 : 0, factors];
      work.call(functions.multiplyPlanes, 6, left, inputAt, productAt, ...sizes, ...sides, productPlane);
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
  const steps: Step[] = intakeSteps(work, intake);
  steps.push({
    threads: (_, count, slot) => {
      for (let g = 0; g < groups; g++) {
        const group = intake.at(slot) + 4 * g * inputs * input.channel;
        const target = results + slot * resultBytes + 4 * g * outputs * area;
        inPieces(work, count * perImage, block, (t, n) => runBlock(group, target, g, t, panels(n, panelColumns)));
      }
    },
  });
  if (cropped) {
    const [, rows, columns] = result.plane;
    const plane = 4 * rows * columns;
    steps.push({
      threads: (_, count, slot) => {
        const planes = count * groups * outputs;
        inPieces(work, planes, pieceOf(engine, planes, 1, planes), (p, n) => {
          const [to, from] = [crops + slot * cropBytes + plane * p, results + slot * resultBytes + 4 * area * p];
          work.call(functions.copy, 0, to, plane, 4 * columns, 4, from, 4 * area, 4 * width, 4, n, rows, columns);
        });
      },
    });
  }
  const [done, doneBytes] = cropped ? [crops, cropBytes] : [results, resultBytes];
  const perResult = elements(groups, result);
  const read: Step['caller'] = (first, count, slot) =>
    heap.read(done + slot * doneBytes, result.data, result.offset + first * perResult, count * perResult);
  steps.push({ caller: read });
  return Number.isFinite(inWaves(work, waves, found.distance, steps));
}
