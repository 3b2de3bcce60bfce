import type { View } from '../../types.js';
import { broadcastStrides, collapse, count } from '../../view.js';

/** Elements staged at once of each operand. */
const tile = 16384;
/** Elements that are staged in one piece, so that what needs two passes stages them once. */
const all = 2 ** 17;
/** Pieces shorter than this are left to JavaScript. */
const short = 4;

/**
 * A contiguous shape cut into pieces of one length, such that each lies in one line and other operands either have one element for it, or
 * go along with its elements, the same for all pieces.
 */
export interface Pieces {
  readonly size: number;
  readonly number: number;
  /** Which line each piece is part of. */
  readonly lines: Int32Array;
  readonly lineCount: number;
  /** Where a piece starts in each of the other operands, and whether these go along with the elements. */
  readonly others: readonly Int32Array[];
  readonly along: boolean;
  /** Pieces staged at once. */
  readonly block: number;
}

/** What is done with `m` pieces from the first of them on. */
type Turn = (first: number, m: number) => void;

/** Loads, measures and writes all pieces: each block in one turn where it holds all of its lines, else all are measured before the first is written. */
export function eachBlock({ number, lineCount, block }: Pieces, load: Turn, measure: Turn, write: Turn): void {
  const atOnce = number === lineCount || number === block;
  for (let first = 0; first < number; first += block) {
    const m = Math.min(block, number - first);
    load(first, m);
    measure(first, m);
    if (atOnce) write(first, m);
  }
  for (let first = 0; first < number && !atOnce; first += block) {
    const m = Math.min(block, number - first);
    load(first, m);
    write(first, m);
  }
}

/** `places` below 2 ** 31: as whole numbers they are twice as fast as indices. */
function positions(offset: number, shape: readonly number[], strides: readonly number[]): Int32Array {
  const result = new Int32Array(count(shape));
  if (result.length > 0) result[0] = offset;
  let filled = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d];
    const stride = strides[d];
    for (let i = 1; i < size; i++) {
      const to = i * filled;
      for (let k = 0; k < filled; k++) result[to + k] = result[k] + i * stride;
    }
    filled *= size;
  }
  return result;
}

/**
 * Cuts `shape` for lines numbered as the elements of `line` (contiguous, its folded dimensions of size 1) and for other operands that broadcast to
 * the shape, all alike; null where that makes no pieces worth staging.
 */
export function piecesOf(shape: readonly number[], line: View, others: readonly View[]): Pieces | null {
  const strides = [line, ...others].map((x) => broadcastStrides(x.shape, x.strides, shape));
  const nest = collapse(shape, strides);
  const last = nest.shape.length - 1;
  if (last < 0 || nest.shape[last] < short || nest.strides[0][last] !== 0) return null;
  const steps = nest.strides.slice(1).map((row) => row[last]);
  const along = steps.length > 0 && steps[0] === 1;
  if (steps.some((step) => step !== Number(along))) return null;
  const outer = nest.shape.slice(0, last);
  const rows = nest.strides.map((row) => row.slice(0, last));
  if (along && rows.slice(1).some((row) => row.some((step) => step !== 0))) return null;
  const tables: Int32Array[] = [];
  for (const [k, row] of rows.entries()) {
    const offset = k === 0 ? 0 : others[k - 1].offset;
    if (row.reduce((end, step, d) => end + outer[d] * Math.abs(step), offset) >= 2 ** 31) return null;
    // Weight and bias lie alike, as a rule.
    const alike = k === 2 && others[0].offset === offset && row.every((step, d) => step === rows[1][d]);
    tables.push(alike ? tables[1] : positions(offset, outer, row));
  }
  const [lines, ...rest] = tables;
  const size = nest.shape[last];
  const several = lines.length > count(line.shape);
  const whole = several && lines.length * size <= all ? lines.length : Math.max(1, Math.floor(tile / size));
  const block = Math.min(lines.length, whole);
  return { size, number: lines.length, lines, lineCount: count(line.shape), others: rest, along, block };
}
