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
import { DoubleSum, halves, RowLoop, splat } from './vectorRows.js';

type Vector = Expression<'v128'>;
type Addresses = Local<'i32'>[];

const add = (a: Vector, b: Vector): Vector => op('f32x4.add', a, b);
const sub = (a: Vector, b: Vector): Vector => op('f32x4.sub', a, b);
const mul = (a: Vector, b: Vector): Vector => op('f32x4.mul', a, b);

/** Four numbers of float32 that stand at an address, each in all lanes of a variable. */
function four(b: FunctionBuilder, at: Local<'i32'>): Local<'v128'>[] {
  return [0, 4, 8, 12].map((offset) => b.define(load('v128.load32_splat', at, offset)));
}

/** statistics(from, rows, bytes, to): the mean of each row and the sum of squared deviations from it, as two numbers of double at `to`. */
function writeStatistics(b: FunctionBuilder, [from, rows, bytes, to]: Addresses): void {
  const loop = new RowLoop(b, bytes);
  const [sum, squares] = [new DoubleSum(b), new DoubleSum(b)];
  const n = b.define(op('f64.convert_i32_s', op('i32.shr_u', bytes, i32(2))));
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    sum.clear();
    squares.clear();
    loop.sum(4, [sum], (i, fixed) => [load('v128.load', plus(from, i), fixed)]);
    const mean = b.define(op('f64.div', sum.total(), n));
    const near = b.define(splat(mean));
    loop.sum(4, [squares], (i, fixed) => {
      const deviation = b.define(sub(load('v128.load', plus(from, i), fixed), near));
      return [mul(deviation, deviation)];
    });
    // The deviations are from the mean as float32 has it.
    const off = b.define(op('f64.sub', mean, op('f64.promote_f32', lane('f32x4.extract_lane', near, 0))));
    const spread = op('f64.sub', squares.total(), op('f64.mul', n, op('f64.mul', off, off)));
    b.store('f64.store', to, mean);
    b.store('f64.store', to, op('f64.max', spread, f64(0)), 8);
    b.advance(to, 16);
    loop.advance(from);
  });
}

/**
 * apply(from, to, rows, bytes, numbers, weight, bias): ((x - high) - low) factor + shift, with four numbers for each row; `along`:
 * ((x - high) - low) factor weight + bias, with weight and bias for each element of a row.
 */
function writeApply(
  b: FunctionBuilder,
  along: boolean,
  [from, to, rows, bytes, numbers, weight, bias]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const [high, low, factor, shift] = four(b, numbers);
    loop.write(to, (i, fixed) => {
      // In two steps: a mean that is large beside the deviations is not rounded to float32.
      const y = mul(sub(sub(load('v128.load', plus(from, i), fixed), high), low), factor);
      const scaled = along ? mul(y, load('v128.load', plus(weight, i), fixed)) : y;
      return add(scaled, along ? load('v128.load', plus(bias, i), fixed) : shift);
    });
    b.advance(numbers, 16);
    loop.advance(from);
    loop.advance(to);
  });
}

/**
 * gradientSums(gradient, input, rows, bytes, numbers, to): for each row the sum of its gradients and that of their products with the
 * deviations from its mean, the first of its four numbers, as two numbers of double at `to`.
 */
function writeSums(b: FunctionBuilder, addresses: Addresses): void {
  const [g, x] = addresses;
  eachRow(b, addresses, (loop, sums, mean) => {
    for (const sum of sums) sum.clear();
    loop.sum(4, sums, (i, fixed) => {
      const gradient = b.define(load('v128.load', plus(g, i), fixed));
      return [gradient, mul(gradient, sub(load('v128.load', plus(x, i), fixed), mean))];
    });
  });
}

/** Takes two sums of each row, given its mean, and stores them. */
function eachRow(
  b: FunctionBuilder,
  [g, x, rows, bytes, numbers, to]: Addresses,
  take: (loop: RowLoop, sums: readonly [DoubleSum, DoubleSum], mean: Local<'v128'>) => void,
): void {
  const loop = new RowLoop(b, bytes);
  const [first, second] = [new DoubleSum(b), new DoubleSum(b)];
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const mean = b.define(load('v128.load32_splat', numbers));
    take(loop, [first, second], mean);
    b.store('f64.store', to, first.total());
    b.store('f64.store', to, second.total(), 8);
    b.advance(to, 16);
    b.advance(numbers, 16);
    loop.advance(g);
    loop.advance(x);
  });
}

/**
 * gradientSumsAlong(gradient, input, rows, bytes, numbers, to, weight, toWeight, toBias): the same for gradients times weights that stand along
 * the rows; adds each element's gradient to `toBias` (double) and its product with deviation and scale, the second of the row's numbers, to `toWeight`.
 */
function writeSumsAlong(b: FunctionBuilder, addresses: Addresses): void {
  const [g, x, , , numbers, , weight, toWeight, toBias] = addresses;
  eachRow(b, addresses, (loop, sums, mean) => {
    const scale = b.define(load('v128.load32_splat', numbers, 4));
    sumsOfRow(b, loop, sums, [g, x], [mean, scale], [weight, toWeight, toBias]);
  });
}

/** One row's part of `gradientSumsAlong`. */
function sumsOfRow(
  b: FunctionBuilder,
  loop: RowLoop,
  sums: readonly [DoubleSum, DoubleSum],
  [g, x]: Addresses,
  [mean, scale]: readonly Local<'v128'>[],
  [weight, toWeight, toBias]: Addresses,
): void {
  const wide = b.local('i32');
  for (const sum of sums) sum.clear();
  loop.sum(1, sums, (i, fixed) => {
    const gradient = b.define(load('v128.load', plus(g, i), fixed));
    const deviation = sub(load('v128.load', plus(x, i), fixed), mean);
    const product = b.define(mul(gradient, deviation));
    const factor = b.define(load('v128.load', plus(weight, i), fixed));
    b.set(wide, op('i32.shl', i, i32(1)));
    addTo(b, plus(toBias, wide), gradient);
    addTo(b, plus(toWeight, wide), b.define(mul(product, scale)));
    return [mul(gradient, factor), mul(product, factor)];
  });
}

/** Adds four float32 to numbers of double at an address. */
function addTo(b: FunctionBuilder, address: Expression<'i32'>, x: Local<'v128'>): void {
  const at = b.define(address);
  const [low, high] = halves(x);
  b.store('v128.store', at, op('f64x2.add', load('v128.load', at), low));
  b.store('v128.store', at, op('f64x2.add', load('v128.load', at, 16), high), 16);
}

/**
 * applyGradient(gradient, input, to, rows, bytes, numbers, weight): factor g + (x - mean) slope + shift, with (mean, factor, slope, shift) for each
 * row; `along`: factor weight g in place of factor g.
 */
function writeApplyGradient(
  b: FunctionBuilder,
  along: boolean,
  [g, x, to, rows, bytes, numbers, weight]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    applyToRow(loop, [g, x, to], four(b, numbers), along ? weight : null);
    b.advance(numbers, 16);
    for (const address of [g, x, to]) loop.advance(address);
  });
}

/** One row's part of `applyGradient`. */
function applyToRow(
  loop: RowLoop,
  [g, x, to]: Addresses,
  [mean, factor, slope, shift]: readonly Local<'v128'>[],
  weight: Local<'i32'> | null,
): void {
  loop.write(to, (i, fixed) => {
    const gradient = load('v128.load', plus(g, i), fixed);
    const weighted = weight === null ? gradient : mul(gradient, load('v128.load', plus(weight, i), fixed));
    const rest = add(mul(sub(load('v128.load', plus(x, i), fixed), mean), slope), shift);
    return add(mul(weighted, factor), rest);
  });
}

/**
 * gradientOfRows(gradient, input, to, rows, bytes, numbers, apart, eps, weight, toWeight, toBias): everything for rows that are lines of their own.
 * Their means stand at `numbers`, then, each `apart` bytes behind the ones before, variances and the gradients to both; `eps` is where that is.
 */
function writeGradientOfRows(
  b: FunctionBuilder,
  [g, x, to, rows, bytes, numbers, apart, eps, weight, toWeight, toBias]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const sums = [new DoubleSum(b), new DoubleSum(b)] as const;
  const [row, at] = [b.local('i32'), b.local('i32')];
  const n = b.define(op('f64.convert_i32_s', op('i32.shr_u', bytes, i32(2))));
  const vector = (value: Expression<'f64'>): Local<'v128'> => b.define(splat(value));
  const next = (): Expression<'f64'> => {
    b.set(at, plus(at, apart));
    return op('f64.promote_f32', load('f32.load', at));
  };
  b.count(row, rows, 1, () => {
    const mean = b.define(load('v128.load32_splat', numbers));
    b.set(at, numbers);
    const deviation = b.define(op('f64.sqrt', op('f64.add', next(), load('f64.load', eps))));
    const scale = b.define(op('f64.div', f64(1), deviation));
    const factor = vector(scale);
    sumsOfRow(b, loop, sums, [g, x], [mean, factor], [weight, toWeight, toBias]);
    const toMean = op('f64.mul', next(), deviation);
    const first = op('f64.div', op('f64.sub', sums[0].total(), toMean), n);
    const shift = vector(op('f64.neg', op('f64.mul', first, scale)));
    const twice = b.define(next());
    const toVariance = op('f64.mul', op('f64.add', twice, twice), op('f64.mul', deviation, deviation));
    const second = op('f64.div', op('f64.sub', op('f64.mul', sums[1].total(), scale), toVariance), n);
    const slope = vector(op('f64.neg', op('f64.mul', second, op('f64.mul', scale, scale))));
    applyToRow(loop, [g, x, to], [mean, factor, slope, shift], weight);
    b.advance(numbers, 4);
    for (const address of [g, x, to]) loop.advance(address);
  });
}

type Run = (...places: number[]) => void;

/** Kernels over rows that follow each other; addresses and sizes are in bytes. */
export interface NormalizeKernels {
  readonly statistics: Run;
  readonly apply: Run;
  readonly applyAlong: Run;
  readonly gradientSums: Run;
  readonly gradientSumsAlong: Run;
  readonly applyGradient: Run;
  readonly applyGradientAlong: Run;
  readonly gradientOfRows: Run;
}

export function normalizeOn(heap: Heap): NormalizeKernels {
  const module = new ModuleBuilder();
  const ints = (n: number): 'i32'[] => new Array<'i32'>(n).fill('i32');
  const write = (name: string, n: number, body: (b: FunctionBuilder, p: Addresses) => void): void => {
    module.function(name, ints(n), null, (b, p) => body(b, p as Addresses));
  };
  write('statistics', 4, writeStatistics);
  write('apply', 5, (b, p) => writeApply(b, false, p));
  write('applyAlong', 7, (b, p) => writeApply(b, true, p));
  write('gradientSums', 6, writeSums);
  write('gradientSumsAlong', 9, writeSumsAlong);
  write('applyGradient', 6, (b, p) => writeApplyGradient(b, false, p));
  write('applyGradientAlong', 7, (b, p) => writeApplyGradient(b, true, p));
  write('gradientOfRows', 11, writeGradientOfRows);
  return heap.compile(module) as unknown as NormalizeKernels;
}
