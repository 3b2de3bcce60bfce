import { depthBlock, panelColumns, panelRows } from '../product/gemm.js';
import { lines, panels } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pieceOf, rightApart, workOf } from './convolutionTools.js';
import { blank, chunkOf, elements, type Images, type Kernels, type Padded } from './images.js';
import { type Pass, spread } from './passes.js';
import { perChannel, product, type Steps, writePlaces, writeTable } from './patches.js';
import { Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';

const { max, min } = Math;

/** Columns of patches that are packed and multiplied at a time: 256 KiB of them in a block of depth. */
const columnBlock = 256;

/** Results = kernels times patches, pass by pass; kernels lie [results, sources, taps], or `turned` [sources, results, taps]. False where the heap cannot hold it. */
export function multiplyPatches(
  engine: Engine,
  { images, groups }: Steps,
  source: Images,
  input: Padded,
  kernels: Kernels,
  turned: boolean,
  passes: readonly Pass[],
  result: Images,
  bias: Float32Array | null,
): boolean {
  const { heap, functions } = engine;
  const [inputs, outputs] = [source.channels, result.channels];
  const kernel = product(kernels.taps);
  const perGroup = outputs * inputs * kernel;
  const rows = panels(outputs, panelRows);
  const resultPlane = product(result.plane);
  const waves = wavesOf(engine, images, chunkOf(images, max(input.size, groups * outputs * resultPlane)));
  const { size: wave, slots } = waves;
  const places = passes.map(({ counts }) => product(counts));
  const pitch = panels(wave * max(...places), panelColumns);
  const depths = passes.map(({ taps }) => taps.length * inputs);
  const deepest = max(...depths);
  const block = pieceOf(engine, wave * max(...places), panelColumns, columnBlock);
  // Where the products are the results as they lie in memory, nothing is moved.
  const dense = rows === outputs || groups === 1;
  const direct = dense && passes.length === 1 && wave === 1 && pitch === resultPlane;
  const intake = new Intake(engine, source, groups, input, waves);
  const productBytes = lines(4 * passes.length * groups * rows * pitch);
  const resultBytes = direct ? 0 : lines(4 * wave * elements(groups, result));
  const found = areas(
    engine,
    [
      max(intake.bytes[0], 4 * groups * perGroup),
      intake.bytes[1],
      4 * groups * rows * depths.reduce((a, b) => a + b, 0),
      slots * productBytes,
      slots * resultBytes,
      4 * pitch * passes.length,
      4 * deepest * passes.length,
      4 * deepest,
      4 * rows,
      4 * groups * outputs,
    ],
    [4 * block * min(deepest, depthBlock)],
  );
  if (found === null) return false;
  const [raw, zeros, left, products, results, placeTables, stepTables, kernelSteps, lanes, biasAt] = found.common;
  const [right] = found.own;
  const work = workOf(engine);

  heap.write(raw, kernels.data, kernels.offset, groups * perGroup);
  const lane = turned ? kernel : inputs * kernel;
  writeTable(
    heap,
    lanes,
    Array.from({ length: outputs }, (_, o) => o * lane),
    rows,
  );
  const lefts: number[] = [];
  let to = left;
  for (const [p, { taps }] of passes.entries()) {
    lefts.push(to);
    const offsets = perChannel(inputs, taps, 1, turned ? outputs * kernel : kernel);
    writeTable(heap, kernelSteps, offsets, offsets.length);
    for (let g = 0; g < groups; g++) {
      for (let k = 0; k < depths[p]; k += depthBlock) {
        const depth = min(depthBlock, depths[p] - k);
        const { step, half } = leftApart(engine, rows, depth);
        const [from, stepsAt, target] = [raw + 4 * g * perGroup, kernelSteps + 4 * k, to];
        inPieces(work, rows, pieceOf(engine, rows, panelRows, rows), (l, n) => {
          const panelAt = target + (l / panelRows) * half;
          work.call(functions.pack4, 0, panelAt, from, lanes + 4 * l, n, stepsAt, depth, step, half);
        });
        to += 4 * rows * depth;
      }
    }
    work.done();
    const sourceSteps = perChannel(inputs, taps, 0, input.channel);
    writeTable(heap, stepTables + 4 * p * deepest, sourceSteps, sourceSteps.length);
    writePlaces(heap, placeTables + 4 * p * pitch, wave, input.size, passes[p], pitch);
  }
  intake.begin(raw, zeros);
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);

  /** The products of a pass for a block of places of one group. */
  const runBlock = (p: number, group: number, c: number, g: number, j: number, columns: number): void => {
    const depth = depths[p];
    if (bias !== null || depth === 0) {
      work.call(functions.fillRows, 0, c, 4 * pitch, outputs, columns, biasAt + 4 * g * outputs);
    }
    for (let k = 0; k < depth; k += depthBlock) {
      const d = min(depthBlock, depth - k);
      const { step, pair } = rightApart(engine, columns, d);
      const [placesAt, stepsAt] = [placeTables + 4 * (p * pitch + j), stepTables + 4 * (p * deepest + k)];
      work.call(functions.pack8, 1, right, group, placesAt, columns, stepsAt, d, step, pair);
      const kernelAt = lefts[p] + 4 * rows * (g * depth + k);
      const more = k > 0 || bias !== null ? 1 : 0;
      work.call(functions.multiply, 2, kernelAt, right, c, 4 * pitch, rows, columns, d, more);
    }
  };
  const productsAt = (slot: number, p: number, g: number): number =>
    products + slot * productBytes + 4 * (p * groups + g) * rows * pitch;
  const eachGroup = (visit: (p: number, g: number) => void): void => {
    for (let p = 0; p < passes.length; p++) for (let g = 0; g < groups; g++) visit(p, g);
  };
  const steps: Step[] = intakeSteps(work, intake);
  const multiply: Step['threads'] = (_, count, slot) =>
    eachGroup((p, g) => {
      const [group, c] = [intake.at(slot) + 4 * g * inputs * input.channel, productsAt(slot, p, g)];
      inPieces(work, count * places[p], block, (j, n) => runBlock(p, group, c + 4 * j, g, j, panels(n, panelColumns)));
    });
  const copy: Step['threads'] = (_, count, slot) =>
    eachGroup((p, g) => {
      const to = results + slot * resultBytes + 4 * g * outputs * resultPlane;
      spread(work, functions, passes[p], count, outputs, groups, pitch, productsAt(slot, p, g), result.plane, to);
    });
  steps.push({ threads: multiply });
  if (!direct) steps.push({ threads: copy });
  const [done, doneBytes] = direct ? [products, productBytes] : [results, resultBytes];
  const size = elements(groups, result);
  const read: Step['caller'] = (first, count, slot) =>
    heap.read(done + slot * doneBytes, result.data, result.offset + first * size, count * size);
  steps.push({ caller: read });
  inWaves(work, waves, found.distance, steps);
  return true;
}
