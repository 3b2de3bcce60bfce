import {
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  load,
  ModuleBuilder,
  op,
  plus,
  shuffle,
  v128,
} from '../assembler.js';
import type { Heap } from '../heap.js';

/** What a pooling kernel is compiled for: along rows, between outputs and between the elements of a window. */
export interface Taps {
  readonly stride: 1 | 2;
  readonly size: number;
  readonly dilation: number;
}

/** Four floats that lie `stride` elements apart. */
function spaced(b: FunctionBuilder, stride: 1 | 2, at: Expression<'i32'>, fixed: number): Local<'v128'> {
  const first = load('v128.load', at, fixed);
  if (stride === 1) return b.define(first);
  return b.define(shuffle(first, load('v128.load', at, fixed + 16), [0, 2, 4, 6]));
}

/** Reads one output plane after the other of windows that lie in staged rows `pitch` bytes long. */
function writeMaxima(b: FunctionBuilder, taps: Taps, parameters: Local<'i32'>[]): void {
  const [from, values, indices, table, rows, bytes, height, stepY, tapY, indexStepY, indexTapY, corner] = parameters;
  const { stride, size, dilation } = taps;
  const [row, tap, line] = [b.local('i32'), b.local('i32'), b.local('i32')];
  const [j, at] = [b.local('i32'), b.local('i32')];
  const [best, index, here] = [b.local('v128'), b.local('v128'), b.local('v128')];
  b.set(line, corner);
  b.count(row, rows, 1, () => {
    b.set(j, i32(0));
    b.count(j, bytes, 16, () => {
      b.set(best, v128(new Float32Array(4).fill(-Infinity)));
      b.set(index, load('v128.load', plus(table, j)));
      const across = op('i32.shl', op('i32.shr_u', j, i32(2)), i32(stride - 1));
      const lanes = v128(Int32Array.of(0, stride, 2 * stride, 3 * stride));
      b.set(here, op('i32x4.add', op('i32x4.splat', plus(line, across)), lanes));
      b.set(at, plus(from, op('i32.shl', j, i32(stride - 1))));
      b.set(tap, i32(0));
      b.count(tap, height, 1, () => {
        for (let k = 0; k < size; k++) {
          const x = spaced(b, stride, at, 4 * k * dilation);
          const place = k === 0 ? here : op('i32x4.add', here, v128(new Int32Array(4).fill(k * dilation)));
          const better = b.define(op('v128.or', op('f32x4.gt', x, best), op('f32x4.ne', x, x)));
          b.set(best, op('v128.bitselect', x, best, better));
          b.set(index, op('v128.bitselect', place, index, better));
        }
        b.set(at, plus(at, tapY));
        b.set(here, op('i32x4.add', here, op('i32x4.splat', indexTapY)));
      });
      b.store('v128.store', plus(values, j), best);
      b.store('v128.store', plus(indices, j), index);
    });
    b.set(from, plus(from, stepY));
    b.set(line, plus(line, indexStepY));
    for (const address of [values, indices, table]) b.set(address, plus(address, bytes));
  });
}

/** pad(from, to, rows, bytes, pitch): puts rows that follow each other `pitch` bytes apart. */
function writePad(b: FunctionBuilder, [from, to, rows, bytes, pitch]: Local<'i32'>[]): void {
  const whole = b.define(op('i32.and', bytes, i32(-16)));
  const [row, i] = [b.local('i32'), b.local('i32')];
  b.count(row, rows, 1, () => {
    b.set(i, i32(0));
    b.count(i, whole, 16, () => b.store('v128.store', plus(to, i), load('v128.load', plus(from, i))));
    b.count(i, bytes, 4, () => b.store('f32.store', plus(to, i), load('f32.load', plus(from, i))));
    b.set(from, plus(from, bytes));
    b.set(to, plus(to, pitch));
  });
}

type Run = (...places: number[]) => void;

/** Kernels over one plane; addresses and sizes are in bytes. */
export interface PoolKernels {
  /**
   * maxima(from, values, indices, table, rows, bytes, height, stepY, tapY, indexStepY, indexTapY, corner): the largest of each window and its
   * index. `table` holds the index that stands where nothing is larger than minus infinity; `corner` is the index of the first
   * window's first element, which may lie in the padding.
   */
  readonly maxima: Run;
  readonly pad: Run;
}

export function poolOn(heap: Heap, taps: Taps): PoolKernels {
  const module = new ModuleBuilder();
  const ints = (n: number): 'i32'[] => new Array<'i32'>(n).fill('i32');
  module.function('maxima', ints(12), null, (b, p) => writeMaxima(b, taps, p as Local<'i32'>[]));
  module.function('pad', ints(5), null, (b, p) => writePad(b, p as Local<'i32'>[]));
  return heap.compile(module) as unknown as PoolKernels;
}
