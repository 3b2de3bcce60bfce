import type { Formula } from '../../kernels/dag.js';
import type { Scalar } from '../../kernels/scalar.js';
import type { DType, Kernels, Launch } from '../../kernels/types.js';
import { noteInplace } from '../autograd/inplace.js';
import { emptyTensor, isDense, sizeOf } from '../core/tensor.js';
import { Tensor } from '../tensor.js';
import type { ParameterState } from './optimizer.js';

/** The gradient with sign and weight decay. */
export function decayed<V>(s: Scalar<V>, p: V, g: V, sign: V, weightDecay: V): V {
  return s.add(s.mul(g, sign), s.mul(weightDecay, p));
}

/** A decaying average with a new element in it; `rest` is 1 - decay. */
export function average<V>(s: Scalar<V>, mean: V, x: V, decay: V, rest: V): V {
  return s.add(s.mul(decay, mean), s.mul(rest, x));
}

/** Counts the steps of one parameter, from 1 on. */
export function countStep(state: ParameterState): number {
  const step = ((state.step as number | undefined) ?? 0) + 1;
  state.step = step;
  return step;
}

/** A tensor of the state, in the parameter's shape; made at the first step, with one value everywhere. */
export function buffer(state: ParameterState, key: string, parameter: Tensor, value: number = 0): Tensor {
  const known = state[key];
  if (known instanceof Tensor) return known;
  const made = emptyTensor(parameter.shape, parameter.dtype, parameter.device);
  made.storage.kernels.fill(made, value);
  state[key] = made;
  return made;
}

/** What an update of one parameter writes and reads. */
interface Update extends Launch {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly (Tensor | number)[];
}

/** Updates of one formula whose launches wait for each other. */
interface Batch {
  readonly name: string;
  readonly formula: Formula;
  readonly compute: DType;
  readonly kernels: Kernels;
  readonly updates: Update[];
}

let collecting = false;
let waiting: Batch | null = null;

/** Makes launches wait from now on, until `finish`, so that those of one formula in a row become one call of the device's. */
export function collect(): void {
  collecting = true;
}

/** Runs what still waits. */
export function finish(): void {
  collecting = false;
  runWaiting();
}

function runWaiting(): void {
  if (waiting === null) return;
  const { name, formula, compute, kernels, updates } = waiting;
  waiting = null;
  kernels.flatEach?.(formula, compute, updates);
  for (const { outputs } of updates) noteAll(name, outputs);
}

function noteAll(name: string, outputs: readonly Tensor[]): void {
  for (const x of outputs) noteInplace(name, x, null, -1);
}

/** Whether operands hold elements of one dtype, as many as given, one after another. */
function arePlain(operands: readonly (Tensor | number)[], dtype: DType, size: number): boolean {
  for (const x of operands) {
    if (typeof x !== 'number' && !(x.dtype === dtype && sizeOf(x) === size && isDense(x))) return false;
  }
  return true;
}

/** Runs an update formula: reads `inputs` (tensors and numbers) and writes `outputs` in place; after `collect` it may wait for others. */
export function launch(
  name: string,
  formula: Formula,
  outputs: readonly Tensor[],
  inputs: readonly (Tensor | number)[],
): void {
  const { dtype: compute, storage } = outputs[0];
  const { kernels } = storage;
  const size = sizeOf(outputs[0]);
  if (waiting !== null && (waiting.formula !== formula || waiting.compute !== compute || waiting.kernels !== kernels)) {
    runWaiting();
  }
  if (collecting && kernels.flatEach && arePlain(outputs, compute, size) && arePlain(inputs, compute, size)) {
    waiting ??= { name, formula, compute, kernels, updates: [] };
    waiting.updates.push({ size, outputs, inputs });
    return;
  }
  runWaiting();
  kernels.pointwise(formula, compute, outputs, inputs);
  noteAll(name, outputs);
}
