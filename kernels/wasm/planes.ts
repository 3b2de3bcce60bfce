import { i32, type Local, load, type ModuleBuilder, op, plus } from './assembler.js';

/** Moves of planes between layouts; addresses and distances are in bytes. */
export interface Planes {
  /** Copies planes of rows whose elements follow each other. */
  copy(
    target: number,
    targetPlane: number,
    targetRow: number,
    source: number,
    sourcePlane: number,
    sourceRow: number,
    planes: number,
    rows: number,
    columns: number,
  ): void;
}

export function addPlanes(module: ModuleBuilder): void {
  const parameters = Array.from({ length: 9 }, () => 'i32' as const);
  module.function('copy', parameters, null, (f, all) => {
    const [target, targetPlane, targetRow, source, sourcePlane, sourceRow, planes, rows, columns] = all;
    const [p, r, c, to, from, x, y] = Array.from({ length: 7 }, () => f.local('i32'));
    const next = (place: Local<'i32'>, by: Local<'i32'>): void => f.set(place, plus(place, by));
    f.count(p, planes, 1, () => {
      f.set(to, target);
      f.set(from, source);
      f.set(r, i32(0));
      f.count(r, rows, 1, () => {
        f.set(x, to);
        f.set(y, from);
        f.set(c, i32(3));
        f.count(c, columns, 4, () => {
          f.store('v128.store', x, load('v128.load', y));
          f.advance(x, 16);
          f.advance(y, 16);
        });
        f.set(c, op('i32.sub', c, i32(3)));
        f.count(c, columns, 1, () => {
          f.store('f32.store', x, load('f32.load', y));
          f.advance(x, 4);
          f.advance(y, 4);
        });
        next(to, targetRow);
        next(from, sourceRow);
      });
      next(target, targetPlane);
      next(source, sourcePlane);
    });
  });
}
