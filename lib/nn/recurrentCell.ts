import type { RecurrenceName } from '../../kernels/recurrence.js';
import { ShapeError, showShape } from '../core/errors.js';
import { zeros } from '../ops/creation/creation.js';
import { cellStep } from '../ops/layers/recurrentStep.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { uniform_ } from './init.js';
import { type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { checkNonlinearity, checkPair, type LSTMState, type RnnNonlinearity } from './recurrent.js';

/** Arguments of `LSTMCell` and `GRUCell`. */
export interface CellOptions extends Placement {
  inputSize: number;
  hiddenSize: number;
  bias?: boolean;
}

/** Arguments of `RNNCell`. */
export interface RNNCellOptions extends CellOptions {
  nonlinearity?: RnnNonlinearity;
}

/** How `LSTMCell` and `GRUCell` are made. */
export type CellCall = Call<[inputSize: number, hiddenSize: number, bias?: boolean], CellOptions>;

/** One step's input, and the state before it. */
type WithState = ForwardCall<[input: Tensor, hx?: Tensor | null], { hx?: Tensor | null }>;

/** What the three cells share. */
abstract class Cell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weight_ih: Parameter;
  weight_hh: Parameter;
  bias_ih: Parameter | null;
  bias_hh: Parameter | null;

  constructor(gates: number, options: Required<CellOptions>) {
    super();
    this.inputSize = options.inputSize;
    this.hiddenSize = options.hiddenSize;
    const rows = gates * this.hiddenSize;
    this.weight_ih = parameter([rows, this.inputSize], options);
    this.weight_hh = parameter([rows, this.hiddenSize], options);
    this.bias_ih = options.bias ? parameter([rows], options) : null;
    this.bias_hh = options.bias ? parameter([rows], options) : null;
    this.resetParameters();
  }

  /** Draws the parameters anew: uniform within +-1 / sqrt(hiddenSize). */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const weight of this.parameters()) uniform_(weight, -bound, bound);
  }

  /** The new state; null stands for zeros. */
  protected run(recurrence: RecurrenceName, input: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const name = this.constructor.name;
    const { shape, dtype, device } = input;
    if (shape.length < 1 || shape.length > 2 || shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `${name}: expected (N, ${this.inputSize}) or (${this.inputSize},), got an input of shape ${showShape(shape)}`,
      );
    }
    const wanted = [...shape.slice(0, -1), this.hiddenSize];
    for (const state of given ?? []) {
      if (state.shape.join() === wanted.join()) continue;
      throw new ShapeError(`${name}: expected a state of shape ${showShape(wanted)}, got ${showShape(state.shape)}`);
    }
    const blank = (): Tensor => zeros(wanted, { dtype, device });
    const state = given ?? (recurrence === 'lstm' ? [blank(), blank()] : [blank()]);
    const { weight_ih, weight_hh, bias_ih, bias_hh } = this;
    return cellStep(recurrence, input, state, { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr: null });
  }

  override extraRepr(): string {
    const bias = showOptions({ bias: this.bias_ih === null ? false : null });
    return `${this.inputSize}, ${this.hiddenSize}${bias === '' ? '' : `, ${bias}`}`;
  }
}

/** One step of an `RNN`: (N, inputSize) or (inputSize) and the old state to the new one. PyTorch: torch.nn.RNNCell. */
export class RNNCell extends Cell {
  readonly nonlinearity: RnnNonlinearity;

  constructor(
    ...args: Call<
      [inputSize: number, hiddenSize: number, bias?: boolean, nonlinearity?: RnnNonlinearity],
      RNNCellOptions
    >
  ) {
    const options = named<RNNCellOptions>(
      "RNNCell(inputSize, hiddenSize, bias=true, nonlinearity='tanh', device=null, dtype=null)",
      args,
    );
    checkNonlinearity('RNNCell', options.nonlinearity);
    super(1, options);
    this.nonlinearity = options.nonlinearity;
  }

  forward(...args: WithState): Tensor {
    const { input, hx } = named<{ input: Tensor; hx: Tensor | null }>('RNNCell.forward(input, hx=null)', args, 1);
    return this.run(this.nonlinearity, input, hx === null ? null : [hx])[0];
  }
}

/** One step of a `GRU`: (N, inputSize) or (inputSize) and the old state to the new one. PyTorch: torch.nn.GRUCell. */
export class GRUCell extends Cell {
  constructor(...args: CellCall) {
    super(3, named<CellOptions>('GRUCell(inputSize, hiddenSize, bias=true, device=null, dtype=null)', args));
  }

  forward(...args: WithState): Tensor {
    const { input, hx } = named<{ input: Tensor; hx: Tensor | null }>('GRUCell.forward(input, hx=null)', args, 1);
    return this.run('gru', input, hx === null ? null : [hx])[0];
  }
}

/** One step of an `LSTM`: (N, inputSize) or (inputSize) and the old states [h, c] to the new ones. PyTorch: torch.nn.LSTMCell. */
export class LSTMCell extends Cell {
  constructor(...args: CellCall) {
    super(4, named<CellOptions>('LSTMCell(inputSize, hiddenSize, bias=true, device=null, dtype=null)', args));
  }

  forward(
    ...args: ForwardCall<[input: Tensor, hx?: LSTMState | null], { hx?: LSTMState | null }>
  ): [h: Tensor, c: Tensor] {
    const { input, hx } = named<{ input: Tensor; hx: LSTMState | null }>('LSTMCell.forward(input, hx=null)', args, 1);
    checkPair('LSTMCell', hx);
    const [h, c] = this.run('lstm', input, hx);
    return [h, c];
  }
}
