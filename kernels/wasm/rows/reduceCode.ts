import type { Formula, GraphNode } from '../../dag.js';
import type { Reduction } from '../../types.js';
import {
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  lane,
  load,
  ModuleBuilder,
  op,
  plus,
  shuffle,
  times,
  v128,
} from '../assembler.js';
import type { Vector } from '../vectors.js';

type Address = Expression<'i32'>;

/** What folds two values: four float32, two float64, one float64; and what folding starts with. */
interface Combine {
  readonly vector: (a: Vector, b: Vector) => Vector;
  readonly pair: (a: Vector, b: Vector) => Vector;
  readonly one: (a: Expression<'f64'>, b: Expression<'f64'>) => Expression<'f64'>;
  readonly neutral: number;
  /** Whether elements may meet in float32 first: four of them, before they become double. */
  readonly early: boolean;
}

const combines: Readonly<Record<string, Combine>> = {
  add: {
    vector: (a, b) => op('f32x4.add', a, b),
    pair: (a, b) => op('f64x2.add', a, b),
    one: (a, b) => op('f64.add', a, b),
    neutral: 0,
    early: true,
  },
  // A product of four may overflow where that of all does not.
  mul: {
    vector: (a, b) => op('f32x4.mul', a, b),
    pair: (a, b) => op('f64x2.mul', a, b),
    one: (a, b) => op('f64.mul', a, b),
    neutral: 1,
    early: false,
  },
  maximum: {
    vector: (a, b) => op('f32x4.max', a, b),
    pair: (a, b) => op('f64x2.max', a, b),
    one: (a, b) => op('f64.max', a, b),
    neutral: -Infinity,
    early: true,
  },
  minimum: {
    vector: (a, b) => op('f32x4.min', a, b),
    pair: (a, b) => op('f64x2.min', a, b),
    one: (a, b) => op('f64.min', a, b),
    neutral: Infinity,
    early: true,
  },
};

/** What pairs of float64 do to an element before it is folded, truth values as masks. */
const lowerings: Readonly<Record<string, (...x: Vector[]) => Vector>> = {
  neg: (a) => op('f64x2.neg', a),
  abs: (a) => op('f64x2.abs', a),
  sqrt: (a) => op('f64x2.sqrt', a),
  add: (a, b) => op('f64x2.add', a, b),
  sub: (a, b) => op('f64x2.sub', a, b),
  mul: (a, b) => op('f64x2.mul', a, b),
  div: (a, b) => op('f64x2.div', a, b),
  lt: (a, b) => op('f64x2.lt', a, b),
  le: (a, b) => op('f64x2.le', a, b),
  eq: (a, b) => op('f64x2.eq', a, b),
  ne: (a, b) => op('f64x2.ne', a, b),
  logicalAnd: (a, b) => op('v128.and', a, b),
  logicalOr: (a, b) => op('v128.or', a, b),
  logicalNot: (a) => op('v128.not', a),
  where: (c, a, b) => op('v128.bitselect', a, b, c),
};

function combineOf({ combine }: Reduction): Combine | null {
  const [{ name, arguments: x }] = combine.outputs;
  const plain = x.length === 2 && x[0] !== x[1] && x.every((node) => node.name === 'input');
  return plain ? (combines[name] ?? null) : null;
}

/** What changes nothing when it is folded in, for a reduction that vectors can fold in any order; null for another. */
export function neutralOf(r: Reduction): number | null {
  const [before] = r.before.outputs;
  const known = (n: GraphNode): boolean => n.name === 'input' || n.name === 'const' || lowerings[n.name] !== undefined;
  return before.truth || !r.before.nodes.every(known) ? null : (combineOf(r)?.neutral ?? null);
}

function apply(b: FunctionBuilder, f: Formula, x: Vector): Vector {
  const values = new Map<GraphNode, Vector>();
  for (const n of f.nodes) {
    if (n.name === 'input') values.set(n, x);
    else if (n.name === 'const') values.set(n, v128(new Float64Array(2).fill(n.value)));
    else values.set(n, b.define(lowerings[n.name](...n.arguments.map((a) => values.get(a) as Vector))));
  }
  return values.get(f.outputs[0]) as Vector;
}

/** Writes the folding of elements into pairs of sums. */
class Folding {
  private readonly b: FunctionBuilder;
  private readonly before: Formula;
  private readonly identity: boolean;
  readonly combine: Combine;

  constructor(b: FunctionBuilder, r: Reduction) {
    this.b = b;
    this.before = r.before;
    this.identity = r.before.outputs[0].name === 'input';
    this.combine = combineOf(r) as Combine;
  }

  private into(sum: Local<'v128'>, value: Vector): void {
    this.b.set(sum, this.combine.pair(sum, value));
  }

  /** One or four vectors of float32, which lie at addresses plus a fixed offset, into the sums of their lower and upper halves. */
  vectors(low: Local<'v128'>, high: Local<'v128'>, at: readonly Address[], offset: number): void {
    const { b, combine } = this;
    if (this.identity && (combine.early || at.length === 1)) {
      const [w, x, y, z] = at.map((address) => load('v128.load', address, offset));
      const { vector } = combine;
      const all = b.define(at.length === 1 ? w : vector(vector(w, x), vector(y, z)));
      this.into(low, op('f64x2.promote_low_f32x4', all));
      this.into(high, op('f64x2.promote_low_f32x4', shuffle(all, all, [2, 3, 2, 3])));
      return;
    }
    for (const address of at) {
      for (const [half, sum] of [low, high].entries()) {
        const x = b.define(op('f64x2.promote_low_f32x4', load('v128.load64_zero', address, offset + 8 * half)));
        this.into(sum, apply(b, this.before, x));
      }
    }
  }

  /** One element. */
  one(sum: Local<'f64'>, at: Address): void {
    const x = this.b.define(op('f64x2.promote_low_f32x4', load('v128.load32_zero', at)));
    this.b.set(sum, this.combine.one(sum, lane('f64x2.extract_lane', apply(this.b, this.before, x), 0)));
  }
}

/** rows(from, rows, bytes, to): folds rows that follow each other into the numbers at `to`, one each. */
function writeRows(b: FunctionBuilder, r: Reduction, [from, rows, bytes, to]: Local<'i32'>[]): void {
  const folding = new Folding(b, r);
  const { combine } = folding;
  const start = v128(new Float64Array(2).fill(combine.neutral));
  const turns = b.define(op('i32.and', bytes, i32(-64)));
  const vectors = b.define(op('i32.and', bytes, i32(-16)));
  const [i, at] = [b.local('i32'), b.local('i32')];
  const [low, high, rest] = [b.local('v128'), b.local('v128'), b.local('f64')];
  const past = b.define(plus(to, times(rows, i32(8))));
  b.count(to, past, 8, () => {
    for (const sum of [low, high]) b.set(sum, start);
    b.set(rest, load('f64.load', to));
    b.set(i, i32(0));
    b.set(at, from);
    b.count(i, turns, 64, () => {
      const four = [0, 16, 32, 48].map((offset) => plus(at, i32(offset)));
      folding.vectors(low, high, four, 0);
      b.advance(at, 64);
    });
    b.count(i, vectors, 16, () => {
      folding.vectors(low, high, [at], 0);
      b.advance(at, 16);
    });
    b.count(i, bytes, 4, () => {
      folding.one(rest, at);
      b.advance(at, 4);
    });
    b.when(vectors, () => {
      b.set(low, combine.pair(low, high));
      const both = combine.one(lane('f64x2.extract_lane', low, 0), lane('f64x2.extract_lane', low, 1));
      b.set(rest, combine.one(rest, both));
    });
    b.store('f64.store', to, rest);
    b.set(from, plus(from, bytes));
  });
}

/** columns(from, rows, bytes, to): folds rows that follow each other side by side into the numbers at `to`, one a column. */
function writeColumns(b: FunctionBuilder, r: Reduction, [from, rows, bytes, to]: Local<'i32'>[]): void {
  const folding = new Folding(b, r);
  const [j, row, rest] = [b.local('i32'), b.local('i32'), b.local('f64')];
  const at = [0, 1, 2, 3].map(() => b.local('i32'));
  const sums = [0, 1, 2, 3].map(() => b.local('v128'));
  const four = b.define(op('i32.and', rows, i32(-4)));
  /** Sets the addresses of four rows, or moves them on. */
  const place = (first: Address): void => {
    b.set(at[0], first);
    for (let k = 1; k < 4; k++) b.set(at[k], plus(at[k - 1], bytes));
  };
  const block = (width: number): void => {
    for (let k = 0; k < 2 * width; k++) b.set(sums[k], load('v128.load', to, 16 * k));
    const each = (addresses: readonly Address[]): void => {
      for (let k = 0; k < width; k++) folding.vectors(sums[2 * k], sums[2 * k + 1], addresses, 16 * k);
    };
    b.set(row, i32(0));
    place(plus(from, j));
    b.count(row, four, 4, () => {
      each(at);
      place(plus(at[3], bytes));
    });
    b.count(row, rows, 1, () => {
      each([at[0]]);
      b.set(at[0], plus(at[0], bytes));
    });
    for (let k = 0; k < 2 * width; k++) b.store('v128.store', to, sums[k], 16 * k);
    b.advance(to, 32 * width);
  };
  for (const width of [2, 1]) b.count(j, op('i32.and', bytes, i32(-16 * width)), 16 * width, () => block(width));
  b.count(j, bytes, 4, () => {
    b.set(rest, load('f64.load', to));
    b.set(row, i32(0));
    b.set(at[0], plus(from, j));
    b.count(row, rows, 1, () => {
      folding.one(rest, at[0]);
      b.set(at[0], plus(at[0], bytes));
    });
    b.store('f64.store', to, rest);
    b.advance(to, 8);
  });
}

/** join(to, count, parts): folds `parts` lists of `count` numbers that follow each other into the first. */
function writeJoin(b: FunctionBuilder, r: Reduction, [to, count, parts]: Local<'i32'>[]): void {
  const { one } = combineOf(r) as Combine;
  const bytes = b.define(times(count, i32(8)));
  const first = b.define(plus(to, bytes));
  const at = b.define(plus(to, times(bytes, parts)));
  // From the end: a part is complete before it goes into the one before.
  b.block((end) => {
    b.loop((again) => {
      b.branchIf(end, op('i32.le_s', at, first));
      b.advance(at, -8);
      const before = b.define(op('i32.sub', at, bytes));
      b.store('f64.store', before, one(load('f64.load', before), load('f64.load', at)));
      b.branch(again);
    });
  });
}

/** What a reduction's module offers: sums are float64, elements float32, rows lie side by side without gaps. */
export interface Folds {
  rows(from: number, rows: number, bytes: number, to: number): number;
  columns(from: number, rows: number, bytes: number, to: number): number;
  join(to: number, count: number, parts: number): number;
}

/** A module for a reduction that has a `neutralOf`. */
export function foldsModule(r: Reduction): ModuleBuilder {
  const module = new ModuleBuilder();
  const four = ['i32', 'i32', 'i32', 'i32'] as const;
  module.function('rows', four, null, (b, p) => writeRows(b, r, p));
  module.function('columns', four, null, (b, p) => writeColumns(b, r, p));
  module.function('join', ['i32', 'i32', 'i32'], null, (b, p) => writeJoin(b, r, p));
  return module;
}
