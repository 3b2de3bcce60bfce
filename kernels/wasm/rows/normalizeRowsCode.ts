import {
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  load,
  ModuleBuilder,
  op,
  plus,
  v128,
} from '../assembler.js';
import type { Heap } from '../heap.js';
import { add, mul, sub, type Vector } from '../vectors.js';
import {
  type Addresses,
  addKernel,
  applyGradientToRow,
  applyToRow,
  eachPair,
  elementsIn,
  firstTwo,
  momentsOf,
  type Run,
} from './normalizeCode.js';
import { DoubleSum, halves, RowLoop, totals } from './vectorRows.js';

const demoted = (x: Vector): Vector => op('f32x4.demote_f64x2_zero', x);
const ones = v128(Float64Array.of(1, 1));

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
  eachPair(b, loop, rows, [from], ([pair]) => {
    const { means, near, squares } = momentsOf(b, loop, sums, pair, n);
    const variances = b.define(op('f64x2.div', squares, n));
    const deviations = op('f64x2.sqrt', op('f64x2.add', variances, op('f64x2.splat', eps)));
    const left = demoted(op('f64x2.sub', means, op('f64x2.promote_low_f32x4', near)));
    const factors = demoted(op('f64x2.div', ones, deviations));
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

/**
 * For two rows the sums of gradients times weights, and of their products with the deviations; adds gradients and products to the sums along all
 * rows. One row that stands for both counts there once.
 */
function sumsOfPair(
  b: FunctionBuilder,
  loop: RowLoop,
  sums: readonly DoubleSum[],
  [gradients, inputs]: readonly Addresses[],
  [means, scales]: readonly Local<'v128'>[][],
  [weight, toWeight, toBias]: Addresses,
  two: Local<'i32'>,
): void {
  const [wide, counts] = [b.local('i32'), b.define(op('i32x4.splat', op('i32.sub', i32(0), two)))];
  const together = ([x, y]: readonly Vector[]): Local<'v128'> => b.define(add(x, op('v128.and', y, counts)));
  for (const sum of sums) sum.clear();
  loop.sum(2, sums, (i, fixed) => {
    const arrived = gradients.map((g) => b.define(load('v128.load', plus(g, i), fixed)));
    const products = arrived.map((gradient, k) =>
      b.define(mul(gradient, sub(load('v128.load', plus(inputs[k], i), fixed), means[k]))),
    );
    b.set(wide, op('i32.shl', plus(i, i32(fixed)), i32(1)));
    addTo(b, plus(toBias, wide), together(arrived));
    addTo(b, plus(toWeight, wide), together(products.map((product, k) => mul(product, scales[k]))));
    const factor = b.define(load('v128.load', plus(weight, i), fixed));
    return [...arrived, ...products].map((x) => mul(x, factor));
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
 * Their means stand at `numbers`, then, each `apart` bytes behind the ones before, variances and the gradients to both; of each one more is read
 * where the number of rows is odd. Adds each element's gradient to `toBias` (double) and its product with deviation and scale to `toWeight`.
 */
function writeGradient(
  b: FunctionBuilder,
  [g, x, to, rows, bytes, numbers, apart, weight, toWeight, toBias]: Addresses,
  [eps]: readonly Local<'f64'>[],
): void {
  const loop = new RowLoop(b, bytes);
  const sums = Array.from({ length: 4 }, () => new DoubleSum(b));
  const n = b.define(op('f64x2.splat', elementsIn(b, bytes)));
  const at = b.local('i32');
  const next = (): Vector => {
    b.set(at, plus(at, apart));
    return op('f64x2.promote_low_f32x4', load('v128.load64_zero', at));
  };
  eachPair(b, loop, rows, [g, x], (pairs, two) => {
    const means = firstTwo(b, b.define(load('v128.load64_zero', numbers)));
    b.set(at, numbers);
    const deviations = b.define(op('f64x2.sqrt', op('f64x2.add', next(), op('f64x2.splat', eps))));
    const scales = b.define(op('f64x2.div', ones, deviations));
    const factors = firstTwo(b, b.define(demoted(scales)));
    sumsOfPair(b, loop, sums, pairs, [means, factors], [weight, toWeight, toBias], two);
    const toMeans = op('f64x2.mul', next(), deviations);
    const first = op('f64x2.div', op('f64x2.sub', totals(b, [sums[0], sums[1]]), toMeans), n);
    const shifts = firstTwo(b, b.define(demoted(op('f64x2.neg', op('f64x2.mul', first, scales)))));
    const toVariances = b.define(next());
    const twice = op('f64x2.mul', op('f64x2.add', toVariances, toVariances), op('f64x2.mul', deviations, deviations));
    const products = op('f64x2.mul', totals(b, [sums[2], sums[3]]), scales);
    const second = op('f64x2.div', op('f64x2.sub', products, twice), n);
    const slopes = op('f64x2.neg', op('f64x2.mul', second, op('f64x2.mul', scales, scales)));
    const slope = firstTwo(b, b.define(demoted(slopes)));
    const write = (k: number): void => {
      const row = [pairs[0][k], pairs[1][k], to];
      applyGradientToRow(loop, row, [means[k], factors[k], slope[k], shifts[k]], weight);
      loop.advance(to);
    };
    write(0);
    b.when(two, () => write(1));
    b.advance(numbers, 8);
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
