import { isFlat, isOne } from '../../cpu/layout.js';
import { allocate } from '../../cpu/memory.js';
import { dtypeCodes } from '../../cpu/source.js';
import { type Formula, replay, slots } from '../../dag.js';
import { numbers } from '../../scalar.js';
import type { DType, Operand, View } from '../../types.js';
import { broadcastStrides, count, isContiguous } from '../../view.js';
import { type Heap, type Linked, linked, wasmHeap } from '../heap.js';
import { policy } from '../policy.js';
import { threadPool } from '../threads/threads.js';
import { Box } from './boxes.js';
import { arrayOf, type FlatKernel, flatKernel, type Redo, runFlat, type Staging } from './flat.js';
import { type Code, compileFormula, isExact, isPossible, isTranscendental, type Kind, turn } from './formula.js';
import { float32, float64, int32, type Lanes } from './lowerings.js';
import { costOf, runShared } from './sharedFlat.js';
import { runBoxes, type Staged } from './tiled.js';

const { floor, min } = Math;

/** Bytes of all that is staged at once: half of the second cache. */
const staged = 2 ** 19;

/** A formula in lanes of one type, by the kinds of its operands. */
interface Variant {
  readonly lanes: Lanes;
  readonly possible: boolean;
  readonly exact: boolean;
  /** Every launch goes through vectors, whatever its size: one result for one argument. */
  readonly always: boolean;
  /** null: WebAssembly refused it. */
  readonly launches: Map<number, Launch | null>;
  /** Elements that passed by in launches large enough. */
  seen: number;
}

/** A formula compiled for the kinds of its operands, with its launch on operands that lie one after another. */
interface Launch extends Staged {
  readonly flat: FlatKernel;
  /** The same on a heap that threads share; null where what is staged must be looked at again, or are no elements of float32. */
  readonly shared: ((heap: Heap) => Linked<Code> | null) | null;
}

function lanesOf(compute: DType): Lanes | null {
  if (compute === 'float32') return float32;
  if (compute === 'float64') return float64;
  return compute === 'int32' || compute === 'bool' ? int32 : null;
}

function variantOf(f: Formula, compute: DType): Variant | null {
  const lanes = lanesOf(compute);
  if (lanes === null) return null;
  const variants = (f.compiled[slots.vectors] ??= []) as Variant[];
  const place = dtypeCodes[lanes.dtype];
  variants[place] ??= makeVariant(f, lanes);
  return variants[place];
}

function makeVariant(f: Formula, lanes: Lanes): Variant {
  const possible = f.arity <= 16 && isPossible(f, lanes);
  const always = possible && isTranscendental(f);
  return { lanes, possible, exact: isExact(f, lanes), always, launches: new Map(), seen: 0 };
}

function kindOf(x: Operand, one: boolean, { dtype, holds }: Lanes): Kind | null {
  if (typeof x === 'number') return dtype !== 'int32' || holds(x) ? 'one' : null;
  if (x.dtype !== dtype && x.dtype !== 'bool') return null;
  return one ? 'one' : x.dtype === dtype ? 'elements' : 'bytes';
}

/** The launch for operands of these dtypes, `ones` of them one element; null where vectors cannot. */
function launchOf(
  f: Formula,
  variant: Variant,
  outputs: readonly View[],
  inputs: readonly Operand[],
  ones: readonly boolean[],
): Launch | null {
  const { lanes, launches } = variant;
  let key = 0;
  for (const o of outputs) {
    if (o.dtype !== lanes.dtype && o.dtype !== 'bool') return null;
    key = key * 2 + (o.dtype === 'bool' ? 1 : 0);
  }
  const kinds: Kind[] = [];
  for (let k = 0; k < inputs.length; k++) {
    const kind = kindOf(inputs[k], ones[k], lanes);
    if (kind === null) return null;
    kinds.push(kind);
    key = key * 3 + (kind === 'elements' ? 0 : kind === 'one' ? 1 : 2);
  }
  let launch = launches.get(key);
  if (launch === undefined) {
    launch = makeLaunch(
      f,
      lanes,
      kinds,
      outputs.map((o) => (o.dtype === 'bool' ? 'bytes' : 'elements')),
    );
    launches.set(key, launch);
  }
  return launch;
}

/** Bytes between the places of two operands: at a power of two from each other their elements would take the same lines of the first cache. */
const apart = 33 * turn;

function makeLaunch(f: Formula, lanes: Lanes, inputs: readonly Kind[], outputs: readonly Kind[]): Launch | null {
  const heap = wasmHeap();
  if (heap === null) return null;
  const moves = [...outputs, ...inputs].map((kind, k) => {
    const input = k - outputs.length;
    return kind !== 'one' && (input < 0 || f.reaches[input]);
  });
  const held = moves.filter(Boolean).length;
  const area = floor(min(policy.tile, staged / held) / turn) * turn;
  const bytes = held * (area + apart) + turn;
  const base = heap.reserve(bytes);
  if (base === 0) return null;
  let next = base - area - apart;
  const places = moves.map((is) => (is ? (next += area + apart) : 0));
  const staging = { lanes, inputs, outputs, places, bytes, tile: area / lanes.bytes };
  try {
    const code = compileFormula(heap, f, lanes, { inputs, outputs });
    const redo = redoer(heap, f, staging);
    const shares = lanes === float32 && !code.doubtful && ![...inputs, ...outputs].includes('bytes');
    const shared = shares ? linked((other) => compileFormula(other, f, lanes, { inputs, outputs })) : null;
    return { heap, code, staging, redo, flat: flatKernel(heap, code, staging, redo), shared };
  } catch {
    return null;
  }
}

function redoer(heap: Heap, f: Formula, { lanes, inputs, outputs, places }: Staging): Redo {
  return (size, ones) => {
    const at = [...outputs, ...inputs].map((kind, k) => {
      const { array, bytes } = arrayOf(heap, lanes, kind);
      return { array, start: places[k] / bytes, kind };
    });
    const [to, from] = [at.slice(0, outputs.length), at.slice(outputs.length)];
    for (let i = 0; i < size; i++) {
      const values = from.map(({ array, start, kind }, k) => (kind === 'one' ? ones[k] : array[start + i]));
      for (const [k, value] of replay(f, numbers, values).entries())
        to[k].array[to[k].start + i] = to[k].kind === 'bytes' ? Number(value !== 0) : value;
    }
  };
}

function variantPays(variant: Variant, n: number): boolean {
  if (!variant.possible || policy.formulas === Infinity) return false;
  if (variant.always) return true;
  if (n < policy.formulas) return false;
  variant.seen += n;
  return !variant.exact || variant.seen >= policy.compiled;
}

/** Whether a formula's launch of `n` elements pays: by size alone where the last bits may differ from JavaScript's. */
export function pays(f: Formula, compute: DType, n: number): boolean {
  const variant = variantOf(f, compute);
  return variant !== null && variantPays(variant, n);
}

/**
 * The launch in vectors for operands like these that lie one after another; null where vectors cannot. `ones` tells which inputs are
 * one element for all.
 */
export function flatVectors(
  f: Formula,
  compute: DType,
  outputs: readonly View[],
  inputs: readonly Operand[],
  ones: readonly boolean[],
): FlatKernel | null {
  const variant = variantOf(f, compute);
  if (variant === null || !variant.possible) return null;
  return launchOf(f, variant, outputs, inputs, ones)?.flat ?? null;
}

/**
 * Runs a formula on vectors, through tiles staged in WebAssembly's memory: in float32, float64, int32 or bool, on operands of that dtype
 * or bool, in any layout. False where JavaScript is the way.
 */
export function runVectors(f: Formula, compute: DType, outputs: readonly View[], inputs: readonly Operand[]): boolean {
  const { shape } = outputs[0];
  const n = count(shape);
  const variant = variantOf(f, compute);
  if (variant === null || !variantPays(variant, n)) return false;
  const launch = launchOf(
    f,
    variant,
    outputs,
    inputs,
    inputs.map((x) => isOne(x, shape)),
  );
  if (launch === null) return false;
  if (!outputs.every((o) => isContiguous(shape, o.strides))) runBoxes(launch, outputs, inputs);
  else if (inputs.every((x) => isFlat(x, shape))) runFlat(launch.flat, n, outputs, inputs);
  else if (n > policy.packed) runBoxes(launch, outputs, inputs);
  else {
    const inOrder = inputs.map((x) => (isFlat(x, shape) ? x : packed(x as View, shape, n)));
    runFlat(launch.flat, n, outputs, inOrder);
  }
  return true;
}

/** An operand's elements in the order of `shape`, in memory of their own. */
function packed(x: View, shape: readonly number[], n: number): View {
  const { dtype } = x;
  const elements = allocate(dtype, n);
  const box = new Box(shape, broadcastStrides(x.shape, x.strides, shape), dtype, null);
  box.gather(elements as unknown as Float64Array, 0, x.buffer as unknown as Float64Array, x.offset);
  return { buffer: elements, offset: 0, shape, strides: x.strides, dtype };
}

/** Runs a formula whose operands lie one after another on all threads; false where that is not the way, or copies are most of it. */
export function runOnThreads(
  f: Formula,
  compute: DType,
  outputs: readonly View[],
  inputs: readonly Operand[],
  ones: readonly boolean[],
): boolean {
  const pool = threadPool();
  const variant = pool && variantOf(f, compute);
  const n = count(outputs[0].shape);
  if (pool === null || variant === null || !variantPays(variant, n)) return false;
  const launch = launchOf(f, variant, outputs, inputs, ones);
  if (launch === null || launch.shared === null || costOf(f) <= outputs.length + inputs.length) return false;
  const code = launch.shared(pool.heap);
  return code !== null && runShared(pool, code.functions, n, outputs, inputs, launch.staging.inputs, f.reaches);
}
