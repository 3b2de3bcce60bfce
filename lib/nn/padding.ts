import { ValueError } from '../core/errors.js';
import { type PadMode, pad } from '../ops/shape/pad.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/** One number for every side, or before and after each dimension, the last dimension first; negative ones cut. */
export type Padding = number | readonly number[];

/** How the padding layers without a value are made. */
export type PaddingCall = Call<[padding: Padding], { padding: Padding }>;

/** How the layers that pad with a value are made. */
export type ConstantPadCall = Call<[padding: Padding, value: number], { padding: Padding; value: number }>;

abstract class PaddingLayer extends Layer {
  declare readonly padding: readonly number[];

  constructor(name: string, rank: number, signature: string, args: readonly unknown[]) {
    super(`${name}${rank}d(${signature})`, args);
    const given: unknown = this.padding;
    if (typeof given === 'number') this.padding = new Array<number>(2 * rank).fill(given);
    else if (!Array.isArray(given) || given.length !== 2 * rank) {
      throw new ValueError(`${name}${rank}d: padding must be a number or ${2 * rank} numbers, got (${String(given)})`);
    }
  }

  protected run(input: Tensor, mode: PadMode, value = 0): Tensor {
    return pad(input, this.padding, mode, value);
  }
}

abstract class ReflectionPad extends PaddingLayer {
  forward(input: Tensor): Tensor {
    return this.run(input, 'reflect');
  }
}

abstract class ReplicationPad extends PaddingLayer {
  forward(input: Tensor): Tensor {
    return this.run(input, 'replicate');
  }
}

abstract class CircularPad extends PaddingLayer {
  forward(input: Tensor): Tensor {
    return this.run(input, 'circular');
  }
}

abstract class ZeroPad extends PaddingLayer {
  forward(input: Tensor): Tensor {
    return this.run(input, 'constant');
  }
}

abstract class ConstantPad extends PaddingLayer {
  declare readonly value: number;

  forward(input: Tensor): Tensor {
    return this.run(input, 'constant', this.value);
  }
}

/** A border around [N, C, L] (or [C, L]) that holds the elements mirrored at the edge, without the edge itself. PyTorch: torch.nn.ReflectionPad1d. */
export class ReflectionPad1d extends ReflectionPad {
  constructor(...args: PaddingCall) {
    super('ReflectionPad', 1, 'padding', args);
  }
}

/** A border around [N, C, H, W] (or [C, H, W]) that holds the elements mirrored at the edge, without the edge itself. PyTorch: torch.nn.ReflectionPad2d. */
export class ReflectionPad2d extends ReflectionPad {
  constructor(...args: PaddingCall) {
    super('ReflectionPad', 2, 'padding', args);
  }
}

/** A border around [N, C, D, H, W] (or [C, D, H, W]) that holds the elements mirrored at the edge, without the edge itself. PyTorch: torch.nn.ReflectionPad3d. */
export class ReflectionPad3d extends ReflectionPad {
  constructor(...args: PaddingCall) {
    super('ReflectionPad', 3, 'padding', args);
  }
}

/** A border around [N, C, L] (or [C, L]) that holds the edge repeated. PyTorch: torch.nn.ReplicationPad1d. */
export class ReplicationPad1d extends ReplicationPad {
  constructor(...args: PaddingCall) {
    super('ReplicationPad', 1, 'padding', args);
  }
}

/** A border around [N, C, H, W] (or [C, H, W]) that holds the edge repeated. PyTorch: torch.nn.ReplicationPad2d. */
export class ReplicationPad2d extends ReplicationPad {
  constructor(...args: PaddingCall) {
    super('ReplicationPad', 2, 'padding', args);
  }
}

/** A border around [N, C, D, H, W] (or [C, D, H, W]) that holds the edge repeated. PyTorch: torch.nn.ReplicationPad3d. */
export class ReplicationPad3d extends ReplicationPad {
  constructor(...args: PaddingCall) {
    super('ReplicationPad', 3, 'padding', args);
  }
}

/** A border around [N, C, L] (or [C, L]) that holds the other side's elements. PyTorch: torch.nn.CircularPad1d. */
export class CircularPad1d extends CircularPad {
  constructor(...args: PaddingCall) {
    super('CircularPad', 1, 'padding', args);
  }
}

/** A border around [N, C, H, W] (or [C, H, W]) that holds the other side's elements. PyTorch: torch.nn.CircularPad2d. */
export class CircularPad2d extends CircularPad {
  constructor(...args: PaddingCall) {
    super('CircularPad', 2, 'padding', args);
  }
}

/** A border around [N, C, D, H, W] (or [C, D, H, W]) that holds the other side's elements. PyTorch: torch.nn.CircularPad3d. */
export class CircularPad3d extends CircularPad {
  constructor(...args: PaddingCall) {
    super('CircularPad', 3, 'padding', args);
  }
}

/** A border around [N, C, L] (or [C, L]) that holds zeros. PyTorch: torch.nn.ZeroPad1d. */
export class ZeroPad1d extends ZeroPad {
  constructor(...args: PaddingCall) {
    super('ZeroPad', 1, 'padding', args);
  }
}

/**
 * A border around [N, C, H, W] (or [C, H, W]) that holds zeros. PyTorch: torch.nn.ZeroPad2d.
 * @example
 * new tg.nn.ZeroPad2d(1).forward(tg.ones(1, 2, 2)).shape // => [ 1, 4, 4 ]
 */
export class ZeroPad2d extends ZeroPad {
  constructor(...args: PaddingCall) {
    super('ZeroPad', 2, 'padding', args);
  }
}

/** A border around [N, C, D, H, W] (or [C, D, H, W]) that holds zeros. PyTorch: torch.nn.ZeroPad3d. */
export class ZeroPad3d extends ZeroPad {
  constructor(...args: PaddingCall) {
    super('ZeroPad', 3, 'padding', args);
  }
}

/** A border around [N, C, L] (or [C, L]) that holds one value. PyTorch: torch.nn.ConstantPad1d. */
export class ConstantPad1d extends ConstantPad {
  constructor(...args: ConstantPadCall) {
    super('ConstantPad', 1, 'padding, value', args);
  }
}

/** A border around [N, C, H, W] (or [C, H, W]) that holds one value. PyTorch: torch.nn.ConstantPad2d. */
export class ConstantPad2d extends ConstantPad {
  constructor(...args: ConstantPadCall) {
    super('ConstantPad', 2, 'padding, value', args);
  }
}

/** A border around [N, C, D, H, W] (or [C, D, H, W]) that holds one value. PyTorch: torch.nn.ConstantPad3d. */
export class ConstantPad3d extends ConstantPad {
  constructor(...args: ConstantPadCall) {
    super('ConstantPad', 3, 'padding, value', args);
  }
}
