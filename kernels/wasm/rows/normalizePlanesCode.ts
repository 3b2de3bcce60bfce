import {
  type Expression,
  type FunctionBuilder,
  f64,
  i32,
  type Local,
  lane,
  load,
  ModuleBuilder,
  op,
  plus,
} from '../assembler.js';
import type { Heap } from '../heap.js';
import { mul, sub } from '../vectors.js';
import {
  type Addresses,
  addKernel,
  applyGradientToRow,
  applyToRow,
  double,
  eachPair,
  elementsIn,
  inverseRoot,
  momentsOf,
  type Run,
  rest,
  spread,
} from './normalizeCode.js';
import { DoubleSum, RowLoop } from './vectorRows.js';

/** Bytes of a line's record: four numbers of double. */
export const record = 32;

/** The record, or element, that a table of numbers names at an address. */
const named = (b: FunctionBuilder, from: Local<'i32'>, table: Expression<'i32'>, shift: number): Local<'i32'> =>
  b.define(plus(from, op('i32.shl', load('i32.load', table), i32(shift))));

const lineAt = (b: FunctionBuilder, lines: Local<'i32'>, table: Expression<'i32'>): Local<'i32'> =>
  named(b, lines, table, 5);

/** Adds to a double in memory. */
function addTo(b: FunctionBuilder, at: Local<'i32'>, offset: number, x: Expression<'f64'>): void {
  b.store('f64.store', at, op('f64.add', load('f64.load', at, offset), x), offset);
}

/**
 * measure(from, rows, bytes, lineOf, lines): joins mean and sum of squared deviations of each row to those of its line, whose record is (mean, squares,
 * rows so far).
 */
function writeMeasure(b: FunctionBuilder, [from, rows, bytes, lineOf, lines]: Addresses): void {
  const loop = new RowLoop(b, bytes);
  const sums = [new DoubleSum(b), new DoubleSum(b)] as const;
  const n = elementsIn(b, bytes);
  const both = b.define(op('f64x2.splat', n));
  eachPair(b, loop, rows, [from], ([pair], two) => {
    const found = momentsOf(b, loop, sums, pair, both);
    // T. Chan, G. Golub and R. LeVeque (1979), for parts of one size.
    const join = (k: number): void => {
      const [mean, squares] = [found.means, found.squares].map((x) => lane('f64x2.extract_lane', x, k));
      const line = lineAt(b, lines, lineOf);
      const before = b.define(load('f64.load', line, 16));
      const parts = b.define(op('f64.add', before, f64(1)));
      const off = b.define(op('f64.sub', mean, load('f64.load', line)));
      const step = b.define(op('f64.div', off, parts));
      addTo(b, line, 0, step);
      addTo(b, line, 8, op('f64.add', squares, op('f64.mul', op('f64.mul', off, step), op('f64.mul', n, before))));
      b.store('f64.store', line, parts, 16);
      b.advance(lineOf, 4);
    };
    join(0);
    b.when(two, () => join(1));
  });
}

/**
 * complete(lines, m, numbers, apart, n, eps): of lines of n elements writes means, then `apart` bytes behind them variances; the records become
 * (mean, 1 / sqrt(variance + eps)).
 */
function writeComplete(
  b: FunctionBuilder,
  [lines, m, numbers, apart]: Addresses,
  [n, eps]: readonly Local<'f64'>[],
): void {
  const k = b.local('i32');
  b.count(k, m, 1, () => {
    const variance = b.define(op('f64.div', load('f64.load', lines, 8), n));
    b.store('f32.store', numbers, op('f32.demote_f64', load('f64.load', lines)));
    b.store('f32.store', plus(numbers, apart), op('f32.demote_f64', variance));
    b.store('f64.store', lines, inverseRoot(variance, eps), 8);
    b.advance(lines, record);
    b.advance(numbers, 4);
  });
}

/** apply(from, to, rows, bytes, lineOf, entryOf, lines, weights, biases): the result for rows whose lines are complete. */
function writeApply(
  b: FunctionBuilder,
  [from, to, rows, bytes, lineOf, entryOf, lines, weights, biases]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const line = lineAt(b, lines, lineOf);
    const mean = load('f64.load', line);
    const high = spread(b, mean);
    const low = spread(b, rest(mean, high));
    const factor = spread(b, op('f64.mul', load('f64.load', line, 8), double(named(b, weights, entryOf, 2))));
    const shift = b.define(load('v128.load32_splat', named(b, biases, entryOf, 2)));
    applyToRow(loop, [from, to], [high, low, factor], null, shift);
    for (const table of [lineOf, entryOf]) b.advance(table, 4);
    for (const address of [from, to]) loop.advance(address);
  });
}

/**
 * open(lines, m, numbers, apart, eps): records (mean, 1 / sqrt(variance + eps), 0, 0) from means at `numbers`, and variances `apart` bytes behind
 * them.
 */
function writeOpen(b: FunctionBuilder, [lines, m, numbers, apart]: Addresses, [eps]: readonly Local<'f64'>[]): void {
  const k = b.local('i32');
  b.count(k, m, 1, () => {
    b.store('f64.store', lines, double(numbers));
    b.store('f64.store', lines, inverseRoot(double(plus(numbers, apart)), eps), 8);
    b.store('v128.store', lines, op('f64x2.splat', f64(0)), 16);
    b.advance(lines, record);
    b.advance(numbers, 4);
  });
}

/**
 * measureGradient(gradient, input, rows, bytes, lineOf, entryOf, lines, weights, toWeights, toBiases): adds the sum of each row's gradients and
 * that of their products with the normalized input to those of its entry (double) and, times the weight, to its line's third and fourth number.
 */
function writeMeasureGradient(
  b: FunctionBuilder,
  [g, x, rows, bytes, lineOf, entryOf, lines, weights, toWeights, toBiases]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const sums = [new DoubleSum(b), new DoubleSum(b)];
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const line = lineAt(b, lines, lineOf);
    const mean = spread(b, load('f64.load', line));
    for (const sum of sums) sum.clear();
    loop.sum(4, sums, (i, fixed) => {
      const gradient = b.define(load('v128.load', plus(g, i), fixed));
      return [gradient, mul(gradient, sub(load('v128.load', plus(x, i), fixed), mean))];
    });
    const total = sums[0].total();
    const product = b.define(op('f64.mul', sums[1].total(), load('f64.load', line, 8)));
    const weight = b.define(double(named(b, weights, entryOf, 2)));
    addTo(b, line, 16, op('f64.mul', total, weight));
    addTo(b, line, 24, op('f64.mul', product, weight));
    addTo(b, named(b, toBiases, entryOf, 3), 0, total);
    addTo(b, named(b, toWeights, entryOf, 3), 0, product);
    for (const table of [lineOf, entryOf]) b.advance(table, 4);
    for (const address of [g, x]) loop.advance(address);
  });
}

/**
 * completeGradient(lines, m, numbers, apart, n): from the sums over lines of n elements, and the gradients to means and variances at `numbers` and
 * `apart` bytes behind, what the input's deviations are multiplied with, and what is added: the third and fourth number of the records.
 */
function writeCompleteGradient(
  b: FunctionBuilder,
  [lines, m, numbers, apart]: Addresses,
  [n]: readonly Local<'f64'>[],
): void {
  const k = b.local('i32');
  b.count(k, m, 1, () => {
    const scale = b.define(load('f64.load', lines, 8));
    const deviation = b.define(op('f64.div', f64(1), scale));
    const toMean = op('f64.mul', double(numbers), deviation);
    const first = op('f64.div', op('f64.sub', load('f64.load', lines, 16), toMean), n);
    const shift = b.define(op('f64.neg', op('f64.mul', first, scale)));
    const toVariance = b.define(double(plus(numbers, apart)));
    const twice = op('f64.mul', op('f64.add', toVariance, toVariance), op('f64.mul', deviation, deviation));
    const second = op('f64.div', op('f64.sub', load('f64.load', lines, 24), twice), n);
    b.store('f64.store', lines, op('f64.neg', op('f64.mul', second, op('f64.mul', scale, scale))), 16);
    b.store('f64.store', lines, shift, 24);
    b.advance(lines, record);
    b.advance(numbers, 4);
  });
}

/** applyGradient(gradient, input, to, rows, bytes, lineOf, entryOf, lines, weights): the gradient of rows whose lines are complete. */
function writeApplyGradient(
  b: FunctionBuilder,
  [g, x, to, rows, bytes, lineOf, entryOf, lines, weights]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const line = lineAt(b, lines, lineOf);
    const weight = double(named(b, weights, entryOf, 2));
    const numbers = [
      load('f64.load', line),
      op('f64.mul', load('f64.load', line, 8), weight),
      load('f64.load', line, 16),
      load('f64.load', line, 24),
    ].map((x) => spread(b, x));
    applyGradientToRow(loop, [g, x, to], numbers, null);
    for (const table of [lineOf, entryOf]) b.advance(table, 4);
    for (const address of [g, x, to]) loop.advance(address);
  });
}

/** Kernels over rows that follow each other and are parts of lines, which tables name; addresses and sizes are in bytes. */
export interface PlaneKernels {
  readonly measure: Run;
  readonly complete: Run;
  readonly apply: Run;
  readonly open: Run;
  readonly measureGradient: Run;
  readonly completeGradient: Run;
  readonly applyGradient: Run;
}

export function normalizePlanesOn(heap: Heap): PlaneKernels {
  const module = new ModuleBuilder();
  addKernel(module, 'measure', 5, 0, writeMeasure);
  addKernel(module, 'complete', 4, 2, writeComplete);
  addKernel(module, 'apply', 9, 0, writeApply);
  addKernel(module, 'open', 4, 1, writeOpen);
  addKernel(module, 'measureGradient', 10, 0, writeMeasureGradient);
  addKernel(module, 'completeGradient', 4, 1, writeCompleteGradient);
  addKernel(module, 'applyGradient', 9, 0, writeApplyGradient);
  return heap.compile(module) as unknown as PlaneKernels;
}
