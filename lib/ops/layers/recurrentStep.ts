import type { RecurrenceName } from '../../../kernels/recurrence.js';
import type { Tensor } from '../../core/tensor.js';
import { linear } from '../product/linear.js';
import { stack } from '../shape/combine.js';
import { lstmCell, lstmComposed } from './lstmCell.js';

/** The parameters of one cell, or of one direction of one layer. */
export interface CellWeights {
  readonly weight_ih: Tensor;
  readonly weight_hh: Tensor;
  readonly bias_ih: Tensor | null;
  readonly bias_hh: Tensor | null;
  /** Projects the hidden state of an LSTM. */
  readonly weight_hr: Tensor | null;
}

/** What one direction of a layer gives: the outputs (T, N, ...), and the state after the last step. */
export interface Direction {
  readonly output: Tensor;
  readonly state: readonly Tensor[];
}

/** One step: what the input gives for the gates, and the old state, become the new state, whose first tensor is the output. */
type Step = (fromInput: Tensor, state: readonly Tensor[], weights: CellWeights) => Tensor[];

const fromState = ([h]: readonly Tensor[], { weight_hh, bias_hh }: CellWeights): Tensor =>
  linear(h, weight_hh, bias_hh);

/** h <- tanh(gates). */
const tanh: Step = (fromInput, state, weights) => [fromInput.add(fromState(state, weights)).tanh()];

/** h <- max(gates, 0). */
const relu: Step = (fromInput, state, weights) => [fromInput.add(fromState(state, weights)).relu()];

/** r, z, n: h <- n + z (h - n), n reading the old state through the reset gate r (Cho et al. 2014). */
const gru: Step = (fromInput, state, weights) => {
  const [xr, xz, xn] = fromInput.chunk(3, -1);
  const [hr, hz, hn] = fromState(state, weights).chunk(3, -1);
  const n = xn.add(hr.add(xr).sigmoid().mul(hn)).tanh();
  return [n.add(hz.add(xz).sigmoid().mul(state[0].sub(n)))];
};

/** i, f, g, o: c <- f c + i g, h <- o tanh(c), projected where there is a projection (Hochreiter and Schmidhuber 1997). */
const lstm: Step = (fromInput, state, weights) => {
  const recurrent = fromState(state, weights);
  const [h, c] = lstmCell(fromInput, recurrent, state[1]) ?? lstmComposed(fromInput, recurrent, state[1]);
  return [weights.weight_hr === null ? h : linear(h, weights.weight_hr), c];
};

const steps: Readonly<Record<RecurrenceName, Step>> = { tanh, relu, gru, lstm };

/** One step from the input itself to the new state. */
export function cellStep(
  name: RecurrenceName,
  input: Tensor,
  state: readonly Tensor[],
  weights: CellWeights,
): Tensor[] {
  return steps[name](linear(input, weights.weight_ih, weights.bias_ih), state, weights);
}

/** One direction over (T, N, features), step by step: every step's state in the order of time. */
export function stepThrough(
  name: RecurrenceName,
  input: Tensor,
  first: readonly Tensor[],
  weights: CellWeights,
  reverse: boolean,
): (readonly Tensor[])[] {
  const fromInputs = linear(input, weights.weight_ih, weights.bias_ih).unbind(0);
  if (reverse) fromInputs.reverse();
  let state = first;
  const states = fromInputs.map((fromInput) => {
    state = steps[name](fromInput, state, weights);
    return state;
  });
  return reverse ? states.reverse() : states;
}

/** `stepThrough`, for the outputs and the last state. */
export function composedDirection(
  name: RecurrenceName,
  input: Tensor,
  first: readonly Tensor[],
  weights: CellWeights,
  reverse: boolean,
): Direction {
  const states = stepThrough(name, input, first, weights, reverse);
  return {
    output: stack(
      states.map(([h]) => h),
      0,
    ),
    state: states[reverse ? 0 : states.length - 1],
  };
}
