import { panelColumns, panelRows } from '../product/gemm.js';
import { panels, writeOffsets } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pairOfFours, rightApart, workOf } from './convolutionTools.js';
import { chunkOf, type Images, type Kernels, padded } from './images.js';
import { Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';
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
  const limits = blockOf(engine, grid, max(inputs, outputs));
  if (chunk === images && tiles <= min(limits.depth, limits.tiles)) {
    return convolveKernelsOnce(engine, grid, extent, source, gradient, kernels);
  }
  const block = ceil(tiles / ceil(tiles / min(limits.depth, limits.tiles)));
  const rows = panels(outputs, panelRows);
  const columns = panels(inputs, panelColumns);
  const perGroup = 9 * outputs * inputs;
  const inputPlane = 4 * columns * block + skew;
  const givenPlane = 4 * rows * block + skew;
  const sumPlane = 4 * rows * columns + skew;
  // On several threads first all factors of a wave, then all products; sums are the same, of the same blocks one after the other.
  const waves = wavesOf(engine, images, chunk);
  const { size: wave, slots } = waves;
  const most = pool === null ? 1 : groups * ceil(wave / chunk) * ceil(tiles / block);
  const [intake, intakeGiven] = [
    new Intake(engine, source, groups, input, waves),
    new Intake(engine, gradient, groups, given, waves),
  ];
  const found = areas(
    engine,
    [
      slots * most * factors * inputPlane,
      slots * most * factors * givenPlane,
      groups * factors * sumPlane,
      max(intake.bytes[0], 4 * perGroup + 4 * kernelBytes),
      intake.bytes[1],
      ...intakeGiven.bytes,
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

  intake.begin(raw, zeros);
  intakeGiven.begin(rawGiven, zerosGiven);
  writeTiles(engine, grid, sourceTiles, wave, input.size, input.row, wave * perImage);
  writeTiles(engine, grid, givenTiles, wave, given.size, width, wave * perImage);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, rows);

  /** Factors of a block, from images and gradients at these addresses, to a place for one. */
  const transform = ({ g, t, n }: Block, place: number, from: number, to: number, pieces: number): void => {
    const a = leftApart(engine, rows, n);
    const b = rightApart(engine, columns, n);
    const source = from + 4 * g * inputs * input.channel;
    const gradients = to + 4 * g * outputs * area;
    const [sourceAt, tilesAt, sourceRow] = [sourceTiles + 4 * t, givenTiles + 4 * t, 4 * input.row];
    const pieceOf = (lanes: number): number => pairOfFours * ceil(lanes / pairOfFours / pieces);
    inPieces(work, columns, pieceOf(columns), (l, size) => {
      const target = inputAt + place * factors * inputPlane + (l / pairOfFours) * b.pair;
      const places = [target, source, channels + 4 * l, size, sourceAt, n, sourceRow];
      work.call(winograd.input, 0, ...places, inputPlane, b.step, b.half, b.pair);
    });
    inPieces(work, rows, pieceOf(rows), (l, size) => {
      const target = givenAt + place * factors * givenPlane + (l / pairOfFours) * a.pair;
      const places = [target, gradients, lanes + 4 * l, size, tilesAt, n, 4 * width];
      work.call(winograd.gradient, 0, ...places, givenPlane, a.step, a.half, a.pair);
    });
  };
  /** Adds a block's products of `count` factors from x on. */
  const multiply = ({ g, n, more }: Block, place: number, x: number, count: number): void => {
    const [left, right] = [givenAt + (place * factors + x) * givenPlane, inputAt + (place * factors + x) * inputPlane];
    const sizes = [4 * columns, rows, columns, n, more ? 1 : 0, count];
    const sum = sums + (g * factors + x) * sumPlane;
    work.call(functions.multiplyPlanes, 0, left, right, sum, ...sizes, givenPlane, inputPlane, sumPlane);
  };
  const blocksOf = (first: number, count: number): Block[] => {
    const blocks: Block[] = [];
    for (let g = 0; g < groups; g++) {
      for (let c = 0; c < count; c += chunk) {
        const end = min(chunk, count - c) * perImage;
        for (let t = 0; t < end; t += block) {
          blocks.push({ g, t: c * perImage + t, n: min(block, end - t), more: first + c + t > 0 });
        }
      }
    }
    return blocks;
  };
  const steps: Step[] = intakeSteps(work, intake, intakeGiven);
  if (pool === null) {
    steps.push({
      threads: (first, count, slot) => {
        for (const block of blocksOf(first, count)) {
          transform(block, 0, intake.at(slot), intakeGiven.at(slot), 1);
          multiply(block, 0, 0, factors);
        }
      },
    });
  } else {
    const pieces = ceil((4 * pool.threads) / most);
    steps.push({
      threads: (first, count, slot) => {
        for (const [k, block] of blocksOf(first, count).entries()) {
          transform(block, slot * most + k, intake.at(slot), intakeGiven.at(slot), pieces);
        }
      },
    });
    steps.push({
      threads: (first, count, slot) => {
        const blocks = blocksOf(first, count);
        for (let g = 0; g < groups; g++) {
          for (let x = 0; x < factors; x++) {
            work.task();
            for (const [k, block] of blocks.entries()) if (block.g === g) multiply(block, slot * most + k, x, 1);
          }
        }
      },
    });
  }
  inWaves(work, waves, 0, steps);
  for (let g = 0; g < groups; g++) {
    const from = sums + g * factors * sumPlane;
    const check = winograd.taps(raw, from, outputs, inputs, sumPlane, 4 * columns, kernelBytes * inputs);
    if (!Number.isFinite(check)) return false;
    heap.read(raw, kernels.data, kernels.offset + g * perGroup, perGroup);
  }
  return true;
}
