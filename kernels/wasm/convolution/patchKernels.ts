import { depthBlock, panelColumns, panelRows } from '../product/gemm.js';
import { lines, panels } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pieceOf, rightApart, workOf } from './convolutionTools.js';
import { chunkOf, elements, type Images, type Kernels, padded } from './images.js';
import { patchedInput, perChannel, product, type Steps, tapsOf, walkOf, writePlaces, writeTable } from './patches.js';
import { type Incoming, Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';

const { max, min } = Math;

/** Elements of a row of kernels that are packed and multiplied at a time: 512 KiB in a block of depth. */
const columnBlock = 512;

/** The gradient of a convolution to its kernels: gradients times patches, summed over places and images. False where the heap cannot hold it. */
export function convolveKernels(
  engine: Engine,
  steps: Steps,
  source: Images,
  gradient: Images,
  kernels: Kernels,
): boolean {
  const { heap, functions } = engine;
  const { images, groups, stride, dilation } = steps;
  const input = patchedInput(source, gradient, kernels.taps, steps);
  const [inputs, outputs] = [source.channels, gradient.channels];
  const plane = product(gradient.plane);
  const size = elements(groups, gradient);
  // Sums are cut where one thread cuts them, at the ends of its chunks.
  const chunk = chunkOf(images, max(input.size, size));
  const waves = wavesOf(engine, images, chunk);
  const { size: wave, slots } = waves;
  const columns = inputs * product(kernels.taps);
  const rows = panels(outputs, panelRows);
  const whole = panels(columns, panelColumns);
  const depth = min(depthBlock, chunk * plane);
  const block = pieceOf(engine, whole, panelColumns, columnBlock);
  const intake = new Intake(engine, source, groups, input, waves);
  const intakeGiven = new Intake(engine, gradient, groups, padded(groups, gradient, gradient.plane, [0, 0, 0]), waves);
  const leftBytes = lines(4 * groups * rows * wave * plane);
  const found = areas(
    engine,
    [
      ...intake.bytes,
      intakeGiven.bytes[0],
      slots * leftBytes,
      4 * groups * rows * whole,
      whole === columns ? 0 : 4 * outputs * columns,
      4 * whole,
      4 * rows,
      4 * wave * plane,
      4 * wave * plane,
    ],
    [4 * min(whole, block) * depth],
  );
  if (found === null) return false;
  const [raw, zeros, given, left, sums, cropped, lanes, outputLanes, places, givenSteps] = found.common;
  const [right] = found.own;
  const work = workOf(engine);

  writeTable(heap, lanes, perChannel(inputs, tapsOf(input, kernels.taps, dilation), 0, input.channel), whole);
  writeTable(
    heap,
    outputLanes,
    Array.from({ length: outputs }, (_, o) => o * plane),
    rows,
  );
  const [, height, width] = gradient.plane;
  const counts = gradient.plane;
  writePlaces(heap, places, wave, input.size, { counts, start: 0, walk: walkOf(input, stride) }, wave * plane);
  writePlaces(heap, givenSteps, wave, size, { counts, start: 0, walk: [height * width, width, 1] }, wave * plane);
  intake.begin(raw, zeros);
  intakeGiven.begin(given, 0);

  /** Blocks of places of some images. */
  const eachBlock = (count: number, visit: (k: number, d: number) => void): void => {
    for (let c = 0; c < count; c += chunk) {
      const end = plane * min(count, c + chunk);
      for (let k = c * plane; k < end; k += depth) visit(k, min(depth, end - k));
    }
  };
  const leftAt = (slot: number, g: number, k: number): number =>
    left + slot * leftBytes + 4 * rows * (g * wave * plane + k);
  const packed: Incoming = {
    copied: true,
    write: (first, count, slot) => intakeGiven.write(first, count, slot),
    layOut: (_, count, slot) => {
      for (let g = 0; g < groups; g++) {
        const gradients = intakeGiven.at(slot) + 4 * g * outputs * plane;
        eachBlock(count, (k, d) => {
          const { step, half } = leftApart(engine, rows, d);
          inPieces(work, rows, pieceOf(engine, rows, panelRows, rows), (l, n) => {
            const target = leftAt(slot, g, k) + (l / panelRows) * half;
            const steps = givenSteps + 4 * k;
            work.call(functions.pack4, 0, target, gradients, outputLanes + 4 * l, n, steps, d, step, half);
          });
        });
      }
    },
  };
  const multiply: Step['threads'] = (first, count, slot) => {
    for (let g = 0; g < groups; g++) {
      const group = intake.at(slot) + 4 * g * inputs * input.channel;
      inPieces(work, whole, block, (j, n) => {
        const sum = sums + 4 * (g * rows * whole + j);
        eachBlock(count, (k, d) => {
          const { step, pair } = rightApart(engine, n, d);
          const more = first + k > 0 ? 1 : 0;
          work.call(functions.pack8, 1, right, group, lanes + 4 * j, n, places + 4 * k, d, step, pair);
          work.call(functions.multiply, 2, leftAt(slot, g, k), right, sum, 4 * whole, rows, n, d, more);
        });
      });
    }
  };
  inWaves(work, waves, found.distance, [...intakeSteps(work, intake, packed), { threads: multiply }]);
  for (let g = 0; g < groups; g++) {
    const sum = sums + 4 * g * rows * whole;
    if (whole !== columns) functions.copy(cropped, 0, 4 * columns, 4, sum, 0, 4 * whole, 4, 1, outputs, columns);
    const to = kernels.offset + g * outputs * columns;
    heap.read(whole === columns ? sum : cropped, kernels.data, to, outputs * columns);
  }
  return true;
}
