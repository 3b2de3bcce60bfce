import type { View } from '../../types.js';
import { broadcastStrides, collapse, contiguousStrides, count, isContiguous, positions } from '../../view.js';
import { slack } from './vectorRows.js';

/** Elements staged at once of each operand. */
const tile = 16384;
/** Elements that are staged in one piece, so that what needs two passes stages them once. */
const all = 2 ** 17;
/** Pieces shorter than this are left to JavaScript. */
const short = 4;

/**
 * A contiguous shape cut into pieces of one length, such that each lies in one line, and weight and bias either have one entry for it, or
 * go along with its elements, the same for all pieces.
 */
export interface Pieces {
  readonly size: number;
  readonly number: number;
  readonly lineCount: number;
  /** Elements of a weight. */
  readonly entryCount: number;
  /** Whether each is a line, with a weight along its elements or none. */
  readonly byRows: boolean;
  /** The dimensions that number the pieces, and the steps that lines and entries take along them. */
  readonly outer: readonly number[];
  readonly lineSteps: readonly number[];
  readonly entrySteps: readonly number[];
  /** Pieces staged at once. */
  readonly block: number;
}

/** What is done with `m` pieces, or lines, from the first of them on. */
type Turn = (first: number, m: number) => void;

/** Loads, measures, completes the lines of and writes all pieces: block by block where each is a line, else all are measured before the first is written. */
export function eachBlock(
  { number, lineCount, block }: Pieces,
  load: Turn,
  measure: Turn,
  complete: Turn,
  write: Turn,
): void {
  const atOnce = number === lineCount;
  for (let first = 0; first < number; first += block) {
    const m = Math.min(block, number - first);
    load(first, m);
    measure(first, m);
    if (!atOnce) continue;
    complete(first, m);
    write(first, m);
  }
  if (atOnce) return;
  complete(0, lineCount);
  for (let first = 0; first < number; first += block) {
    const m = Math.min(block, number - first);
    if (block < number) load(first, m);
    write(first, m);
  }
}

const floats = (view: View): Float32Array => view.buffer as Float32Array;

/** Bytes rounded up to whole vectors. */
export const padded = (bytes: number): number => 16 * Math.ceil(bytes / 16);

/** Bytes of an operand's block, with what may be read behind it. */
export const blockBytes = ({ block, size }: Pieces): number => padded(4 * block * size) + slack;

/** Puts n elements of a contiguous view, from the first on, in memory at an address. */
export function stage(memory: Float32Array, at: number, view: View, first: number, n: number): void {
  const from = view.offset + first;
  memory.set(floats(view).subarray(from, from + n), at / 4);
}

/** Copies n elements from an address out to a contiguous view, from the first on. */
export function copyOut(view: View, first: number, memory: Float32Array | Float64Array, at: number, n: number): void {
  const from = at / memory.BYTES_PER_ELEMENT;
  floats(view).set(memory.subarray(from, from + n), view.offset + first);
}

/** Puts the elements of a weight in memory, or one number for each of them. */
export function stageEntries(memory: Float32Array, at: number, view: View | null, n: number, otherwise: number): void {
  const from = at / 4;
  if (view === null) memory.fill(otherwise, from, from + n);
  else if (isContiguous(view.shape, view.strides)) stage(memory, at, view, 0, n);
  else for (const [k, place] of positions(view).entries()) memory[from + k] = floats(view)[place];
}

/** Writes where `steps` lead, from 0 on, for each element of a shape. */
export function writeTable(to: Int32Array, at: number, shape: readonly number[], steps: readonly number[]): void {
  to[at] = 0;
  let filled = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const [step, all] = [steps[d], filled * shape[d]];
    if (step === 0) {
      for (let n = filled; n < all; n *= 2) to.copyWithin(at + n, at, at + Math.min(n, all - n));
    } else for (let k = filled; k < all; k++) to[at + k] = to[at + k - filled] + step;
    filled = all;
  }
}

/**
 * Cuts `shape` for lines numbered as the elements of `line` (contiguous, its folded dimensions of size 1) and for entries numbered as those of
 * the shape `weight`, which broadcasts to the shape; null where that makes no pieces worth staging.
 */
export function piecesOf(shape: readonly number[], line: View, weight: readonly number[] | null): Pieces | null {
  const strides = [broadcastStrides(line.shape, line.strides, shape)];
  if (weight !== null) strides.push(broadcastStrides(weight, contiguousStrides(weight), shape));
  const nest = collapse(shape, strides);
  const last = nest.shape.length - 1;
  if (last < 0 || nest.shape[last] < short || nest.strides[0][last] !== 0) return null;
  const step = weight === null ? 0 : nest.strides[1][last];
  if (step > 1) return null;
  const outer = nest.shape.slice(0, last);
  const [lineSteps, entrySteps = outer.map(() => 0)] = nest.strides.map((row) => row.slice(0, last));
  const along = step === 1;
  const [number, lineCount] = [count(outer), count(line.shape)];
  // Weights along what is only part of a line are rare.
  if (along && (number > lineCount || entrySteps.some((it) => it !== 0))) return null;
  const size = nest.shape[last];
  const whole = number > lineCount && number * size <= all ? number : Math.max(1, Math.floor(tile / size));
  return {
    size,
    number,
    lineCount,
    entryCount: weight === null ? 1 : count(weight),
    byRows: along || (weight === null && number === lineCount),
    outer,
    lineSteps,
    entrySteps,
    block: Math.min(number, whole),
  };
}
