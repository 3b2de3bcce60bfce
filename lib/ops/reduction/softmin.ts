import { checkTensor } from '../../autograd/apply.js';
import { fn } from '../../core/define.js';
import { type Softmax, softmax } from './softmax.js';

/** `softmax` of the negative input: the smallest element gets most. PyTorch: torch.nn.functional.softmin. */
export const softmin: Softmax = fn(
  'softmin(input, dim, *, dtype=null)',
  (input, dim, { dtype }) => {
    checkTensor('softmin', input);
    return softmax(input.neg(), dim, { dtype });
  },
  {
    samples: (m) => [
      [m(3), 0],
      [m(2, 3), { dim: 1, dtype: 'float64' }],
    ],
  },
);
