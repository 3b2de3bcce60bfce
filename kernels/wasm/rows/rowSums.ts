import { type Expression, type FunctionBuilder, i32, type Local, load, op, plus, shuffle, v128 } from '../assembler.js';
import type { Vector } from '../vectors.js';
import type { Row } from './lineSteps.js';
import { demote, halves } from './vectorRows.js';

const zero = v128(new Float64Array(2));
const add = (a: Vector, b: Vector): Vector => op('f64x2.add', a, b);

/**
 * Running sums of one row in double: four elements meet before they are added, so that only one addition in four waits for another.
 * Backwards, addresses stand behind the elements that come next.
 */
export function writeRowSums(b: FunctionBuilder, row: Row, backwards: boolean): void {
  const { bytes } = row;
  const sum = b.local('v128');
  const start = (address: Local<'i32'>): Local<'i32'> => b.define(backwards ? plus(address, bytes) : address);
  const [at, to] = [start(row.from), start(row.to)];
  const i = b.local('i32');
  const each = (step: number, end: Expression<'i32'>, body: () => void): void => {
    const move = (): void => {
      for (const address of [at, to]) b.advance(address, backwards ? -step : step);
    };
    b.count(i, end, step, () => {
      if (backwards) move();
      body();
      if (!backwards) move();
    });
  };
  /** Each of a pair with what comes before it. */
  const met = (x: Vector): Local<'v128'> => {
    const pair = b.define(x);
    return b.define(add(pair, backwards ? shuffle(pair, zero, [2, 3, 4, 5]) : shuffle(zero, pair, [0, 1, 4, 5])));
  };
  const last = (x: Vector): Vector => shuffle(x, x, backwards ? [0, 1, 0, 1] : [2, 3, 2, 3]);
  b.when(
    row.first,
    () => b.set(sum, load('v128.load64_splat', row.state)),
    () => b.set(sum, zero),
  );
  b.set(i, i32(0));
  each(16, op('i32.and', bytes, i32(-16)), () => {
    const pairs = halves(b.define(load('v128.load', at)));
    const [early, late] = (backwards ? [pairs[1], pairs[0]] : pairs).map(met);
    const all = b.define(add(late, last(early)));
    const [first, second] = [b.define(add(sum, early)), b.define(add(sum, all))];
    b.set(sum, last(second));
    b.store('v128.store', to, backwards ? demote(second, first) : demote(first, second));
  });
  each(4, bytes, () => {
    b.set(sum, add(sum, op('f64x2.promote_low_f32x4', load('v128.load32_splat', at))));
    b.storeLane('v128.store32_lane', to, op('f32x4.demote_f64x2_zero', sum), 0);
  });
  b.storeLane('v128.store64_lane', row.state, sum, 0);
}
