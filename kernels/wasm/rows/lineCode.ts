import {
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  load,
  ModuleBuilder,
  op,
  plus,
  shuffle,
  times,
  v128,
} from '../assembler.js';
import type { Heap } from '../heap.js';
import { transpose } from '../product/packing.js';
import type { Vector } from '../vectors.js';
import type { Walk } from './lineSteps.js';

/** Lines that are under way at most: what is carried on of them lies in lists of so many. */
export const most = 4096;
/** Bytes of such a list, with what a vector may write beyond it. */
export const listBytes: number = 4 * most + 64;

/** Takes the next elements of the k-th vector of lines and gives what is written for them. */
type Take = (k: number, x: Local<'v128'>) => readonly Vector[];

const four = [0, 1, 2, 3];

/** A writer of kernels for one kind of walk. */
class LineWriter {
  private readonly b: FunctionBuilder;
  private readonly walk: Walk;
  private readonly from: Local<'i32'>;
  /** How far behind the elements the outputs lie. */
  private readonly shifts: readonly Local<'i32'>[];
  private readonly state: Local<'i32'>;
  private readonly rows: Local<'i32'>;
  private readonly bytes: Local<'i32'>;
  private readonly first: Local<'i32'>;
  private readonly place: Local<'v128'>;

  constructor(b: FunctionBuilder, walk: Walk, [from, to, other, state, rows, bytes, first]: Local<'i32'>[]) {
    this.b = b;
    this.walk = walk;
    this.from = from;
    this.shifts = [to, other].slice(0, walk.outputs).map((output) => b.define(op('i32.sub', output, from)));
    this.state = state;
    this.rows = rows;
    this.bytes = bytes;
    this.first = first;
    this.place = b.local('v128');
  }

  /** Lines that are columns, from the last ones on: four side by side, then whole sixteen. What is written beyond a row's end is written over later. */
  columns(): void {
    const { b, bytes } = this;
    const j = b.define(op('i32.and', plus(bytes, i32(12)), i32(-16)));
    const blocks = (vectors: number, end: Expression<'i32'>): void => {
      b.block((done) => {
        b.loop((again) => {
          b.branchIf(done, op('i32.le_s', j, end));
          b.advance(j, -16 * vectors);
          this.lines(vectors, plus(this.state, j), (take) => this.down(vectors, j, take));
          b.branch(again);
        });
      });
    };
    blocks(1, op('i32.and', bytes, i32(-64)));
    blocks(4, i32(0));
  }

  private down(vectors: number, j: Local<'i32'>, take: Take): void {
    const { b, bytes, rows, walk } = this;
    const row = b.local('i32');
    const at = b.define(plus(this.from, j));
    if (walk.backwards) b.set(at, plus(at, times(op('i32.sub', rows, i32(1)), bytes)));
    b.set(row, i32(0));
    b.count(row, rows, 1, () => {
      const x = four.slice(0, vectors).map((k) => b.define(load('v128.load', at, 16 * k)));
      const results = x.map((value, k) => take(k, value).map((result) => b.define(result)));
      for (const [k, outputs] of results.entries()) this.write(at, outputs, 16 * k);
      this.next();
      b.set(at, walk.backwards ? op('i32.sub', at, bytes) : plus(at, bytes));
    });
  }

  /** Lines that are rows: four at a time; the last ones by themselves, or filled up to four with what lies there. */
  along(): void {
    const { b, from, shifts, rows, bytes, state, first } = this;
    const { alone } = this.walk;
    const row = b.local('i32');
    b.count(row, alone ? op('i32.and', rows, i32(-4)) : rows, 4, () => {
      this.lines(1, state, (take) => this.across(take));
      b.set(from, plus(from, times(bytes, i32(4))));
      b.advance(state, 16);
    });
    if (!alone) return;
    b.count(row, rows, 1, () => {
      alone(b, { from, to: b.define(plus(from, shifts[0])), bytes, state, first });
      b.set(from, plus(from, bytes));
      b.advance(state, 8);
    });
  }

  private across(take: Take): void {
    const { b, bytes } = this;
    const { backwards } = this.walk;
    const i = b.local('i32');
    const at = four.map((k) => b.define(plus(this.from, times(bytes, i32(k)))));
    // Backwards addresses stand behind the elements that come next.
    if (backwards) for (const address of at) b.set(address, plus(address, bytes));
    const each = (columns: number, end: Expression<'i32'>, body: () => void): void => {
      b.count(i, end, 4 * columns, () => {
        if (backwards) for (const address of at) b.advance(address, -4 * columns);
        body();
        if (!backwards) for (const address of at) b.advance(address, 4 * columns);
      });
    };
    b.set(i, i32(0));
    each(4, op('i32.and', bytes, i32(-16)), () => {
      const columns = transpose(
        b,
        at.map((address) => load('v128.load', address)),
      );
      const x = columns.map((column) => b.define(column));
      const results: Local<'v128'>[][] = [];
      for (const k of backwards ? [3, 2, 1, 0] : four) {
        results[k] = take(0, x[k]).map((result) => b.define(result));
        this.next();
      }
      const rows = this.shifts.map((_, output) =>
        transpose(
          b,
          results.map((result) => result[output]),
        ),
      );
      for (const k of four)
        this.write(
          at[k],
          rows.map((row) => row[k]),
          0,
        );
    });
    each(1, bytes, () => {
      const [p, q, r, s] = at.map((address) => load('v128.load32_zero', address));
      const pairs = [shuffle(p, q, [0, 4, 1, 5]), shuffle(r, s, [0, 4, 1, 5])];
      const results = take(0, b.define(shuffle(pairs[0], pairs[1], [0, 1, 4, 5]))).map((result) => b.define(result));
      for (const [output, result] of results.entries()) {
        for (const k of four) b.storeLane('v128.store32_lane', plus(at[k], this.shifts[output]), result, k);
      }
      this.next();
    });
  }

  private write(at: Local<'i32'>, results: readonly Vector[], offset: number): void {
    for (const [output, result] of results.entries()) {
      this.b.store('v128.store', plus(at, this.shifts[output]), result, offset);
    }
  }

  /** Moves on to the next place along the lines. */
  private next(): void {
    this.b.set(this.place, op('i32x4.add', this.place, v128(new Int32Array(4).fill(1))));
  }

  /** Goes along vectors of lines from where they were left, which lies at an address, unless this is their first piece. */
  private lines(vectors: number, address: Expression<'i32'>, go: (take: Take) => void): void {
    const { b, walk, first, place } = this;
    const state = b.define(address);
    const steps = four.slice(0, vectors).map(() => walk.step(b, place));
    const doubts = walk.doubtful ? b.define(v128(new Int32Array(4))) : null;
    const each = (act: (variable: Local<'v128'>, start: Vector, offset: number) => void): void => {
      for (const [k, { carried }] of steps.entries()) {
        for (const [list, [variable, start]] of carried.entries()) act(variable, start, list * listBytes + 16 * k);
      }
    };
    const turn = (watched: Local<'v128'> | null): void => {
      b.set(place, op('i32x4.splat', first));
      b.when(
        first,
        () => each((variable, _, offset) => b.set(variable, load('v128.load', state, offset))),
        () => each((variable, start) => b.set(variable, start)),
      );
      go((k, x) => steps[k].take(x, watched));
    };
    turn(doubts);
    if (doubts) b.when(op('v128.any_true', doubts), () => turn(null));
    each((variable, _, offset) => b.store('v128.store', state, variable, offset));
  }
}

/**
 * kernel(from, to, other, state, rows, bytes, first): goes along the lines of a matrix whose rows have so many bytes, from their place
 * `first` on. Elements that are written lie as those that are read do; what goes on to the next piece lies in lists at `state`.
 */
type LineKernel = (
  from: number,
  to: number,
  other: number,
  state: number,
  rows: number,
  bytes: number,
  first: number,
) => void;

/** A walk's kernels, for lines that are rows and for lines that are columns. */
export interface LineKernels {
  readonly backwards: boolean;
  readonly rows: LineKernel;
  readonly columns: LineKernel;
}

export function lineKernelsOn(heap: Heap, walk: Walk): LineKernels {
  const module = new ModuleBuilder();
  const ints = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('rows', ints, null, (b, p) => new LineWriter(b, walk, p).along());
  module.function('columns', ints, null, (b, p) => new LineWriter(b, walk, p).columns());
  const { rows, columns } = heap.compile(module);
  return { backwards: walk.backwards, rows, columns };
}
