import { depthBlock, panelColumns, panelRows } from '../product/gemm.js';
import { panels } from '../product/staging.js';
import { areas, type Engine, inPieces, leftApart, pieceOf, rightApart, workOf } from './convolutionTools.js';
import { blank, chunkOf, elements, type Images, type Kernels, stageImages, waveOf } from './images.js';
import { patchedInput, perChannel, product, type Steps, tapsOf, walkOf, writePlaces, writeTable } from './patches.js';

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
  const wave = waveOf(engine, images, chunk);
  const columns = inputs * product(kernels.taps);
  const rows = panels(outputs, panelRows);
  const whole = panels(columns, panelColumns);
  const depth = min(depthBlock, chunk * plane);
  const block = pieceOf(engine, whole, panelColumns, columnBlock);
  const found = areas(
    engine,
    [
      4 * wave * elements(groups, source),
      input.copied ? 4 * wave * input.size : 0,
      4 * wave * size,
      4 * rows * depth,
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
  if (input.copied) blank(heap, zeros, wave * input.size);

  /** Adds the products of one group for `d` places from k on. */
  const runBlock = (group: number, gradients: number, sum: number, k: number, d: number, more: boolean): void => {
    const a = leftApart(engine, rows, d);
    inPieces(work, rows, pieceOf(engine, rows, panelRows, rows), (l, n) => {
      const target = left + (l / panelRows) * a.half;
      work.call(functions.pack4, 0, target, gradients, outputLanes + 4 * l, n, givenSteps + 4 * k, d, a.step, a.half);
    });
    work.done();
    inPieces(work, whole, block, (j, n) => {
      const { step, pair } = rightApart(engine, n, d);
      work.call(functions.pack8, 1, right, group, lanes + 4 * j, n, places + 4 * k, d, step, pair);
      work.call(functions.multiply, 2, left, right, sum + 4 * j, 4 * whole, rows, n, d, more ? 1 : 0);
    });
    work.done(found.distance);
  };
  for (let first = 0; first < images; first += wave) {
    const some = min(wave, images - first);
    const from = stageImages(engine, source, groups, first, some, raw, input, zeros);
    heap.write(given, gradient.data, gradient.offset + first * size, some * size);
    for (let g = 0; g < groups; g++) {
      const [group, gradients] = [from + 4 * g * inputs * input.channel, given + 4 * g * outputs * plane];
      for (let c = 0; c < some; c += chunk) {
        const end = plane * min(some, c + chunk);
        for (let k = c * plane; k < end; k += depth) {
          runBlock(group, gradients, sums + 4 * g * rows * whole, k, min(depth, end - k), first + k > 0);
        }
      }
    }
  }
  for (let g = 0; g < groups; g++) {
    const sum = sums + 4 * g * rows * whole;
    if (whole !== columns) functions.copy(cropped, 0, 4 * columns, 4, sum, 0, 4 * whole, 4, 1, outputs, columns);
    const to = kernels.offset + g * outputs * columns;
    heap.read(whole === columns ? sum : cropped, kernels.data, to, outputs * columns);
  }
  return true;
}
