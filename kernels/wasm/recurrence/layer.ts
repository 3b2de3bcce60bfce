import { policy as blasPolicy } from '../../blas/gemm.js';
import { systemBlas } from '../../blas/library.js';
import type { Floats, Matrix } from '../../cpu/matrix.js';
import type { Recurrence } from '../../recurrence.js';
import type { RecurrentOperands, View } from '../../types.js';
import { compileRows, type RunRows } from '../formula/formula.js';
import { float32 } from '../formula/lowerings.js';
import { type Heap, type Linked, linked } from '../heap.js';
import { policy } from '../policy.js';
import { depthBlock, type Gemm, openGemm, panelColumns, panelRows } from '../product/gemm.js';
import { compact, lines, panels, type Staged, slack, unstage } from '../product/staging.js';
import { threadPool } from '../threads/threads.js';
import { HeapProducts } from './products.js';

const { floor, max, min } = Math;

/** Elements of a cache line. */
const line = 16;

/** A kind's formulas on rows. */
type Steps = readonly [step: RunRows, stepBackward: RunRows];

const stepsOf = new WeakMap<Recurrence, (heap?: Heap) => Linked<Steps> | null>();

function openSteps(kind: Recurrence, heap: Heap | undefined): Steps | null {
  let open = stepsOf.get(kind);
  if (open === undefined) {
    open = linked((on): Steps => [compileRows(on, kind.step, float32), compileRows(on, kind.stepBackward, float32)]);
    stepsOf.set(kind, open);
  }
  return open(heap)?.functions ?? null;
}

/** A matrix of a view's first dimension. */
export function matrixAt({ buffer, offset, strides }: View, index: number): Matrix {
  return { data: buffer as Floats, offset: offset + index * strides[0], row: strides[1], column: strides[2] };
}

export function matrixOf({ buffer, offset, strides }: View): Matrix {
  return { data: buffer as Floats, offset, row: strides[0], column: strides[1] };
}

function skip(m: Matrix, rows: number): Matrix {
  return { ...m, offset: m.offset + rows * m.row };
}

/** Sizes of a layer in the heap, where states and parts are filled up to whole panels. */
export interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly size: number;
  readonly features: number;
  /** Rows of a batch, and elements of a state, filled up. */
  readonly rows: number;
  readonly width: number;
  /** Elements of a row's sums, and from row to row: a cache line more, or the rows would meet in the same few lines of the first cache. */
  readonly sums: number;
  readonly pitch: number;
  /** Elements of the gates' sums of the input, or of the state. */
  readonly gates: number;
  /** Steps whose sums lie in the heap at the same time. */
  readonly chunk: number;
}

/** One launch: its sizes, the heap that it works on, and what it calls there. */
export class Layer {
  readonly kind: Recurrence;
  readonly sizes: Sizes;
  readonly heap: Heap;
  readonly products: HeapProducts;
  readonly columnSums: Gemm['columnSums'];
  readonly step: RunRows;
  readonly stepBackward: RunRows;

  private constructor(kind: Recurrence, sizes: Sizes, heap: Heap, gemm: Gemm, products: HeapProducts, steps: Steps) {
    this.kind = kind;
    this.sizes = sizes;
    this.heap = heap;
    this.products = products;
    this.columnSums = gemm.columnSums;
    [this.step, this.stepBackward] = steps;
  }

  /** Null where the operands are too small or not of float32, or where there is no WebAssembly. */
  static open(kind: Recurrence, operands: RecurrentOperands): Layer | null {
    const { input, h } = operands;
    const [steps, batch, features] = input.shape;
    const size = h.shape[1];
    const work = batch * size * size;
    if (!(features > 0 && work * kind.fromState.length >= policy.recurrences)) return null;
    if (Object.values<View | null>({ ...operands }).some((view) => view !== null && view.dtype !== 'float32'))
      return null;
    const blas = work >= blasPolicy.recurrences ? systemBlas() : null;
    const rows = blas === null ? panels(batch, panelRows) : batch;
    const width = panels(size, panelColumns);
    const chunk = max(1, min(steps, floor(depthBlock / rows)));
    const gates = kind.fromInput.length * width;
    const sums = kind.parts * width;
    const pitch = sums + line;
    const shared = chunk * rows * sums * max(features, width) >= policy.sharedProducts;
    const pool = shared && blas === null ? threadPool() : null;
    const gemm = openGemm(pool?.heap);
    const formulas = openSteps(kind, pool?.heap);
    if (gemm === null || formulas === null) return null;
    const { heap, functions } = gemm;
    const sizes = { steps, batch, size, features, rows, width, sums, pitch, gates, chunk };
    return new Layer(kind, sizes, heap, functions, new HeapProducts(heap, functions, blas, pool), formulas);
  }

  /** Reserves areas of so many bytes; null where there is not enough memory. What fills up rows is zero. */
  reserve<K extends string>(bytes: Readonly<Record<K, number>>): Record<K, number> | null {
    const { batch, size, rows, width } = this.sizes;
    const sizes = Object.entries<number>(bytes).map(([name, n]) => [name, lines(n + slack)] as const);
    const whole = sizes.reduce((sum, [, n]) => sum + n, 0);
    let at = this.heap.reserve(whole);
    if (at === 0) return null;
    if (rows !== batch || width !== size) this.clear(at, whole);
    const places = sizes.map(([name, n]) => [name, (at += n) - n]);
    return Object.fromEntries(places) as Record<K, number>;
  }

  clear(address: number, bytes: number): void {
    this.heap.f32.fill(0, address / 4, (address + bytes) / 4);
  }

  /** Copies a matrix to rows `pitch` elements apart. */
  read(address: number, pitch: number, m: Matrix, rows: number, columns: number): void {
    if (pitch === columns) compact(this.heap, address, m, rows, columns);
    else for (let i = 0; i < rows; i++) compact(this.heap, address + 4 * i * pitch, skip(m, i), 1, columns);
  }

  /** Copies a state to an area, or from one. */
  readState(area: number, m: Matrix): void {
    this.read(area, this.sizes.width, m, this.sizes.batch, this.sizes.size);
  }

  writeState(area: number, m: Matrix): void {
    unstage(this.heap, area, this.sizes.width, m, this.sizes.batch, this.sizes.size);
  }

  /** Copies what a step keeps (K, N, H), which lies without gaps, to areas that follow one another, or from there. */
  readKept(area: number, kept: View, step: number): void {
    this.eachKept(area, kept, step, (at, m, rows) => this.read(at, this.sizes.width, m, rows, this.sizes.size));
  }

  writeKept(area: number, kept: View, step: number): void {
    this.eachKept(area, kept, step, (at, m, rows) =>
      unstage(this.heap, at, this.sizes.width, m, rows, this.sizes.size),
    );
  }

  private eachKept(
    area: number,
    { buffer, offset, strides }: View,
    step: number,
    visit: (area: number, m: Matrix, rows: number) => void,
  ): void {
    const { batch, size, rows } = this.sizes;
    const { kept } = this.kind;
    // Where areas are not filled up by rows, all of them are one.
    const [areas, each] = rows === batch ? [1, kept * batch] : [kept, batch];
    for (let k = 0; k < areas; k++) {
      const first = offset + step * strides[0] + k * strides[1];
      visit(area + k * this.area, { data: buffer as Floats, offset: first, row: size, column: 1 }, each);
    }
  }

  /** Bytes of a state. */
  get area(): number {
    return 4 * this.sizes.rows * this.sizes.width;
  }

  /** Copies the gates of a weight to where its parts stand, `first` being the first of them. */
  readWeight(address: number, pitch: number, weight: View, parts: readonly number[], first: number): void {
    const { size, width } = this.sizes;
    for (const [gate, part] of parts.entries()) {
      const to = address + 4 * (part - first) * width * pitch;
      this.read(to, pitch, skip(matrixOf(weight), gate * size), size, weight.shape[1]);
    }
  }

  /** The reverse, from rows `pitch` elements apart. */
  writeWeight(address: number, pitch: number, weight: View, parts: readonly number[], first: number): void {
    const { size, width } = this.sizes;
    for (const [gate, part] of parts.entries()) {
      const from = address + 4 * (part - first) * width * pitch;
      unstage(this.heap, from, pitch, skip(matrixOf(weight), gate * size), size, weight.shape[1]);
    }
  }

  /** Each element of a bias with the place of its sum among a row's. */
  eachBias(bias: View, parts: readonly number[], visit: (data: Floats, at: number, place: number) => void): void {
    const { size, width } = this.sizes;
    const [step] = bias.strides;
    for (const [gate, part] of parts.entries()) {
      for (let j = 0, at = bias.offset + gate * size * step; j < size; j++, at += step) {
        visit(bias.buffer as Floats, at, part * width + j);
      }
    }
  }
}

/** Rows that lie one after another in the heap. */
export function rowsAt(address: number, pitch: number): Staged {
  return { address, row: 4 * pitch, column: 4 };
}

/** The same with rows and columns exchanged. */
export function columnsAt(address: number, pitch: number): Staged {
  return { address, row: 4, column: 4 * pitch };
}

/** Addresses of `count` things so many bytes apart. */
export function places(first: number, count: number, bytes: number): number[] {
  const found: number[] = [];
  for (let k = 0; k < count; k++) found.push(first + k * bytes);
  return found;
}

/** The distance from row to row of `count` things, given in elements. */
export function apart(count: number, elements: number): number[] {
  return new Array<number>(count).fill(4 * elements);
}

/** Where the step taken as number `s` lies in time. */
export function timeOf(s: number, steps: number, reverse: boolean): number {
  return reverse ? steps - 1 - s : s;
}
