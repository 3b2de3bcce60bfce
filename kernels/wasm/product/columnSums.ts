import { type Expression, i32, load, type ModuleBuilder, op, plus, shuffle } from '../assembler.js';

/** Rows whose elements meet in float32 before they are added to the sums. */
const meeting = 4;

/** Adds `columnSums`: double sums += the rows of a float32 matrix, a cache line of columns at a time, then four. */
export function addColumnSums(module: ModuleBuilder): void {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('columnSums', parameters, null, (f, [sums, source, row, rows, columns]) => {
    const [i, j] = [f.local('i32'), f.local('i32')];
    const places = Array.from({ length: meeting }, () => f.local('i32'));
    const four = f.local('v128');
    const totals = Array.from({ length: 8 }, () => f.local('v128'));

    /** Adds so many vectors of four columns of the rows at the places. */
    const add = (vectors: number, at: readonly Expression<'i32'>[]): void => {
      for (let v = 0; v < vectors; v++) {
        const meet = (rows: readonly Expression<'i32'>[]): Expression<'v128'> => {
          if (rows.length === 1) return load('v128.load', rows[0], 16 * v);
          return op('f32x4.add', meet(rows.slice(0, rows.length / 2)), meet(rows.slice(rows.length / 2)));
        };
        f.set(four, meet(at));
        for (const [half, x] of [four, shuffle(four, four, [2, 3, 0, 1])].entries()) {
          const total = totals[2 * v + half];
          f.set(total, op('f64x2.add', total, op('f64x2.promote_low_f32x4', x)));
        }
      }
    };

    /** The next columns, as many vectors of four as given. */
    const strip = (vectors: number): void => {
      const used = totals.slice(0, 2 * vectors);
      used.forEach((total, v) => {
        f.set(total, load('v128.load', sums, 16 * v));
      });
      places.forEach((place, r) => {
        f.set(place, r === 0 ? source : plus(places[r - 1], row));
      });
      f.set(i, i32(0));
      f.count(i, op('i32.sub', rows, i32(meeting - 1)), meeting, () => {
        add(vectors, places);
        for (const place of places) f.set(place, plus(place, op('i32.mul', row, i32(meeting))));
      });
      f.count(i, rows, 1, () => {
        add(vectors, places.slice(0, 1));
        f.set(places[0], plus(places[0], row));
      });
      used.forEach((total, v) => {
        f.store('v128.store', sums, total, 16 * v);
      });
      f.advance(sums, 32 * vectors);
      f.advance(source, 16 * vectors);
    };

    f.count(j, op('i32.sub', columns, i32(15)), 16, () => strip(4));
    f.count(j, columns, 4, () => strip(1));
  });
}
