import { isFloat } from '../core/dtype.js';
import { ArgumentError, AutogradError } from '../core/errors.js';
import { Tensor } from '../tensor.js';

/**
 * A tensor that a module learns: a leaf that requires a gradient (unless `requiresGrad` is false), found by its module through the
 * property that holds it. It shares `data`'s memory. AutogradError where `data` is not floating-point. PyTorch: torch.nn.Parameter.
 * @example
 * new tg.nn.Parameter(tg.ones(2)).requiresGrad // => true
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad: boolean | { requiresGrad?: boolean } = true) {
    if (!(data instanceof Tensor))
      throw new ArgumentError('Parameter: expected a tensor; make one with tg.tensor(...)');
    super(data.storage, data.offset, data.shape, data.strides, data.dtype);
    const wanted = typeof requiresGrad === 'boolean' ? requiresGrad : (requiresGrad.requiresGrad ?? true);
    if (wanted && !isFloat(data.dtype)) {
      throw new AutogradError(
        `Parameter: only floating-point tensors can require a gradient, not ${data.dtype}; pass requiresGrad false`,
      );
    }
    this.leaf = wanted;
  }

  /** The tensor as PyTorch prints a parameter. */
  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }

  static {
    Object.defineProperty(Parameter.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Parameter): string {
        return this.toString();
      },
    });
  }
}
