import type { Floats } from './gemm.js';
import { specialize } from './specialize.js';

// The loops of convolution. None copies a patch of the image: the element at tap k of place j is image[places[j] + taps[k]].

/** Packs numbers in panels of four rows, step by step: row r, step k is at offset + r * row + offsets[k]; rows beyond the last are zero. */
function packLoop(
  target: Float64Array,
  source: Floats,
  offset: number,
  row: number,
  offsets: Int32Array,
  rows: number,
  steps: number,
): void {
  let to = 0;
  for (let i = 0; i < rows; i += 4) {
    const first = offset + i * row;
    if (i + 4 <= rows) {
      for (let k = 0; k < steps; k++, to += 4) {
        const at = first + offsets[k];
        target[to] = source[at];
        target[to + 1] = source[at + row];
        target[to + 2] = source[at + 2 * row];
        target[to + 3] = source[at + 3 * row];
      }
    } else {
      for (let k = 0; k < steps; k++) {
        const at = first + offsets[k];
        for (let r = 0; r < 4; r++) target[to++] = i + r < rows ? source[at + r * row] : 0;
      }
    }
  }
}

/** Copies channels of one image, three spatial dimensions each, from any layout to a row-major one with gaps. */
function copyLoop(
  target: Float64Array,
  to: number,
  toStrides: readonly number[],
  source: Floats,
  from: number,
  strides: readonly number[],
  shape: readonly number[],
): void {
  const [channels, depth, height, width] = shape;
  const step = strides[3];
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        let p = to + c * toStrides[0] + z * toStrides[1] + y * toStrides[2];
        let q = from + c * strides[0] + z * strides[1] + y * strides[2];
        for (const end = p + width; p < end; p++, q += step) target[p] = source[q];
      }
    }
  }
}

/**
 * For every row and place the sum over the taps of weight times image, into output[offset + r * row + stores[j]].
 * `weights` are packed; `places` has whole fours, of which `count` are wanted.
 */
function gatherLoop(
  output: Floats,
  offset: number,
  row: number,
  stores: Int32Array,
  weights: Float64Array,
  rows: number,
  image: Float64Array,
  taps: Int32Array,
  steps: number,
  places: Int32Array,
  count: number,
  tile: Float64Array,
): void {
  for (let j = 0; j < count; j += 4) {
    const j0 = places[j],
      j1 = places[j + 1],
      j2 = places[j + 2],
      j3 = places[j + 3];
    const width = count - j < 4 ? count - j : 4;
    for (let i = 0; i < rows; i += 4) {
      let c00 = 0,
        c01 = 0,
        c02 = 0,
        c03 = 0,
        c10 = 0,
        c11 = 0,
        c12 = 0,
        c13 = 0;
      let c20 = 0,
        c21 = 0,
        c22 = 0,
        c23 = 0,
        c30 = 0,
        c31 = 0,
        c32 = 0,
        c33 = 0;
      let p = i * steps;
      for (let k = 0; k < steps; k++, p += 4) {
        const tap = taps[k];
        const b0 = image[j0 + tap],
          b1 = image[j1 + tap],
          b2 = image[j2 + tap],
          b3 = image[j3 + tap];
        const a0 = weights[p];
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        const a1 = weights[p + 1];
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        const a2 = weights[p + 2];
        c20 += a2 * b0;
        c21 += a2 * b1;
        c22 += a2 * b2;
        c23 += a2 * b3;
        const a3 = weights[p + 3];
        c30 += a3 * b0;
        c31 += a3 * b1;
        c32 += a3 * b2;
        c33 += a3 * b3;
      }
      tile[0] = c00;
      tile[1] = c01;
      tile[2] = c02;
      tile[3] = c03;
      tile[4] = c10;
      tile[5] = c11;
      tile[6] = c12;
      tile[7] = c13;
      tile[8] = c20;
      tile[9] = c21;
      tile[10] = c22;
      tile[11] = c23;
      tile[12] = c30;
      tile[13] = c31;
      tile[14] = c32;
      tile[15] = c33;
      const height = rows - i < 4 ? rows - i : 4;
      for (let r = 0; r < height; r++) {
        const at = offset + (i + r) * row;
        for (let s = 0; s < width; s++) output[at + stores[j + s]] = tile[4 * r + s];
      }
    }
  }
}

/**
 * For every row and tap the sum over the places of gradient times image, added to sums[r * steps + k].
 * `gradient` is packed; `taps` has whole fours, of which `steps` are wanted.
 */
function correlateLoop(
  sums: Float64Array,
  gradient: Float64Array,
  rows: number,
  image: Float64Array,
  taps: Int32Array,
  steps: number,
  places: Int32Array,
  count: number,
  tile: Float64Array,
): void {
  for (let i = 0; i < rows; i += 4) {
    const height = rows - i < 4 ? rows - i : 4;
    for (let k = 0; k < steps; k += 4) {
      const k0 = taps[k],
        k1 = taps[k + 1],
        k2 = taps[k + 2],
        k3 = taps[k + 3];
      let c00 = 0,
        c01 = 0,
        c02 = 0,
        c03 = 0,
        c10 = 0,
        c11 = 0,
        c12 = 0,
        c13 = 0;
      let c20 = 0,
        c21 = 0,
        c22 = 0,
        c23 = 0,
        c30 = 0,
        c31 = 0,
        c32 = 0,
        c33 = 0;
      let p = i * count;
      for (let j = 0; j < count; j++, p += 4) {
        const place = places[j];
        const b0 = image[place + k0],
          b1 = image[place + k1],
          b2 = image[place + k2],
          b3 = image[place + k3];
        const a0 = gradient[p];
        c00 += a0 * b0;
        c01 += a0 * b1;
        c02 += a0 * b2;
        c03 += a0 * b3;
        const a1 = gradient[p + 1];
        c10 += a1 * b0;
        c11 += a1 * b1;
        c12 += a1 * b2;
        c13 += a1 * b3;
        const a2 = gradient[p + 2];
        c20 += a2 * b0;
        c21 += a2 * b1;
        c22 += a2 * b2;
        c23 += a2 * b3;
        const a3 = gradient[p + 3];
        c30 += a3 * b0;
        c31 += a3 * b1;
        c32 += a3 * b2;
        c33 += a3 * b3;
      }
      tile[0] = c00;
      tile[1] = c01;
      tile[2] = c02;
      tile[3] = c03;
      tile[4] = c10;
      tile[5] = c11;
      tile[6] = c12;
      tile[7] = c13;
      tile[8] = c20;
      tile[9] = c21;
      tile[10] = c22;
      tile[11] = c23;
      tile[12] = c30;
      tile[13] = c31;
      tile[14] = c32;
      tile[15] = c33;
      const width = steps - k < 4 ? steps - k : 4;
      for (let r = 0; r < height; r++) {
        for (let s = 0; s < width; s++) sums[(i + r) * steps + k + s] += tile[4 * r + s];
      }
    }
  }
}

export const packFor: (key: number) => typeof packLoop = specialize(packLoop);
export const copyFor: (key: number) => typeof copyLoop = specialize(copyLoop);
export const gatherFor: (key: number) => typeof gatherLoop = specialize(gatherLoop);
export const correlate: typeof correlateLoop = correlateLoop;
