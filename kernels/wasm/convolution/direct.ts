import { lines } from '../product/staging.js';
import { areas, type Engine, workOf } from './convolutionTools.js';
import { tapBlock } from './directCode.js';
import { blank, chunkOf, elements, type Images, type Kernels, padded } from './images.js';
import { type RunPasses, spread } from './passes.js';
import { patchedInput, perChannel, product, type Steps, tapsOf, walkOf, writeTable } from './patches.js';
import { Intake, intakeSteps, inWaves, type Step, wavesOf } from './waves.js';

const { ceil, floor, max, min } = Math;

/** Vectors whose products are added up in float32 before they become double. */
const together = 256;

/** Each result from its patch where that lies, without packing: for groups of few channels, whose patches serve few results. */
export const convolveDirectly: RunPasses = (
  engine,
  { images, groups },
  source,
  input,
  kernels,
  turned,
  passes,
  result,
  bias,
) => {
  const { heap, functions } = engine;
  const [inputs, outputs] = [source.channels, result.channels];
  const kernel = product(kernels.taps);
  const perGroup = outputs * inputs * kernel;
  const resultPlane = product(result.plane);
  const waves = wavesOf(engine, images, chunkOf(images, max(input.size, groups * outputs * resultPlane)));
  const { size: wave, slots } = waves;
  const places = passes.map(({ counts }) => product(counts));
  const pitch = wave * max(...places);
  const depths = passes.map(({ taps }) => taps.length * inputs);
  const deepest = max(...depths);
  const dense = passes.length === 1;
  const intake = new Intake(engine, source, groups, input, waves);
  const apartBytes = dense ? 0 : lines(4 * passes.length * groups * outputs * pitch);
  const resultBytes = lines(4 * wave * elements(groups, result));
  const found = areas(
    engine,
    [
      ...intake.bytes,
      4 * groups * perGroup,
      slots * apartBytes,
      slots * resultBytes,
      8 * deepest * passes.length,
      4 * groups * outputs,
    ],
    [],
  );
  if (found === null) return false;
  const [raw, zeros, weights, apart, results, tables, biasAt] = found.common;
  const work = workOf(engine);
  heap.write(weights, kernels.data, kernels.offset, groups * perGroup);
  for (const [p, { taps }] of passes.entries()) {
    const sources = perChannel(inputs, taps, 0, input.channel);
    const lanes = perChannel(inputs, taps, 1, turned ? outputs * kernel : kernel);
    const both = sources.flatMap((from, k) => [from, lanes[k]]);
    writeTable(heap, tables + 8 * p * deepest, both, both.length);
  }
  if (bias === null) blank(heap, biasAt, groups * outputs);
  else heap.write(biasAt, bias, 0, groups * outputs);
  intake.begin(raw, zeros);

  const size = elements(groups, result);
  const compute: Step['threads'] = (_, count, slot) => {
    for (let channel = 0; channel < groups * outputs; channel++) {
      const [g, o] = [floor(channel / outputs), channel % outputs];
      const lane = weights + 4 * (g * perGroup + o * (turned ? kernel : inputs * kernel));
      work.task();
      for (const [p, { counts, start, walk }] of passes.entries()) {
        const [depth, height, width] = counts;
        for (let n = 0; n < count; n++) {
          const image = intake.at(slot) + 4 * (n * input.size + g * inputs * input.channel + start);
          const to = dense
            ? results + slot * resultBytes + 4 * (n * size + channel * resultPlane)
            : apart + slot * apartBytes + 4 * ((p * groups * outputs + channel) * pitch + n * places[p]);
          for (let z = 0; z < depth; z++) {
            const from = image + 4 * z * walk[0];
            const rows = [to + 4 * z * height * width, 4 * width, from, 4 * walk[1], height, width];
            work.call(functions.direct, 0, ...rows, tables + 8 * p * deepest, depths[p], lane, biasAt + 4 * channel);
          }
        }
      }
    }
  };
  const copy: Step['threads'] = (_, count, slot) => {
    for (const [p, pass] of passes.entries()) {
      for (let g = 0; g < groups; g++) {
        const from = apart + slot * apartBytes + 4 * (p * groups + g) * outputs * pitch;
        const to = results + slot * resultBytes + 4 * g * outputs * resultPlane;
        spread(work, functions, pass, count, outputs, groups, pitch, from, result.plane, to);
      }
    }
  };
  const read: Step['caller'] = (first, count, slot) =>
    heap.read(results + slot * resultBytes, result.data, result.offset + first * size, count * size);
  const steps = [...intakeSteps(work, intake), { threads: compute }, ...(dense ? [] : [{ threads: copy }])];
  inWaves(work, waves, found.distance, [...steps, { caller: read }]);
  return true;
};

/** The gradient to kernels in the same way: gradients times the elements that each tap sees. False where the heap cannot hold it. */
export function correlateDirectly(
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
  const taps = tapsOf(input, kernels.taps, dilation);
  const whole = tapBlock * ceil(taps.length / tapBlock);
  const size = elements(groups, gradient);
  const waves = wavesOf(engine, images, chunkOf(images, max(input.size, size)));
  const intake = new Intake(engine, source, groups, input, waves);
  const given = new Intake(engine, gradient, groups, padded(groups, gradient, gradient.plane, [0, 0, 0]), waves);
  const pairs = groups * outputs * inputs;
  const found = areas(engine, [...intake.bytes, given.bytes[0], 4 * whole, 8 * pairs * whole], []);
  if (found === null) return false;
  const [raw, zeros, gradients, offsets, sums] = found.common;
  const work = workOf(engine);
  writeTable(heap, offsets, perChannel(1, taps, 0, 0), whole);
  heap.f64.fill(0, sums / 8, sums / 8 + pairs * whole);
  intake.begin(raw, zeros);
  given.begin(gradients, 0);
  const [depth, height, width] = gradient.plane;
  const walk = walkOf(input, stride);
  const band = max(1, floor(together / ceil(width / 4)));
  const compute: Step['threads'] = (_, count, slot) => {
    for (let pair = 0; pair < pairs; pair++) {
      const [channel, i] = [floor(pair / inputs), pair % inputs];
      const g = floor(channel / outputs);
      work.task();
      for (let n = 0; n < count; n++) {
        const seen = intake.at(slot) + 4 * (n * input.size + (g * inputs + i) * input.channel);
        const plane = given.at(slot) + 4 * (n * size + channel * depth * height * width);
        for (let z = 0; z < depth; z++) {
          for (let y = 0; y < height; y += band) {
            const [to, from] = [plane + 4 * (z * height + y) * width, seen + 4 * (z * walk[0] + y * walk[1])];
            const rows = [to, 4 * width, from, 4 * walk[1], min(band, height - y), width];
            for (let k = 0; k < whole; k += tapBlock) {
              work.call(functions.correlate, 0, sums + 8 * (pair * whole + k), ...rows, offsets + 4 * k);
            }
          }
        }
      }
    }
  };
  inWaves(work, waves, found.distance, [...intakeSteps(work, intake, given), { threads: compute }]);
  const { f64 } = heap;
  for (let pair = 0, to = kernels.offset; pair < pairs; pair++) {
    for (let t = 0; t < taps.length; t++) kernels.data[to++] = f64[sums / 8 + pair * whole + t];
  }
  return true;
}
