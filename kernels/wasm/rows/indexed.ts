import type { TypedArray, View } from '../../types.js';
import { count, isSingle } from '../../view.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import { type Loops, loopsFor, type Way } from './indexedCode.js';
import { canResolve, type IndexRun, indexTile, indexTileBytes, placeBytes, resolve } from './indices.js';

const { ceil, floor, max, min } = Math;

/** Elements of the part that are staged at once. */
const tile = indexTile;
/** What indices choose from is copied in whole, and out where it changes: it may have at most so many times the part's elements. */
const excess = { read: 24, write: 12, add: 12 } as const;
/** Bytes that are staged at most: the heap never shrinks. */
const most = 2 ** 28;

/** Whether to move so many elements, with an index for each, is worth the way through the heap: the loops in JavaScript are at their best with these. */
export function elementsPay(elements: number, way: Way, whole: View): boolean {
  const pays = elements >= 4 * policy.indices && count(whole.shape) <= excess[way] * elements;
  return pays && loopsFor(whole.dtype, way) !== null;
}

/** The same for rows of `width` elements, in nanoseconds: JavaScript copies a row of any width in about the same time; vectors pay for each element. */
export function rowsPay(rows: number, width: number, way: Way, whole: View): boolean {
  const vectors = (way === 'read' ? 0.1 : 0.2) * count(whole.shape) + 0.3 * width * rows;
  const loops = (way === 'add' ? 16 + 1.5 * width : min(16 + 2 * width, 64)) * rows;
  return rows * width >= policy.indices && vectors <= loops && loopsFor(whole.dtype, way) !== null;
}

/** The array of a view, for copies between arrays of one kind. */
const data = (view: View): Float64Array => view.buffer as TypedArray as Float64Array;

/** The heap as an array of the same kind as a view's. */
function memoryFor(heap: Heap, { dtype }: View): Float64Array {
  const { f32, f64, i32, i64, u8 } = heap;
  const like = { float32: f32, float64: f64, int32: i32, int64: i64, uint8: u8, bool: u8 } as const;
  return like[dtype as keyof typeof like] as TypedArray as Float64Array;
}

/** What is moved. */
interface Moved {
  readonly way: Way;
  /** In one run: as many slabs as `slabs`, one after the other, from each of which indices choose. */
  readonly whole: View;
  readonly slabs: number;
  /** The chosen elements of each slab, in one run; or one element for all. */
  readonly part: View;
  /** Elements that lie side by side in slab and part. */
  readonly width: number;
  /** Whether each element of the part has an index of its own; else each row of `width` has one, the same in all slabs. */
  readonly perElement: boolean;
}

/** How it is cut up: many small slabs are staged together, of a large one's part a chunk at a time. */
interface Cut {
  /** Elements of a slab, and of the part that belongs to it. */
  readonly slab: number;
  readonly chosen: number;
  /** Slabs that are staged together, and elements of the part that are for each of them. */
  readonly block: number;
  readonly chunk: number;
}

function cutOf({ whole, slabs, part, width }: Moved): Cut {
  const [slab, chosen] = [count(whole.shape) / slabs, count(part.shape) / slabs];
  const block = min(slabs, max(1, floor(tile / max(slab, chosen))));
  const rows = max(1, floor(tile / width));
  return { slab, chosen, block, chunk: block > 1 ? chosen : min(chosen, width * rows) };
}

/** Where part, places and slabs lie in the heap, how many slabs there are, and how many elements of the part each has. */
interface Staged {
  readonly from: number;
  readonly places: number;
  readonly to: number;
  readonly slabs: number;
  readonly n: number;
}

/** Moves what has been staged of slabs of so many elements. */
function run({ functions, bytes }: Loops, { width, perElement }: Moved, slab: number, staged: Staged): void {
  const { from, places, to, slabs, n } = staged;
  if (width === 1) {
    functions.elements(from, places, to, slabs, n, 0, bytes * slab, perElement ? 0 : -4 * n);
    return;
  }
  const row = bytes * width;
  for (let k = 0; k < slabs; k++) {
    const [part, whole] = [from + bytes * k * n, to + bytes * k * slab];
    if (perElement) functions.elements(part, places + 4 * k * n, whole, n / width, width, bytes, -row, 0);
    else functions.rows(part, places, places + (4 * n) / width, whole, row & -16, row);
  }
}

/** Moves what indices choose; several are taken together. False where JavaScript is the way. */
function move(moved: Moved, indices: readonly IndexRun[]): boolean {
  const { way, whole, slabs, part, width, perElement } = moved;
  // What is moved within one memory reads what has been written before.
  if (count(part.shape) === 0 || part.buffer === whole.buffer) return false;
  if (!indices.every(({ view }) => canResolve(view) && view.buffer !== whole.buffer)) return false;
  const loops = loopsFor(whole.dtype, way);
  if (loops === null) return false;
  const { heap, bytes } = loops;
  const { slab, chosen, block, chunk } = cutOf(moved);
  const [wholeBytes, partBytes] = [block * slab, block * chunk].map((n) => 16 * ceil((bytes * n) / 16));
  const placed = perElement ? block * chunk : chosen / width;
  const size = indexTileBytes + wholeBytes + partBytes + placeBytes(placed);
  const staging = size > most ? 0 : heap.reserve(size);
  if (staging === 0) return false;
  const to = staging + indexTileBytes;
  const from = to + wholeBytes;
  const places = from + partBytes;
  const memory = memoryFor(heap, whole);
  const [target, given] = [data(whole), data(part)];
  const single = way !== 'read' && isSingle(part);
  if (single) memory.fill(given[part.offset], from / bytes, from / bytes + block * chunk);
  const inBytes = indices.map((index) => ({ ...index, stride: bytes * index.stride }));
  /** Writes the places of `n` indices from the one of number `first` on; whether one lies outside. */
  const place = (first: number, n: number): boolean => {
    let outside = false;
    inBytes.forEach((index, k) => {
      const use = k > 0 ? 'join' : 'place';
      if (resolve(index, { first, n, negative: true, use }, staging, places)) outside = true;
    });
    return outside;
  };
  let outside = !perElement && place(0, placed);
  for (let first = 0; first < slabs; first += block) {
    const group = min(block, slabs - first);
    const start = whole.offset + first * slab;
    memory.set(target.subarray(start, start + group * slab), to / bytes);
    for (let done = 0; done < chosen; done += chunk) {
      const n = min(chunk, chosen - done);
      const at = first * chosen + done;
      if (perElement) outside = place(at, group * n);
      const low = part.offset + at;
      // What is read by no place stays as it is.
      if (!single && (way !== 'read' || outside)) memory.set(given.subarray(low, low + group * n), from / bytes);
      const list = perElement ? places : places + (4 * done) / width;
      run(loops, moved, slab, { from, places: list, to, slabs: group, n });
      if (way === 'read') given.set(memory.subarray(from / bytes, from / bytes + group * n), low);
    }
    if (way !== 'read') target.set(memory.subarray(to / bytes, to / bytes + group * slab), start);
  }
  return true;
}

/**
 * Moves between `whole` and a part with an index for each of its elements along a dimension, all in one run, and of one shape but for that dimension; a
 * part that is written may be one element. False where JavaScript is the way.
 */
export function moveAlong(way: Way, whole: View, part: View, dim: number, index: View): boolean {
  const width = count(whole.shape.slice(dim + 1));
  const slabs = count(whole.shape.slice(0, dim));
  const along: IndexRun = { view: index, size: whole.shape[dim], stride: width };
  return move({ way, whole, slabs, part, width, perElement: true }, [along]);
}

/**
 * Moves between `whole` and the rows that indices of one shape choose in it, all in one run: they stand for its dimensions from `first` on. A part that
 * is written may be one element. False where JavaScript is the way.
 */
export function moveRows(way: Way, whole: View, part: View, first: number, indices: readonly View[]): boolean {
  const { shape, strides } = whole;
  const width = count(shape.slice(first + indices.length));
  const runs = indices.map((view, k) => ({ view, size: shape[first + k], stride: strides[first + k] }));
  return move({ way, whole, slabs: count(shape.slice(0, first)), part, width, perElement: false }, runs);
}
