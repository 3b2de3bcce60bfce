import type { Spans, View } from '../../types.js';
import { count } from '../../view.js';
import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus, v128 } from '../assembler.js';
import { type Heap, linked } from '../heap.js';
import { policy } from '../policy.js';
import { demote, halves } from './vectorRows.js';

const { ceil, floor, max, min } = Math;

/** Elements of planes that are staged at once. */
const tile = 4096;
/** Bytes of a table's entry: where a window starts and ends, in bytes, and its divisor. */
const entry = 16;

/** Sets a line of numbers of double to 0. */
function clear(b: FunctionBuilder, i: Local<'i32'>, line: Local<'i32'>, bytes: Local<'i32'>): void {
  b.set(i, i32(0));
  b.count(i, bytes, 16, () => {
    const at = b.define(plus(line, op('i32.shl', i, i32(1))));
    for (const half of [0, 16]) b.store('v128.store', at, v128(new Float64Array(2)), half);
  });
}

/** The numbers of windows along a dimension, one entry after the other. */
function eachEntry(
  b: FunctionBuilder,
  table: Local<'i32'>,
  entries: Local<'i32'>,
  body: (start: Local<'i32'>, end: Local<'i32'>, divisor: Local<'f64'>) => void,
): void {
  const at = b.define(table);
  const past = b.define(plus(table, op('i32.shl', entries, i32(4))));
  b.count(at, past, entry, () => {
    const [start, end] = [b.define(load('i32.load', at)), b.define(load('i32.load', at, 4))];
    body(start, end, b.define(load('f64.load', at, 8)));
  });
}

type Parameters = readonly Local<'i32'>[];

/** Each plane in turn. */
function planes(body: (b: FunctionBuilder, p: Parameters) => void): (b: FunctionBuilder, p: Parameters) => void {
  return (b, parameters) => {
    const [number, bytes, whole, ...rest] = parameters;
    const k = b.local('i32');
    b.count(k, number, 1, () => {
      body(b, [whole, ...rest]);
      b.set(whole, plus(whole, bytes));
    });
  };
}

/** (planes, bytes of one, whole, part, line, rows, columns, bytes of a row, tableY, tableX): rows of a window meet in `line` first, in double. */
function writeForward(b: FunctionBuilder, parameters: Parameters): void {
  const [whole, part, line, rows, columns, bytes, tableY, tableX] = parameters;
  const [i, sum] = [b.local('i32'), b.local('f64')];
  eachEntry(b, tableY, rows, (top, bottom, over) => {
    clear(b, i, line, bytes);
    b.count(top, bottom, 0, () => {
      b.set(i, i32(0));
      b.count(i, bytes, 16, () => {
        const x = b.define(load('v128.load', plus(plus(whole, top), i)));
        const at = b.define(plus(line, op('i32.shl', i, i32(1))));
        halves(x).forEach((half, k) => {
          b.store('v128.store', at, op('f64x2.add', load('v128.load', at, 16 * k), half), 16 * k);
        });
      });
      b.set(top, plus(top, bytes));
    });
    eachEntry(b, tableX, columns, (left, right, divisor) => {
      b.set(sum, load('f64.load', plus(line, left)));
      b.advance(left, 8);
      b.count(left, right, 8, () => b.set(sum, op('f64.add', sum, load('f64.load', plus(line, left)))));
      b.store('f32.store', part, op('f32.demote_f64', op('f64.div', sum, op('f64.mul', over, divisor))));
      b.advance(part, 4);
    });
  });
}

/** With the same parameters: adds each window's share to its elements. */
function writeBackward(b: FunctionBuilder, parameters: Parameters): void {
  const [whole, part, line, rows, columns, bytes, tableY, tableX] = parameters;
  const i = b.local('i32');
  eachEntry(b, tableY, rows, (top, bottom, over) => {
    clear(b, i, line, bytes);
    eachEntry(b, tableX, columns, (left, right, divisor) => {
      const gradient = op('f64.promote_f32', load('f32.load', part));
      const share = b.define(op('f64.div', gradient, op('f64.mul', over, divisor)));
      b.count(left, right, 8, () => {
        const at = b.define(plus(line, left));
        b.store('f64.store', at, op('f64.add', load('f64.load', at), share));
      });
      b.advance(part, 4);
    });
    b.count(top, bottom, 0, () => {
      b.set(i, i32(0));
      b.count(i, bytes, 16, () => {
        const wide = b.define(plus(line, op('i32.shl', i, i32(1))));
        const shares = demote(load('v128.load', wide), load('v128.load', wide, 16));
        const at = b.define(plus(plus(whole, top), i));
        b.store('v128.store', at, op('f32x4.add', load('v128.load', at), shares));
      });
      b.set(top, plus(top, bytes));
    });
  });
}

const opened = linked((heap: Heap) => {
  const module = new ModuleBuilder();
  const ints = new Array<'i32'>(10).fill('i32');
  module.function('forward', ints, null, planes(writeForward));
  module.function('backward', ints, null, planes(writeBackward));
  return heap.compile(module);
});

const rounded = (bytes: number): number => 16 * ceil(bytes / 16) + 16;

/** Writes a dimension's windows; starts and ends times the bytes of a step. */
function writeTable(heap: Heap, at: number, { starts, ends, divisors }: Spans, step: number): void {
  starts.forEach((start, k) => {
    heap.i32[at / 4 + 4 * k] = start * step;
    heap.i32[at / 4 + 4 * k + 1] = ends[k] * step;
    heap.f64[at / 8 + 2 * k + 1] = divisors[k];
  });
}

/**
 * `Kernels.fused.meanPool` of float32 in two dimensions, both operands in one run, or its gradient, which goes the other way; false where
 * JavaScript is the way.
 */
export function meanPoolVectors(whole: View, part: View, spans: readonly Spans[], backward: boolean): boolean {
  const elements = count(whole.shape);
  if (spans.length !== 2 || whole.dtype !== 'float32' || !(elements >= policy.windows)) return false;
  const [y, x] = spans;
  if (x.starts.some((start, k) => start >= x.ends[k])) return false;
  const linkedFunctions = opened();
  if (linkedFunctions === null) return false;
  const { heap, functions } = linkedFunctions;
  const [height, width] = whole.shape.slice(2);
  const [plane, outputs] = [height * width, y.starts.length * x.starts.length];
  const number = elements / plane;
  const block = min(number, max(1, floor(tile / plane)));
  const [wholeBytes, partBytes] = [rounded(4 * block * plane), rounded(4 * block * outputs)];
  const lineBytes = rounded(8 * (width + 4));
  const wholeAt = heap.reserve(wholeBytes + partBytes + lineBytes + entry * (y.starts.length + x.starts.length));
  if (wholeAt === 0) return false;
  const partAt = wholeAt + wholeBytes;
  const line = partAt + partBytes;
  const tableY = line + lineBytes;
  const tableX = tableY + entry * y.starts.length;
  writeTable(heap, tableY, y, 4 * width);
  writeTable(heap, tableX, x, 8);
  const { f32 } = heap;
  const [all, parts] = [whole, part].map((view) => view.buffer as Float32Array);
  const run = backward ? functions.backward : functions.forward;
  for (let first = 0; first < number; first += block) {
    const m = min(block, number - first);
    const [wholeFrom, partFrom] = [whole.offset + first * plane, part.offset + first * outputs];
    if (backward) {
      f32.fill(0, wholeAt / 4, wholeAt / 4 + m * plane);
      f32.set(parts.subarray(partFrom, partFrom + m * outputs), partAt / 4);
    } else f32.set(all.subarray(wholeFrom, wholeFrom + m * plane), wholeAt / 4);
    run(m, 4 * plane, wholeAt, partAt, line, y.starts.length, x.starts.length, 4 * width, tableY, tableX);
    if (backward) all.set(f32.subarray(wholeAt / 4, wholeAt / 4 + m * plane), wholeFrom);
    else parts.set(f32.subarray(partAt / 4, partAt / 4 + m * outputs), partFrom);
  }
  return true;
}
