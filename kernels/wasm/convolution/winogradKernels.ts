import { panelColumns, panelRows } from '../product/gemm.js';
import { lines, panels, writeOffsets } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pairOfFours, rightApart, workOf } from './convolutionTools.js';
import { chunkOf, type Images, type Kernels, padded } from './images.js';
import { Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';
import { blockOf, type Extent, gridOf, kernelBytes, skew, writeTiles } from './winogradGrid.js';
import { convolveKernelsOnce } from './winogradOnce.js';

const { ceil, max, min } = Math;

/** Chunks are added up in so many sums if there are that many, which threads can do at the same time: a number that depends on nothing else. */
const manyStrands = 4;

/** Tiles of a group whose products are summed at a time: `n` from t on, added to `more` of them or the first. */
interface Block {
  readonly g: number;
  readonly strand: number;
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
  const most = chunkOf(images, max(input.size, given.size));
  const strands = most * manyStrands <= images ? manyStrands : 1;
  // As many chunks of about one size in every strand.
  const chunk = ceil(images / (strands * ceil(images / most / strands)));
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
  // A thread takes chunks of a strand, whose factors stay near its processor; where there are too few, first all factors of a wave, then all products.
  const apart = pool === null || (strands > 1 && strands * groups >= pool.threads);
  const waves = wavesOf(engine, images, chunk, apart ? strands : undefined);
  const { size: wave, slots } = waves;
  const blockPlaces = apart ? 0 : groups * ceil(wave / chunk) * ceil(tiles / block);
  const tapBytes = lines(4 * perGroup + 4 * kernelBytes);
  const [intake, intakeGiven] = [
    new Intake(engine, source, groups, input, waves),
    new Intake(engine, gradient, groups, given, waves),
  ];
  const found = areas(
    engine,
    [
      strands * groups * factors * sumPlane,
      slots * blockPlaces * factors * inputPlane,
      slots * blockPlaces * factors * givenPlane,
      max(intake.bytes[0], strands * groups * tapBytes),
      intake.bytes[1],
      ...intakeGiven.bytes,
      4 * wave * perImage,
      4 * wave * perImage,
      4 * columns,
      4 * rows,
    ],
    apart ? [factors * inputPlane, factors * givenPlane] : [],
  );
  if (found === null) return false;
  const [sums, inputPlaces, givenPlaces, raw, zeros, rawGiven, zerosGiven, sourceTiles, givenTiles, channels, lanes] =
    found.common;
  const [inputAt, givenAt] = apart ? found.own : [inputPlaces, givenPlaces];
  const work = workOf(engine);

  intake.begin(raw, zeros);
  intakeGiven.begin(rawGiven, zerosGiven);
  writeTiles(engine, grid, sourceTiles, wave, input.size, input.row, wave * perImage);
  writeTiles(engine, grid, givenTiles, wave, given.size, width, wave * perImage);
  writeOffsets(heap, channels, inputs, 4 * input.channel, columns);
  writeOffsets(heap, lanes, outputs, 4 * area, rows);

  const own = apart ? 1 : 0;
  /** Factors of some lanes of a block of images, from this slot to a place for one block. */
  const transformInput = ({ g, t, n }: Block, place: number, slot: number, l: number, size: number): void => {
    const { step, half, pair } = rightApart(engine, columns, n);
    const target = inputAt + place * factors * inputPlane + (l / pairOfFours) * pair;
    const from = intake.at(slot) + 4 * g * inputs * input.channel;
    const places = [target, from, channels + 4 * l, size, sourceTiles + 4 * t, n, 4 * input.row];
    work.call(winograd.input, own, ...places, inputPlane, step, half, pair);
  };
  /** The same of gradients. */
  const transformGiven = ({ g, t, n }: Block, place: number, slot: number, l: number, size: number): void => {
    const { step, half, pair } = leftApart(engine, rows, n);
    const target = givenAt + place * factors * givenPlane + (l / pairOfFours) * pair;
    const from = intakeGiven.at(slot) + 4 * g * outputs * area;
    const places = [target, from, lanes + 4 * l, size, givenTiles + 4 * t, n, 4 * width];
    work.call(winograd.gradient, own, ...places, givenPlane, step, half, pair);
  };
  const sumOf = (strand: number, g: number, x: number): number =>
    sums + ((strand * groups + g) * factors + x) * sumPlane;
  /** Adds a block's products of `count` factors from x on. */
  const multiply = ({ g, strand, n, more }: Block, place: number, x: number, count: number): void => {
    const [left, right] = [givenAt + (place * factors + x) * givenPlane, inputAt + (place * factors + x) * inputPlane];
    const sizes = [4 * columns, rows, columns, n, more ? 1 : 0, count];
    const planes = [givenPlane, inputPlane, sumPlane];
    work.call(functions.multiplyPlanes, 3 * own, left, right, sumOf(strand, g, x), ...sizes, ...planes);
  };
  const blocksOf = (first: number, count: number): Block[] => {
    const blocks: Block[] = [];
    for (let g = 0; g < groups; g++) {
      for (let c = 0; c < count; c += chunk) {
        const end = min(chunk, count - c) * perImage;
        const strand = ((first + c) / chunk) % strands;
        for (let t = 0; t < end; t += block) {
          const more = first + c >= strands * chunk || t > 0;
          blocks.push({ g, strand, t: c * perImage + t, n: min(block, end - t), more });
        }
      }
    }
    return blocks;
  };
  const steps: Step[] = intakeSteps(work, intake, intakeGiven);
  if (apart) {
    const threads: Step['threads'] = (first, count, slot) => {
      const blocks = blocksOf(first, count);
      for (let k = 0; k < strands * groups; k++) {
        work.task();
        for (const block of blocks) {
          if (block.strand * groups + block.g !== k) continue;
          transformInput(block, 0, slot, 0, columns);
          transformGiven(block, 0, slot, 0, rows);
          multiply(block, 0, 0, factors);
        }
      }
    };
    steps.push({ threads });
  } else {
    const pieces = ceil((4 * (pool?.threads ?? 1)) / blockPlaces);
    const pieceOf = (lanes: number): number => pairOfFours * ceil(lanes / pairOfFours / pieces);
    const transform: Step['threads'] = (first, count, slot) => {
      for (const [k, block] of blocksOf(first, count).entries()) {
        const place = slot * blockPlaces + k;
        inPieces(work, columns, pieceOf(columns), (l, n) => transformInput(block, place, slot, l, n));
        inPieces(work, rows, pieceOf(rows), (l, n) => transformGiven(block, place, slot, l, n));
      }
    };
    const products: Step['threads'] = (first, count, slot) => {
      const blocks = blocksOf(first, count);
      for (let g = 0; g < groups; g++) {
        for (let x = 0; x < factors; x++) {
          work.task();
          for (const [k, block] of blocks.entries()) if (block.g === g) multiply(block, slot * blockPlaces + k, x, 1);
        }
      }
    };
    steps.push({ threads: transform }, { threads: products });
  }
  inWaves(work, waves, found.distance, steps);
  for (let k = 0; k < strands * groups; k++) {
    work.task();
    const places = [raw + k * tapBytes, sums + k * factors * sumPlane, outputs, inputs];
    work.call(winograd.taps, 0, ...places, sumPlane, 4 * columns, kernelBytes * inputs);
  }
  if (!Number.isFinite(work.done())) return false;
  for (let g = 0; g < groups; g++) {
    const at = raw + g * tapBytes;
    for (let k = 1; k < strands; k++) functions.add(at, at + k * groups * tapBytes, perGroup);
    heap.read(at, kernels.data, kernels.offset + g * perGroup, perGroup);
  }
  return true;
}
