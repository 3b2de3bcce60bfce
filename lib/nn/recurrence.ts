import { lstm as lstmOverTime } from '../ops/layers/lstm.js';
import { lstmCell, lstmComposed } from '../ops/layers/lstmCell.js';
import { linear } from '../ops/product/linear.js';
import { stack } from '../ops/shape/combine.js';
import type { Tensor } from '../tensor.js';
import type { Parameter } from './parameter.js';

/** The parameters of one cell, or of one direction of one layer. */
export interface CellWeights {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;
  /** Projects the hidden state of an LSTM. */
  readonly weight_hr: Parameter | null;
}

/** One step: what the input gives for the gates, and the old state, become the new state, whose first tensor is the output. */
type Step = (fromInput: Tensor, state: readonly Tensor[], weights: CellWeights) => Tensor[];

/** A kind of recurrent network. */
export interface Recurrence {
  /** Rows of the weights for each hidden element. */
  readonly gates: number;
  readonly step: Step;
}

const fromState = ([h]: readonly Tensor[], { weight_hh, bias_hh }: CellWeights): Tensor =>
  linear(h, weight_hh, bias_hh);

/** h <- tanh(gates). */
const tanh: Recurrence = {
  gates: 1,
  step: (fromInput, state, weights) => [fromInput.add(fromState(state, weights)).tanh()],
};

/** h <- max(gates, 0). */
const relu: Recurrence = {
  gates: 1,
  step: (fromInput, state, weights) => [fromInput.add(fromState(state, weights)).relu()],
};

/** r, z, n: h <- n + z (h - n), n reading the old state through the reset gate r (Cho et al. 2014). */
const gru: Recurrence = {
  gates: 3,
  step(fromInput, state, weights) {
    const [xr, xz, xn] = fromInput.chunk(3, -1);
    const [hr, hz, hn] = fromState(state, weights).chunk(3, -1);
    const n = xn.add(hr.add(xr).sigmoid().mul(hn)).tanh();
    return [n.add(hz.add(xz).sigmoid().mul(state[0].sub(n)))];
  },
};

/** i, f, g, o: c <- f c + i g, h <- o tanh(c), projected where there is a projection (Hochreiter and Schmidhuber 1997). */
const lstm: Recurrence = {
  gates: 4,
  step(fromInput, state, weights) {
    const recurrent = fromState(state, weights);
    const [h, c] = lstmCell(fromInput, recurrent, state[1]) ?? lstmComposed(fromInput, recurrent, state[1]);
    return [weights.weight_hr === null ? h : linear(h, weights.weight_hr), c];
  },
};

/** The kinds of recurrent networks. */
export const recurrences: Readonly<Record<'tanh' | 'relu' | 'gru' | 'lstm', Recurrence>> = { tanh, relu, gru, lstm };

/** One step of a cell from its input itself. */
export function cellStep(
  recurrence: Recurrence,
  input: Tensor,
  state: readonly Tensor[],
  weights: CellWeights,
): Tensor[] {
  return recurrence.step(linear(input, weights.weight_ih, weights.bias_ih), state, weights);
}

/** A direction of an LSTM in one launch; null where that cannot be. */
function lstmDirection(
  input: Tensor,
  [h, c]: readonly Tensor[],
  { weight_ih, weight_hh, bias_ih, bias_hh }: CellWeights,
  reverse: boolean,
): { output: Tensor; state: readonly Tensor[] } | null {
  const bias = bias_ih === null || bias_hh === null ? null : bias_ih.add(bias_hh);
  const made = lstmOverTime(linear(input, weight_ih, bias), h, c, weight_hh, reverse);
  if (made === null) return null;
  const [output, cells] = made;
  const last = reverse ? 0 : -1;
  return { output, state: [output.select(0, last), cells.select(0, last)] };
}

/** Runs one direction over (T, N, features): the outputs (T, N, ...), and the state after the last step. */
export function runDirection(
  recurrence: Recurrence,
  input: Tensor,
  first: readonly Tensor[],
  weights: CellWeights,
  reverse: boolean,
): { output: Tensor; state: readonly Tensor[] } {
  if (recurrence === lstm && weights.weight_hr === null) {
    const launched = lstmDirection(input, first, weights, reverse);
    if (launched !== null) return launched;
  }
  const steps = linear(input, weights.weight_ih, weights.bias_ih).unbind(0);
  if (reverse) steps.reverse();
  let state = first;
  const outputs = steps.map((fromInput) => {
    state = recurrence.step(fromInput, state, weights);
    return state[0];
  });
  if (reverse) outputs.reverse();
  return { output: stack(outputs, 0), state };
}
