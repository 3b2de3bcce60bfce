import { i32, load, type ModuleBuilder, op, plus, shuffle } from './assembler.js';

/** Adds `columnSums`: double sums += the rows of a float32 matrix, four columns at a time. */
export function addColumnSums(module: ModuleBuilder): void {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  module.function('columnSums', parameters, null, (f, [sums, source, row, rows, columns]) => {
    const [i, j, at] = Array.from({ length: 3 }, () => f.local('i32'));
    const [four, low, high] = Array.from({ length: 3 }, () => f.local('v128'));
    f.count(j, columns, 4, () => {
      f.set(low, load('v128.load', sums));
      f.set(high, load('v128.load', sums, 16));
      f.set(at, source);
      f.set(i, i32(0));
      f.count(i, rows, 1, () => {
        f.set(four, load('v128.load', at));
        f.set(low, op('f64x2.add', low, op('f64x2.promote_low_f32x4', four)));
        f.set(high, op('f64x2.add', high, op('f64x2.promote_low_f32x4', shuffle(four, four, [2, 3, 0, 1]))));
        f.set(at, plus(at, row));
      });
      f.store('v128.store', sums, low);
      f.store('v128.store', sums, high, 16);
      f.advance(sums, 32);
      f.advance(source, 16);
    });
  });
}
