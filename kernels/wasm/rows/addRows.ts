import type { View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { type Expression, type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus } from '../assembler.js';
import { Box } from '../formula/boxes.js';
import { type Heap, linked } from '../heap.js';
import { policy } from '../policy.js';

const { ceil, floor, max, min } = Math;

/** Elements of the shortest rows that are worth a loop of vectors. */
const shortest = 16;
/** Elements of rows that are staged at once. */
const tile = 4096;
/** How much larger than all rows together what they are added to may be: it is copied in and out whole. */
const excess = 8;

/** Elements in whole turns of four vectors and in whole vectors, of a row of so many. */
const wholes = (size: number): [number, number] => [size & -16, size & -4];

/**
 * add(to, from, table, end, turns, vectors, bytes): adds one row after the other, `bytes` long, at the bytes behind `to` that the table names,
 * up to its `end`; a negative entry leaves its row out.
 */
function writeAdd(b: FunctionBuilder, [to, from, table, end, turns, vectors, bytes]: Local<'i32'>[]): void {
  const [entry, j, target, source] = [b.local('i32'), b.local('i32'), b.local('i32'), b.local('i32')];
  const addVector = (offset: number): void => {
    const sum = op('f32x4.add', load('v128.load', target, offset), load('v128.load', source, offset));
    b.store('v128.store', target, sum, offset);
  };
  const along = (limit: Expression<'i32'>, step: number, body: () => void): void =>
    b.count(j, limit, step, () => {
      b.set(target, plus(entry, j));
      b.set(source, plus(from, j));
      body();
    });
  b.count(table, end, 4, () => {
    b.set(entry, load('i32.load', table));
    b.when(op('i32.ge_s', entry, i32(0)), () => {
      b.set(entry, plus(to, entry));
      b.set(j, i32(0));
      along(turns, 64, () => [0, 16, 32, 48].forEach(addVector));
      along(vectors, 16, () => addVector(0));
      along(bytes, 4, () =>
        b.store('f32.store', target, op('f32.add', load('f32.load', target), load('f32.load', source))),
      );
    });
    b.set(from, plus(from, bytes));
  });
}

const opened = linked((heap: Heap) => {
  const module = new ModuleBuilder();
  module.function('add', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], null, writeAdd);
  return heap.compile(module);
});

/** Where rows begin: at the sums of one position of each list, the last list fastest; NaN where there is no row. */
export type RowPlaces = readonly [lead: Float64Array, chosen: Float64Array, trail: Float64Array];

/**
 * Adds the rows of `part`, in its order and `size` long, to those of `whole` that begin at `places`: float32, in `whole` without gaps. False
 * where JavaScript is the way.
 */
export function addRows(whole: View, part: View, [lead, chosen, trail]: RowPlaces, size: number): boolean {
  const [held, elements] = [count(whole.shape), count(part.shape)];
  if (whole.dtype !== 'float32' || size < shortest || elements === 0 || !(elements >= policy.rowSums)) return false;
  // Where a tensor is added to itself, each row reads what the ones before have written.
  if (held > excess * elements || whole.buffer === part.buffer) return false;
  if (!isContiguous(whole.shape, whole.strides)) return false;
  const linkedFunctions = opened();
  if (linkedFunctions === null) return false;
  const { heap, functions } = linkedFunctions;
  const rows = elements / size;
  // Rows in another order are put in theirs all at once.
  const inOrder = isContiguous(part.shape, part.strides);
  const block = inOrder ? min(rows, max(1, floor(tile / size))) : rows;
  const [wholeBytes, partBytes] = [held, block * size].map((n) => 16 * ceil(n / 4));
  const to = heap.reserve(wholeBytes + partBytes + 4 * rows);
  if (to === 0) return false;
  const from = to + wholeBytes;
  const table = from + partBytes;
  const entries = heap.i32;
  let next = table / 4;
  for (let l = 0; l < lead.length; l++) {
    for (let c = 0; c < chosen.length; c++) {
      const first = lead[l] + chosen[c] - whole.offset;
      for (let t = 0; t < trail.length; t++) entries[next++] = first === first ? 4 * (first + trail[t]) : -1;
    }
  }
  const [turns, vectors] = wholes(size);
  const [target, given] = [whole.buffer as Float32Array, part.buffer as Float32Array];
  heap.write(to, target, whole.offset, held);
  for (let first = 0; first < rows; first += block) {
    const m = min(block, rows - first);
    if (inOrder) heap.write(from, given, part.offset + first * size, m * size);
    else {
      const all = new Box(part.shape, part.strides, 'float32', null);
      all.gather(heap.f32 as unknown as Float64Array, from / 4, given as unknown as Float64Array, part.offset);
    }
    functions.add(to, from, table + 4 * first, table + 4 * (first + m), 4 * turns, 4 * vectors, 4 * size);
  }
  heap.read(to, target, whole.offset, held);
  return true;
}
