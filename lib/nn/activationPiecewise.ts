import {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  relu,
  relu6,
  rrelu,
  softshrink,
  threshold,
} from '../ops/activation.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/**
 * max(x, 0). PyTorch: torch.nn.ReLU.
 * @example
 * new tg.nn.ReLU().forward(tg.tensor([-1, 2])) // => tensor([0., 2.])
 */
export class ReLU extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('ReLU(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return relu(input, this.inplace);
  }
}

/** min(max(x, 0), 6). PyTorch: torch.nn.ReLU6. */
export class ReLU6 extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('ReLU6(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return relu6(input, this.inplace);
  }
}

/** x where it is positive, else negativeSlope x. PyTorch: torch.nn.LeakyReLU. */
export class LeakyReLU extends Layer {
  declare readonly negativeSlope: number;
  declare readonly inplace: boolean;

  constructor(
    ...args: Call<[negativeSlope?: number, inplace?: boolean], { negativeSlope?: number; inplace?: boolean }>
  ) {
    super('LeakyReLU(negativeSlope=0.01, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return leakyRelu(input, this.negativeSlope, this.inplace);
  }
}

/** x where it is positive, else a x, with a drawn from [lower, upper) for each element while training, their mean otherwise. PyTorch: torch.nn.RReLU. */
export class RReLU extends Layer {
  declare readonly lower: number;
  declare readonly upper: number;
  declare readonly inplace: boolean;

  constructor(
    ...args: Call<
      [lower?: number, upper?: number, inplace?: boolean],
      { lower?: number; upper?: number; inplace?: boolean }
    >
  ) {
    super('RReLU(lower=0.125, upper=0.3333333333333333, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return rrelu(input, this.lower, this.upper, this.training, this.inplace);
  }
}

/** x brought into [minVal, maxVal]. PyTorch: torch.nn.Hardtanh. */
export class Hardtanh extends Layer {
  declare readonly minVal: number;
  declare readonly maxVal: number;
  declare readonly inplace: boolean;

  constructor(
    ...args: Call<
      [minVal?: number, maxVal?: number, inplace?: boolean],
      { minVal?: number; maxVal?: number; inplace?: boolean }
    >
  ) {
    super('Hardtanh(minVal=-1, maxVal=1, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return hardtanh(input, this.minVal, this.maxVal, this.inplace);
  }
}

/** min(max(x + 3, 0), 6) / 6. PyTorch: torch.nn.Hardsigmoid. */
export class Hardsigmoid extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('Hardsigmoid(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return hardsigmoid(input, this.inplace);
  }
}

/** x hardsigmoid(x). PyTorch: torch.nn.Hardswish. */
export class Hardswish extends Layer {
  declare readonly inplace: boolean;

  constructor(...args: Call<[inplace?: boolean], { inplace?: boolean }>) {
    super('Hardswish(inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return hardswish(input, this.inplace);
  }
}

/** x where its size is above lambd, else 0. PyTorch: torch.nn.Hardshrink. */
export class Hardshrink extends Layer {
  declare readonly lambd: number;

  constructor(...args: Call<[lambd?: number], { lambd?: number }>) {
    super('Hardshrink(lambd=0.5)', args);
  }

  forward(input: Tensor): Tensor {
    return hardshrink(input, this.lambd);
  }
}

/** x moved towards 0 by lambd, and 0 where it would pass it. PyTorch: torch.nn.Softshrink. */
export class Softshrink extends Layer {
  declare readonly lambd: number;

  constructor(...args: Call<[lambd?: number], { lambd?: number }>) {
    super('Softshrink(lambd=0.5)', args);
  }

  forward(input: Tensor): Tensor {
    return softshrink(input, this.lambd);
  }
}

/** x where it is above the threshold, else value. PyTorch: torch.nn.Threshold. */
export class Threshold extends Layer {
  declare readonly threshold: number;
  declare readonly value: number;
  declare readonly inplace: boolean;

  constructor(
    ...args: Call<
      [threshold: number, value: number, inplace?: boolean],
      { threshold: number; value: number; inplace?: boolean }
    >
  ) {
    super('Threshold(threshold, value, inplace=false)', args);
  }

  forward(input: Tensor): Tensor {
    return threshold(input, this.threshold, this.value, this.inplace);
  }
}
