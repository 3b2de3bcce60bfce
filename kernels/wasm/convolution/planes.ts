import { type Expression, i32, type Local, load, type ModuleBuilder, op, plus, shuffle } from '../assembler.js';

type Move = (
  target: number,
  targetPlane: number,
  targetRow: number,
  targetStep: number,
  source: number,
  sourcePlane: number,
  sourceRow: number,
  sourceStep: number,
  planes: number,
  rows: number,
  columns: number,
) => void;

/** Moves of planes between layouts; addresses and distances are in bytes. */
export interface Planes {
  /** Copies planes of rows. */
  copy: Move;
  /** Adds them to what is there. */
  accumulate: Move;
  /** Writes a row's number, one of those at `values`, to each element of rows that lie `pitch` bytes apart; whole fours of columns. */
  fillRows(target: number, pitch: number, rows: number, columns: number, values: number): void;
  /** Adds elements to others; up to three more behind them. */
  add(target: number, source: number, count: number): void;
}

function addMove(module: ModuleBuilder, name: 'copy' | 'accumulate'): void {
  module.function(name, new Array<'i32'>(11).fill('i32'), null, (f, all) => {
    const [target, targetPlane, targetRow, targetStep, source, sourcePlane, sourceRow, sourceStep] = all;
    const [planes, rows, columns] = all.slice(8);
    const [p, r, c, to, from, x, y, dense, every] = Array.from({ length: 9 }, () => f.local('i32'));
    const next = (place: Local<'i32'>, by: Expression<'i32'>): void => f.set(place, plus(place, by));
    f.set(dense, op('i32.eq', op('i32.or', targetStep, sourceStep), i32(4)));
    f.set(every, op('i32.and', op('i32.eq', targetStep, i32(4)), op('i32.eq', sourceStep, i32(8))));
    f.count(p, planes, 1, () => {
      f.set(to, target);
      f.set(from, source);
      f.set(r, i32(0));
      f.count(r, rows, 1, () => {
        f.set(x, to);
        f.set(y, from);
        f.set(c, i32(0));
        f.when(dense, () => {
          f.set(c, i32(3));
          f.count(c, columns, 4, () => {
            const four = load('v128.load', y);
            f.store('v128.store', x, name === 'copy' ? four : op('f32x4.add', load('v128.load', x), four));
            f.advance(x, 16);
            f.advance(y, 16);
          });
          f.advance(c, -3);
        });
        f.when(every, () => {
          f.set(c, i32(3));
          f.count(c, columns, 4, () => {
            const two = shuffle(load('v128.load', y), load('v128.load', y, 16), [0, 2, 4, 6]);
            f.store('v128.store', x, name === 'copy' ? two : op('f32x4.add', load('v128.load', x), two));
            f.advance(x, 16);
            f.advance(y, 32);
          });
          f.advance(c, -3);
        });
        f.count(c, columns, 1, () => {
          const element = load('f32.load', y);
          f.store('f32.store', x, name === 'copy' ? element : op('f32.add', load('f32.load', x), element));
          next(x, targetStep);
          next(y, sourceStep);
        });
        next(to, targetRow);
        next(from, sourceRow);
      });
      next(target, targetPlane);
      next(source, sourcePlane);
    });
  });
}

export function addPlanes(module: ModuleBuilder): void {
  addMove(module, 'copy');
  addMove(module, 'accumulate');
  module.function('fillRows', new Array<'i32'>(5).fill('i32'), null, (f, [target, pitch, rows, columns, values]) => {
    const [r, c, to] = Array.from({ length: 3 }, () => f.local('i32'));
    const value = f.local('v128');
    f.count(r, rows, 1, () => {
      f.set(value, load('v128.load32_splat', values));
      f.set(to, target);
      f.set(c, i32(0));
      f.count(c, columns, 4, () => {
        f.store('v128.store', to, value);
        f.advance(to, 16);
      });
      f.advance(values, 4);
      f.set(target, plus(target, pitch));
    });
  });
  module.function('add', ['i32', 'i32', 'i32'], null, (f, [target, source, count]) => {
    const i = f.local('i32');
    f.count(i, count, 4, () => {
      f.store('v128.store', target, op('f32x4.add', load('v128.load', target), load('v128.load', source)));
      f.advance(target, 16);
      f.advance(source, 16);
    });
  });
}
