import { ArgumentError, ValueError } from '../core/errors.js';
import { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { Recurrent, type RecurrentOptions } from './recurrentBase.js';

/** What becomes of an RNN's gates. */
export type RnnNonlinearity = 'tanh' | 'relu';

/** Arguments of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  nonlinearity?: RnnNonlinearity;
}

/** A sequence, and the state to start from. */
type WithState = ForwardCall<[input: Tensor, hx?: Tensor | null], { hx?: Tensor | null }>;

/** Checks the name of an RNN's nonlinearity. */
export function checkNonlinearity(name: string, nonlinearity: string): void {
  if (nonlinearity === 'tanh' || nonlinearity === 'relu') return;
  throw new ValueError(`${name}: unknown nonlinearity '${nonlinearity}'; use 'tanh' or 'relu'`);
}

/** The state of an LSTM, as two tensors. */
export function checkPair(name: string, hx: unknown): asserts hx is readonly [Tensor, Tensor] | null {
  if (hx === null) return;
  if (Array.isArray(hx) && hx.length === 2 && hx.every((x) => x instanceof Tensor)) return;
  throw new ArgumentError(`${name}: the state must be [h, c], two tensors`);
}

/**
 * h <- tanh(x W_ih' + b_ih + h W_hh' + b_hh) over a sequence (T, N, inputSize), or (T, inputSize) without batch. forward returns the outputs
 * of the last layer at every step, and each layer's last state (layers * directions, N, hiddenSize). PyTorch: torch.nn.RNN.
 */
export class RNN extends Recurrent {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    ...args: Call<
      [
        inputSize: number,
        hiddenSize: number,
        numLayers?: number,
        nonlinearity?: RnnNonlinearity,
        bias?: boolean,
        batchFirst?: boolean,
        dropout?: number,
        bidirectional?: boolean,
      ],
      RNNOptions
    >
  ) {
    const options = named<RNNOptions>(
      "RNN(inputSize, hiddenSize, numLayers=1, nonlinearity='tanh', bias=true, batchFirst=false, dropout=0, " +
        'bidirectional=false, device=null, dtype=null)',
      args,
    );
    checkNonlinearity('RNN', options.nonlinearity);
    super('RNN', 1, { ...options, projSize: 0 });
    this.nonlinearity = options.nonlinearity;
  }

  forward(...args: WithState): [output: Tensor, hn: Tensor] {
    const { input, hx } = named<{ input: Tensor; hx: Tensor | null }>('RNN.forward(input, hx=null)', args, 1);
    const [output, [h]] = this.run(this.nonlinearity, input, hx === null ? null : [hx]);
    return [output, h];
  }
}

/**
 * Gated recurrent units over a sequence (T, N, inputSize), or (T, inputSize) without batch (Cho et al. 2014). forward returns the outputs
 * of the last layer at every step, and each layer's last state (layers * directions, N, hiddenSize). PyTorch: torch.nn.GRU.
 */
export class GRU extends Recurrent {
  constructor(
    ...args: Call<
      [
        inputSize: number,
        hiddenSize: number,
        numLayers?: number,
        bias?: boolean,
        batchFirst?: boolean,
        dropout?: number,
        bidirectional?: boolean,
      ],
      RecurrentOptions
    >
  ) {
    const options = named<RecurrentOptions>(
      'GRU(inputSize, hiddenSize, numLayers=1, bias=true, batchFirst=false, dropout=0, bidirectional=false, ' +
        'device=null, dtype=null)',
      args,
    );
    super('GRU', 3, { ...options, projSize: 0 });
  }

  forward(...args: WithState): [output: Tensor, hn: Tensor] {
    const { input, hx } = named<{ input: Tensor; hx: Tensor | null }>('GRU.forward(input, hx=null)', args, 1);
    const [output, [h]] = this.run('gru', input, hx === null ? null : [hx]);
    return [output, h];
  }
}

/** Arguments of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Project the hidden state to this size (Sak et al. 2014); 0 for none. */
  projSize?: number;
}

/** Hidden state and cell state. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory over a sequence (T, N, inputSize), or (T, inputSize) without batch (Hochreiter and Schmidhuber 1997). forward
 * returns the outputs of the last layer at every step, and the last states [h, c] of each layer. PyTorch: torch.nn.LSTM.
 * @example
 * const [output, [h, c]] = new tg.nn.LSTM(4, 8).forward(tg.ones(5, 2, 4));
 * [output.shape, h.shape] // => [ [ 5, 2, 8 ], [ 1, 2, 8 ] ]
 */
export class LSTM extends Recurrent {
  constructor(
    ...args: Call<
      [
        inputSize: number,
        hiddenSize: number,
        numLayers?: number,
        bias?: boolean,
        batchFirst?: boolean,
        dropout?: number,
        bidirectional?: boolean,
        projSize?: number,
      ],
      LSTMOptions
    >
  ) {
    super(
      'LSTM',
      4,
      named<LSTMOptions>(
        'LSTM(inputSize, hiddenSize, numLayers=1, bias=true, batchFirst=false, dropout=0, bidirectional=false, projSize=0, ' +
          'device=null, dtype=null)',
        args,
      ),
    );
  }

  forward(
    ...args: ForwardCall<[input: Tensor, hx?: LSTMState | null], { hx?: LSTMState | null }>
  ): [output: Tensor, state: [hn: Tensor, cn: Tensor]] {
    const { input, hx } = named<{ input: Tensor; hx: LSTMState | null }>('LSTM.forward(input, hx=null)', args, 1);
    checkPair('LSTM', hx);
    const [output, [h, c]] = this.run('lstm', input, hx);
    return [output, [h, c]];
  }
}
