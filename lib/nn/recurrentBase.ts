import type { RecurrenceName } from '../../kernels/recurrence.js';
import { ShapeError, showShape, ValueError } from '../core/errors.js';
import { zeros } from '../ops/creation/creation.js';
import { dropout } from '../ops/layers/dropout.js';
import { runDirection } from '../ops/layers/recurrent.js';
import type { CellWeights } from '../ops/layers/recurrentStep.js';
import { cat, stack } from '../ops/shape/combine.js';
import type { Tensor } from '../tensor.js';
import { uniform_ } from './init.js';
import { type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** Arguments that `RNN`, `LSTM` and `GRU` share. */
export interface RecurrentOptions extends Placement {
  inputSize: number;
  hiddenSize: number;
  numLayers?: number;
  bias?: boolean;
  /** Inputs and outputs are (N, T, ...) rather than (T, N, ...); states are not. */
  batchFirst?: boolean;
  /** Probability of dropping an output between two layers, while training. */
  dropout?: number;
  bidirectional?: boolean;
}

type WithProjection = Required<RecurrentOptions> & { projSize: number };

/** What `RNN`, `LSTM` and `GRU` share: parameters under PyTorch's names, and the walk over layers and directions. */
export abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** The size of an LSTM's projected hidden state; 0 for none. */
  readonly projSize: number;
  [weight: `weight_${string}`]: Parameter;
  [bias: `bias_${string}`]: Parameter;

  constructor(name: string, gates: number, options: WithProjection) {
    super();
    check(name, options);
    this.inputSize = options.inputSize;
    this.hiddenSize = options.hiddenSize;
    this.numLayers = options.numLayers;
    this.bias = options.bias;
    this.batchFirst = options.batchFirst;
    this.dropout = options.dropout;
    this.bidirectional = options.bidirectional;
    this.projSize = options.projSize;
    const rows = gates * this.hiddenSize;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const columns = layer === 0 ? this.inputSize : this.stateSize * this.directions.length;
      for (const suffix of this.directions) {
        const name = `l${layer}${suffix}`;
        this[`weight_ih_${name}`] = parameter([rows, columns], options);
        this[`weight_hh_${name}`] = parameter([rows, this.stateSize], options);
        if (this.bias) this[`bias_ih_${name}`] = parameter([rows], options);
        if (this.bias) this[`bias_hh_${name}`] = parameter([rows], options);
        if (this.projSize > 0) this[`weight_hr_${name}`] = parameter([this.projSize, this.hiddenSize], options);
      }
    }
    this.resetParameters();
  }

  /** The endings of the parameters' names, one a direction. */
  private get directions(): readonly string[] {
    return this.bidirectional ? ['', '_reverse'] : [''];
  }

  /** The size of the output's state in one direction. */
  private get stateSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  /** Draws the parameters anew: uniform within +-1 / sqrt(hiddenSize). */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const weight of this.parameters()) uniform_(weight, -bound, bound);
  }

  private weightsOf(name: string): CellWeights {
    return {
      weight_ih: this[`weight_ih_${name}`],
      weight_hh: this[`weight_hh_${name}`],
      bias_ih: this.bias ? this[`bias_ih_${name}`] : null,
      bias_hh: this.bias ? this[`bias_hh_${name}`] : null,
      weight_hr: this.projSize > 0 ? this[`weight_hr_${name}`] : null,
    };
  }

  /** Runs all layers: the output of the last, and the states after the last step. `given` has one tensor for each kind of state, or is null for zeros. */
  protected run(recurrence: RecurrenceName, input: Tensor, given: readonly Tensor[] | null): [Tensor, Tensor[]] {
    const name = this.constructor.name;
    const batched = input.shape.length === 3;
    if (!batched && input.shape.length !== 2) {
      throw new ShapeError(`${name}: expected an input of 2 or 3 dimensions, got ${showShape(input.shape)}`);
    }
    const time = !batched ? input.unsqueeze(1) : this.batchFirst ? input.transpose(0, 1) : input;
    if (time.shape[2] !== this.inputSize || time.shape[0] === 0) {
      throw new ShapeError(
        `${name}: expected steps (at least one) of ${this.inputSize} features, got an input of shape ${showShape(input.shape)}`,
      );
    }
    const first = this.statesFor(recurrence, time, given, batched);
    const [output, states] = this.runLayers(recurrence, time, first);
    if (!batched) return [output.squeeze(1), states.map((x) => x.squeeze(1))];
    return [this.batchFirst ? output.transpose(0, 1) : output, states];
  }

  /** The states before the first step, each (layers * directions, N, size). */
  private statesFor(
    recurrence: RecurrenceName,
    time: Tensor,
    given: readonly Tensor[] | null,
    batched: boolean,
  ): readonly Tensor[] {
    const rows = this.numLayers * this.directions.length;
    const sizes = recurrence === 'lstm' ? [this.stateSize, this.hiddenSize] : [this.stateSize];
    const { dtype, device } = time;
    if (given === null) return sizes.map((size) => zeros([rows, time.shape[1], size], { dtype, device }));
    return sizes.map((size, i) => {
      const x = given[i];
      const expected = batched ? [rows, time.shape[1], size] : [rows, size];
      if (x.shape.join() === expected.join()) return batched ? x : x.unsqueeze(1);
      throw new ShapeError(
        `${this.constructor.name}: expected a state of shape ${showShape(expected)}, got ${showShape(x.shape)}`,
      );
    });
  }

  private runLayers(recurrence: RecurrenceName, time: Tensor, first: readonly Tensor[]): [Tensor, Tensor[]] {
    let x = time;
    const last: Tensor[][] = first.map(() => []);
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.directions.map((suffix, direction) => {
        const row = layer * this.directions.length + direction;
        const start = first.map((state) => state.select(0, row));
        const weights = this.weightsOf(`l${layer}${suffix}`);
        const { output, state } = runDirection(recurrence, x, start, weights, direction === 1);
        state.forEach((tensor, i) => {
          last[i].push(tensor);
        });
        return output;
      });
      x = outputs.length === 1 ? outputs[0] : cat(outputs, -1);
      if (layer < this.numLayers - 1) x = dropout(x, this.dropout, this.training);
    }
    return [x, last.map((states) => stack(states, 0))];
  }

  override extraRepr(): string {
    const { numLayers, bias, batchFirst, dropout: p, bidirectional, projSize } = this;
    const shown = showOptions({
      projSize: projSize > 0 ? projSize : null,
      numLayers: numLayers === 1 ? null : numLayers,
      bias: bias ? null : false,
      batchFirst: batchFirst ? true : null,
      dropout: p === 0 ? null : p,
      bidirectional: bidirectional ? true : null,
    });
    return `${this.inputSize}, ${this.hiddenSize}${shown === '' ? '' : `, ${shown}`}`;
  }
}

function check(name: string, { hiddenSize, numLayers, dropout: p, projSize }: WithProjection): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${name}: dropout must be between 0 and 1, got ${p}`);
  if (!(Number.isInteger(hiddenSize) && hiddenSize > 0)) {
    throw new ValueError(`${name}: hiddenSize must be a positive integer, got ${hiddenSize}`);
  }
  if (!(Number.isInteger(numLayers) && numLayers > 0)) {
    throw new ValueError(`${name}: numLayers must be a positive integer, got ${numLayers}`);
  }
  if (!(projSize >= 0 && projSize < hiddenSize)) {
    throw new ValueError(`${name}: projSize must be from 0 to below hiddenSize ${hiddenSize}, got ${projSize}`);
  }
}
