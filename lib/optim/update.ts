import type { Formula } from '../../kernels/dag.js';
import type { Scalar } from '../../kernels/scalar.js';
import { noteInplace } from '../autograd/inplace.js';
import { emptyTensor } from '../core/tensor.js';
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

/** Runs an update formula: reads `inputs` (tensors and numbers) and writes `outputs` in place, in one launch. */
export function launch(
  name: string,
  update: Formula,
  outputs: readonly Tensor[],
  inputs: readonly (Tensor | number)[],
): void {
  const [parameter] = outputs;
  parameter.storage.kernels.pointwise(update, parameter.dtype, outputs, inputs);
  for (const x of outputs) noteInplace(name, x, null, -1);
}
