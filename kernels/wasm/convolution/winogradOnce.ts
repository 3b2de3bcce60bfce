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
import { blank, elements, type Images, type Kernels, padded, stageImages } from './images.js';
import { type Extent, type Grid, kernelBytes, kernelRow, largestDepth, skew, writeTiles } from './winogradGrid.js';

const { max, min } = Math;

/** Outputs whose kernels are turned into factors, used, and forgotten. */
const rowBlock = 64;

/**
 * `convolve` for so few tiles that the kernels' factors would be used once: a block of them at a time stays near the processor, and all
 * factors of the images beside it.
 */
export function convolveOnce(
  engine: Engine,
  grid: Grid,
  { images, groups, top, left }: Extent,
  source: Images,
  kernels: Kernels,
  turned: boolean,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const { heap, functions } = engine;
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, result.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const cropped = area !== result.plane[1] * result.plane[2];
  const count = elements(groups, result);
  const tiles = panels(images * high * wide, panelColumns);
  const depth = min(inputs, largestDepth);
  const block = pieceOf(engine, outputs, pairOfFours, rowBlock);
  const lanesOf = panels(outputs, panelRows);
  const perGroup = 9 * outputs * inputs;
  const inputPlane = 4 * inputs * tiles + skew;
  const filterPlane = 4 * block * depth + skew;
  const productPlane = 4 * block * tiles + skew;
  const found = areas(
    engine,
    [
      factors * inputPlane,
      4 * groups * perGroup,
      4 * max(images * elements(groups, source), cropped ? images * count : 0),
      input.copied ? 4 * images * input.size : 0,
      4 * images * groups * outputs * area,
      4 * tiles,
      4 * tiles,
      4 * lanesOf,
      4 * inputs,
      4 * inputs,
      4 * groups * outputs,
    ],
    [factors * filterPlane, factors * productPlane],
  );
  if (found === null) return false;
  const [inputAt, weights, raw, zeros, results, sourceTiles, resultTiles, lanes, kernelSteps, steps, biasAt] =
    found.common;
  const [filterAt, productAt] = found.own;
  const work = workOf(engine);

  heap.write(weights, kernels.data, kernels.offset, groups * perGroup);
  writeOffsets(heap, lanes, outputs, turned ? kernelBytes : kernelBytes * inputs, lanesOf);
  writeOffsets(heap, kernelSteps, inputs, turned ? kernelBytes * outputs : kernelBytes, inputs);
  writeOffsets(heap, steps, inputs, 4 * input.channel, inputs);
  writeTiles(engine, grid, sourceTiles, images, input.size, input.row, tiles);
  writeTiles(engine, grid, resultTiles, images, groups * outputs * area, width, tiles);
  if (input.copied) blank(heap, zeros, images * input.size);
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);
  const from = stageImages(engine, source, groups, 0, images, raw, input, zeros);
  const filter = turned ? winograd.turned : winograd.filter;

  /** The results of some of a group's outputs. */
  const runRows = (g: number, r: number, n: number): void => {
    const rows = panels(n, panelRows);
    for (let c = 0; c < inputs; c += depth) {
      const d = min(depth, inputs - c);
      const { step, half, pair } = leftApart(engine, rows, d);
      const [weight, stepsAt] = [weights + 4 * g * perGroup, kernelSteps + 4 * c];
      const lane = lanes + 4 * r;
      work.call(filter, 1, filterAt, weight, lane, rows, stepsAt, d, kernelRow, filterPlane, step, half, pair);
      const [a, b, more] = [filterAt, inputAt + 4 * c * tiles, c > 0 ? 1 : 0];
      const apart = [filterPlane, inputPlane, productPlane];
      work.call(functions.multiplyPlanes, 5, a, b, productAt, 4 * tiles, rows, tiles, d, more, factors, ...apart);
    }
    const [to, biases] = [results + 4 * (g * outputs + r) * area, biasAt + 4 * (g * outputs + r)];
    const [channel, row] = [4 * area, 4 * width];
    work.call(winograd.output, 8, to, resultTiles, tiles, productAt, n, productPlane, 4 * tiles, biases, channel, row);
  };
  let check = 0;
  for (let g = 0; g < groups; g++) {
    const group = from + 4 * g * inputs * input.channel;
    inPieces(work, inputs, depth, (c, d) => {
      const { step, half, pair } = rightApart(engine, tiles, d);
      const [to, stepsAt, row] = [inputAt + 4 * c * tiles, steps + 4 * c, 4 * input.row];
      work.call(winograd.input, 0, to, group, sourceTiles, tiles, stepsAt, d, row, inputPlane, step, half, pair);
    });
    work.done();
    inPieces(work, outputs, block, (r, n) => runRows(g, r, n));
    check += work.done(found.distance);
  }
  if (!Number.isFinite(check)) return false;
  if (cropped) {
    const [, rows, columns] = result.plane;
    const planes = images * groups * outputs;
    functions.copy(raw, 4 * rows * columns, 4 * columns, 4, results, 4 * area, 4 * width, 4, planes, rows, columns);
  }
  heap.read(cropped ? raw : results, result.data, result.offset, images * count);
  return true;
}

/** `convolveKernels` for as few tiles: sums of a block of outputs become gradients before the next ones are made. */
export function convolveKernelsOnce(
  engine: Engine,
  grid: Grid,
  { images, groups, top, left }: Extent,
  source: Images,
  gradient: Images,
  kernels: Kernels,
): boolean {
  const { heap, functions } = engine;
  const { winograd, factors, high, wide, height, width, area } = grid;
  const [inputs, outputs] = [source.channels, gradient.channels];
  const input = padded(groups, source, [1, height + 2, width + 2], [0, top, left]);
  const given = padded(groups, gradient, [1, height, width], [0, 0, 0]);
  const tiles = images * high * wide;
  const block = pieceOf(engine, outputs, pairOfFours, rowBlock);
  const lanesOf = panels(outputs, panelRows);
  const columns = panels(inputs, panelColumns);
  const perGroup = 9 * outputs * inputs;
  const inputPlane = 4 * columns * tiles + skew;
  const givenPlane = 4 * block * tiles + skew;
  const sumPlane = 4 * block * columns + skew;
  const found = areas(
    engine,
    [
      factors * inputPlane,
      4 * groups * perGroup + 4 * kernelBytes,
      4 * images * elements(groups, source),
      input.copied ? 4 * images * input.size : 0,
      4 * images * elements(groups, gradient),
      given.copied ? 4 * images * given.size : 0,
      4 * tiles,
      4 * tiles,
      4 * columns,
      4 * lanesOf,
    ],
    // Up to three kernels are written behind those of a block: nothing of the next block's may be there yet.
    [factors * givenPlane, factors * sumPlane, kernelBytes * (block * inputs + panelRows)],
  );
  if (found === null) return false;
  const [inputAt, results, raw, zeros, rawGiven, zerosGiven, sourceTiles, givenTiles, channels, lanes] = found.common;
  const [givenAt, sums, rowsAt] = found.own;
  const work = workOf(engine);

  writeTiles(engine, grid, sourceTiles, images, input.size, input.row, tiles);
  writeTiles(engine, grid, givenTiles, images, given.size, width, tiles);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, lanesOf);
  if (input.copied) blank(heap, zeros, images * input.size);
  if (given.copied) blank(heap, zerosGiven, images * given.size);
  const from = stageImages(engine, source, groups, 0, images, raw, input, zeros);
  const to = stageImages(engine, gradient, groups, 0, images, rawGiven, given, zerosGiven);

  /** The gradients of some of a group's outputs. */
  const runRows = (g: number, r: number, n: number): void => {
    const rows = panels(n, panelRows);
    const { step, half, pair } = leftApart(engine, rows, tiles);
    const [group, lane] = [to + 4 * g * outputs * area, lanes + 4 * r];
    work.call(
      winograd.gradient,
      1,
      givenAt,
      group,
      lane,
      rows,
      givenTiles,
      tiles,
      4 * width,
      givenPlane,
      step,
      half,
      pair,
    );
    const sizes = [4 * columns, rows, columns, tiles, 0, factors];
    work.call(functions.multiplyPlanes, 5, givenAt, inputAt, sums, ...sizes, givenPlane, inputPlane, sumPlane);
    const row = kernelBytes * inputs;
    work.call(winograd.taps, 3, rowsAt, sums, n, inputs, sumPlane, 4 * columns, row);
    const target = results + 4 * (g * perGroup + 9 * r * inputs);
    work.call(functions.copy, 16, target, 0, row, 4, rowsAt, 0, row, 4, 1, n, 9 * inputs);
  };
  let check = 0;
  for (let g = 0; g < groups; g++) {
    const { step, half, pair } = rightApart(engine, columns, tiles);
    const group = from + 4 * g * inputs * input.channel;
    inPieces(work, columns, pieceOf(engine, columns, pairOfFours, columns), (l, n) => {
      const [at, lane, row] = [inputAt + (l / pairOfFours) * pair, channels + 4 * l, 4 * input.row];
      work.call(winograd.input, 0, at, group, lane, n, sourceTiles, tiles, row, inputPlane, step, half, pair);
    });
    work.done();
    inPieces(work, outputs, block, (r, n) => runRows(g, r, n));
    check += work.done(found.distance);
  }
  if (!Number.isFinite(check)) return false;
  heap.read(results, kernels.data, kernels.offset, groups * perGroup);
  return true;
}
