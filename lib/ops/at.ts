import { applyInplace, checkTensor } from '../autograd/apply.js';
import { parseSignature } from '../core/bind.js';
import { type Described, type Fn, fn } from '../core/define.js';
import { ArgumentError, IndexError, showShape } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import { chosenShape, fitValues, type Places, putRow, takeIndexed } from './advanced.js';
import { checkBounds, type Indices, indexTensor } from './indices.js';
import { coordinates } from './nonzero.js';
import { slice } from './strided.js';
import { fromNested, numberLike } from './values.js';

/** Truth values, nested: a mask. */
export type Mask = boolean | readonly Mask[];

/** One index: an integer, a slice such as '1:3' or '::2', '...', null for a new dimension, or indices or a mask. */
export type Index = string | null | Indices | Mask;

/** What is left to do once views have been taken: index tensors per dimension. */
interface Advanced {
  readonly view: Tensor;
  readonly indices: readonly Tensor[];
  readonly places: Places;
}

const sliceText = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?$/;

function isTruth(index: unknown): boolean {
  return Array.isArray(index) ? index.length > 0 && isTruth(index[0]) : typeof index === 'boolean';
}

/** Lists and truth values as tensors; everything else as it is. */
function normalise(index: Index, like: Tensor): Exclude<Index, readonly Indices[] | Mask> {
  if (index === null || typeof index === 'string' || typeof index === 'number' || index instanceof Tensor) return index;
  if (!isTruth(index)) return indexTensor('at', index as Indices, like);
  const mask = fromNested(index, 'bool', (x) => {
    if (typeof x !== 'boolean') throw new ArgumentError(`at: a mask must hold truth values only; ${String(x)} is none`);
  });
  return mask.to(like.device);
}

const isMask = (index: Tensor): boolean => index.dtype === 'bool' || index.dtype === 'uint8';

/** How many dimensions an index uses up. */
function width(index: Exclude<Index, readonly Indices[] | Mask>): number {
  if (index === null || index === '...') return 0;
  return index instanceof Tensor && isMask(index) ? index.shape.length : 1;
}

function takeSlice(view: Tensor, dim: number, text: string): Tensor {
  const match = sliceText.exec(text);
  if (match === null) {
    throw new ArgumentError(`at: '${text}' is no slice; write 'start:stop' or 'start:stop:step', '...', or an integer`);
  }
  const [start, stop, step] = match.slice(1).map((part) => (part === undefined || part === '' ? null : Number(part)));
  return slice(view, dim, start, stop, step ?? 1);
}

/** The index tensors that a mask stands for, one for each of its dimensions. */
function expandMask(mask: Tensor, view: Tensor, dim: number): Tensor[] {
  mask.shape.forEach((size, d) => {
    if (size === view.shape[dim + d]) return;
    throw new IndexError(
      `at: the mask of shape ${showShape(mask.shape)} does not fit ${showShape(view.shape)}: sizes ${size} and ${view.shape[dim + d]} meet at dimension ${dim + d}; they must be equal`,
    );
  });
  return coordinates(mask);
}

/** Takes the views that integers, slices, '...' and null ask for; index tensors are left over. */
function resolve(input: Tensor, given: readonly Index[]): Advanced {
  checkTensor('at', input);
  const list = given.map((index) => normalise(index, input));
  const used = list.reduce<number>((sum, index) => sum + width(index), 0);
  const rank = input.shape.length;
  if (used > rank) throw new IndexError(`at: ${used} indices for ${rank} dimensions of ${showShape(input.shape)}`);
  if (list.filter((index) => index === '...').length > 1) throw new IndexError("at: '...' may stand only once");
  let view = input;
  let dim = 0;
  const indices: Tensor[] = [];
  const dims: number[] = [];
  for (const index of list) {
    if (index === '...') dim += rank - used;
    else if (index === null) view = view.unsqueeze(dim++);
    else if (typeof index === 'string') view = takeSlice(view, dim++, index);
    else if (typeof index === 'number') view = view.select(dim, index);
    else if (isMask(index)) {
      // A truth value without dimensions chooses from a new dimension of size 1.
      const mask = index.shape.length === 0 ? index.reshape(1) : index;
      if (index.shape.length === 0) view = view.unsqueeze(dim);
      for (const one of expandMask(mask, view, dim)) {
        indices.push(one);
        dims.push(dim++);
      }
    } else if (index.shape.length === 0) view = view.select(dim, index.item());
    else {
      const one = indexTensor('at', index, input);
      checkBounds('at', one, view.shape[dim], dim, true);
      indices.push(one);
      dims.push(dim++);
    }
  }
  const together = dims.every((d, i) => i === 0 || d === dims[i - 1] + 1);
  return { view, indices, places: { dims, position: together && dims.length > 0 ? dims[0] : 0 } };
}

/**
 * Indexing as in Python: integers, slices ('1:3', ':', '::2'), '...', null, lists and tensors of integers, masks. Without lists,
 * tensors and masks a view, else a copy. IndexError out of range. PyTorch: Tensor.__getitem__.
 * @example
 * tg.arange(6).reshape(2, 3).at(1, '1:') // => tensor([4, 5], dtype=int32)
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
