import type { Floats } from './gemm.js';
import { specialize } from './specialize.js';

/** Packs source[offset + rows[i] + steps[k]] in panels of four rows, step by step; the last row stands in for those beyond it. */
function gatherLoop(
  target: Float64Array,
  source: Floats,
  offset: number,
  rows: Int32Array,
  from: number,
  count: number,
  steps: Int32Array,
  first: number,
  depth: number,
): void {
  const end = first + depth;
  const last = from + count - 1;
  let to = 0;
  for (let i = from; i <= last; i += 4) {
    const r0 = offset + rows[i];
    const r1 = offset + rows[i + 1 < last ? i + 1 : last];
    const r2 = offset + rows[i + 2 < last ? i + 2 : last];
    const r3 = offset + rows[i + 3 < last ? i + 3 : last];
    for (let k = first; k < end; k++, to += 4) {
      const step = steps[k];
      target[to] = source[r0 + step];
      target[to + 1] = source[r1 + step];
      target[to + 2] = source[r2 + step];
      target[to + 3] = source[r3 + step];
    }
  }
}

/** Adds a matrix to the image: element (k, j) of `sums` to the one at tap k of place j. */
function scatterLoop(
  image: Float64Array,
  sums: Float64Array,
  taps: Int32Array,
  steps: number,
  places: Int32Array,
  from: number,
  count: number,
): void {
  let at = 0;
  for (let k = 0; k < steps; k++) {
    const tap = taps[k];
    for (let j = from; j < from + count; j++, at++) image[places[j] + tap] += sums[at];
  }
}

/** Copies channels of three spatial dimensions each from one layout to another. */
function copyLoop(
  target: Floats,
  to: number,
  toStrides: readonly number[],
  source: Floats,
  from: number,
  fromStrides: readonly number[],
  shape: readonly number[],
): void {
  const channels = shape[0];
  const depth = shape[1];
  const height = shape[2];
  const width = shape[3];
  const toStep = toStrides[3];
  const fromStep = fromStrides[3];
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        let p = to + c * toStrides[0] + z * toStrides[1] + y * toStrides[2];
        let q = from + c * fromStrides[0] + z * fromStrides[1] + y * fromStrides[2];
        for (let x = 0; x < width; x++, p += toStep, q += fromStep) target[p] = source[q];
      }
    }
  }
}

/** Keyed by bytes per element of the source. */
export const gatherFor: (key: number) => typeof gatherLoop = specialize(gatherLoop);
/** Keyed by bytes per element of the target, times sixteen, plus those of the source. */
export const copyFor: (key: number) => typeof copyLoop = specialize(copyLoop);
export const scatter: typeof scatterLoop = scatterLoop;
