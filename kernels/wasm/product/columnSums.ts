import { type Expression, i32, load, type ModuleBuilder, op, plus, shuffle } from '../assembler.js';

/** Adds `columnSums`: double sums += the rows of a float32 matrix, a cache line of columns at a time, then four. */
export function addColumnSums(module: ModuleBuilder): void {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('columnSums', parameters, null, (f, [sums, source, row, rows, columns]) => {
    const [i, j, at] = Array.from({ length: 3 }, () => f.local('i32'));
    const four = f.local('v128');
    const totals = Array.from({ length: 8 }, () => f.local('v128'));

    /** The next columns, as many vectors of four as given. */
    const strip = (vectors: number): void => {
      const used = totals.slice(0, 2 * vectors);
      used.forEach((total, v) => {
        f.set(total, load('v128.load', sums, 16 * v));
      });
      f.set(at, source);
      f.set(i, i32(0));
      f.count(i, rows, 1, () => {
        for (let v = 0; v < vectors; v++) {
          const add = (half: number, x: Expression<'v128'>): void => {
            const total = totals[2 * v + half];
            f.set(total, op('f64x2.add', total, op('f64x2.promote_low_f32x4', x)));
          };
          f.set(four, load('v128.load', at, 16 * v));
          add(0, four);
          add(1, shuffle(four, four, [2, 3, 0, 1]));
        }
        f.set(at, plus(at, row));
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
