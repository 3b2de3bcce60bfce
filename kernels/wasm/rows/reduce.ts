import { type Fold, unitLast } from '../../cpu/fold.js';
import { places } from '../../cpu/rows.js';
import { compile, convert, emit } from '../../cpu/source.js';
import { slots } from '../../dag.js';
import type { Reduction, View } from '../../types.js';
import { type Heap, wasmHeap } from '../heap.js';
import { policy } from '../policy.js';
import { type Folds, foldsModule, neutralOf } from './reduceCode.js';
import { copyRows } from './rows.js';

const { ceil, floor, max, min } = Math;

/** Elements staged at once: a share of the first cache. */
const tile = 4096;
/** Results under way at once. */
const most = 1024;
/** From how many elements on a block of rows or columns is worth staging. */
const smallBlock = 64;
/** Columns fewer than this are folded in several parts side by side, so that vectors are full. */
const narrow = 32;

/** Writes `count` results from numbers at F[at] on: `after`, rounded. */
type Finish = (F: Float64Array, at: number, count: number, O: Float32Array, p: number, step: number, n: number) => void;

interface Compiled extends Folds {
  readonly finish: Finish;
  /** What changes nothing when it is folded in. */
  readonly neutral: number;
}

function compileFinish(r: Reduction): Finish {
  const { body, results } = emit(r.after, 'float32', ['F[at + i]', 'n'], 'd');
  const store = `O[p] = ${convert(results[0], 'float32', r.after.outputs[0].truth, 'float32')};`;
  return compile(
    `function (F, at, count, O, p, step, n) { for (let i = 0; i < count; i++, p += step) { ${body} ${store} } }`,
  );
}

/** A reduction's vector kernels, compiled at the first call; null: it has none. */
function compiledOf(heap: Heap, r: Reduction): Compiled | null {
  let found = r.compiled[slots.vectors] as Compiled | null | undefined;
  if (found === undefined) {
    found = compileFolds(heap, r);
    r.compiled[slots.vectors] = found;
  }
  return found;
}

function compileFolds(heap: Heap, r: Reduction): Compiled | null {
  const neutral = neutralOf(r);
  if (neutral === null) return null;
  try {
    return { ...(heap.compile(foldsModule(r)) as unknown as Folds), finish: compileFinish(r), neutral };
  } catch {
    return null;
  }
}

/** Rows inside the input that are folded each by itself or side by side: how many, how long, and how far apart they start. */
interface Block {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

/** Vector kernels and their memory: elements are staged at one address, sums lie at another. */
interface Area {
  readonly heap: Heap;
  readonly folds: Folds;
  readonly stage: number;
  readonly sums: number;
}

/** Folds each row of a block into a number. */
function foldRows({ heap, folds, stage, sums }: Area, source: Float32Array, from: number, b: Block): void {
  const part = min(tile, b.columns);
  const rows = max(1, floor(tile / b.columns));
  for (let i = 0; i < b.rows; i += rows) {
    const height = min(rows, b.rows - i);
    for (let j = 0; j < b.columns; j += part) {
      const width = min(part, b.columns - j);
      copyRows(heap.f32, stage / 4, source, from + i * b.stride + j, b.stride, height, width);
      folds.rows(stage, height, 4 * width, sums + 8 * i);
    }
  }
}

/** Folds the rows of a block side by side, into a number for each column. */
function foldColumns({ heap, folds, stage, sums }: Area, source: Float32Array, from: number, b: Block): void {
  const rows = 4 * max(1, floor(tile / 4 / b.columns));
  for (let i = 0; i < b.rows; i += rows) {
    const height = min(rows, b.rows - i);
    copyRows(heap.f32, stage / 4, source, from + i * b.stride, b.stride, height, b.columns);
    folds.columns(stage, height, 4 * b.columns, sums);
  }
}

/** The same for rows that follow each other: `parts` of them as one, with sums of their own. */
function foldParts(area: Area, source: Float32Array, from: number, { rows, columns }: Block, parts: number): void {
  const whole = floor(rows / parts);
  const wide = columns * parts;
  foldColumns(area, source, from, { rows: whole, columns: wide, stride: wide });
  foldColumns(area, source, from + whole * wide, { rows: rows - whole * parts, columns, stride: columns });
}

/** Positions of all but the last of some dimensions. */
function outer(offset: number, shape: readonly number[], steps: readonly number[], rank: number): Float64Array {
  const most = max(0, rank - 1);
  return places(offset, shape.slice(0, most), steps.slice(0, most));
}

/**
 * Runs a reduction of float32 in vectors, staged in WebAssembly's memory: sums are taken in double, of four elements that have met in
 * float32 where nothing is done to them before. False where JavaScript is the way.
 */
export function foldVectors(r: Reduction, output: View, input: View, fold: Fold): boolean {
  const { keptRank, keptShape, keptTo, keptFrom, foldedRank, foldedShape, foldedFrom } = fold;
  if (!(fold.kept * fold.folded >= policy.reductions) || foldedRank === 0) return false;
  if (output.dtype !== 'float32' || input.dtype !== 'float32') return false;
  const heap = wasmHeap();
  const folds = heap && compiledOf(heap, r);
  if (heap === null || folds === null) return false;
  unitLast(fold);
  const last = keptRank - 1;
  const byRows = foldedFrom[foldedRank - 1] === 1;
  const lines = keptRank > 0 ? keptShape[last] : 1;
  const size = foldedShape[foldedRank - 1];
  const stride = foldedFrom[foldedRank - 1];
  if (!byRows && !(keptRank > 0 && keptFrom[last] === 1)) return false;
  const sums = lines * size < smallBlock ? 0 : heap.reserve(8 * most + 4 * tile);
  if (sums === 0) return false;
  const area: Area = { heap, folds, sums, stage: sums + 8 * most };
  const source = input.buffer as Float32Array;
  const parts = !byRows && lines < narrow && stride === lines ? 4 * ceil(narrow / 4 / lines) : 1;
  const from = outer(input.offset, keptShape, keptFrom, keptRank);
  const to = outer(output.offset, keptShape, keptTo, keptRank);
  const within = outer(0, foldedShape, foldedFrom, foldedRank);
  const [step, lineStride] = keptRank > 0 ? [keptTo[last], keptFrom[last]] : [1, 1];
  const at = sums / 8;
  for (let k = 0; k < from.length; k++) {
    for (let first = 0; first < lines; first += most) {
      const count = min(most, lines - first);
      const start = from[k] + first * lineStride;
      heap.f64.fill(r.init, at, at + count);
      if (parts > 1) heap.f64.fill(folds.neutral, at + count, at + count * parts);
      for (let i = 0; i < within.length; i++) {
        const place = start + within[i];
        if (byRows) foldRows(area, source, place, { rows: count, columns: size, stride: lineStride });
        else if (parts === 1) foldColumns(area, source, place, { rows: size, columns: count, stride });
        else foldParts(area, source, place, { rows: size, columns: count, stride }, parts);
      }
      if (parts > 1) folds.join(sums, count, parts);
      folds.finish(heap.f64, at, count, output.buffer as Float32Array, to[k] + first * step, step, fold.folded);
    }
  }
  return true;
}
