import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { extent } from '../reduction/extent.js';

/**
 * A one at the place that each integer names, zeros elsewhere, in a new last dimension of `numClasses` (-1: the largest plus one). int32.
 * PyTorch: torch.nn.functional.one_hot.
 * @example
 * tg.nn.functional.oneHot(tg.tensor([0, 2]).long()).tolist() // => [ [ 1, 0, 0 ], [ 0, 0, 1 ] ]
 */
export const oneHot: Fn<[input: Tensor, numClasses?: number], { numClasses?: number }, Tensor> = fn(
  'oneHot(input, numClasses=-1)',
  (input, numClasses) => {
    checkTensor('oneHot', input);
    const found = extent('oneHot', input);
    if (found === null && numClasses <= 0) {
      throw new ValueError('oneHot: cannot tell the number of classes from no elements; give numClasses');
    }
    const classes = numClasses === -1 ? (found as [number, number])[1] + 1 : numClasses;
    if (classes < 1 || (found !== null && found[1] >= classes)) {
      throw new ValueError(`oneHot: numClasses is ${classes}, the largest class ${found?.[1]}; it must be larger`);
    }
    const places = zeros([...input.shape, classes], { dtype: 'int32', device: input.device });
    return places.scatter(-1, input.unsqueeze(-1), 1);
  },
  {
    samples: (m) => [[m.integers(4, 2, 3)], [m.integers(4, 3), 6]],
    errors: (m) => [
      [[m(3)], 'takes integers'],
      [[m.integers(1, 3).add(3), 2], 'must be larger'],
    ],
    gradcheck: false,
  },
);
