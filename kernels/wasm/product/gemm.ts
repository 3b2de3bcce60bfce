import {
  type Callee,
  type Expression,
  type FunctionBuilder,
  i32,
  load,
  ModuleBuilder,
  op,
  plus,
  select,
  times,
  v128,
} from '../assembler.js';
import { type Heap, type Linked, linked } from '../heap.js';
import { addColumnSums } from './columnSums.js';
import { addCopyRows, addPack, addPackStrided } from './packing.js';

/** Rows of the left matrix in a panel. */
export const panelRows = 4;
/** Columns of the right matrix in a panel, in float32: eight sums of four lanes is the most that the engine keeps in registers. */
export const panelColumns = 8;

/** Columns of the right matrix in a panel for elements of so many bytes: two vectors. */
export function panelWidth(bytes: number): number {
  return 32 / bytes;
}

type PackStrided = (
  target: number,
  panel: number,
  source: number,
  row: number,
  step: number,
  count: number,
  depth: number,
) => void;

type PackTables = (
  target: number,
  source: number,
  rows: number,
  count: number,
  steps: number,
  depth: number,
  apart: number,
  panel: number,
) => void;

/** Steps of depth whose sums stay in registers; between two such runs they rest in float32. */
export const depthBlock = 256;

/** The functions of the blocked product that float64 has too; addresses, strides and row lengths are in bytes. */
export type Products = Pick<Gemm, 'packStrided4' | 'multiplyBlocks' | 'product' | 'copyRows'> & Partial<Gemm>;

/** The functions of the blocked float32 product; addresses, table entries, strides and row lengths are in bytes. */
export interface Gemm {
  /**
   * Packs the elements source + rows[i] + steps[k] in panels of so many rows (four or eight): step after step `apart` bytes, panel after
   * panel `panel` bytes; `count` is a whole number of panels.
   */
  pack4: PackTables;
  pack8: PackTables;
  /**
   * Packs the elements source + i * row + k * step in panels of so many rows, step by step, `panel` bytes from panel to panel; where `row`
   * is one element, up to 28 bytes behind the last row are read, and end in the last panel.
   */
  packStrided4: PackStrided;
  packStrided8: PackStrided;
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
  /** `multiply` for `count` products, whose sides and sums lie so many bytes apart. */
  multiplyPlanes(
    left: number,
    right: number,
    c: number,
    row: number,
    rows: number,
    columns: number,
    depth: number,
    accumulate: number,
    count: number,
    leftPlane: number,
    rightPlane: number,
    plane: number,
  ): void;
  /**
   * `multiply` for block after block of depth, `leftBlock` and `rightBlock` bytes apart: rows from `firstRow` and columns from `firstColumn`
   * of what is packed, both the first of a panel, to c.
   */
  multiplyBlocks(
    left: number,
    leftBlock: number,
    firstRow: number,
    right: number,
    rightBlock: number,
    firstColumn: number,
    c: number,
    row: number,
    rows: number,
    columns: number,
    depth: number,
    accumulate: number,
  ): void;
  /**
   * c = a b, plus the row at `start` unless that is 0; the rows of c follow each other without a gap, and `overhang` bytes behind the
   * last one are written too. Packs both sides to `scratch`.
   */
  product(
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    start: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    scratch: number,
  ): void;
  /** Copies rows that follow each other to rows `row` bytes apart. */
  copyRows(source: number, target: number, row: number, rows: number, length: number): void;
  /** Adds to the numbers at `sums`, in double, the rows of a matrix whose columns follow each other; columns up to a multiple of four are read. */
  columnSums(sums: number, source: number, row: number, rows: number, columns: number): void;
}

/** Steps of depth between two jumps back. */
const unrolled = 8;

/** Elements as the micro-kernel sees them. */
interface ElementKind {
  readonly bytes: 4 | 8;
  /** `bytes` as a power of two. */
  readonly shift: number;
  readonly columns: number;
  readonly splat: 'v128.load32_splat' | 'v128.load64_splat';
  readonly add: 'f32x4.add' | 'f64x2.add';
  readonly multiply: 'f32x4.mul' | 'f64x2.mul';
}

const single: ElementKind = {
  bytes: 4,
  shift: 2,
  columns: panelColumns,
  splat: 'v128.load32_splat',
  add: 'f32x4.add',
  multiply: 'f32x4.mul',
};

const double: ElementKind = {
  bytes: 8,
  shift: 3,
  columns: panelWidth(8),
  splat: 'v128.load64_splat',
  add: 'f64x2.add',
  multiply: 'f64x2.mul',
};

/** The product of one panel of each side, on registers. */
function tile(f: FunctionBuilder, { bytes, add, multiply, splat }: ElementKind) {
  const [k, a, b, to] = Array.from({ length: 4 }, () => f.local('i32'));
  const [low, high, x] = Array.from({ length: 3 }, () => f.local('v128'));
  const sums = Array.from({ length: 2 * panelRows }, () => f.local('v128'));

  const step = (s: number): void => {
    f.set(low, load('v128.load', b, 32 * s));
    f.set(high, load('v128.load', b, 32 * s + 16));
    for (let r = 0; r < panelRows; r++) {
      f.set(x, load(splat, a, bytes * (panelRows * s + r)));
      f.set(sums[2 * r], op(add, sums[2 * r], op(multiply, x, low)));
      f.set(sums[2 * r + 1], op(add, sums[2 * r + 1], op(multiply, x, high)));
    }
  };
  const eachRow = (c: Expression<'i32'>, row: Expression<'i32'>, visit: (r: number) => void): void => {
    f.set(to, c);
    for (let r = 0; r < panelRows; r++) {
      visit(r);
      if (r + 1 < panelRows) f.set(to, plus(to, row));
    }
  };
  return {
    clear(): void {
      for (const sum of sums) f.set(sum, v128(new Int32Array(4)));
    },
    /** Adds the same two vectors to every row. */
    addRow(row: Expression<'i32'>): void {
      f.set(low, load('v128.load', row));
      f.set(high, load('v128.load', row, 16));
      for (let r = 0; r < panelRows; r++) {
        f.set(sums[2 * r], op(add, sums[2 * r], low));
        f.set(sums[2 * r + 1], op(add, sums[2 * r + 1], high));
      }
    },
    /** Adds what lies in c: after a block's own sums, whose errors then stay as small as the block. */
    join(c: Expression<'i32'>, row: Expression<'i32'>): void {
      eachRow(c, row, (r) => {
        f.set(sums[2 * r], op(add, sums[2 * r], load('v128.load', to)));
        f.set(sums[2 * r + 1], op(add, sums[2 * r + 1], load('v128.load', to, 16)));
      });
    },
    // A way out after every step keeps the engine from moving the loads of all of them to the front, where they spill the sums.
    add(left: Expression<'i32'>, right: Expression<'i32'>, depth: Expression<'i32'>): void {
      f.set(a, left);
      f.set(b, right);
      f.set(k, depth);
      f.block((end) => {
        f.loop((start) => {
          for (let s = 0; s < unrolled; s++) {
            step(s);
            if (s + 1 < unrolled) f.branchIf(end, op('i32.eq', k, i32(s + 1)));
          }
          f.advance(a, panelRows * bytes * unrolled);
          f.advance(b, 32 * unrolled);
          f.advance(k, -unrolled);
          f.branchIf(start, k);
        });
      });
    },
    store(c: Expression<'i32'>, row: Expression<'i32'>): void {
      eachRow(c, row, (r) => {
        f.store('v128.store', to, sums[2 * r]);
        f.store('v128.store', to, sums[2 * r + 1], 16);
      });
    },
  };
}

function addMultiply(module: ModuleBuilder, kind: ElementKind): Callee {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.function('multiply', parameters, null, (f, [left, right, c, row, rows, columns, depth, accumulate]) => {
    const [i, j, to] = Array.from({ length: 3 }, () => f.local('i32'));
    const sums = tile(f, kind);
    f.count(j, columns, kind.columns, () => {
      f.set(i, i32(0));
      f.count(i, rows, panelRows, () => {
        f.set(to, plus(plus(c, times(i, row)), op('i32.shl', j, i32(kind.shift))));
        sums.clear();
        sums.add(plus(left, times(op('i32.shl', i, i32(kind.shift)), depth)), right, depth);
        f.when(accumulate, () => sums.join(to, row));
        sums.store(to, row);
      });
      f.set(right, plus(right, op('i32.shl', depth, i32(5))));
    });
  });
}

/** `multiply` for plane after plane. */
function addMultiplyPlanes(module: ModuleBuilder, multiply: Callee): void {
  module.function('multiplyPlanes', new Array<'i32'>(12).fill('i32'), null, (f, p) => {
    const [left, right, c, row, rows, columns, depth, accumulate, count, leftPlane, rightPlane, plane] = p;
    const k = f.local('i32');
    f.count(k, count, 1, () => {
      f.call(multiply, left, right, c, row, rows, columns, depth, accumulate);
      f.set(left, plus(left, leftPlane));
      f.set(right, plus(right, rightPlane));
      f.set(c, plus(c, plane));
    });
  });
}

/** `multiply` for block after block of depth. */
function addMultiplyBlocks(module: ModuleBuilder, kind: ElementKind, multiply: Callee): void {
  const parameters = new Array<'i32'>(12).fill('i32');
  module.function('multiplyBlocks', parameters, null, (f, p) => {
    const [left, leftBlock, i, right, rightBlock, j, c, row, rows, columns, depth, accumulate] = p;
    const d = f.local('i32');
    const panel = (first: Expression<'i32'>): Expression<'i32'> => times(op('i32.shl', first, i32(kind.shift)), d);
    f.loop((again) => {
      f.set(d, select(op('i32.lt_s', depth, i32(depthBlock)), depth, i32(depthBlock)));
      f.call(multiply, plus(left, panel(i)), plus(right, panel(j)), c, row, rows, columns, d, accumulate);
      f.set(left, plus(left, leftBlock));
      f.set(right, plus(right, rightBlock));
      f.set(accumulate, i32(1));
      f.advance(depth, -depthBlock);
      f.branchIf(again, op('i32.gt_s', depth, i32(0)));
    });
  });
}

/** Bytes behind c that `product` writes, for elements of so many bytes. */
export function overhang(columns: number, bytes: number): number {
  return bytes * (panelRows - 1) * columns + 32;
}

/**
 * Both sides packed, then all rows for each panel of columns, which stays in the first cache: the last panel comes first, so that what it
 * writes beyond the end of a row is overwritten by the beginning of the next.
 */
function addProduct(module: ModuleBuilder, kind: ElementKind): void {
  const packLeft = addPackStrided(module, panelRows, kind.bytes);
  const packRight = kind.columns === panelRows ? packLeft : addPackStrided(module, kind.columns, kind.bytes);
  const parameters = new Array<'i32'>(12).fill('i32');
  module.function('product', parameters, null, (f, p) => {
    const [a, aRow, aColumn, b, bRow, bColumn, start, c, rows, columns, depth, scratch] = p;
    const [i, j, left, right, row, to, at] = Array.from({ length: 7 }, () => f.local('i32'));
    const sums = tile(f, kind);
    const panelBytes = (first: Expression<'i32'>): Expression<'i32'> =>
      times(op('i32.shl', first, i32(kind.shift)), depth);
    f.set(right, scratch);
    f.call(packRight, right, op('i32.shl', depth, i32(5)), b, bColumn, bRow, columns, depth);
    const whole = op('i32.and', plus(columns, i32(kind.columns - 1)), i32(-kind.columns));
    f.set(left, plus(right, panelBytes(whole)));
    f.call(packLeft, left, op('i32.shl', depth, i32(kind.shift + 2)), a, aRow, aColumn, rows, depth);
    f.set(row, op('i32.shl', columns, i32(kind.shift)));
    f.set(j, op('i32.and', op('i32.sub', columns, i32(1)), i32(-kind.columns)));
    f.loop((again) => {
      const along = op('i32.shl', j, i32(kind.shift));
      f.set(at, left);
      f.set(to, plus(c, along));
      f.set(i, i32(0));
      f.count(i, rows, panelRows, () => {
        sums.clear();
        sums.add(at, plus(right, panelBytes(j)), depth);
        f.when(start, () => sums.addRow(plus(start, along)));
        sums.store(to, row);
        f.set(at, plus(at, op('i32.shl', depth, i32(kind.shift + 2))));
        f.set(to, plus(to, op('i32.shl', row, i32(2))));
      });
      f.advance(j, -kind.columns);
      f.branchIf(again, op('i32.ge_s', j, i32(0)));
    });
  });
}

/** Compiles the product's functions over a heap. */
export function gemmOn(heap: Heap): Gemm {
  const module = new ModuleBuilder();
  addPack(module, panelRows);
  addPack(module, panelColumns);
  const multiply = addMultiply(module, single);
  addMultiplyBlocks(module, single, multiply);
  addMultiplyPlanes(module, multiply);
  addProduct(module, single);
  addCopyRows(module);
  addColumnSums(module);
  return heap.compile(module) as unknown as Gemm;
}

/** The product's functions on this thread's heap, or on another. */
export const openGemm: (heap?: Heap | null) => Linked<Gemm> | null = linked(gemmOn);

/** The same in float64, of what there is. */
const openGemm64: (heap?: Heap | null) => Linked<Products> | null = linked((heap: Heap) => {
  const module = new ModuleBuilder();
  addMultiplyBlocks(module, double, addMultiply(module, double));
  addProduct(module, double);
  addCopyRows(module);
  return heap.compile(module) as unknown as Products;
});

/** The product's functions for elements of so many bytes. */
export function openProducts(bytes: number, heap?: Heap | null): Linked<Products> | null {
  return bytes === 4 ? openGemm(heap) : openGemm64(heap);
}
