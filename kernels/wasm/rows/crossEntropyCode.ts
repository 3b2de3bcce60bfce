import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus, v128 } from '../assembler.js';
import { raisedExp, raisedExps } from '../formula/exponential.js';
import type { Heap } from '../heap.js';
import { mul, sub } from '../vectors.js';
import { down, eachColumn, elementary, lower, writeLargest } from './softmaxCode.js';
import { DoubleSum, RowLoop } from './vectorRows.js';

type Addresses = Local<'i32'>[];

/** totals(from, rows, bytes, largest, totals): the largest element of each row, and the sum of exponentials relative to it in double, raised. */
function writeTotals(b: FunctionBuilder, [from, rows, bytes, toLargest, totals]: Addresses): void {
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
      return raisedExps(v, x).map((e) => [e]);
    });
    b.store('v128.store', toLargest, largest);
    b.store('f64.store', totals, sum.total());
    b.advance(toLargest, 4);
    b.advance(totals, 8);
    loop.advance(from);
  });
}

/** The same for the columns of a matrix. */
function writeColumnTotals(b: FunctionBuilder, [from, rows, bytes, toLargest, totals]: Addresses): void {
  const v = elementary(b, raisedExp);
  const sum = new DoubleSum(b);
  const [largest, at] = [b.local('v128'), b.local('i32')];
  eachColumn(b, bytes, (j) => {
    const source = [at, plus(from, j)] as const;
    b.set(largest, v128(new Float32Array(4).fill(-Infinity)));
    down(b, rows, bytes, [source], () => b.set(largest, op('f32x4.pmax', largest, load('v128.load', at))));
    sum.clear();
    down(b, rows, bytes, [source], () =>
      sum.add(b.define(raisedExp(v, b.define(sub(load('v128.load', at), largest))))),
    );
    b.store('v128.store', plus(toLargest, j), largest);
    const wide = b.define(plus(totals, op('i32.shl', j, i32(1))));
    b.store('v128.store', wide, sum.low);
    b.store('v128.store', wide, sum.high, 16);
  });
}

/**
 * gradient(from, to, rows, bytes, largest, logarithms, factors, offs): the gradient of each element but for the target's share, from four lists
 * of numbers with one entry for each row.
 */
function writeGradient(b: FunctionBuilder, [from, to, rows, bytes, ...lists]: Addresses): void {
  const v = elementary(b, raisedExp);
  const loop = new RowLoop(b, bytes);
  const row = b.local('i32');
  const lowered = b.local('v128');
  b.count(row, rows, 1, () => {
    const [largest, shift, factor, off] = lists.map((list) => b.define(load('v128.load32_splat', list)));
    b.set(lowered, mul(factor, v128(new Float32Array(4).fill(lower))));
    loop.write(to, (i, fixed) => {
      const x = b.define(sub(sub(load('v128.load', plus(from, i), fixed), largest), shift));
      return sub(mul(raisedExp(v, x), lowered), off);
    });
    for (const list of lists) b.advance(list, 4);
    loop.advance(from);
    loop.advance(to);
  });
}

/** The same for the columns of a matrix. */
function writeColumnGradient(b: FunctionBuilder, [from, to, rows, bytes, ...lists]: Addresses): void {
  const v = elementary(b, raisedExp);
  const [at, put] = [b.local('i32'), b.local('i32')];
  const [largest, shift, factor, off] = lists.map(() => b.local('v128'));
  eachColumn(b, bytes, (j) => {
    [largest, shift, factor, off].forEach((local, k) => {
      b.set(local, load('v128.load', plus(lists[k], j)));
    });
    b.set(factor, mul(factor, v128(new Float32Array(4).fill(lower))));
    down(
      b,
      rows,
      bytes,
      [
        [at, plus(from, j)],
        [put, plus(to, j)],
      ],
      () => {
        const x = b.define(sub(sub(load('v128.load', at), largest), shift));
        b.store('v128.store', put, sub(mul(raisedExp(v, x), factor), off));
      },
    );
  });
}

type Run = (...places: number[]) => void;

/** Kernels over the lines of a matrix: its rows, or its columns. */
export interface LossKernels {
  readonly totals: Run;
  readonly gradient: Run;
}

/** The kernels over rows, and those over columns. */
export function lossOn(heap: Heap): LossKernels[] {
  const module = new ModuleBuilder();
  const ints = (n: number): 'i32'[] => new Array<'i32'>(n).fill('i32');
  module.function('totals0', ints(5), null, (b, p) => writeTotals(b, p as Addresses));
  module.function('totals1', ints(5), null, (b, p) => writeColumnTotals(b, p as Addresses));
  module.function('gradient0', ints(8), null, (b, p) => writeGradient(b, p as Addresses));
  module.function('gradient1', ints(8), null, (b, p) => writeColumnGradient(b, p as Addresses));
  const functions = heap.compile(module);
  return [0, 1].map((way) => ({ totals: functions[`totals${way}`], gradient: functions[`gradient${way}`] }));
}
