import { applyInplace } from '../../autograd/apply.js';
import { parseSignature } from '../../core/bind.js';
import { type Described, type Fn, fn } from '../../core/define.js';
import { ArgumentError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { chosenShape, fitValues, putRow, takeIndexed } from './advanced.js';
import { type Index, resolve } from './resolve.js';

export type { Index };

/**
 * Indexing as in Python: integers, slices ('1:3', ':', '::2'), '...', null, lists and tensors of integers, masks. Without lists,
 * tensors and masks a view, else a copy. IndexError out of range. PyTorch: Tensor.__getitem__.
 * @example
 * tg.arange(6).reshape(2, 3).at(1, '1:') // => tensor([4, 5])
 */
export const at: ((input: Tensor, ...indices: Index[]) => Tensor) & Described = Object.assign(
  (input: Tensor, ...given: Index[]): Tensor => {
    const { view, indices, places } = resolve(input, given);
    // As in PyTorch, the result is never the tensor itself.
    if (indices.length === 0) return view === input ? view.view(view.shape) : view;
    return takeIndexed(view, indices, places);
  },
  {
    signature: parseSignature('at(input, *indices)'),
    facts: {
      samples: (m) => [
        [m(3, 4), 1],
        [m(3, 4), '1:', '::2'],
        [m(3, 4), '...', -1],
        [m(3, 4), null, [0, 2]],
        [m(3, 4, 2), [0, 1], ':', [1, 0]],
        [m(3, 4, 2), ':', [[0, 1]], [1, 0]],
        [m(3, 4), [true, false, true]],
        [m(3, 4), m.bools(3, 4)],
      ],
      errors: (m) => [
        [[m(3), 3], 'out of range'],
        [[m(3), [5]], 'out of range'],
        [[m(3), 0, 0], '2 indices for 1'],
        [[m(3), '1-2'], 'no slice'],
        [[m(3), '::-1'], 'positive'],
        [[m(3), [true, false]], 'does not fit'],
      ],
    } satisfies Described['facts'],
  },
);

/**
 * Writes at the places that the indices choose: `x.at_([0, '1:'], value)`. A list within the list is a list of indices; the value is a
 * number or a tensor that broadcasts, and is converted. PyTorch: Tensor.__setitem__.
 */
export const at_: Fn<
  [self: Tensor, indices: readonly Index[], value: number | boolean | Tensor],
  { indices?: readonly Index[]; value?: number | boolean | Tensor },
  Tensor
> = fn('at_(self, indices, value)', (self, given, value) => {
  if (typeof value !== 'number' && typeof value !== 'boolean' && !(value instanceof Tensor)) {
    const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    throw new ArgumentError(
      `at_: the value must be a number or a tensor, got ${what}; make a tensor with tg.tensor(...)`,
    );
  }
  const { view, indices, places } = resolve(self, Array.isArray(given) ? given : [given as Index]);
  if (indices.length === 0) {
    if (value instanceof Tensor) view.copy_(fitValues('at_', value, view.shape));
    else view.fill_(Number(value));
    return self;
  }
  const shape = chosenShape(view.shape, indices, places);
  const source = value instanceof Tensor ? value.to(view.device, view.dtype) : numberLike(Number(value), view);
  applyInplace(putRow, [view, fitValues('at_', source, shape), ...indices], { ...places, accumulate: false });
  return self;
});
