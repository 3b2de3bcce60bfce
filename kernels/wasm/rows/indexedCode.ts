import type { DType } from '../../types.js';
import { type Expression, type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus } from '../assembler.js';
import { type Functions, type Linked, linked } from '../heap.js';

/** What happens between the elements that indices choose, and a part that holds one for each. */
export type Way = 'read' | 'write' | 'add';

type Address = Expression<'i32'>;

/** How elements of a dtype are moved and added: one at a time, and in vectors. */
interface Kind {
  readonly bytes: number;
  move(b: FunctionBuilder, to: Address, from: Address): void;
  add?(b: FunctionBuilder, to: Address, from: Address): void;
  addVectors?(b: FunctionBuilder, to: Address, from: Address): void;
}

const moves = {
  1: (b: FunctionBuilder, to: Address, from: Address) => b.store('i32.store8', to, load('i32.load8_u', from)),
  4: (b: FunctionBuilder, to: Address, from: Address) => b.store('i32.store', to, load('i32.load', from)),
  8: (b: FunctionBuilder, to: Address, from: Address) => b.store('f64.store', to, load('f64.load', from)),
};

const vectors = (
  name: 'f32x4.add' | 'f64x2.add' | 'i32x4.add',
): ((b: FunctionBuilder, to: Address, from: Address) => void) => {
  return (b, to, from) => b.store('v128.store', to, op(name, load('v128.load', to), load('v128.load', from)));
};

const kinds: Partial<Record<DType, Kind>> = {
  float32: {
    bytes: 4,
    move: moves[4],
    add: (b, to, from) => b.store('f32.store', to, op('f32.add', load('f32.load', to), load('f32.load', from))),
    addVectors: vectors('f32x4.add'),
  },
  int32: {
    bytes: 4,
    move: moves[4],
    add: (b, to, from) => b.store('i32.store', to, op('i32.add', load('i32.load', to), load('i32.load', from))),
    addVectors: vectors('i32x4.add'),
  },
  float64: {
    bytes: 8,
    move: moves[8],
    add: (b, to, from) => b.store('f64.store', to, op('f64.add', load('f64.load', to), load('f64.load', from))),
    addVectors: vectors('f64x2.add'),
  },
  int64: { bytes: 8, move: moves[8] },
  uint8: { bytes: 1, move: moves[1] },
  bool: { bytes: 1, move: moves[1] },
};

/** One element, or one vector, of what a place names (`at`) and of the part. */
function transfer(b: FunctionBuilder, kind: Kind, way: Way, at: Address, part: Address): void {
  if (way === 'read') kind.move(b, part, at);
  else if (way === 'write') kind.move(b, at, part);
  else kind.add?.(b, at, part);
}

function transferVector(b: FunctionBuilder, kind: Kind, way: Way, at: Address, part: Address): void {
  if (way === 'read') b.store('v128.store', part, load('v128.load', at));
  else if (way === 'write') b.store('v128.store', at, load('v128.load', part));
  else kind.addVectors?.(b, at, part);
}

/**
 * elements(part, places, whole, rows, n, walk, turn, placesTurn): `rows` times `n` elements, one after the other in the part, with the elements of
 * `whole` that as many places name; `whole` moves on by `walk` behind each element and by `turn` behind each row, the places by `placesTurn`.
 */
function writeElements(kind: Kind, way: Way): (b: FunctionBuilder, parameters: Local<'i32'>[]) => void {
  return (b, [part, places, whole, rows, n, walk, turn, placesTurn]) => {
    const [row, end, place] = [b.local('i32'), b.local('i32'), b.local('i32')];
    b.count(row, rows, 1, () => {
      b.set(end, plus(places, op('i32.shl', n, i32(2))));
      b.count(places, end, 4, () => {
        b.set(place, load('i32.load', places));
        b.when(op('i32.ge_s', place, i32(0)), () => transfer(b, kind, way, plus(whole, place), part));
        b.advance(part, kind.bytes);
        b.set(whole, plus(whole, walk));
      });
      b.set(whole, plus(whole, turn));
      b.set(places, plus(places, placesTurn));
    });
  };
}

/** rows(part, places, end, whole, vectors, bytes): one row of so many bytes for each place, of which `vectors` bytes are whole vectors. */
function writeRows(kind: Kind, way: Way): (b: FunctionBuilder, parameters: Local<'i32'>[]) => void {
  return (b, [part, places, end, whole, vectors, bytes]) => {
    const [place, j] = [b.local('i32'), b.local('i32')];
    const [at, from] = [b.local('i32'), b.local('i32')];
    const along = (limit: Local<'i32'>, step: number, body: () => void): void =>
      b.count(j, limit, step, () => {
        b.set(at, plus(place, j));
        b.set(from, plus(part, j));
        body();
      });
    b.count(places, end, 4, () => {
      b.set(place, load('i32.load', places));
      b.when(op('i32.ge_s', place, i32(0)), () => {
        b.set(place, plus(whole, place));
        b.set(j, i32(0));
        along(vectors, 16, () => transferVector(b, kind, way, at, from));
        along(bytes, kind.bytes, () => transfer(b, kind, way, at, from));
      });
      b.set(part, plus(part, bytes));
    });
  };
}

/** Loops on the heap, and the bytes of the elements that they move. */
export interface Loops extends Linked<Functions> {
  readonly bytes: number;
}

type Table = { [dtype in DType]?: Loops | null };
const made: Readonly<Record<Way, Table>> = { read: {}, write: {}, add: {} };

/** The loops `elements` and `rows` for a dtype; null where JavaScript is the way. */
export function loopsFor(dtype: DType, way: Way): Loops | null {
  const known = made[way][dtype];
  if (known !== undefined) return known;
  const loops = compile(dtype, way);
  made[way][dtype] = loops;
  return loops;
}

function compile(dtype: DType, way: Way): Loops | null {
  const kind = kinds[dtype];
  if (kind === undefined || (way === 'add' && kind.add === undefined)) return null;
  const opened = linked((heap) => {
    const module = new ModuleBuilder();
    const i = 'i32';
    module.function('elements', [i, i, i, i, i, i, i, i], null, writeElements(kind, way));
    module.function('rows', [i, i, i, i, i, i], null, writeRows(kind, way));
    return heap.compile(module);
  })();
  return opened && { ...opened, bytes: kind.bytes };
}
