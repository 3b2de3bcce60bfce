import { type Formula, formula } from './dag.js';
import { logistic, lstmGradients, lstmNext } from './lstm.js';
import type { Scalar } from './scalar.js';

/**
 * What a recurrent layer does in a step. Its sums have parts: some are sums of what the input and what the state before gives, some of one
 * of them alone. Those of the input come first, and those of the state follow one another.
 */
export interface Recurrence {
  readonly parts: number;
  /** The part that each gate of the input's weight gives to, and each of the state's. */
  readonly fromInput: readonly number[];
  readonly fromState: readonly number[];
  /** The first part of the state's. */
  readonly firstOfState: number;
  /** Numbers for each element of the state that the gradient reads. */
  readonly kept: number;
  /** Which state a step reads beside its sums. */
  readonly carries: 'c' | 'h' | null;
  /** Inputs: the sums' parts, a bias for each, and what is carried; outputs: the new h, the new c where there is one, and what is kept. */
  readonly step: Formula;
  /**
   * Inputs: gradients to h from the results and from the next step, to c likewise where there is one, what was kept, what was carried before
   * and after (of an RNN: its h); outputs: gradients to the parts, and to what was carried, without what comes by the sums.
   */
  readonly stepBackward: Formula;
}

/** Sums and biases, each the first half of the operands. */
function added<V>(s: Scalar<V>, operands: readonly V[], parts: number): V[] {
  return Array.from({ length: parts }, (_, k) => s.add(operands[k], operands[parts + k]));
}

const lstm: Recurrence = {
  parts: 4,
  fromInput: [0, 1, 2, 3],
  fromState: [0, 1, 2, 3],
  firstOfState: 0,
  kept: 4,
  carries: 'c',
  step: formula(9, (s, ...x) => lstmNext(s, added(s, x, 4), x[8])),
  stepBackward: formula(10, (s, ...[toH, laterH, toC, laterC, i, f, g, o, c, next]) =>
    lstmGradients(s, s.add(toH, laterH), s.add(toC, laterC), [i, f, g, o], c, next),
  ),
};

// r, z and n in the weights; here n's sum of the input, r, z, n's sum of the state.
const gru: Recurrence = {
  parts: 4,
  fromInput: [1, 2, 0],
  fromState: [1, 2, 3],
  firstOfState: 1,
  kept: 4,
  carries: 'h',
  step: formula(9, (s, ...x) => {
    const [fromInput, toR, toZ, fromState] = added(s, x, 4);
    const h = x[8];
    const [r, z] = [logistic(s, toR), logistic(s, toZ)];
    const n = s.tanh(s.add(fromInput, s.mul(r, fromState)));
    return [s.add(n, s.mul(z, s.sub(h, n))), r, z, n, fromState];
  }),
  stepBackward: formula(8, (s, ...[toH, laterH, r, z, n, fromState, h]) => {
    const to = s.add(toH, laterH);
    const one = s.const(1);
    const toN = s.mul(s.mul(to, s.sub(one, z)), s.sub(one, s.mul(n, n)));
    return [
      toN,
      s.mul(s.mul(toN, fromState), s.mul(r, s.sub(one, r))),
      s.mul(s.mul(to, s.sub(h, n)), s.mul(z, s.sub(one, z))),
      s.mul(toN, r),
      s.mul(to, z),
    ];
  }),
};

const plain = { parts: 1, fromInput: [0], fromState: [0], firstOfState: 0, kept: 0, carries: null } as const;

const tanh: Recurrence = {
  ...plain,
  step: formula(2, (s, x, bias) => [s.tanh(s.add(x, bias))]),
  stepBackward: formula(4, (s, toH, laterH, _before, h) => [s.mul(s.add(toH, laterH), s.sub(s.const(1), s.mul(h, h)))]),
};

const relu: Recurrence = {
  ...plain,
  step: formula(2, (s, x, bias) => [s.maximum(s.add(x, bias), s.const(0))]),
  stepBackward: formula(4, (s, toH, laterH, _before, h) => [
    s.where(s.lt(s.const(0), h), s.add(toH, laterH), s.const(0)),
  ]),
};

export type RecurrenceName = 'lstm' | 'gru' | 'tanh' | 'relu';

/** The kinds of recurrent layers. */
export const recurrences: Readonly<Record<RecurrenceName, Recurrence>> = { lstm, gru, tanh, relu };
