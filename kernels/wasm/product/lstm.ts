import { policy as blasPolicy, multiply as multiplyByBlas } from '../../blas/gemm.js';
import { type Library, systemBlas } from '../../blas/library.js';
import { compact } from '../../cpu/compact.js';
import { lstmSequenceBackward, lstmStep } from '../../lstm.js';
import type { LstmGradients, LstmOperands, LstmResults, LstmSaved, View } from '../../types.js';
import { isSingle } from '../../view.js';
import { i32, load, ModuleBuilder, op, plus } from '../assembler.js';
import { compileFormula, type Run } from '../formula/formula.js';
import { float32 } from '../formula/lowerings.js';
import { type Heap, linked } from '../heap.js';
import { policy } from '../policy.js';
import { depthBlock, type Gemm, gemmOn, panelColumns, panelRows } from './gemm.js';
import { lines, panels, slack } from './staging.js';

const { min } = Math;

/** Copies rows of so many bytes (a multiple of 4) from where they lie one distance apart to where they lie another apart. */
type CopyBlock = (
  target: number,
  targetRow: number,
  source: number,
  sourceRow: number,
  rows: number,
  bytes: number,
) => void;

function copyBlockOn(heap: Heap): CopyBlock {
  const module = new ModuleBuilder();
  module.function(
    'copy',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    null,
    (f, [to, toRow, from, fromRow, rows, bytes]) => {
      const [i, at, whole] = [f.local('i32'), f.local('i32'), f.define(op('i32.and', bytes, i32(-16)))];
      f.count(i, rows, 1, () => {
        f.set(at, i32(0));
        f.count(at, whole, 16, () => f.store('v128.store', plus(to, at), load('v128.load', plus(from, at))));
        f.count(at, bytes, 4, () => f.store('f32.store', plus(to, at), load('f32.load', plus(from, at))));
        f.set(to, plus(to, toRow));
        f.set(from, plus(from, fromRow));
      });
    },
  );
  return heap.compile(module).copy as CopyBlock;
}

interface Tools {
  readonly gemm: Gemm;
  readonly copyBlock: CopyBlock;
  readonly step: Run;
  readonly stepBackward: Run;
}

const elements = (n: number): 'elements'[] => new Array<'elements'>(n).fill('elements');

const opened = linked(
  (heap): Tools => ({
    gemm: gemmOn(heap),
    copyBlock: copyBlockOn(heap),
    step: compileFormula(heap, lstmStep, float32, { inputs: elements(5), outputs: elements(6) }).run,
    stepBackward: compileFormula(heap, lstmSequenceBackward, float32, { inputs: elements(10), outputs: elements(5) })
      .run,
  }),
);

const gates = [0, 1, 2, 3];

/**
 * One LSTM's work in the heap. Every state, and every gate, is an area of its own: rows of the batch filled up to whole panels, columns
 * too, so that one launch of the step's formula goes over all of it.
 */
class Sequence {
  private readonly heap: Heap;
  private readonly tools: Tools;
  private readonly blas: Library | null;
  /** Rows of the batch and elements of the state, and both filled up. */
  private readonly batch: number;
  private readonly size: number;
  private readonly rows: number;
  readonly columns: number;
  /** Bytes of an area. */
  readonly area: number;
  private readonly weight: number;
  private readonly right: number;
  private readonly left: number;
  private readonly dense: number;
  private readonly first: number;

  private constructor(heap: Heap, tools: Tools, base: number, batch: number, size: number, areas: number) {
    this.heap = heap;
    this.tools = tools;
    this.blas = batch * size * size >= blasPolicy.recurrences ? systemBlas() : null;
    this.batch = batch;
    this.size = size;
    this.rows = panels(batch, panelRows);
    this.columns = panels(size, panelColumns);
    this.area = 4 * this.rows * this.columns;
    this.first = base;
    this.left = base + areas * this.area;
    this.right = this.left + 4 * this.rows * this.columns;
    this.dense = this.right + 16 * this.columns * this.columns;
    this.weight = this.dense + lines(16 * batch * size);
    // What fills areas up is multiplied with the rest: it must be a number that costs nothing.
    heap.f32.fill(0, base / 4, this.left / 4);
  }

  /** Null where there is no WebAssembly, or not enough of its memory. */
  static open(batch: number, size: number, areas: number): Sequence | null {
    const made = opened();
    if (made === null) return null;
    const [rows, columns] = [panels(batch, panelRows), panels(size, panelColumns)];
    const bytes = 4 * rows * columns * (areas + 1) + 16 * columns * (columns + size) + lines(16 * batch * size);
    const base = made.heap.reserve(bytes + slack);
    return base === 0 ? null : new Sequence(made.heap, made.functions, base, batch, size, areas);
  }

  /** The address of an area. */
  at(area: number): number {
    return this.first + area * this.area;
  }

  /** Copies (N, H), the elements of a compact view from `from` on, to an area. */
  read(area: number, { buffer, offset }: View, from: number): void {
    const { heap, batch, size, columns, dense } = this;
    const to = columns === size ? this.at(area) : dense;
    heap.write(to, buffer as Float32Array, offset + from, batch * size);
    if (to === dense) this.tools.copyBlock(this.at(area), 4 * columns, dense, 4 * size, batch, 4 * size);
  }

  /** Copies an area to (N, H) in a compact view. */
  write(area: number, { buffer, offset }: View, to: number): void {
    const { heap, batch, size, columns, dense } = this;
    if (columns !== size) this.tools.copyBlock(dense, 4 * size, this.at(area), 4 * columns, batch, 4 * size);
    heap.read(columns === size ? this.at(area) : dense, buffer as Float32Array, offset + to, batch * size);
  }

  /** Copies the four parts of (N, 4 H) to four areas. */
  readParts(area: number, { buffer, offset }: View, from: number): void {
    const { heap, batch, size, columns, dense } = this;
    heap.write(dense, buffer as Float32Array, offset + from, 4 * batch * size);
    for (const g of gates)
      this.tools.copyBlock(this.at(area + g), 4 * columns, dense + 4 * g * size, 16 * size, batch, 4 * size);
  }

  /** Copies four areas to the parts of (N, 4 H). */
  writeParts(area: number, { buffer, offset }: View, to: number): void {
    const { heap, batch, size, columns, dense } = this;
    for (const g of gates)
      this.tools.copyBlock(dense + 4 * g * size, 16 * size, this.at(area + g), 4 * columns, batch, 4 * size);
    heap.read(dense, buffer as Float32Array, offset + to, 4 * batch * size);
  }

  /** Takes a compact weight (4 H, H) in; as panels, where no BLAS multiplies: of each gate's rows, or of its columns. */
  prepare(weight: View, byRows: boolean): void {
    const { heap, size, columns, right, tools } = this;
    heap.write(this.weight, weight.buffer as Float32Array, weight.offset, 4 * size * size);
    if (this.blas !== null) return;
    const [row, step] = byRows ? [4 * size, 4] : [4, 4 * size];
    for (const g of gates) {
      for (let k = 0; k < size; k += depthBlock) {
        const steps = min(depthBlock, size - k);
        const source = this.weight + 4 * g * size * size + k * step;
        const to = right + 4 * columns * (g * size + k);
        tools.gemm.packStrided8(to, 4 * panelColumns * steps, source, row, step, columns, steps);
      }
    }
  }

  /** Makes an area the left side of products. */
  turn(area: number): void {
    const { size, columns, rows, left, tools } = this;
    if (this.blas !== null) return;
    for (let k = 0; k < size; k += depthBlock) {
      const steps = min(depthBlock, size - k);
      const to = left + 4 * rows * k;
      tools.gemm.packStrided4(to, 4 * panelRows * steps, this.at(area) + 4 * k, 4 * columns, 4, rows, steps);
    }
  }

  /** to = x W or x W', or that added, for the weight of a gate and the area x that was turned last. */
  multiply(to: number, x: number, gate: number, byRows: boolean, accumulate: boolean): void {
    const { heap, size, columns, rows, left, right, tools, blas, batch } = this;
    const block = 4 * columns * size * gate;
    if (blas === null) {
      const blocks = [left, 4 * rows * depthBlock, 0, right + block, 4 * columns * depthBlock, 0] as const;
      tools.gemm.multiplyBlocks(...blocks, this.at(to), 4 * columns, rows, columns, size, accumulate ? 1 : 0);
      return;
    }
    const data = heap.f32;
    const area = (k: number) => ({ data, offset: this.at(k) / 4, row: columns, column: 1 });
    const offset = this.weight / 4 + gate * size * size;
    const weight = byRows ? { data, offset, row: 1, column: size } : { data, offset, row: size, column: 1 };
    multiplyByBlas(blas, batch, size, size, area(to), area(x), weight, accumulate);
  }

  /** One step: the sums in four areas from `sums` on become gates; h and c take the new state. */
  step(h: number, c: number, sums: number): void {
    const four = gates.map((g) => this.at(sums + g));
    this.tools.step(this.area, this.at(h), this.at(c), ...four, ...four, this.at(c));
  }

  /** The gradient of a step: of the sums to four areas, and of c in its place. */
  stepBackward(to: number, c: number, inputs: readonly number[]): void {
    const outputs = [...gates.map((g) => this.at(to + g)), this.at(c)];
    this.tools.stepBackward(this.area, ...outputs, ...inputs.map((area) => this.at(area)));
  }
}

function elementOf({ buffer, offset }: View): number {
  return (buffer as Float32Array)[offset];
}

function pays(views: readonly View[], batch: number, size: number): boolean {
  return views.every(({ dtype }) => dtype === 'float32') && 4 * batch * size * size >= policy.recurrences;
}

/** Where the step taken as number `s` lies in time. */
function timeOf(s: number, steps: number, reverse: boolean): number {
  return reverse ? steps - 1 - s : s;
}

/** `FusedKernels.lstm`; false, and nothing done, where it does not run here. */
export function lstmVectors(
  { output, cells, gates: kept }: LstmResults,
  operands: LstmOperands,
  reverse: boolean,
): boolean {
  const [steps, batch, size] = output.shape;
  const given = [operands.weight, operands.h, operands.c, operands.sums];
  if (!pays(given, batch, size)) return false;
  // Copies may pass through the heap: they are made before it is reserved.
  const [weight, h, c, sums] = given.map(compact);
  const sequence = Sequence.open(batch, size, 6);
  if (sequence === null) return false;
  const [stateH, stateC, four] = [0, 1, 2];
  sequence.prepare(weight, true);
  sequence.read(stateH, h, 0);
  sequence.read(stateC, c, 0);
  for (let s = 0; s < steps; s++) {
    const t = timeOf(s, steps, reverse);
    sequence.readParts(four, sums, 4 * t * batch * size);
    sequence.turn(stateH);
    for (const g of gates) sequence.multiply(four + g, stateH, g, true, true);
    sequence.step(stateH, stateC, four);
    sequence.write(stateH, output, t * batch * size);
    sequence.write(stateC, cells, t * batch * size);
    for (const g of gates) sequence.write(four + g, kept, (4 * t + g) * batch * size);
  }
  return true;
}

/** `FusedKernels.lstmBackward`; false, and nothing done, where it does not run here. */
export function lstmBackwardVectors(
  to: LstmGradients,
  gradients: { output: View; cells: View },
  { c: first, weight: given, cells, gates: kept }: LstmSaved,
  reverse: boolean,
): boolean {
  const [steps, batch, size] = cells.shape;
  const views = [given, first, gradients.output, gradients.cells];
  if (!pays(views, batch, size)) return false;
  // Areas are zero at first, and the usual gradient to the cells is one zero for all.
  const cellsMatter = !(isSingle(gradients.cells) && elementOf(gradients.cells) === 0);
  const [weight, c, toOutput, toCells] = (cellsMatter ? views : views.slice(0, 3)).map(compact);
  const sequence = Sequence.open(batch, size, 14);
  if (sequence === null) return false;
  const [toH, toC, givenH, givenC, four, sums] = [0, 1, 2, 3, 6, 10];
  let [before, after] = [4, 5];
  sequence.prepare(weight, false);
  sequence.read(before, cells, timeOf(steps - 1, steps, reverse) * batch * size);
  for (let s = steps - 1; s >= 0; s--) {
    const t = timeOf(s, steps, reverse);
    const at = t * batch * size;
    // What a step ends with is what the one after it began with.
    [before, after] = [after, before];
    sequence.read(givenH, toOutput, at);
    if (cellsMatter) sequence.read(givenC, toCells, at);
    if (s === 0) sequence.read(before, c, 0);
    else sequence.read(before, cells, timeOf(s - 1, steps, reverse) * batch * size);
    for (const g of gates) sequence.read(four + g, kept, (4 * t + g) * batch * size);
    const fourGates = gates.map((g) => four + g);
    sequence.stepBackward(sums, toC, [givenH, toH, givenC, toC, ...fourGates, before, after]);
    sequence.writeParts(sums, to.sums, 4 * at);
    for (const g of s > 0 || to.h !== null ? gates : []) {
      sequence.turn(sums + g);
      sequence.multiply(toH, sums + g, g, false, g > 0);
    }
  }
  if (to.h !== null) sequence.write(toH, to.h, 0);
  sequence.write(toC, to.c, 0);
  return true;
}
