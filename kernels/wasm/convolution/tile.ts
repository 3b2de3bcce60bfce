import { type FunctionBuilder, op, v128 } from '../assembler.js';
import { add, sub, type Vector } from '../vectors.js';

/** A linear map between short lists of vectors. */
export type Linear = (f: FunctionBuilder, x: readonly Vector[]) => Vector[];

/**
 * Winograd's minimal filtering F(m, 3) along one dimension (S. Winograd, 1980; A. Lavin and S. Gray, 2015): m results of a filter of
 * three taps from m + 2 products, y = outputs(filter(g) input(d)). In two dimensions each map goes along the columns, then the rows.
 */
export interface Tile {
  /** Results along a side. */
  readonly size: number;
  /** m + 2 elements to as many factors. */
  readonly input: Linear;
  /** Three taps to m + 2 factors. */
  readonly filter: Linear;
  /** m + 2 products to m results. */
  readonly output: Linear;
  /** The transposed maps, for the gradient to the filter: m + 2 factors from m gradients of results, and three taps from m + 2 sums. */
  readonly gradient: Linear;
  readonly taps: Linear;
}

function scaled(factor: number, x: Vector): Vector {
  return op('f32x4.mul', x, v128(Float32Array.of(factor, factor, factor, factor)));
}

/** The sum and the difference. */
function pair(f: FunctionBuilder, a: Vector, b: Vector): [Vector, Vector] {
  const [x, y] = [f.define(a), f.define(b)];
  return [add(x, y), sub(x, y)];
}

/** Points 0, 1, -1 and infinity: sums and halves, as exact as the sum without tiles. */
export const smallTile: Tile = {
  size: 2,
  input: (_f, [a, b, c, d]) => [sub(a, c), add(b, c), sub(c, b), sub(b, d)],
  filter: (f, [a, b, c]) => [a, ...pair(f, scaled(0.5, add(a, c)), scaled(0.5, b)), c],
  output: (_f, [a, b, c, d]) => [add(add(a, b), c), sub(sub(b, c), d)],
  gradient: (_f, [a, b]) => [a, add(a, b), sub(a, b), op('f32x4.neg', b)],
  taps: (f, [a, b, c, d]) => {
    const [sum, difference] = pair(f, scaled(0.5, b), scaled(0.5, c));
    const both = f.define(sum);
    return [add(a, both), difference, add(both, d)];
  },
};

const low = Math.SQRT1_2;
const high = Math.SQRT2;

/**
 * Points 0, sqrt(1/2), sqrt(2), their negatives and infinity. For points 0, 1, 2 errors are several times as large; for these they
 * are about three times those of the sum without tiles, while sums stay short.
 */
export const largeTile: Tile = {
  size: 4,
  input: (f, [a, b, c, d, e, g]) => [
    add(sub(a, scaled(2.5, c)), e),
    ...pair(f, sub(e, scaled(2, c)), sub(scaled(low, d), scaled(high, b))),
    ...pair(f, sub(e, scaled(0.5, c)), sub(scaled(high, d), scaled(low, b))),
    add(sub(b, scaled(2.5, d)), g),
  ],
  filter: (f, [a, b, c]) => [
    a,
    ...pair(f, sub(scaled(-2 / 3, a), scaled(1 / 3, c)), scaled((-2 / 3) * low, b)),
    ...pair(f, add(scaled(1 / 6, a), scaled(1 / 3, c)), scaled(high / 6, b)),
    c,
  ],
  output: (f, [a, b, c, d, e, g]) => {
    const [inner, innerOdd] = pair(f, b, c).map((x) => f.define(x));
    const [outer, outerOdd] = pair(f, d, e).map((x) => f.define(x));
    return [
      add(a, add(inner, outer)),
      add(scaled(low, innerOdd), scaled(high, outerOdd)),
      add(scaled(0.5, inner), scaled(2, outer)),
      add(add(scaled(low / 2, innerOdd), scaled(2 * high, outerOdd)), g),
    ];
  },
  gradient: (f, [a, b, c, d]) => [
    a,
    ...pair(f, add(a, scaled(0.5, c)), add(scaled(low, b), scaled(low / 2, d))),
    ...pair(f, add(a, scaled(2, c)), add(scaled(high, b), scaled(2 * high, d))),
    d,
  ],
  taps: (f, [a, b, c, d, e, g]) => {
    const [inner, innerOdd] = pair(f, b, c).map((x) => f.define(x));
    const [outer, outerOdd] = pair(f, d, e).map((x) => f.define(x));
    return [
      add(sub(a, scaled(2 / 3, inner)), scaled(1 / 6, outer)),
      sub(scaled(high / 6, outerOdd), scaled((2 / 3) * low, innerOdd)),
      add(scaled(1 / 3, sub(outer, inner)), g),
    ];
  },
};
