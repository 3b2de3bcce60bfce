import type { View } from '../types.js';
import { count } from '../view.js';

const { imul } = Math;

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The upper 32 bits of the product of two unsigned 32-bit integers, from 16-bit halves so that no sum overflows. */
function upper(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (imul(a1, b0) + (imul(a0, b0) >>> 16)) | 0;
  const low = (imul(a0, b1) + (middle & 0xffff)) | 0;
  return (imul(a1, b1) + (middle >>> 16) + (low >>> 16)) | 0;
}

/** The `part`-th 32 bits of a bigint, lowest first. */
function word(value: bigint, part: number): number {
  return Number(BigInt.asIntN(32, value >> BigInt(32 * part)));
}

/**
 * Raw words of Philox4x32-10 as int32: four for each value of the 128-bit counter, which starts at `counter` and
 * goes up by one. The key is the lower 64 bits of the seed.
 *
 * Source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (2011).
 */
export function philox(output: View, seed: bigint, counter: bigint): void {
  const data = output.buffer as Int32Array;
  const end = output.offset + count(output.shape);
  const key0 = word(seed, 0);
  const key1 = word(seed, 1);
  let counter0 = word(counter, 0);
  let counter1 = word(counter, 1);
  let counter2 = word(counter, 2);
  let counter3 = word(counter, 3);
  for (let at = output.offset; at < end; at += 4) {
    let c0 = counter0;
    let c1 = counter1;
    let c2 = counter2;
    let c3 = counter3;
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < ROUNDS; round++) {
      const upper0 = upper(MULTIPLIER_0, c0);
      const upper1 = upper(MULTIPLIER_1, c2);
      const lower0 = imul(MULTIPLIER_0, c0);
      const lower1 = imul(MULTIPLIER_1, c2);
      c0 = upper1 ^ c1 ^ k0;
      c1 = lower1;
      c2 = upper0 ^ c3 ^ k1;
      c3 = lower0;
      k0 = (k0 + WEYL_0) | 0;
      k1 = (k1 + WEYL_1) | 0;
    }
    data[at] = c0;
    if (at + 1 < end) data[at + 1] = c1;
    if (at + 2 < end) data[at + 2] = c2;
    if (at + 3 < end) data[at + 3] = c3;
    counter0 = (counter0 + 1) | 0;
    if (counter0 === 0) counter1 = (counter1 + 1) | 0;
    if (counter0 === 0 && counter1 === 0) counter2 = (counter2 + 1) | 0;
    if (counter0 === 0 && counter1 === 0 && counter2 === 0) counter3 = (counter3 + 1) | 0;
  }
}
