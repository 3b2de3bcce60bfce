import {
  type Callee,
  type Expression,
  type FunctionBuilder,
  i32,
  type Local,
  load,
  type ModuleBuilder,
  op,
  plus,
  select,
  shuffle,
  times,
  v128,
} from '../assembler.js';

type Address = Local<'i32'>;

function consecutive(first: Expression<'i32'>, offsets: Expression<'v128'>): Expression<'i32'> {
  const expected = op('i32x4.add', op('i32x4.splat', first), v128(Int32Array.of(0, 4, 8, 12)));
  return op('i32x4.all_true', op('i32x4.eq', offsets, expected));
}

/** Four rows of four steps each, lying along the steps, to four steps of four rows. */
export function transpose(f: FunctionBuilder, rows: readonly Expression<'v128'>[]): Expression<'v128'>[] {
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

/** Adds `pack{width}`: packs what two tables of offsets say, its steps and its panels so many bytes apart. */
export function addPack(module: ModuleBuilder, width: number): void {
  const groups = Array.from({ length: width / 4 }, (_, g) => g);
  const parameters = new Array<'i32'>(8).fill('i32');
  module.function(`pack${width}`, parameters, null, (f, p) => {
    const [target, source, rows, count, steps, depth, apart, panel] = p;
    const [i, k, step, at, to] = Array.from({ length: 5 }, () => f.local('i32'));
    const places = Array.from({ length: width }, () => f.local('i32'));
    const next = (): void => f.set(to, plus(to, apart));

    /** Element by element: `offset` bytes into the table of steps. */
    const scattered = (offset: number): void => {
      f.set(step, load('i32.load', at, offset));
      places.forEach((place, l) => {
        f.store('f32.store', to, load('f32.load', plus(place, step)), 4 * l);
      });
      next();
    };
    const stepAt = (first: Address): Expression<'i32'> => plus(steps, op('i32.shl', first, i32(2)));

    f.count(i, count, width, () => {
      places.forEach((place, l) => {
        f.set(place, plus(source, load('i32.load', rows, 4 * l)));
      });
      const inOrder = groups.map((g) => consecutive(load('i32.load', rows, 16 * g), load('v128.load', rows, 16 * g)));
      f.set(to, target);
      f.set(k, i32(0));
      f.when(
        inOrder.reduce((a, b) => op('i32.and', a, b)),
        () => {
          f.count(k, depth, 1, () => {
            f.set(step, load('i32.load', stepAt(k)));
            for (const g of groups) f.store('v128.store', to, load('v128.load', plus(places[4 * g], step)), 16 * g);
            next();
          });
        },
        () => {
          f.count(k, op('i32.sub', depth, i32(3)), 4, () => {
            f.set(at, stepAt(k));
            f.set(step, load('i32.load', at));
            f.when(
              consecutive(step, load('v128.load', at)),
              () => {
                const turned = groups.map((g) => {
                  const four = places.slice(4 * g, 4 * g + 4).map((place) => load('v128.load', plus(place, step)));
                  return transpose(f, four);
                });
                for (let s = 0; s < 4; s++) {
                  for (const g of groups) f.store('v128.store', to, turned[g][s], 16 * g);
                  next();
                }
              },
              () => {
                for (let s = 0; s < 4; s++) scattered(4 * s);
              },
            );
          });
          f.count(k, depth, 1, () => {
            f.set(at, stepAt(k));
            scattered(0);
          });
        },
      );
      f.advance(rows, 4 * width);
      f.set(target, plus(target, panel));
    });
  });
}

/** The same for two rows of two elements of eight bytes. */
function transposePair(f: FunctionBuilder, rows: readonly Expression<'v128'>[]): Expression<'v128'>[] {
  const [a, b] = rows.map((row) => f.define(row));
  return [shuffle(a, b, [0, 1, 4, 5]), shuffle(a, b, [2, 3, 6, 7])];
}

/** Adds `packStrided{width}`: packs a matrix that lies at any strides. */
export function addPackStrided(module: ModuleBuilder, width: number, bytes: 4 | 8): Callee {
  const lanes = 16 / bytes;
  const groups = Array.from({ length: width / lanes }, (_, g) => g);
  const turn = bytes === 4 ? transpose : transposePair;
  const parameters = new Array<'i32'>(7).fill('i32');
  return module.function(`packStrided${width}`, parameters, null, (f, p) => {
    const [target, panel, source, row, step, count, depth] = p;
    const [i, k, to, at, last] = Array.from({ length: 5 }, () => f.local('i32'));
    const places = Array.from({ length: width }, () => f.local('i32'));
    const walk = (by: Expression<'i32'>): void => {
      for (const place of places) f.set(place, plus(place, by));
    };

    /** Along the lanes; what follows the last row is no one's element, and goes into sums that no one reads. */
    const inOrder = (): void => {
      f.set(at, source);
      f.set(k, i32(0));
      f.count(k, depth, 1, () => {
        for (const g of groups) f.store('v128.store', to, load('v128.load', at, 16 * g), 16 * g);
        f.advance(to, bytes * width);
        f.set(at, plus(at, step));
      });
    };

    /** Rows of their own, the last one again in place of those beyond it. */
    const apart = (): void => {
      f.set(last, op('i32.sub', op('i32.sub', count, i), i32(1)));
      places.forEach((place, l) => {
        const within = l === 0 ? i32(0) : select(op('i32.lt_s', last, i32(l)), last, i32(l));
        f.set(place, plus(source, times(within, row)));
      });
      f.set(k, i32(0));
      f.when(op('i32.eq', step, i32(bytes)), () => {
        // Sixty-four bytes of each row at a time, for there are more places than registers to step on.
        for (const blocks of [[0, 1, 2, 3], [0]]) {
          const steps = lanes * blocks.length;
          f.count(k, op('i32.sub', depth, i32(steps - 1)), steps, () => {
            for (const b of blocks) {
              for (const g of groups) {
                const rows = places.slice(lanes * g, lanes * (g + 1)).map((place) => load('v128.load', place, 16 * b));
                turn(f, rows).forEach((vector, s) => {
                  f.store('v128.store', to, vector, bytes * width * (lanes * b + s) + 16 * g);
                });
              }
            }
            walk(i32(16 * blocks.length));
            f.advance(to, 16 * width * blocks.length);
          });
        }
      });
      f.count(k, depth, 1, () => {
        places.forEach((place, l) => {
          if (bytes === 4) f.store('f32.store', to, load('f32.load', place), 4 * l);
          else f.store('f64.store', to, load('f64.load', place), 8 * l);
        });
        walk(step);
        f.advance(to, bytes * width);
      });
    };

    f.count(i, count, width, () => {
      f.set(to, target);
      f.when(op('i32.eq', row, i32(bytes)), inOrder, apart);
      f.set(target, plus(target, panel));
      f.set(source, plus(source, times(row, i32(width))));
    });
  });
}

/** Adds `copyRows`: copies rows that follow each other to rows apart, all lengths in bytes, a multiple of four. */
export function addCopyRows(module: ModuleBuilder): void {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('copyRows', parameters, null, (f, [source, target, row, rows, length]) => {
    const [i, k] = [f.local('i32'), f.local('i32')];
    f.count(i, rows, 1, () => {
      f.set(k, i32(0));
      f.count(k, op('i32.sub', length, i32(15)), 16, () => {
        f.store('v128.store', plus(target, k), load('v128.load', plus(source, k)));
      });
      f.count(k, length, 4, () => f.store('i32.store', plus(target, k), load('i32.load', plus(source, k))));
      f.set(source, plus(source, length));
      f.set(target, plus(target, row));
    });
  });
}
