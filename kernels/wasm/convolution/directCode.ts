import {
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  lane,
  load,
  type ModuleBuilder,
  op,
  plus,
  v128,
} from '../assembler.js';
import { halves } from '../rows/vectorRows.js';
import { add, mul, type Vector } from '../vectors.js';

/** Taps whose sums stay in registers together: a kernel of 3 x 3. */
export const tapBlock = 9;

/** Convolutions without patches, along rows of places; addresses and distances are in bytes. */
export interface Direct {
  /**
   * Writes rows of results: the number at `start` plus, for each tap of a table of two offsets, the weight at the second times the element
   * at the first from a result's place.
   */
  direct(
    to: number,
    toRow: number,
    from: number,
    fromRow: number,
    rows: number,
    columns: number,
    table: number,
    taps: number,
    weights: number,
    start: number,
  ): void;
  /** Adds to `tapBlock` numbers of double the sums of gradients times the elements at so many offsets from their places. */
  correlate(
    sums: number,
    gradient: number,
    gradientRow: number,
    from: number,
    fromRow: number,
    rows: number,
    columns: number,
    offsets: number,
  ): void;
}

const bytes = (elements: Expression<'i32'>): Expression<'i32'> => op('i32.shl', elements, i32(2));

/** Stores the first elements of a vector, fewer than four. */
function storeFirst(f: FunctionBuilder, to: Local<'i32'>, x: Local<'v128'>, count: Local<'i32'>): void {
  for (const k of [0, 1, 2] as const) {
    f.when(op('i32.gt_s', count, i32(k)), () => f.storeLane('v128.store32_lane', to, x, k, 4 * k));
  }
}

function writeDirect(f: FunctionBuilder, all: readonly Local<'i32'>[]): void {
  const [to, toRow, from, fromRow, rows, columns, table, taps, weights, start] = all;
  const [r, c, last, tap, place, at, target, left] = Array.from({ length: 8 }, () => f.local('i32'));
  const sums = Array.from({ length: 8 }, () => f.local('v128'));
  const weight = f.local('v128');
  const begin = f.define(load('v128.load32_splat', start));
  const end = f.define(plus(table, op('i32.shl', taps, i32(3))));
  /** Sums of so many vectors of places: all taps, with their weights in every lane. */
  const strip = (vectors: number): void => {
    const own = sums.slice(0, vectors);
    f.set(place, plus(from, bytes(c)));
    f.set(target, plus(to, bytes(c)));
    for (const sum of own) f.set(sum, begin);
    f.set(tap, table);
    f.count(tap, end, 8, () => {
      f.set(at, plus(place, load('i32.load', tap)));
      f.set(weight, load('v128.load32_splat', plus(weights, load('i32.load', tap, 4))));
      for (const [k, sum] of own.entries()) f.set(sum, add(sum, mul(load('v128.load', at, 16 * k), weight)));
    });
  };
  f.count(r, rows, 1, () => {
    f.set(c, i32(0));
    for (const vectors of [8, 4, 2, 1]) {
      f.set(last, plus(columns, i32(1 - 4 * vectors)));
      f.count(c, last, 4 * vectors, () => {
        strip(vectors);
        for (let k = 0; k < vectors; k++) f.store('v128.store', target, sums[k], 16 * k);
      });
    }
    f.set(left, op('i32.sub', columns, c));
    f.when(left, () => {
      strip(1);
      storeFirst(f, target, sums[0], left);
    });
    f.set(to, plus(to, toRow));
    f.set(from, plus(from, fromRow));
  });
}

function writeCorrelate(f: FunctionBuilder, all: readonly Local<'i32'>[]): void {
  const [sums, gradient, gradientRow, from, fromRow, rows, columns, offsets] = all;
  const [r, i, at] = Array.from({ length: 3 }, () => f.local('i32'));
  const [g, both] = [f.local('v128'), f.local('v128')];
  const taps = Array.from({ length: tapBlock }, (_, k) => f.define(load('i32.load', offsets, 4 * k)));
  const own = taps.map(() => f.local('v128'));
  const whole = f.define(bytes(op('i32.and', columns, i32(-4))));
  const left = f.define(op('i32.and', columns, i32(3)));
  const mask = f.define(op('i32x4.gt_s', op('i32x4.splat', left), v128(Int32Array.of(0, 1, 2, 3))));
  const turn = (shown: (x: Vector) => Vector): void => {
    f.set(g, load('v128.load', plus(gradient, i)));
    f.set(at, plus(from, i));
    for (const [k, tap] of taps.entries()) f.set(own[k], add(own[k], shown(mul(g, load('v128.load', plus(at, tap))))));
  };
  f.count(r, rows, 1, () => {
    f.set(i, i32(0));
    f.count(i, whole, 16, () => turn((x) => x));
    // What lies behind a row may be no number.
    f.when(left, () => turn((x) => op('v128.and', x, mask)));
    f.set(gradient, plus(gradient, gradientRow));
    f.set(from, plus(from, fromRow));
  });
  for (const [k, sum] of own.entries()) {
    f.set(both, op('f64x2.add', ...halves(sum)));
    const total = op('f64.add', lane('f64x2.extract_lane', both, 0), lane('f64x2.extract_lane', both, 1));
    f.store('f64.store', sums, op('f64.add', load('f64.load', sums, 8 * k), total), 8 * k);
  }
}

export function addDirect(module: ModuleBuilder): void {
  module.function('direct', new Array<'i32'>(10).fill('i32'), null, writeDirect);
  module.function('correlate', new Array<'i32'>(8).fill('i32'), null, writeCorrelate);
}
