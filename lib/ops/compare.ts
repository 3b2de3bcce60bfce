import { sameShape } from '../../kernels/view.js';
import { checkTensor } from '../autograd/apply.js';
import { type Fn, fn } from '../core/define.js';
import { broadcastShapes } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';

const allTrue = (x: Tensor): boolean => x.storage.kernels.countNonzero(x) === x.numel();

/** Whether two tensors have the same shape and equal elements; NaN equals nothing. PyTorch: torch.equal. */
export const equal: Fn<[input: Tensor, other: Tensor], { other?: Tensor }, boolean> = fn(
  'equal(input, other)',
  (input, other) => {
    checkTensor('equal', input);
    checkTensor('equal', other);
    return sameShape(input.shape, other.shape) && allTrue(input.detach().eq(other.detach()));
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(2), m(3)],
    ],
    gradcheck: false,
  },
);

type Tolerance = { other?: Tensor; rtol?: number; atol?: number; equalNan?: boolean };

/**
 * Whether all elements are close: |input - other| <= atol + rtol |other|; shapes broadcast. PyTorch: torch.allclose.
 * @example
 * tg.allclose(tg.tensor([1]), tg.tensor([1.000001])) // => true
 */
export const allclose: Fn<
  [input: Tensor, other: Tensor, rtol?: number, atol?: number, equalNan?: boolean],
  Tolerance,
  boolean
> = fn(
  'allclose(input, other, rtol=0.00001, atol=0.00000001, equalNan=false)',
  (input, other, rtol, atol, equalNan) => {
    checkTensor('allclose', input);
    checkTensor('allclose', other);
    broadcastShapes('allclose', input.shape, other.shape);
    return allTrue(input.detach().isclose(other.detach(), { rtol, atol, equalNan }));
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(2, 3), m(3), { atol: 10 }],
    ],
    errors: (m) => [[[m(2), m(3)], 'do not broadcast']],
    gradcheck: false,
  },
);
