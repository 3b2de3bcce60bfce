import type { TypedArray, View } from '../../types.js';
import { count, isSingle } from '../../view.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import { type Loops, loopsFor, type Way } from './indexedCode.js';
import { canResolve, type IndexRun, indexTile, indexTileBytes, placeBytes, resolve } from './indices.js';

const { ceil, floor, max, min } = Math;

/** Elements of the part that are staged at once. */
const tile = indexTile;
/** How many times the part what indices choose from may hold: it is copied in, and out where it changes, whole. */
const excess = { read: 24, write: 12, add: 12 } as const;
/** Bytes that are staged at most: the heap never shrinks. */
const most = 2 ** 28;

/** Whether to move so many elements, with an index for each, is worth the way through here: JavaScript is at its best with these. */
export function elementsPay(elements: number, way: Way, whole: View): boolean {
  const pays = elements >= 4 * policy.indices && count(whole.shape) <= excess[way] * elements;
  return pays && loopsFor(whole.dtype, way) !== null;
}

/** The same for rows of `width` elements, in nanoseconds: JavaScript copies a row of any width in about the same time; here each element counts. */
export function rowsPay(rows: number, width: number, way: Way, whole: View): boolean {
  const there = (way === 'read' ? 0.1 : 0.2) * count(whole.shape) + 0.3 * width * rows;
  const here = way === 'add' ? 16 + 1.5 * width : min(16 + 2 * width, 64);
  const pays = rows * width >= policy.indices && there <= here * rows;
  return pays && loopsFor(whole.dtype, way) !== null;
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
}

/** Where part, places and slabs lie in the heap, how many slabs there are, and how many elements of the part each has. */
interface Turn {
  readonly from: number;
  readonly places: number;
  readonly to: number;
  readonly slabs: number;
  readonly n: number;
}

/** Moves what has been staged of slabs of so many elements. */
function run({ functions, bytes }: Loops, width: number, slab: number, each: boolean, turn: Turn): void {
  const { from, places, to, slabs, n } = turn;
  if (width === 1) {
    functions.elements(from, places, to, slabs, n, 0, bytes * slab, each ? 0 : -4 * n);
    return;
  }
  const row = bytes * width;
  for (let k = 0; k < slabs; k++) {
    const [part, whole] = [from + bytes * k * n, to + bytes * k * slab];
    if (each) functions.elements(part, places + 4 * k * n, whole, n / width, width, bytes, -row, 0);
    else functions.rows(part, places, places + (4 * n) / width, whole, row & -16, row);
  }
}

/**
 * Moves what indices choose: one for each element of the part where `each`, else one for each row, the same in all slabs; several are taken
 * together. False where JavaScript is the way.
 */
function move({ way, whole, slabs, part, width }: Moved, indices: readonly IndexRun[], each: boolean): boolean {
  const [held, elements] = [count(whole.shape), count(part.shape)];
  // What is moved within one memory reads what has been written before.
  if (elements === 0 || part.buffer === whole.buffer) return false;
  if (!indices.every(({ view }) => canResolve(view) && view.buffer !== whole.buffer)) return false;
  const loops = loopsFor(whole.dtype, way);
  if (loops === null) return false;
  const { heap, bytes } = loops;
  const [slab, perSlab] = [held / slabs, elements / slabs];
  const block = min(slabs, max(1, floor(tile / max(slab, perSlab))));
  const chunk = block > 1 ? perSlab : min(perSlab, width * max(1, floor(tile / width)));
  const [wholeBytes, partBytes] = [block * slab, block * chunk].map((n) => 16 * ceil((bytes * n) / 16));
  const named = each ? block * chunk : perSlab / width;
  const staged = indexTileBytes + wholeBytes + partBytes + placeBytes(named);
  const staging = staged > most ? 0 : heap.reserve(staged);
  if (staging === 0) return false;
  const to = staging + indexTileBytes;
  const from = to + wholeBytes;
  const places = from + partBytes;
  const memory = memoryFor(heap, whole);
  const [target, given] = [data(whole), data(part)];
  const one = way !== 'read' && isSingle(part);
  if (one) memory.fill(given[part.offset], from / bytes, from / bytes + block * chunk);
  let outside = false;
  const name = (first: number, n: number): void => {
    outside = false;
    indices.forEach(({ view, size, stride }, k) => {
      const run = { view, size, stride: bytes * stride };
      const use = k > 0 ? 'join' : 'place';
      outside = resolve(run, { first, n, negative: true, use }, staging, places) || outside;
    });
  };
  if (!each) name(0, named);
  for (let first = 0; first < slabs; first += block) {
    const group = min(block, slabs - first);
    const start = whole.offset + first * slab;
    memory.set(target.subarray(start, start + group * slab), to / bytes);
    for (let done = 0; done < perSlab; done += chunk) {
      const n = min(chunk, perSlab - done);
      const at = first * perSlab + done;
      if (each) name(at, group * n);
      const low = part.offset + at;
      // What is read by no place stays as it is.
      if (!one && (way !== 'read' || outside)) memory.set(given.subarray(low, low + group * n), from / bytes);
      const list = each ? places : places + (4 * done) / width;
      run(loops, width, slab, each, { from, places: list, to, slabs: group, n });
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
  return move({ way, whole, slabs, part, width }, [{ view: index, size: whole.shape[dim], stride: width }], true);
}

/**
 * Moves between `whole` and the rows that indices of one shape choose in it, all in one run: they stand for its dimensions from `first` on. A part that
 * is written may be one element. False where JavaScript is the way.
 */
export function moveRows(way: Way, whole: View, part: View, first: number, indices: readonly View[]): boolean {
  const { shape, strides } = whole;
  const width = count(shape.slice(first + indices.length));
  const runs = indices.map((view, k) => ({ view, size: shape[first + k], stride: strides[first + k] }));
  return move({ way, whole, slabs: count(shape.slice(0, first)), part, width }, runs, false);
}
