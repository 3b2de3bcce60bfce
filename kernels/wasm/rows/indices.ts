import type { TypedArray, View } from '../../types.js';
import { count } from '../../view.js';
import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, shuffle } from '../assembler.js';
import { type Heap, linked } from '../heap.js';
import type { Vector } from '../vectors.js';

const { ceil, min } = Math;

/** Indices that are staged at once. */
export const indexTile = 16384;
/** Bytes of what a tile of indices is staged in. */
export const indexTileBytes: number = 8 * indexTile;

/** Bytes of so many places, in whole vectors. */
export const placeBytes = (n: number): number => 16 * ceil(n / 4);

const sign = (x: Vector): Vector => op('i32x4.shr_s', x, i32(31));

/** What is made of indices: nothing, once they have been looked at; places; or places added to those which are there. */
type Use = 'check' | 'place' | 'join';

/**
 * resolve(from, end, to, size, wrap, stride): whether an index lies outside [0, size) once `wrap` has been added to negative ones. Writes where each
 * points, `stride` bytes apart; what is negative is no place.
 */
function writeResolve(wide: boolean, use: Use): (b: FunctionBuilder, parameters: Local<'i32'>[]) => void {
  return (b, [from, end, to, size, wrap, stride]) => {
    const last = b.define(op('i32x4.splat', op('i32.sub', size, i32(1))));
    const [back, step] = [wrap, stride].map((x) => b.define(op('i32x4.splat', x)));
    const [index, negative, bad, high, any] = Array.from({ length: 5 }, () => b.local('v128'));
    b.count(from, end, wide ? 32 : 16, () => {
      const [first, second] = [load('v128.load', from), load('v128.load', from, 16)];
      b.set(index, wide ? shuffle(first, second, [0, 2, 4, 6]) : first);
      b.set(negative, sign(index));
      // What 64 bits hold and 32 do not lies outside whatever its lower half says.
      if (wide) b.set(high, op('v128.xor', shuffle(first, second, [1, 3, 5, 7]), negative));
      b.set(index, op('i32x4.add', index, op('v128.and', back, negative)));
      b.set(bad, op('v128.or', index, op('i32x4.sub', last, index)));
      if (wide) b.set(bad, op('v128.or', bad, op('v128.or', high, op('i32x4.neg', high))));
      b.set(any, op('v128.or', any, bad));
      if (use === 'check') return;
      const place = op('i32x4.mul', index, step);
      if (use === 'place') b.store('v128.store', to, op('v128.or', place, sign(bad)));
      else {
        const before = load('v128.load', to);
        b.set(index, op('i32x4.add', place, before));
        b.store('v128.store', to, op('v128.or', index, sign(op('v128.or', bad, before))));
      }
      b.advance(to, 16);
    });
    b.result(op('v128.any_true', sign(any)));
  };
}

const opened = linked((heap: Heap) => {
  const module = new ModuleBuilder();
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  for (const use of ['check', 'place', 'join'] as const) {
    module.function(`${use}32`, parameters, 'i32', writeResolve(false, use));
    module.function(`${use}64`, parameters, 'i32', writeResolve(true, use));
  }
  return heap.compile(module);
});

/** Indices that lie in one run, int32 or int64, into a dimension of `size`, whose places are `stride` apart: in bytes for `resolve`. */
export interface IndexRun {
  readonly view: View;
  readonly size: number;
  readonly stride: number;
}

/** Whether indices may be resolved here. */
export function canResolve(index: View): boolean {
  return (index.dtype === 'int32' || index.dtype === 'int64') && opened() !== null;
}

/**
 * Whether one of `n` indices from the one of number `first` on lies outside; negative ones count from the end where `negative`, else they lie outside. Writes
 * their places to an address. They pass through a tile at `staging`.
 */
export function resolve(
  { view, size, stride }: IndexRun,
  { first, n, negative, use }: { first: number; n: number; negative: boolean; use: Use },
  staging: number,
  to: number,
): boolean {
  const { heap, functions } = opened() as NonNullable<ReturnType<typeof opened>>;
  const bytes = view.dtype === 'int64' ? 8 : 4;
  const memory = (bytes === 8 ? heap.i64 : heap.i32) as TypedArray as Int32Array;
  const run = functions[`${use}${8 * bytes}`];
  let outside = 0;
  for (let done = 0; done < n; done += indexTile) {
    const m = min(indexTile, n - done);
    const start = view.offset + first + done;
    const end = staging + bytes * 4 * ceil(m / 4);
    // What fills up the last vector lies inside.
    heap.u8.fill(0, staging + bytes * m, end);
    memory.set((view.buffer as TypedArray as Int32Array).subarray(start, start + m), staging / bytes);
    outside |= run(staging, end, to + 4 * done, size, negative ? size : 0, stride);
  }
  return outside !== 0;
}

/** Whether all indices of a run lie in [0, size), or [-size, size) with `negative`; false too where JavaScript has to look. */
export function areInside(view: View, size: number, negative: boolean): boolean {
  const n = count(view.shape);
  if (size >= 2 ** 31 || !canResolve(view)) return false;
  const { heap } = opened() as NonNullable<ReturnType<typeof opened>>;
  const staging = heap.reserve(indexTileBytes);
  return staging !== 0 && !resolve({ view, size, stride: 0 }, { first: 0, n, negative, use: 'check' }, staging, 0);
}
