import { type RecurrenceName, recurrences } from '../../../kernels/recurrence.js';
import type { FusedKernels, RecurrentGradients, RecurrentResults } from '../../../kernels/types.js';
import { apply, type Row } from '../../autograd/apply.js';
import { requiresGrad } from '../../autograd/edges.js';
import { modes } from '../../autograd/modes.js';
import { gradientsThrough } from '../../autograd/recompute.js';
import { emptyTensor, type Tensor } from '../../core/tensor.js';
import { stack } from '../shape/combine.js';
import { type CellWeights, composedDirection, type Direction, stepThrough } from './recurrentStep.js';

interface Attributes {
  readonly name: RecurrenceName;
  /** Whether the last step is the first to be taken. */
  readonly reverse: boolean;
  /** Whether anything will ask for gradients. */
  readonly recorded: boolean;
}

/** Inputs: input, the two weights, h, c of an LSTM, and both biases or none. */
function operandsOf<T>(name: RecurrenceName, [input, inputWeight, weight, h, ...rest]: readonly T[]) {
  const c = name === 'lstm' ? (rest.shift() as T) : null;
  const [inputBias = null, bias = null] = rest;
  return { input, inputWeight, weight, h, c, inputBias, bias };
}

function resultsOf(name: RecurrenceName, [output, ...rest]: readonly Tensor[]): RecurrentResults {
  const cells = name === 'lstm' ? (rest.shift() as Tensor) : null;
  return { output, cells, kept: rest.length === 0 ? null : rest[0] };
}

/** The states of every step, of plain operations. */
function composed({ name, reverse }: Attributes) {
  return (...inputs: Tensor[]): Tensor[] => {
    const { input, inputWeight, weight, h, c, inputBias, bias } = operandsOf(name, inputs);
    const weights = { weight_ih: inputWeight, weight_hh: weight, bias_ih: inputBias, bias_hh: bias, weight_hr: null };
    const states = stepThrough(name, input, c === null ? [h] : [h, c], weights, reverse);
    return states[0].map((_, k) =>
      stack(
        states.map((state) => state[k]),
        0,
      ),
    );
  };
}

/** Results: h of every step, c where there is one, and what only the gradient reads. */
const recurrentRow: Row<Attributes> = {
  name: 'recurrent',
  infer: ([input, , , h], { name, recorded }) => {
    const { kept, carries } = recurrences[name];
    const { shape, dtype } = h;
    const [steps] = input.shape;
    const state = { shape: [steps, ...shape], dtype };
    return [
      ...(carries === 'c' ? [state, state] : [state]),
      ...(recorded && kept > 0 ? [{ shape: [steps, kept, ...shape], dtype }] : []),
    ];
  },
  kernel(k, results, inputs, { name, reverse }) {
    const { recurrence } = k.fused as FusedKernels;
    recurrence(recurrences[name], resultsOf(name, results), operandsOf(name, inputs), reverse);
  },
  saves: [0, 1, 2, 3, 4, 5, 6],
  savesResults: [0, 1, 2],
  grad(_t, g, inputs, results, attributes, wanted) {
    const { name, reverse } = attributes;
    if (modes.grad) return gradientsThrough(composed(attributes), inputs, g, wanted);
    const to = inputs.map(({ shape, dtype, device }, i) => (wanted[i] ? emptyTensor(shape, dtype, device) : null));
    const { recurrenceBackward } = inputs[0].storage.kernels.fused as FusedKernels;
    const { output, cells } = resultsOf(name, g);
    const gradients = operandsOf(name, to) as RecurrentGradients;
    const made = resultsOf(name, results);
    recurrenceBackward(recurrences[name], gradients, { output, cells }, operandsOf(name, inputs), made, reverse);
    return to;
  },
};

/** A direction in one launch each way; null where the device, a projection or a mixture of dtypes needs the composition. */
export function launchedDirection(
  name: RecurrenceName,
  input: Tensor,
  first: readonly Tensor[],
  { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr }: CellWeights,
  reverse: boolean,
): Direction | null {
  const { dtype, storage } = input;
  if (storage.kernels.fused === undefined || (dtype !== 'float32' && dtype !== 'float64')) return null;
  if (weight_hr !== null) return null;
  const biases = bias_ih === null || bias_hh === null ? [] : [bias_ih, bias_hh];
  const inputs = [input, weight_ih, weight_hh, ...first, ...biases];
  if (inputs.some((x) => x.dtype !== dtype)) return null;
  const recorded = modes.grad && inputs.some(requiresGrad);
  const states = apply(recurrentRow, inputs, { name, reverse, recorded }).slice(0, first.length);
  return { output: states[0], state: states.map((x) => x.select(0, reverse ? 0 : -1)) };
}

/** Runs one direction over (T, N, features): the outputs (T, N, ...), and the state after the last step. */
export function runDirection(
  name: RecurrenceName,
  input: Tensor,
  first: readonly Tensor[],
  weights: CellWeights,
  reverse: boolean,
): Direction {
  return (
    launchedDirection(name, input, first, weights, reverse) ?? composedDirection(name, input, first, weights, reverse)
  );
}
