import {
  type Expression,
  type FunctionBuilder,
  f64,
  i32,
  type Local,
  load,
  ModuleBuilder,
  op,
  plus,
  shuffle,
  v128,
} from '../assembler.js';
import { raisedExp, raisedExps } from '../formula/exponential.js';
import { log } from '../formula/logarithm.js';
import type { Heap } from '../heap.js';
import { add, mul, sub, type Vector, type Vectors } from '../vectors.js';
import { DoubleSum, demote, RowLoop, splat, vectorsFor } from './vectorRows.js';

type Addresses = Local<'i32'>[];

const lowest = v128(new Float32Array(4).fill(-Infinity));
const zero = v128(new Float32Array(4));

/** A writer of an elementary function's vectors. */
export function elementary(b: FunctionBuilder, f: typeof log): Vectors {
  return vectorsFor(b, (v) => f(v, zero));
}

/** What takes away the power of 2 in `raisedExp`. */
export const lower: number = 2 ** -64;

/** The logarithm of sums in double, given as what they are in float32 and what that leaves. */
function logOf(b: FunctionBuilder, v: Vectors, sum: Vector, rest: Vector): Local<'v128'> {
  // Near 1 the logarithm is smaller than what the rounding took away.
  return b.define(add(log(v, sum), op('f32x4.div', rest, sum)));
}

/** Puts the largest element of a row into all lanes of a variable. */
export function writeLargest(b: FunctionBuilder, loop: RowLoop, from: Local<'i32'>, largest: Local<'v128'>): void {
  // One for each vector of a turn: they do not wait for each other.
  const four = [largest, ...[1, 2, 3].map(() => b.local('v128'))];
  for (const one of four) b.set(one, lowest);
  loop.run((i, fixed, mask) => {
    const x = load('v128.load', plus(from, i), fixed);
    const counted = mask === null ? x : op('v128.bitselect', x, lowest, mask);
    const one = four[fixed / 16];
    b.set(one, op('f32x4.pmax', one, counted));
  });
  for (const one of four.slice(1)) b.set(largest, op('f32x4.pmax', largest, one));
  b.set(largest, op('f32x4.pmax', largest, shuffle(largest, largest, [2, 3, 0, 1])));
  b.set(largest, op('f32x4.pmax', largest, shuffle(largest, largest, [1, 0, 3, 2])));
}

/** softmax(from, to, rows, bytes): rows that follow each other, one after the other. */
function writeRows(b: FunctionBuilder, logarithm: boolean, [from, to, rows, bytes]: Addresses): void {
  const v = elementary(b, raisedExp);
  const loop = new RowLoop(b, bytes);
  const sum = new DoubleSum(b);
  const row = b.local('i32');
  const largest = b.local('v128');
  b.count(row, rows, 1, () => {
    writeLargest(b, loop, from, largest);
    sum.clear();
    loop.sumTogether(4, [sum], (i, places) => {
      const x = places.map((fixed) => b.define(sub(load('v128.load', plus(from, i), fixed), largest)));
      return raisedExps(v, x).map((e, k) => {
        if (!logarithm) b.store('v128.store', plus(to, i), e, places[k]);
        return [e];
      });
    });
    const raised = sum.total();
    if (logarithm) {
      const total = b.define(op('f64.mul', raised, f64(lower)));
      const rounded = b.define(op('f32.demote_f64', total));
      const rest = splat(op('f64.sub', total, op('f64.promote_f32', rounded)));
      const shift = logOf(b, elementary(b, log), b.define(op('f32x4.splat', rounded)), rest);
      loop.write(to, (i, fixed) => sub(sub(load('v128.load', plus(from, i), fixed), largest), shift));
    } else {
      const scale = b.define(splat(op('f64.div', f64(1), raised)));
      loop.write(to, (i, fixed) => mul(load('v128.load', plus(to, i), fixed), scale));
    }
    loop.advance(from);
    loop.advance(to);
  });
}

/** Four columns at a time, from the last ones on: what is written beyond a row's end is written over later. */
export function eachColumn(b: FunctionBuilder, bytes: Local<'i32'>, body: (offset: Local<'i32'>) => void): void {
  const j = b.define(op('i32.and', plus(bytes, i32(12)), i32(-16)));
  b.when(bytes, () => {
    b.loop((again) => {
      b.advance(j, -16);
      body(j);
      b.branchIf(again, op('i32.gt_s', j, i32(0)));
    });
  });
}

/** A loop down the rows of four columns; addresses start at the first row. */
export function down(
  b: FunctionBuilder,
  rows: Local<'i32'>,
  bytes: Local<'i32'>,
  addresses: readonly (readonly [Local<'i32'>, Expression<'i32'>])[],
  body: () => void,
): void {
  const row = b.local('i32');
  b.set(row, i32(0));
  for (const [address, start] of addresses) b.set(address, start);
  b.count(row, rows, 1, () => {
    body();
    for (const [address] of addresses) b.set(address, plus(address, bytes));
  });
}

/** softmaxColumns(from, to, rows, bytes): down the columns of a matrix. */
function writeColumns(b: FunctionBuilder, logarithm: boolean, [from, to, rows, bytes]: Addresses): void {
  const v = elementary(b, raisedExp);
  const sum = new DoubleSum(b);
  const largest = b.local('v128');
  const [at, put] = [b.local('i32'), b.local('i32')];
  eachColumn(b, bytes, (j) => {
    b.set(largest, lowest);
    const source = [at, plus(from, j)] as const;
    const target = [put, plus(to, j)] as const;
    down(b, rows, bytes, [source], () => b.set(largest, op('f32x4.pmax', largest, load('v128.load', at))));
    sum.clear();
    down(b, rows, bytes, [source, target], () => {
      const e = b.define(raisedExp(v, b.define(sub(load('v128.load', at), largest))));
      if (!logarithm) b.store('v128.store', put, e);
      sum.add(e);
    });
    if (logarithm) {
      for (const half of [sum.low, sum.high]) b.set(half, op('f64x2.mul', half, v128(Float64Array.of(lower, lower))));
      const rounded = b.define(demote(sum.low, sum.high));
      const back = [rounded, shuffle(rounded, rounded, [2, 3, 2, 3])].map((x) => op('f64x2.promote_low_f32x4', x));
      const rest = demote(op('f64x2.sub', sum.low, back[0]), op('f64x2.sub', sum.high, back[1]));
      const shift = logOf(b, elementary(b, log), rounded, b.define(rest));
      down(b, rows, bytes, [source, target], () => {
        b.store('v128.store', put, sub(sub(load('v128.load', at), largest), shift));
      });
    } else {
      const one = v128(Float64Array.of(1, 1));
      const scale = b.define(demote(op('f64x2.div', one, sum.low), op('f64x2.div', one, sum.high)));
      down(b, rows, bytes, [target], () => b.store('v128.store', put, mul(load('v128.load', put), scale)));
    }
  });
}

/** backward(gradient, result, to, rows, bytes). */
function writeBackward(b: FunctionBuilder, logarithm: boolean, [g, y, to, rows, bytes]: Addresses): void {
  const v = elementary(b, raisedExp);
  const loop = new RowLoop(b, bytes);
  const sum = new DoubleSum(b);
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    sum.clear();
    loop.sum(4, [sum], (i, fixed) => {
      const gradient = load('v128.load', plus(g, i), fixed);
      return [logarithm ? gradient : mul(gradient, load('v128.load', plus(y, i), fixed))];
    });
    const total = b.define(splat(op('f64.mul', sum.total(), f64(logarithm ? lower : 1))));
    loop.write(to, (i, fixed) => {
      const gradient = load('v128.load', plus(g, i), fixed);
      const result = b.define(load('v128.load', plus(y, i), fixed));
      return through(v, logarithm, gradient, result, total);
    });
    for (const address of [g, y, to]) loop.advance(address);
  });
}

/** The gradient to an element, from those to the result and their total; that is lowered where it meets `raisedExp`. */
function through(v: Vectors, logarithm: boolean, gradient: Vector, result: Vector, total: Vector): Vector {
  return logarithm ? sub(gradient, mul(raisedExp(v, result), total)) : mul(result, sub(gradient, total));
}

/** backwardColumns(gradient, result, to, rows, bytes). */
function writeBackwardColumns(b: FunctionBuilder, logarithm: boolean, [g, y, to, rows, bytes]: Addresses): void {
  const v = elementary(b, raisedExp);
  const sum = new DoubleSum(b);
  const [atG, atY, put] = [b.local('i32'), b.local('i32'), b.local('i32')];
  eachColumn(b, bytes, (j) => {
    const sources = [[atG, plus(g, j)] as const, [atY, plus(y, j)] as const];
    sum.clear();
    down(b, rows, bytes, sources, () => {
      const gradient = load('v128.load', atG);
      sum.add(b.define(logarithm ? gradient : mul(gradient, load('v128.load', atY))));
    });
    const total = b.define(mul(demote(sum.low, sum.high), v128(new Float32Array(4).fill(logarithm ? lower : 1))));
    down(b, rows, bytes, [...sources, [put, plus(to, j)]], () => {
      const result = b.define(load('v128.load', atY));
      b.store('v128.store', put, through(v, logarithm, load('v128.load', atG), result, total));
    });
  });
}

/** Kernels over the lines of a matrix: its rows, or its columns. */
export interface SoftmaxKernels {
  readonly forward: (from: number, to: number, rows: number, bytes: number) => void;
  readonly backward: (gradient: number, result: number, to: number, rows: number, bytes: number) => void;
}

/** The kernels by logarithm and by which way lines run: `[plain rows, plain columns, logarithmic rows, logarithmic columns]`. */
export function softmaxOn(heap: Heap): SoftmaxKernels[] {
  const module = new ModuleBuilder();
  const ints = ['i32', 'i32', 'i32', 'i32'] as const;
  const ways = [0, 1, 2, 3];
  for (const way of ways) {
    const logarithm = way >= 2;
    const [write, back] = way % 2 === 0 ? [writeRows, writeBackward] : [writeColumns, writeBackwardColumns];
    module.function(`forward${way}`, ints, null, (b, p) => write(b, logarithm, p));
    module.function(`backward${way}`, [...ints, 'i32'], null, (b, p) => back(b, logarithm, p));
  }
  const functions = heap.compile(module);
  return ways.map((way) => ({ forward: functions[`forward${way}`], backward: functions[`backward${way}`] }));
}
