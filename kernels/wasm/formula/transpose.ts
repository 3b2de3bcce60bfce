import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus, shuffle, times } from '../assembler.js';
import { type Heap, linked } from '../heap.js';

type Elements = Float64Array;
type Addresses = Local<'i32'>[];

/** Rows that are staged at once; as long are the runs in which their columns are copied out. */
const mostRows = 1024;
/** Elements that are staged at once. */
const mostStaged = 2 ** 20;
/** Elements of transposed lines that are copied out at once: they fit the second cache. */
const mostTurned = 2 ** 16;
/** Rows whose lines of the first cache are used up before others come in. */
const together = 256;
/** Elements between long lines beside their own, so that lines do not share places in the first cache. */
const apart = 16;
/** Bytes of scratch: the staged rows, and their transposed lines. */
const transposeScratch = 4 * (mostStaged + apart * mostRows + mostTurned);

/** transpose(from, to, rows, columns, fromPitch, toPitch): blocks of 4 x 4 by shuffles, up to the next multiples of 4. */
function writeTranspose(b: FunctionBuilder, [from, to, rows, columns, fromPitch, toPitch]: Addresses): void {
  const [i, j] = [b.local('i32'), b.local('i32')];
  const [source, target] = [b.local('i32'), b.local('i32')];
  b.count(i, columns, 4, () => {
    b.set(j, i32(0));
    b.set(source, plus(from, times(i, i32(4))));
    b.set(target, plus(to, times(i, toPitch)));
    b.count(j, rows, 4, () => {
      const lines = [0, 1, 2, 3].map((k) => b.define(load('v128.load', plus(source, times(fromPitch, i32(k))))));
      const [p, q, r, s] = [
        b.define(shuffle(lines[0], lines[1], [0, 4, 1, 5])),
        b.define(shuffle(lines[2], lines[3], [0, 4, 1, 5])),
        b.define(shuffle(lines[0], lines[1], [2, 6, 3, 7])),
        b.define(shuffle(lines[2], lines[3], [2, 6, 3, 7])),
      ];
      const turned = [
        shuffle(p, q, [0, 1, 4, 5]),
        shuffle(p, q, [2, 3, 6, 7]),
        shuffle(r, s, [0, 1, 4, 5]),
        shuffle(r, s, [2, 3, 6, 7]),
      ];
      for (const [k, line] of turned.entries()) b.store('v128.store', plus(target, times(toPitch, i32(k))), line);
      b.set(source, plus(source, op('i32.shl', fromPitch, i32(2))));
      b.advance(target, 16);
    });
  });
}

/** transpose(from, to, rows, columns, fromPitch, toPitch): pitches in bytes. */
type Transpose = (from: number, to: number, rows: number, columns: number, fromPitch: number, toPitch: number) => void;

function transposeOn(heap: Heap): Transpose {
  const module = new ModuleBuilder();
  module.function('transpose', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], null, writeTranspose);
  return heap.compile(module).transpose as unknown as Transpose;
}

/** Transposes matrices of 32-bit elements through a square of scratch in the heap. */
export interface Turner {
  readonly heap: Heap;
  readonly transpose: Transpose;
  readonly scratch: number;
}

const opened = linked(transposeOn);

/** A turner whose scratch lies behind the first `bytes` of the heap; null where WebAssembly is not the way. */
export function turnerBehind(bytes: number): Turner | null {
  const linked = opened();
  const base = linked === null ? 0 : linked.heap.reserve(bytes + transposeScratch);
  return linked === null || base === 0
    ? null
    : { heap: linked.heap, transpose: linked.functions, scratch: base + bytes };
}

const { ceil, floor, min } = Math;

/** Writes the transpose of `rows` lines of `columns` elements, `line` apart, as lines that follow each other. `staged` is the heap in their type. */
export function transpose(
  turner: Turner,
  staged: Elements,
  to: Elements,
  at: number,
  from: Elements,
  offset: number,
  rows: number,
  columns: number,
  line: number,
): void {
  const high = min(rows, mostRows);
  const wide = min(columns, floor(mostStaged / high));
  for (let i = 0; i < rows; i += high) {
    for (let j = 0; j < columns; j += wide) {
      const [m, n] = [min(high, rows - i), min(wide, columns - j)];
      const pitch = stage(turner, staged, from, offset + i * line + j, m, n, line);
      turnOut(turner, staged, to, at + j * rows + i, m, n, pitch, rows);
    }
  }
}

/** Copies lines into the scratch; gives how many elements apart they lie there. */
function stage(
  { scratch }: Turner,
  staged: Elements,
  from: Elements,
  start: number,
  rows: number,
  columns: number,
  line: number,
): number {
  const first = scratch / 4;
  if (line === columns && columns < together) {
    staged.set(from.subarray(start, start + rows * columns), first);
    return columns;
  }
  const pitch = columns + apart;
  for (let k = 0, next = start; k < rows; k++, next += line) {
    staged.set(from.subarray(next, next + columns), first + k * pitch);
  }
  return pitch;
}

/** Transposes staged lines strip by strip, and copies the strips out as lines that are `line` apart. */
function turnOut(
  { transpose: turn, scratch }: Turner,
  staged: Elements,
  to: Elements,
  at: number,
  rows: number,
  columns: number,
  pitch: number,
  line: number,
): void {
  const turned = scratch + 4 * (mostStaged + apart * mostRows);
  // The function writes whole blocks of 4 x 4.
  const toPitch = 4 * ceil(rows / 4);
  const strip = 4 * floor(mostTurned / toPitch / 4);
  for (let j = 0; j < columns; j += strip) {
    const wide = min(strip, columns - j);
    for (let i = 0; i < rows; i += together) {
      turn(scratch + 4 * (i * pitch + j), turned + 4 * i, min(together, rows - i), wide, 4 * pitch, 4 * toPitch);
    }
    const [first, target] = [turned / 4, at + j * line];
    if (toPitch === line) to.set(staged.subarray(first, first + wide * line), target);
    else {
      for (let k = 0; k < wide; k++) {
        to.set(staged.subarray(first + k * toPitch, first + k * toPitch + rows), target + k * line);
      }
    }
  }
}
