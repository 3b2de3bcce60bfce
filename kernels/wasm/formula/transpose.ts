import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus, shuffle, times } from '../assembler.js';
import { type Heap, linked } from '../heap.js';

type Elements = Float64Array;
type Addresses = Local<'i32'>[];

/** Side of the squares that are transposed at once: two of them fit the second cache, and copies of their lines are long. */
const side = 256;
/** Elements between lines of a square, so that lines do not share places in the first cache. */
const pitch = side + 16;
/** Bytes of scratch: a square and its transpose. */
const transposeScratch = 2 * 4 * side * pitch;

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

const { min } = Math;

/** Writes the transpose of `rows` lines of `columns` elements, `line` apart, as lines that follow each other. `staged` is the heap in their type. */
export function transpose(
  { transpose: turn, scratch }: Turner,
  staged: Elements,
  to: Elements,
  at: number,
  from: Elements,
  offset: number,
  rows: number,
  columns: number,
  line: number,
): void {
  const second = scratch + 4 * side * pitch;
  for (let j = 0; j < columns; j += side) {
    const wide = min(side, columns - j);
    // Lines that lie one after another go in one copy; the function writes whole blocks of 4 x 4.
    const together = line === columns && wide === columns;
    const fromPitch = together ? columns : pitch;
    for (let i = 0; i < rows; i += side) {
      const high = min(side, rows - i);
      const start = offset + i * line + j;
      if (together) staged.set(from.subarray(start, start + high * columns), scratch / 4);
      else {
        for (let k = 0, next = start; k < high; k++, next += line) {
          staged.set(from.subarray(next, next + wide), scratch / 4 + k * pitch);
        }
      }
      const packed = high === rows && rows % 4 === 0;
      const toPitch = packed ? rows : pitch;
      turn(scratch, second, high, wide, 4 * fromPitch, 4 * toPitch);
      const target = at + j * rows + i;
      if (packed) to.set(staged.subarray(second / 4, second / 4 + wide * rows), target);
      else {
        for (let k = 0, next = second / 4; k < wide; k++, next += pitch) {
          to.set(staged.subarray(next, next + high), target + k * rows);
        }
      }
    }
  }
}
