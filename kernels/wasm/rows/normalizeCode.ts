import {
  type Expression,
  type FunctionBuilder,
  f64,
  i32,
  type Local,
  lane,
  load,
  type ModuleBuilder,
  op,
  plus,
  shuffle,
  times,
  v128,
} from '../assembler.js';
import { add, mul, sub, type Vector } from '../vectors.js';
import { type DoubleSum, type RowLoop, splat, totals } from './vectorRows.js';

export type Addresses = Local<'i32'>[];

/** A kernel of addresses, sizes and counts, then numbers of double. */
export type Run = (...places: number[]) => void;

/** Adds a kernel to a module. */
export function addKernel(
  module: ModuleBuilder,
  name: string,
  addresses: number,
  numbers: number,
  body: (b: FunctionBuilder, addresses: Addresses, numbers: readonly Local<'f64'>[]) => void,
): void {
  const types = Array.from({ length: addresses + numbers }, (_, k) => (k < addresses ? 'i32' : 'f64'));
  module.function(name, types, null, (b, parameters) => {
    body(b, parameters.slice(0, addresses) as Addresses, parameters.slice(addresses) as Local<'f64'>[]);
  });
}

/** The number of float32 in so many bytes. */
export function elementsIn(b: FunctionBuilder, bytes: Local<'i32'>): Local<'f64'> {
  return b.define(op('f64.convert_i32_s', op('i32.shr_u', bytes, i32(2))));
}

/** A float32 in memory, as double. */
export const double = (address: Expression<'i32'>): Expression<'f64'> =>
  op('f64.promote_f32', load('f32.load', address));

/** A number of double in all lanes of a variable. */
export const spread = (b: FunctionBuilder, x: Expression<'f64'>): Local<'v128'> => b.define(splat(x));

/** What `splat` left of a number. */
export const rest = (x: Expression<'f64'>, near: Vector): Expression<'f64'> =>
  op('f64.sub', x, op('f64.promote_f32', lane('f32x4.extract_lane', near, 0)));

/** 1 / sqrt(variance + eps). */
export const inverseRoot = (variance: Expression<'f64'>, eps: Expression<'f64'>): Expression<'f64'> =>
  op('f64.div', f64(1), op('f64.sqrt', op('f64.add', variance, eps)));

/** Two vectors that hold the first and the second float32 of one in all lanes. */
export const firstTwo = (b: FunctionBuilder, x: Local<'v128'>): Local<'v128'>[] =>
  [0, 1].map((k) => b.define(shuffle(x, x, [k, k, k, k])));

/**
 * Goes over rows of some operands two at a time, so that neither waits for what ends the other's sums: `body` gets two addresses for each operand, and
 * whether there are two rows. A last one stands for both.
 */
export function eachPair(
  b: FunctionBuilder,
  loop: RowLoop,
  rows: Local<'i32'>,
  operands: Addresses,
  body: (pairs: readonly Addresses[], two: Local<'i32'>) => void,
): void {
  const [row, two] = [b.local('i32'), b.local('i32')];
  const pairs = operands.map((from) => [from, b.local('i32')]);
  b.count(row, rows, 2, () => {
    b.set(two, op('i32.lt_s', plus(row, i32(1)), rows));
    for (const [from, next] of pairs) b.set(next, plus(from, times(two, loop.bytes)));
    body(pairs, two);
    for (const [from, next] of pairs) {
      b.set(from, next);
      loop.advance(from);
    }
  });
}

/** Of two rows, in lanes: means, these as float32, and sums of squared deviations. */
export interface Moments {
  readonly means: Local<'v128'>;
  readonly near: Local<'v128'>;
  readonly squares: Local<'v128'>;
}

/** The moments of two rows of n elements. */
export function momentsOf(
  b: FunctionBuilder,
  loop: RowLoop,
  sums: readonly [DoubleSum, DoubleSum],
  rows: Addresses,
  n: Vector,
): Moments {
  for (const sum of sums) sum.clear();
  loop.sumEach(4, sums, (k, i, fixed) => load('v128.load', plus(rows[k], i), fixed));
  const means = b.define(op('f64x2.div', totals(b, sums), n));
  const near = b.define(op('f32x4.demote_f64x2_zero', means));
  const centers = firstTwo(b, near);
  for (const sum of sums) sum.clear();
  loop.sumEach(4, sums, (k, i, fixed) => {
    const deviation = b.define(sub(load('v128.load', plus(rows[k], i), fixed), centers[k]));
    return mul(deviation, deviation);
  });
  // The deviations are from the means as float32 has them.
  const off = b.define(op('f64x2.sub', means, op('f64x2.promote_low_f32x4', near)));
  const squares = op('f64x2.sub', totals(b, sums), op('f64x2.mul', n, op('f64x2.mul', off, off)));
  return { means, near, squares: b.define(op('f64x2.pmax', squares, v128(new Float64Array(2)))) };
}

/** Writes ((x - high) - low) factor along + shift for one row, with numbers or with addresses of weights and biases along it. */
export function applyToRow(
  loop: RowLoop,
  [from, to]: Addresses,
  [high, low, factor]: readonly Local<'v128'>[],
  along: Addresses | null,
  shift: Local<'v128'> | null,
): void {
  loop.write(to, (i, fixed) => {
    // In two steps: a mean that is large beside the deviations is not rounded to float32.
    const y = mul(sub(sub(load('v128.load', plus(from, i), fixed), high), low), factor);
    if (along === null) return shift === null ? y : add(y, shift);
    const [weight, bias] = along.map((address) => load('v128.load', plus(address, i), fixed));
    return add(mul(y, weight), bias);
  });
}

/** Writes factor weight g + (x - mean) slope + shift for one row, with weights along it or none. */
export function applyGradientToRow(
  loop: RowLoop,
  [g, x, to]: Addresses,
  [mean, factor, slope, shift]: readonly Local<'v128'>[],
  weight: Local<'i32'> | null,
): void {
  loop.write(to, (i, fixed) => {
    const gradient = load('v128.load', plus(g, i), fixed);
    const weighted = weight === null ? gradient : mul(gradient, load('v128.load', plus(weight, i), fixed));
    const others = add(mul(sub(load('v128.load', plus(x, i), fixed), mean), slope), shift);
    return add(mul(weighted, factor), others);
  });
}
