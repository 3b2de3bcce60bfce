import {
  celu,
  elu,
  gelu,
  glu,
  logsigmoid,
  mish,
  prelu,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
  tanhshrink,
} from '../ops/activation.js';
import { full } from '../ops/creation/creation.js';
import type { Tensor } from '../tensor.js';
import { type Call, named } from './arguments.js';
import { Layer, type Placement, showOptions } from './layer.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** 1 / (1 + exp(-x)). PyTorch: torch.nn.Sigmoid. */
export class Sigmoid extends Layer {
  constructor() {
    super('Sigmoid()', []);
  }

  forward(input: Tensor): Tensor {
    return sigmoid(input);
  }
}

/** The hyperbolic tangent. PyTorch: torch.nn.Tanh. */
export class Tanh extends Layer {
  constructor() {
    super('Tanh()', []);
  }

  forward(input: Tensor): Tensor {
    return tanh(input);
  }
}

/** log(sigmoid(x)). PyTorch: torch.nn.LogSigmoid. */
export class LogSigmoid extends Layer {
  constructor() {
    super('LogSigmoid()', []);
  }

  forward(input: Tensor): Tensor {
    return logsigmoid(input);
  }
}

/** x / (1 + |x|). PyTorch: torch.nn.Softsign. */
export class Softsign extends Layer {
  constructor() {
    super('Softsign()', []);
  }

  forward(input: Tensor): Tensor {
    return softsign(input);
  }
}

/** x - tanh(x). PyTorch: torch.nn.Tanhshrink. */
export class Tanhshrink extends Layer {
  constructor() {
    super('Tanhshrink()', []);
  }

  forward(input: Tensor): Tensor {
    return tanhshrink(input);
  }
}

/** x sigmoid(x), also called swish. PyTorch: torch.nn.SiLU. */
export class SiLU extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('SiLU(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return silu(input, this.inplace);
  }
}

/** x tanh(softplus(x)). PyTorch: torch.nn.Mish. */
export class Mish extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('Mish(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return mish(input, this.inplace);
  }
}

/** x times the probability that a standard normal number is below x; approximate 'tanh' for the formula with tanh. PyTorch: torch.nn.GELU. */
export class GELU extends Layer {
  declare readonly approximate: 'none' | 'tanh';

  constructor(...args: Call<[approximate?: 'none' | 'tanh'], { approximate?: 'none' | 'tanh' }>) {
    super("GELU(approximate='none')", args);
  }

  forward(input: Tensor): Tensor {
    return gelu(input, this.approximate);
  }
}

/** x where it is positive, else alpha (exp(x) - 1). PyTorch: torch.nn.ELU. */
export class ELU extends Layer {
  declare readonly alpha: number;
  declare readonly inplace: boolean;

  constructor(...args: Call<[alpha?: number, inplace?: boolean], { alpha?: number; inplace?: boolean }>) {
    super('ELU(alpha=1, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return elu(input, this.alpha, this.inplace);
  }
}

/** max(x, 0) + min(0, alpha (exp(x / alpha) - 1)). PyTorch: torch.nn.CELU. */
export class CELU extends Layer {
  declare readonly alpha: number;
  declare readonly inplace: boolean;

  constructor(...args: Call<[alpha?: number, inplace?: boolean], { alpha?: number; inplace?: boolean }>) {
    super('CELU(alpha=1, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return celu(input, this.alpha, this.inplace);
  }
}

/** ELU with the scale and alpha that keep mean 0 and variance 1 (Klambauer et al. 2017). PyTorch: torch.nn.SELU. */
export class SELU extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('SELU(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return selu(input, this.inplace);
  }
}

/** log(1 + exp(beta x)) / beta, and x itself where beta x is above the threshold. PyTorch: torch.nn.Softplus. */
export class Softplus extends Layer {
  declare readonly beta: number;
  declare readonly threshold: number;

  constructor(...args: Call<[beta?: number, threshold?: number], { beta?: number; threshold?: number }>) {
    super('Softplus(beta=1, threshold=20)', args);
  }

  forward(input: Tensor): Tensor {
    return softplus(input, this.beta, this.threshold);
  }
}

/** The first half along `dim` times the sigmoid of the second. PyTorch: torch.nn.GLU. */
export class GLU extends Layer {
  declare readonly dim: number;

  constructor(...args: Call<[dim?: number], { dim?: number }>) {
    super('GLU(dim=-1)', args);
  }

  forward(input: Tensor): Tensor {
    return glu(input, this.dim);
  }
}

/** Arguments of `PReLU`. */
export interface PReLUOptions extends Placement {
  /** 1, or the size of dimension 1; 1 unless given. */
  numParameters?: number;
  /** What every a starts at, 0.25 unless given. */
  init?: number;
}

/** x where it is positive, else a x, with a learned for all channels or (`numParameters`) for each of dimension 1. PyTorch: torch.nn.PReLU. */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Parameter;

  constructor(...args: Call<[numParameters?: number, init?: number], PReLUOptions>) {
    super();
    const { numParameters, init, device, dtype } = named<PReLUOptions>(
      'PReLU(numParameters=1, init=0.25, device=null, dtype=null)',
      args,
    );
    this.numParameters = numParameters;
    this.weight = new Parameter(full([numParameters], init, { device, dtype }));
  }

  forward(input: Tensor): Tensor {
    return prelu(input, this.weight);
  }

  override extraRepr(): string {
    return showOptions({ numParameters: this.numParameters });
  }
}
