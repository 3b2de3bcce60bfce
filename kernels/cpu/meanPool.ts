import * as reference from '../reference/meanPool.js';
import type { Spans, View } from '../types.js';
import { meanPoolVectors } from '../wasm/rows/meanPool.js';
import { fill, packed } from './copy.js';
import type { Floats } from './gemm.js';
import { arePlain, elements } from './rows.js';
import { specialize } from './specialize.js';

/**
 * Lists have three spatial dimensions; `whole` is the side with all elements, `part` that with one for each window. Rows of a window meet
 * first, in `line`, as long as a row: long loops are cheaper than short ones.
 */
function forwardLoop(
  whole: Floats,
  wholeAt: number,
  part: Floats,
  partAt: number,
  planes: number,
  sizes: readonly number[],
  parts: readonly number[],
  starts: readonly Int32Array[],
  ends: readonly Int32Array[],
  divisors: readonly Float64Array[],
  line: Float64Array,
): void {
  const height = sizes[1];
  const width = sizes[2];
  const plane = sizes[0] * height * width;
  const startX = starts[2];
  const endX = ends[2];
  const divisorX = divisors[2];
  const columns = parts[2];
  let at = partAt | 0;
  for (let p = 0; p < planes; p++) {
    for (let z = 0; z < parts[0]; z++) {
      for (let y = 0; y < parts[1]; y++) {
        line.fill(0);
        for (let k = starts[0][z]; k < ends[0][z]; k++) {
          for (let i = starts[1][y]; i < ends[1][y]; i++) {
            const row = (wholeAt + p * plane + (k * height + i) * width) | 0;
            for (let j = 0; j < width; j++) line[j] += whole[row + j];
          }
        }
        const over = divisors[0][z] * divisors[1][y];
        for (let x = 0; x < columns; x++) {
          let sum = 0;
          for (let j = startX[x]; j < endX[x]; j++) sum += line[j];
          part[at + x] = sum / (over * divisorX[x]);
        }
        at = (at + columns) | 0;
      }
    }
  }
}

function backwardLoop(
  whole: Floats,
  wholeAt: number,
  part: Floats,
  partAt: number,
  planes: number,
  sizes: readonly number[],
  parts: readonly number[],
  starts: readonly Int32Array[],
  ends: readonly Int32Array[],
  divisors: readonly Float64Array[],
  line: Float64Array,
): void {
  const height = sizes[1];
  const width = sizes[2];
  const plane = sizes[0] * height * width;
  const startX = starts[2];
  const endX = ends[2];
  const divisorX = divisors[2];
  const columns = parts[2];
  let at = partAt | 0;
  for (let p = 0; p < planes; p++) {
    for (let z = 0; z < parts[0]; z++) {
      for (let y = 0; y < parts[1]; y++) {
        line.fill(0);
        const over = divisors[0][z] * divisors[1][y];
        for (let x = 0; x < columns; x++) {
          const share = part[at + x] / (over * divisorX[x]);
          for (let j = startX[x]; j < endX[x]; j++) line[j] += share;
        }
        at = (at + columns) | 0;
        for (let k = starts[0][z]; k < ends[0][z]; k++) {
          for (let i = starts[1][y]; i < ends[1][y]; i++) {
            const row = (wholeAt + p * plane + (k * height + i) * width) | 0;
            for (let j = 0; j < width; j++) whole[row + j] += line[j];
          }
        }
      }
    }
  }
}

const [forwardFor, backwardFor] = [specialize(forwardLoop), specialize(backwardLoop)];

function inThree<T>(list: readonly T[], missing: T): T[] {
  return [...new Array<T>(3 - list.length).fill(missing), ...list];
}

const one: Spans = { starts: [0], ends: [1], divisors: [1] };

function run(whole: View, part: View, spans: readonly Spans[], backward: boolean): void {
  const all = inThree(spans, one);
  const sizes = inThree(whole.shape.slice(2), 1);
  const loop = (backward ? backwardFor : forwardFor)((whole.buffer as Floats).BYTES_PER_ELEMENT);
  loop(
    elements(whole),
    whole.offset,
    elements(part),
    part.offset,
    whole.shape[0] * whole.shape[1],
    sizes,
    inThree(part.shape.slice(2), 1),
    all.map(({ starts }) => Int32Array.from(starts)),
    all.map(({ ends }) => Int32Array.from(ends)),
    all.map(({ divisors }) => Float64Array.from(divisors)),
    new Float64Array(sizes[2]),
  );
}

/** `Kernels.fused.meanPool`: sums in double. */
export function meanPool(output: View, input: View, spans: readonly Spans[]): void {
  if (!arePlain(output, input)) return reference.meanPool(output, input, spans);
  const whole = packed(input);
  if (!meanPoolVectors(whole, output, spans, false)) run(whole, output, spans, false);
}

/** `Kernels.fused.meanPoolBackward`. */
export function meanPoolBackward(output: View, gradient: View, spans: readonly Spans[]): void {
  if (!arePlain(output, gradient)) return reference.meanPoolBackward(output, gradient, spans);
  const part = packed(gradient);
  if (meanPoolVectors(output, part, spans, true)) return;
  fill(output, 0);
  run(output, part, spans, true);
}
