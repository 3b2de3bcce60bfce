import { isFloat } from '../core/dtype.js';
import { AutogradError } from '../core/errors.js';
import { Tensor } from '../tensor.js';

/**
 * A tensor that a module learns: a leaf that requires a gradient, found by its module through the property that holds it.
 * It shares `data`'s memory. PyTorch: torch.nn.Parameter.
 * @example
 * new tg.nn.Parameter(tg.ones(2)).requiresGrad // => true
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    super(data.storage, data.offset, data.shape, data.strides, data.dtype);
    if (requiresGrad && !isFloat(data.dtype)) {
      throw new AutogradError(
        `Parameter: only floating-point tensors can require a gradient, not ${data.dtype}; pass requiresGrad false`,
      );
    }
    this.leaf = requiresGrad;
  }
}
