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
  shuffle,
  times,
} from '../assembler.js';
import { transpose } from '../product/packing.js';
import { add, type Vector } from '../vectors.js';
import type { Linear, Tile } from './tile.js';

type Address = Local<'i32'>;

/**
 * Turns squares of elements into their factors. Four lanes at a time: lane l of step k is the square at source + lanes[l] + steps[k],
 * whose rows lie `row` bytes apart. Factor x goes `plane` x bytes behind the first, step k `step` k bytes; of two fours of lanes
 * the second goes `half` bytes behind the first, and the next two `pair` bytes: so come panels of four or of eight lanes, or whole rows.
 */
export type Squares = (
  target: number,
  source: number,
  lanes: number,
  count: number,
  steps: number,
  depth: number,
  row: number,
  plane: number,
  step: number,
  half: number,
  pair: number,
) => void;

/** The functions for one size of tile; addresses, table entries and distances are in bytes, counts of lanes multiples of four. */
export interface Winograd {
  /** Of input tiles: size + 2 elements along a side. */
  readonly input: Squares;
  /** Of kernels of 3 x 3 elements, as they are and turned by half a circle. */
  readonly filter: Squares;
  readonly turned: Squares;
  /** Of tiles of the result's gradient: as many elements along a side as the tile. */
  readonly gradient: Squares;
  /**
   * Products to results: those of `count` tiles and `channels` rows of them, `pitch` bytes apart, factor after factor `plane` bytes.
   * A channel's number is added, then tile l goes to target + tiles[l], its rows `row` bytes apart and channels `channel`. Gives a number
   * that is finite only if all results are.
   */
  output(
    target: number,
    tiles: number,
    count: number,
    source: number,
    channels: number,
    plane: number,
    pitch: number,
    bias: number,
    channel: number,
    row: number,
  ): number;
  /**
   * Sums to gradients of kernels: `columns` of them in each row, which lie `pitch` bytes apart; up to three more are written behind.
   * Gives a number that is finite only if all gradients are.
   */
  taps(
    target: number,
    source: number,
    rows: number,
    columns: number,
    plane: number,
    pitch: number,
    row: number,
  ): number;
}

/** The maps along both dimensions: rows of vectors to rows of vectors. */
function square(f: FunctionBuilder, map: Linear, rows: readonly (readonly Vector[])[]): Vector[][] {
  const half = rows.map((row) => map(f, row).map((x) => f.define(x)));
  const columns = half[0].map((_, j) =>
    map(
      f,
      half.map((row) => row[j]),
    ).map((x) => f.define(x)),
  );
  return columns[0].map((_, i) => columns.map((column) => column[i]));
}

/** The first `size` elements behind four addresses, turned into vectors across the four. */
function across(f: FunctionBuilder, addresses: readonly Address[], size: number, offset: number): Vector[] {
  if (size === 2) {
    const [a, b, c, d] = addresses.map((address) => f.define(load('v128.load64_zero', address, offset)));
    const low = f.define(shuffle(a, b, [0, 4, 1, 5]));
    const high = f.define(shuffle(c, d, [0, 4, 1, 5]));
    return [shuffle(low, high, [0, 1, 4, 5]), shuffle(low, high, [2, 3, 6, 7])];
  }
  const four = transpose(
    f,
    addresses.map((address) => load('v128.load', address, offset)),
  );
  if (size <= 4) return four.slice(0, size).map((x) => f.define(x));
  return [...four.map((x) => f.define(x)), ...across(f, addresses, size - 4, offset + 16)];
}

function addSquares(module: ModuleBuilder, name: string, size: number, map: Linear, turned: boolean): void {
  const parameters = Array.from({ length: 11 }, () => 'i32' as const);
  module.function(name, parameters, null, (f, all) => {
    const [target, source, lanes, count, steps, depth, row, plane, step, half, pair] = all;
    const [i, k, to, at, offset] = Array.from({ length: 5 }, () => f.local('i32'));
    const places = Array.from({ length: 4 }, () => f.local('i32'));
    const corners = Array.from({ length: 4 }, () => f.local('i32'));
    const other = f.define(op('i32.sub', pair, half));
    f.count(i, count, 4, () => {
      places.forEach((place, l) => {
        f.set(place, plus(source, load('i32.load', lanes, 4 * l)));
      });
      f.set(to, target);
      f.set(k, i32(0));
      f.count(k, depth, 1, () => {
        f.set(offset, load('i32.load', plus(steps, op('i32.shl', k, i32(2)))));
        corners.forEach((corner, l) => {
          f.set(corner, plus(places[l], offset));
        });
        const rows: Vector[][] = [];
        for (let r = 0; r < size; r++) {
          rows.push(across(f, corners, size, 0).map((x) => f.define(x)));
          if (r + 1 < size) for (const corner of corners) f.set(corner, plus(corner, row));
        }
        const given = turned ? rows.reverse().map((r) => r.reverse()) : rows;
        f.set(at, to);
        for (const factor of square(f, map, given).flat()) {
          f.store('v128.store', at, factor);
          f.set(at, plus(at, plane));
        }
        f.set(to, plus(to, step));
      });
      f.advance(lanes, 16);
      f.set(target, plus(target, half));
      f.set(at, half);
      f.set(half, other);
      f.set(other, at);
    });
  });
}

/** The factors of a position, rows of them. */
function factors(f: FunctionBuilder, at: Address, plane: Expression<'i32'>, side: number): Vector[][] {
  return Array.from({ length: side }, () =>
    Array.from({ length: side }, () => {
      const x = f.define(load('v128.load', at));
      f.set(at, plus(at, plane));
      return x;
    }),
  );
}

/** The sum of a vector's lanes. */
function total(x: Vector): Expression<'f32'> {
  return [0, 1, 2, 3].map((l) => lane('f32x4.extract_lane', x, l)).reduce((a, b) => op('f32.add', a, b));
}

function addOutput(module: ModuleBuilder, tile: Tile): void {
  const { size } = tile;
  const parameters = Array.from({ length: 10 }, () => 'i32' as const);
  module.function(`output${size}`, parameters, 'f32', (f, all) => {
    const [target, tiles, count, source, channels, plane, pitch, bias, channel, row] = all;
    const [c, i, at] = Array.from({ length: 3 }, () => f.local('i32'));
    const corners = Array.from({ length: 4 }, () => f.local('i32'));
    const [start, check] = [f.local('v128'), f.local('v128')];
    f.count(c, channels, 1, () => {
      f.set(start, load('v128.load32_splat', bias));
      f.set(i, i32(0));
      f.count(i, count, 4, () => {
        f.set(at, plus(source, op('i32.shl', i, i32(2))));
        const rows = square(f, tile.output, factors(f, at, plane, size + 2));
        f.set(at, plus(tiles, op('i32.shl', i, i32(2))));
        corners.forEach((corner, l) => {
          f.set(corner, plus(target, load('i32.load', at, 4 * l)));
        });
        rows.forEach((vectors, r) => {
          const results = vectors.map((x) => f.define(add(x, start)));
          f.set(check, results.reduce<Vector>(add, check));
          if (size === 2) {
            const low = f.define(shuffle(results[0], results[1], [0, 4, 1, 5]));
            const high = f.define(shuffle(results[0], results[1], [2, 6, 3, 7]));
            corners.forEach((corner, l) => {
              f.storeLane('v128.store64_lane', corner, l < 2 ? low : high, l % 2);
            });
          } else {
            transpose(f, results).forEach((x, l) => {
              f.store('v128.store', corners[l], x);
            });
          }
          if (r + 1 < size) for (const corner of corners) f.set(corner, plus(corner, row));
        });
      });
      f.set(source, plus(source, pitch));
      f.set(target, plus(target, channel));
      f.advance(bias, 4);
    });
    f.result(total(check));
  });
}

function addTaps(module: ModuleBuilder, tile: Tile): void {
  const parameters = Array.from({ length: 7 }, () => 'i32' as const);
  module.function(`taps${tile.size}`, parameters, 'f32', (f, [target, source, rows, columns, plane, pitch, row]) => {
    const [r, c, at, to] = Array.from({ length: 4 }, () => f.local('i32'));
    const check = f.local('v128');
    f.count(r, rows, 1, () => {
      f.set(c, i32(0));
      f.count(c, columns, 4, () => {
        f.set(at, plus(source, op('i32.shl', c, i32(2))));
        f.set(to, plus(target, times(c, i32(36))));
        const nine = square(f, tile.taps, factors(f, at, plane, tile.size + 2)).flat();
        f.set(check, nine.reduce<Vector>(add, check));
        nine.forEach((x, k) => {
          for (let l = 0; l < 4; l++) f.storeLane('v128.store32_lane', to, x, l, 36 * l + 4 * k);
        });
      });
      f.set(source, plus(source, pitch));
      f.set(target, plus(target, row));
    });
    f.result(total(check));
  });
}

/** Adds the functions for a tile to a module, their names followed by its size. */
export function addWinograd(module: ModuleBuilder, tile: Tile): void {
  const { size } = tile;
  addSquares(module, `input${size}`, size + 2, tile.input, false);
  addSquares(module, `filter${size}`, 3, tile.filter, false);
  addSquares(module, `turned${size}`, 3, tile.filter, true);
  addSquares(module, `gradient${size}`, size, tile.gradient, false);
  addOutput(module, tile);
  addTaps(module, tile);
}
