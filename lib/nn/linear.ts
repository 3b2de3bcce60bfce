import { bilinear, linear } from '../ops/product/linear.js';
import type { Tensor } from '../tensor.js';
import { type Call, named } from './arguments.js';
import { kaimingUniform_, uniform_ } from './init.js';
import { type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** Arguments of `Linear`. */
export interface LinearOptions extends Placement {
  inFeatures: number;
  outFeatures: number;
  /** Add a learned bias; true unless given. */
  bias?: boolean;
}

/**
 * x @ weight.T + bias over the last dimension; weight (out, in) and bias start uniform within +-1 / sqrt(in). PyTorch: torch.nn.Linear.
 * @example
 * new tg.nn.Linear(4, 2).forward(tg.ones(3, 4)).shape // => [ 3, 2 ]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(...args: Call<[inFeatures: number, outFeatures: number, bias?: boolean], LinearOptions>) {
    super();
    const options = named<LinearOptions>('Linear(inFeatures, outFeatures, bias=true, device=null, dtype=null)', args);
    this.inFeatures = options.inFeatures;
    this.outFeatures = options.outFeatures;
    this.weight = parameter([this.outFeatures, this.inFeatures], options);
    this.bias = options.bias ? parameter([this.outFeatures], options) : null;
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    kaimingUniform_(this.weight, Math.sqrt(5));
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }

  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures } = this;
    return showOptions({ inFeatures, outFeatures, bias: this.bias !== null });
  }
}

/** Arguments of `Bilinear`. */
export interface BilinearOptions extends Placement {
  in1Features: number;
  in2Features: number;
  outFeatures: number;
  /** Add a learned bias; true unless given. */
  bias?: boolean;
}

/** x1 @ weight[o] @ x2 + bias[o] over the last dimensions; the parameters start uniform within +-1 / sqrt(in1). PyTorch: torch.nn.Bilinear. */
export class Bilinear extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    ...args: Call<[in1Features: number, in2Features: number, outFeatures: number, bias?: boolean], BilinearOptions>
  ) {
    super();
    const options = named<BilinearOptions>(
      'Bilinear(in1Features, in2Features, outFeatures, bias=true, device=null, dtype=null)',
      args,
    );
    this.in1Features = options.in1Features;
    this.in2Features = options.in2Features;
    this.outFeatures = options.outFeatures;
    this.weight = parameter([this.outFeatures, this.in1Features, this.in2Features], options);
    this.bias = options.bias ? parameter([this.outFeatures], options) : null;
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }

  forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures } = this;
    return showOptions({ in1Features, in2Features, outFeatures, bias: this.bias !== null });
  }
}

/** Returns its input; takes any arguments, so that it can stand in for another layer. PyTorch: torch.nn.Identity. */
export class Identity extends Module {
  constructor(..._args: unknown[]) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input;
  }
}
