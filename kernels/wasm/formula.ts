import type { Formula, GraphNode } from '../dag.js';
import type { ScalarName } from '../scalar.js';
import type { Operand, View } from '../types.js';
import { count, isSingle } from '../view.js';
import {
  type Expression,
  FunctionBuilder,
  type Local,
  load,
  ModuleBuilder,
  op,
  plus,
  type ValueType,
} from './assembler.js';
import * as elementary from './elementary.js';
import { Vectors } from './elementary.js';
import { type Heap, wasmHeap } from './heap.js';
import { policy } from './policy.js';

type Vector = Expression<'v128'>;
type Lowering = (v: Vectors, ...x: Vector[]) => Vector;

const { ceil, fround, min } = Math;

/** Elements of a tile: a few operands fit the second cache, and copies of this length run at the memory's speed. */
const tile = 32768;
/** Tiles are padded to a multiple of so many bytes, whole turns of every loop: none has a tail. */
const turn = 64;

const zero = (v: Vectors): Vector => v.float(0);

/** What vectors of float32 do, truth values as masks. What is missing stays in JavaScript. */
const lowerings: Partial<Record<ScalarName, Lowering>> = {
  neg: (_v, a) => op('f32x4.neg', a),
  add: (_v, a, b) => op('f32x4.add', a, b),
  sub: (_v, a, b) => op('f32x4.sub', a, b),
  mul: (_v, a, b) => op('f32x4.mul', a, b),
  div: (_v, a, b) => op('f32x4.div', a, b),
  abs: (_v, a) => op('f32x4.abs', a),
  sign: elementary.sign,
  floor: (_v, a) => op('f32x4.floor', a),
  ceil: (_v, a) => op('f32x4.ceil', a),
  trunc: (_v, a) => op('f32x4.trunc', a),
  sqrt: (_v, a) => op('f32x4.sqrt', a),
  exp: elementary.exp,
  expm1: elementary.expm1,
  log: elementary.log,
  log1p: elementary.log1p,
  tanh: elementary.tanh,
  maximum: (_v, a, b) => op('f32x4.max', a, b),
  minimum: (_v, a, b) => op('f32x4.min', a, b),
  lt: (_v, a, b) => op('f32x4.lt', a, b),
  le: (_v, a, b) => op('f32x4.le', a, b),
  eq: (_v, a, b) => op('f32x4.eq', a, b),
  ne: (_v, a, b) => op('f32x4.ne', a, b),
  logicalAnd: (_v, a, b) => op('v128.and', a, b),
  logicalOr: (_v, a, b) => op('v128.or', a, b),
  logicalNot: (_v, a) => op('v128.not', a),
  where: (_v, c, a, b) => op('v128.bitselect', a, b, c),
};

/** How an operand comes: elements, or one number for all of them. */
type Kernel = (bytes: number, ...places: number[]) => void;

/** A formula's vector kernels by which operands are one number; null: it has none. */
interface Compiled {
  readonly kernels: (Kernel | null | undefined)[];
  readonly possible: boolean;
  /** One operation at most: JavaScript gives the same bits. */
  readonly exact: boolean;
  /** Elements that passed by in launches large enough. */
  seen: number;
}

/** The slot in `Formula.compiled`, beside that of the generated loops, 0. */
const slot = 2;

function compiledOf(f: Formula): Compiled {
  const found = f.compiled[slot] as Compiled | undefined;
  if (found !== undefined) return found;
  const acts = f.nodes.filter((n) => n.name !== 'input' && n.name !== 'const');
  const possible =
    f.arity <= 16 &&
    f.outputs.every((n) => !n.truth) &&
    f.nodes.every((n) => n.name !== 'const' || fitsFloat32(n.value)) &&
    acts.every((n) => lowerings[n.name as ScalarName] !== undefined);
  const exact = acts.length <= 1 && !acts.some((n) => n.name in inexact);
  const made: Compiled = { kernels: [], possible, exact, seen: 0 };
  f.compiled[slot] = made;
  return made;
}

const inexact: Partial<Record<ScalarName, true>> = { exp: true, expm1: true, log: true, log1p: true, tanh: true };

/** Whether rounding a constant to float32 leaves it finite, and not zero. */
function fitsFloat32(value: number): boolean {
  const rounded = fround(value);
  return !Number.isFinite(value) || (Number.isFinite(rounded) && (rounded !== 0) === (value !== 0));
}

/** One turn of the loop: loads, the formula, stores. */
function writeVector(f: Formula, v: Vectors, inputs: readonly Vector[]): Vector[] {
  const values = new Map<GraphNode, Vector>();
  for (const n of f.nodes) {
    if (n.name === 'input') values.set(n, inputs[n.value]);
    else if (n.name === 'const') values.set(n, v.float(n.value));
    else {
      const lower = lowerings[n.name] as Lowering;
      values.set(n, v.keep(lower(v, ...n.arguments.map((a) => values.get(a) as Vector))));
    }
  }
  return f.outputs.map((n) => values.get(n) as Vector);
}

function writeKernel(f: Formula, singles: readonly boolean[], b: FunctionBuilder, parameters: readonly Local[]): void {
  const outputs = f.outputs.length;
  const [bytes, ...places] = parameters as Local<'i32'>[];
  // A first pass on a builder that is thrown away finds the constants.
  const trial = new Vectors(new FunctionBuilder([]), new Map());
  writeVector(
    f,
    trial,
    singles.map(() => zero(trial)),
  );
  const constants = new Map<string, Vector>();
  for (const [key, value] of trial.met) constants.set(key, b.define(value));
  const numbers = singles.map((single, k) =>
    single ? b.define(op('f32x4.splat', places[outputs + k] as unknown as Local<'f32'>)) : null,
  );
  const at = b.local('i32');
  // Cheap bodies repeat four times in a loop's turn; twice is enough for the others, and leaves them registers.
  const vectors = f.nodes.some((n) => n.name in inexact) ? 2 : 4;
  b.count(at, bytes, 16 * vectors, () => {
    for (let step = 0; step < 16 * vectors; step += 16) {
      const v = new Vectors(b, constants);
      const inputs = numbers.map(
        (number, k) =>
          number ?? (f.reaches[k] ? v.keep(load('v128.load', plus(places[outputs + k], at), step)) : zero(v)),
      );
      const results = writeVector(f, v, inputs);
      for (const [k, value] of results.entries()) b.store('v128.store', plus(places[k], at), value, step);
    }
  });
}

function compile(heap: Heap, f: Formula, singles: readonly boolean[]): Kernel {
  const module = new ModuleBuilder();
  const types: ValueType[] = [
    'i32',
    ...f.outputs.map((): ValueType => 'i32'),
    ...singles.map((s): ValueType => (s ? 'f32' : 'i32')),
  ];
  module.function('run', types, null, (b, parameters) => writeKernel(f, singles, b, parameters));
  return heap.compile(module).run as Kernel;
}

/** Whether a formula's launch pays in vectors: by size alone where the last bits may differ from JavaScript's. */
function pays(compiled: Compiled, n: number): boolean {
  if (n < policy.formulas || !compiled.possible) return false;
  compiled.seen += n;
  return !compiled.exact || compiled.seen >= policy.compiled;
}

/**
 * Runs a formula on vectors of float32, through tiles staged in WebAssembly's memory: operands contiguous or one element, all float32.
 * False where JavaScript is the way.
 */
export function runVectors(f: Formula, outputs: readonly View[], inputs: readonly Operand[]): boolean {
  const n = count(outputs[0].shape);
  const compiled = compiledOf(f);
  if (!pays(compiled, n)) return false;
  const singles: boolean[] = [];
  let mask = 0;
  for (const [k, x] of inputs.entries()) {
    if (typeof x !== 'number' && x.dtype !== 'float32') return false;
    singles.push(typeof x === 'number' || isSingle(x));
    if (singles[k]) mask |= 1 << k;
  }
  if (outputs.some((o) => o.dtype !== 'float32')) return false;
  const heap = wasmHeap();
  const area = 4 * tile;
  const base = heap === null ? 0 : heap.reserve((outputs.length + inputs.length) * area);
  if (heap === null || base === 0) return false;
  compiled.kernels[mask] ??= compile(heap, f, singles);
  const kernel = compiled.kernels[mask] as Kernel;
  const places = [...outputs, ...inputs].map((_, k) => base + k * area);
  const moving: { source: Float32Array; offset: number; to: number }[] = [];
  for (const [k, x] of inputs.entries()) {
    const place = outputs.length + k;
    if (typeof x === 'number') places[place] = x;
    else if (singles[k]) places[place] = (x.buffer as Float32Array)[x.offset];
    else if (f.reaches[k]) moving.push({ source: x.buffer as Float32Array, offset: x.offset, to: places[place] / 4 });
  }
  const memory = heap.f32;
  for (let start = 0; start < n; start += tile) {
    const size = min(tile, n - start);
    for (const { source, offset, to } of moving) memory.set(source.subarray(offset + start, offset + start + size), to);
    kernel(turn * ceil((4 * size) / turn), ...places);
    for (const [k, o] of outputs.entries()) {
      const from = places[k] / 4;
      (o.buffer as Float32Array).set(memory.subarray(from, from + size), o.offset + start);
    }
  }
  return true;
}
