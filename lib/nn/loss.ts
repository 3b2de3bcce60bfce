import type { LossReduction } from '../ops/loss/lossReduction.js';
import { Layer } from './layer.js';

/** What the losses share: how the losses of single elements become one number, and that they print without options. */
export abstract class Loss<R extends string = LossReduction> extends Layer {
  /** PyTorch's deprecated way to say `reduction`. */
  declare readonly sizeAverage: boolean | null;
  /** PyTorch's deprecated way to say `reduction`. */
  declare readonly reduce: boolean | null;
  declare readonly reduction: R;

  override extraRepr(): string {
    return '';
  }
}
