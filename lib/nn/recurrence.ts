import { lstmCell } from '../ops/layers/lstmCell.js';
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

/** An LSTM's step of plain operations, for devices without a launch of its own. */
function composed(fromInput: Tensor, recurrent: Tensor, before: Tensor): [h: Tensor, c: Tensor] {
  const [i, f, g, o] = fromInput.add(recurrent).chunk(4, -1);
  const c = f.sigmoid().mul(before).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(c.tanh()), c];
}

/** i, f, g, o: c <- f c + i g, h <- o tanh(c), projected where there is a projection (Hochreiter and Schmidhuber 1997). */
const lstm: Recurrence = {
  gates: 4,
  step(fromInput, state, weights) {
    const recurrent = fromState(state, weights);
    const [h, c] = lstmCell(fromInput, recurrent, state[1]) ?? composed(fromInput, recurrent, state[1]);
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

/** Runs one direction over (T, N, features): the outputs (T, N, ...), and the state after the last step. */
export function runDirection(
  recurrence: Recurrence,
  input: Tensor,
  first: readonly Tensor[],
  weights: CellWeights,
  reverse: boolean,
): { output: Tensor; state: readonly Tensor[] } {
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
