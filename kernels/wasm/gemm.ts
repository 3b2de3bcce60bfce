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
} from './assembler.js';
import type { Heap } from './heap.js';

/** Rows of the left matrix in a panel. */
export const panelRows = 4;
/** Columns of the right matrix in a panel: eight sums of four lanes is the most that the engine keeps in registers. */
export const panelColumns = 8;

/** The functions of the blocked float32 product; addresses, table entries and row lengths are in bytes. */
export interface Gemm {
  /**
   * Packs the elements source + rows[i] + steps[k] in panels of so many rows (four or eight), step by step; `count` is a whole
   * number of panels.
   */
  pack4(target: number, source: number, rows: number, count: number, steps: number, depth: number): void;
  pack8(target: number, source: number, rows: number, count: number, steps: number, depth: number): void;
  /** c = left right, or c += left right, for packed panels of one step at least; whole panels of c are written, `row` bytes from row to row. */
  multiply(
    left: number,
    right: number,
    c: number,
    row: number,
    rows: number,
    columns: number,
    depth: number,
    accumulate: number,
  ): void;
}

type Address = Local<'i32'>;

function consecutive(first: Expression<'i32'>, offsets: Expression<'v128'>): Expression<'i32'> {
  const expected = op('i32x4.add', op('i32x4.splat', first), v128(Int32Array.of(0, 4, 8, 12)));
  return op('i32x4.all_true', op('i32x4.eq', offsets, expected));
}

/** Four rows of four steps each, lying along the steps, to four steps of four rows. */
function transpose(f: FunctionBuilder, rows: readonly Expression<'v128'>[]): Expression<'v128'>[] {
  const [a, b, c, d] = rows.map((row) => f.define(row));
  const low = f.define(shuffle(a, b, [0, 4, 1, 5]));
  const high = f.define(shuffle(a, b, [2, 6, 3, 7]));
  const lowest = f.define(shuffle(c, d, [0, 4, 1, 5]));
  const highest = f.define(shuffle(c, d, [2, 6, 3, 7]));
  return [
    shuffle(low, lowest, [0, 1, 4, 5]),
    shuffle(low, lowest, [2, 3, 6, 7]),
    shuffle(high, highest, [0, 1, 4, 5]),
    shuffle(high, highest, [2, 3, 6, 7]),
  ];
}

function addPack(module: ModuleBuilder, width: number): void {
  const groups = Array.from({ length: width / 4 }, (_, g) => g);
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function(`pack${width}`, parameters, null, (f, [target, source, rows, count, steps, depth]) => {
    const i = f.local('i32');
    const k = f.local('i32');
    const step = f.local('i32');
    const at = f.local('i32');
    const places = Array.from({ length: width }, () => f.local('i32'));
    const stepAt = (first: Address): Expression<'i32'> => plus(steps, op('i32.shl', first, i32(2)));

    /** Element by element: `offset` bytes into the table of steps, to `to` bytes into the panel. */
    const scattered = (offset: number, to: number): void => {
      f.set(step, load('i32.load', at, offset));
      places.forEach((place, l) => {
        f.store('f32.store', target, load('f32.load', plus(place, step)), to + 4 * l);
      });
    };

    f.count(i, count, width, () => {
      places.forEach((place, l) => {
        f.set(place, plus(source, load('i32.load', rows, 4 * l)));
      });
      const inOrder = groups.map((g) =>
        consecutive(plus(load('i32.load', rows), i32(16 * g)), load('v128.load', rows, 16 * g)),
      );
      f.set(k, i32(0));
      f.when(
        inOrder.reduce((a, b) => op('i32.and', a, b)),
        () => {
          f.count(k, depth, 1, () => {
            f.set(at, plus(places[0], load('i32.load', stepAt(k))));
            for (const g of groups) f.store('v128.store', target, load('v128.load', at, 16 * g), 16 * g);
            f.advance(target, 4 * width);
          });
        },
        () => {
          f.count(k, op('i32.sub', depth, i32(3)), 4, () => {
            f.set(at, stepAt(k));
            f.set(step, load('i32.load', at));
            f.when(
              consecutive(step, load('v128.load', at)),
              () => {
                for (const g of groups) {
                  const four = places.slice(4 * g, 4 * g + 4).map((place) => load('v128.load', plus(place, step)));
                  transpose(f, four).forEach((vector, s) => {
                    f.store('v128.store', target, vector, 4 * width * s + 16 * g);
                  });
                }
              },
              () => {
                for (let s = 0; s < 4; s++) scattered(4 * s, 4 * width * s);
              },
            );
            f.advance(target, 16 * width);
          });
          f.count(k, depth, 1, () => {
            f.set(at, stepAt(k));
            scattered(0, 0);
            f.advance(target, 4 * width);
          });
        },
      );
      f.advance(rows, 4 * width);
    });
  });
}

/** Steps of depth between two jumps back. */
const unrolled = 4;

/** The sums of one panel of each side: from zero or from what lies in c, over the depth, to c. */
function addMultiply(module: ModuleBuilder): void {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('multiply', parameters, null, (f, [left, right, c, row, rows, columns, depth, accumulate]) => {
    const [i, j, k, a, b, to] = Array.from({ length: 6 }, () => f.local('i32'));
    const [low, high, x] = Array.from({ length: 3 }, () => f.local('v128'));
    const sums = Array.from({ length: 2 * panelRows }, () => f.local('v128'));

    const step = (s: number): void => {
      f.set(low, load('v128.load', b, 32 * s));
      f.set(high, load('v128.load', b, 32 * s + 16));
      for (let r = 0; r < panelRows; r++) {
        f.set(x, load('v128.load32_splat', a, 16 * s + 4 * r));
        f.set(sums[2 * r], op('f32x4.add', sums[2 * r], op('f32x4.mul', x, low)));
        f.set(sums[2 * r + 1], op('f32x4.add', sums[2 * r + 1], op('f32x4.mul', x, high)));
      }
    };
    // A way out after every step keeps the engine from moving the loads of all four to the front, where they spill the sums.
    const steps = (): void => {
      f.block((end) => {
        f.set(k, depth);
        f.loop((start) => {
          for (let s = 0; s < unrolled; s++) {
            step(s);
            if (s + 1 < unrolled) f.branchIf(end, op('i32.eq', k, i32(s + 1)));
          }
          f.advance(a, 16 * unrolled);
          f.advance(b, 32 * unrolled);
          f.advance(k, -unrolled);
          f.branchIf(start, k);
        });
      });
    };
    const eachRow = (visit: (r: number) => void): void => {
      f.set(to, plus(plus(c, times(i, row)), op('i32.shl', j, i32(2))));
      for (let r = 0; r < panelRows; r++) {
        visit(r);
        if (r + 1 < panelRows) f.set(to, plus(to, row));
      }
    };
    const start = (): void => {
      for (const sum of sums) f.set(sum, v128(new Int32Array(4)));
    };
    const resume = (): void => {
      eachRow((r) => {
        f.set(sums[2 * r], load('v128.load', to));
        f.set(sums[2 * r + 1], load('v128.load', to, 16));
      });
    };

    f.count(j, columns, panelColumns, () => {
      f.set(i, i32(0));
      f.count(i, rows, panelRows, () => {
        f.when(accumulate, resume, start);
        f.set(a, plus(left, times(op('i32.shl', i, i32(2)), depth)));
        f.set(b, right);
        steps();
        eachRow((r) => {
          f.store('v128.store', to, sums[2 * r]);
          f.store('v128.store', to, sums[2 * r + 1], 16);
        });
      });
      f.set(right, plus(right, op('i32.shl', depth, i32(5))));
    });
  });
}

/** Compiles the product's functions over a heap. */
export function gemmOn(heap: Heap): Gemm {
  const module = new ModuleBuilder();
  addPack(module, panelRows);
  addPack(module, panelColumns);
  addMultiply(module);
  return heap.compile(module) as unknown as Gemm;
}
