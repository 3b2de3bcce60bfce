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
  v128,
} from '../assembler.js';
import type { Heap } from '../heap.js';
import {
  type Addresses,
  addKernel,
  applyGradientToRow,
  applyToRow,
  double,
  eachPair,
  elementsIn,
  momentsOf,
  mul,
  type Run,
  spread,
  sub,
} from './normalizeCode.js';
import { DoubleSum, halves, RowLoop } from './vectorRows.js';

/**
 * measure(from, rows, bytes, numbers, apart, eps): of rows that are lines of their own writes means at `numbers` and, each `apart` bytes behind the ones
 * before, variances, what float32 leaves of the means, and 1 / sqrt(variance + eps). Writes of one row more where their number is odd.
 */
function writeMeasure(
  b: FunctionBuilder,
  [from, rows, bytes, numbers, apart]: Addresses,
  [eps]: readonly Local<'f64'>[],
): void {
  const loop = new RowLoop(b, bytes);
  const sums = [new DoubleSum(b), new DoubleSum(b)] as const;
  const n = b.define(op('f64x2.splat', elementsIn(b, bytes)));
  const at = b.local('i32');
  const demoted = (x: Expression<'v128'>): Expression<'v128'> => op('f32x4.demote_f64x2_zero', x);
  eachPair(b, loop, rows, from, (pair) => {
    const { means, near, squares } = momentsOf(b, loop, sums, pair, n);
    const variances = b.define(op('f64x2.div', squares, n));
    const deviations = op('f64x2.sqrt', op('f64x2.add', variances, op('f64x2.splat', eps)));
    const left = demoted(op('f64x2.sub', means, op('f64x2.promote_low_f32x4', near)));
    const factors = demoted(op('f64x2.div', v128(Float64Array.of(1, 1)), deviations));
    b.set(at, numbers);
    for (const values of [near, demoted(variances), left, factors]) {
      b.storeLane('v128.store64_lane', at, values, 0);
      b.set(at, plus(at, apart));
    }
    b.advance(numbers, 8);
  });
}

/** apply(from, to, rows, bytes, numbers, apart, weight, bias): the result for measured rows; `along`: with weight and bias for each element of a row. */
function writeApply(
  b: FunctionBuilder,
  along: boolean,
  [from, to, rows, bytes, numbers, apart, weight, bias]: Addresses,
): void {
  const loop = new RowLoop(b, bytes);
  const lefts = b.define(plus(plus(numbers, apart), apart));
  const factors = b.define(plus(lefts, apart));
  const row = b.local('i32');
  b.count(row, rows, 1, () => {
    const three = [numbers, lefts, factors].map((address) => b.define(load('v128.load32_splat', address)));
    applyToRow(loop, [from, to], three, along ? [weight, bias] : null, null);
    for (const address of [numbers, lefts, factors]) b.advance(address, 4);
    for (const address of [from, to]) loop.advance(address);
  });
}

/** Sums of a row's gradients times weights, and of their products with the deviations; adds to the sums along all rows. */
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
 * gradient(gradient, input, to, rows, bytes, numbers, apart, weight, toWeight, toBias, eps): everything for rows that are lines of their own.
 * Their means stand at `numbers`, then, each `apart` bytes behind the ones before, variances and the gradients to both. Adds each element's
 * gradient to `toBias` (double) and its product with deviation and scale to `toWeight`.
 */
function writeGradient(
  b: FunctionBuilder,
  [g, x, to, rows, bytes, numbers, apart, weight, toWeight, toBias]: Addresses,
  [eps]: readonly Local<'f64'>[],
): void {
  const loop = new RowLoop(b, bytes);
  const sums = [new DoubleSum(b), new DoubleSum(b)] as const;
  const [row, at] = [b.local('i32'), b.local('i32')];
  const n = elementsIn(b, bytes);
  const next = (): Expression<'f64'> => {
    b.set(at, plus(at, apart));
    return double(at);
  };
  b.count(row, rows, 1, () => {
    const mean = b.define(load('v128.load32_splat', numbers));
    b.set(at, numbers);
    const deviation = b.define(op('f64.sqrt', op('f64.add', next(), eps)));
    const scale = b.define(op('f64.div', f64(1), deviation));
    const factor = spread(b, scale);
    sumsOfRow(b, loop, sums, [g, x], [mean, factor], [weight, toWeight, toBias]);
    const toMean = op('f64.mul', next(), deviation);
    const first = op('f64.div', op('f64.sub', sums[0].total(), toMean), n);
    const shift = spread(b, op('f64.neg', op('f64.mul', first, scale)));
    const twice = b.define(next());
    const toVariance = op('f64.mul', op('f64.add', twice, twice), op('f64.mul', deviation, deviation));
    const second = op('f64.div', op('f64.sub', op('f64.mul', sums[1].total(), scale), toVariance), n);
    const slope = spread(b, op('f64.neg', op('f64.mul', second, op('f64.mul', scale, scale))));
    applyGradientToRow(loop, [g, x, to], [mean, factor, slope, shift], weight);
    b.advance(numbers, 4);
    for (const address of [g, x, to]) loop.advance(address);
  });
}

/** Kernels over rows that follow each other; addresses and sizes are in bytes. */
export interface RowKernels {
  readonly measure: Run;
  readonly apply: Run;
  readonly applyAlong: Run;
  readonly gradient: Run;
}

export function normalizeRowsOn(heap: Heap): RowKernels {
  const module = new ModuleBuilder();
  addKernel(module, 'measure', 5, 1, writeMeasure);
  addKernel(module, 'apply', 6, 0, (b, addresses) => writeApply(b, false, addresses));
  addKernel(module, 'applyAlong', 8, 0, (b, addresses) => writeApply(b, true, addresses));
  addKernel(module, 'gradient', 10, 1, writeGradient);
  return heap.compile(module) as unknown as RowKernels;
}
