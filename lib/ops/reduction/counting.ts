import { sameShape } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { extent } from './extent.js';

const bincountRow: Row<number> = {
  name: 'bincount',
  infer: ([, weights], bins) => [
    { shape: [bins], dtype: weights === undefined ? 'int32' : weights.dtype === 'float32' ? 'float32' : 'float64' },
  ],
  kernel: (k, [y], [x, weights]) => k.bincount(y, x, weights ?? null),
};

/**
 * How often each integer from 0 on occurs in a vector (int32), or the sum of its weights; at least `minlength` entries.
 * PyTorch: torch.bincount.
 */
export const bincount: Fn<
  [input: Tensor, weights?: Tensor | null, minlength?: number],
  { weights?: Tensor | null; minlength?: number },
  Tensor
> = fn(
  'bincount(input, weights:tensor=null, minlength=0)',
  (input, weights, minlength) => {
    checkTensor('bincount', input);
    if (input.shape.length !== 1) throw new ShapeError(`bincount: takes a vector, got ${showShape(input.shape)}`);
    if (weights !== null && !sameShape(weights.shape, input.shape)) {
      throw new ShapeError(
        `bincount: weights of shape ${showShape(weights.shape)} for ${showShape(input.shape)}; they must be equal`,
      );
    }
    if (minlength < 0) throw new ValueError(`bincount: minlength must be 0 or more, got ${minlength}`);
    const found = extent('bincount', input);
    const bins = Math.max(minlength, found === null ? 0 : found[1] + 1);
    // Without elements PyTorch forgets the weights.
    const inputs = weights === null || found === null ? [input] : [input, weights.detach()];
    return apply1(bincountRow, inputs, bins);
  },
  {
    samples: (m) => [[m.integers(5, 8)], [m.integers(5, 8), m(8)], [m.integers(3, 4), { minlength: 6 }]],
    errors: (m) => [
      [[m(3)], 'takes integers'],
      [[m.integers(3, 2, 2)], 'takes a vector'],
    ],
    gradcheck: false,
  },
);
