import { checkTensor } from '../../autograd/apply.js';
import { ArgumentError, IndexError, showShape } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { fromNested } from '../creation/values.js';
import { slice } from '../shape/strided.js';
import type { Places } from './advanced.js';
import { coordinates } from './coordinates.js';
import { checkBounds, type Indices, indexTensor } from './indices.js';

/** Truth values, nested: a mask. */
export type Mask = boolean | readonly Mask[];

/** One index: an integer, a slice such as '1:3' or '::2', '...', null for a new dimension, or indices or a mask. */
export type Index = string | null | Indices | Mask;

/** What is left to do once views have been taken: index tensors per dimension. */
export interface Advanced {
  readonly view: Tensor;
  readonly indices: readonly Tensor[];
  readonly places: Places;
}

const sliceText = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?$/;

function isTruth(index: unknown): boolean {
  return Array.isArray(index) ? index.length > 0 && isTruth(index[0]) : typeof index === 'boolean';
}

/** Lists and truth values as tensors; everything else as it is. */
function normalise(name: string, index: Index, like: Tensor): Exclude<Index, readonly Indices[] | Mask> {
  if (index === null || typeof index === 'string' || typeof index === 'number' || index instanceof Tensor) return index;
  if (!isTruth(index)) return indexTensor(name, index as Indices, like);
  const mask = fromNested(index, 'bool', (x) => {
    if (typeof x !== 'boolean')
      throw new ArgumentError(`${name}: a mask must hold truth values only; ${String(x)} is none`);
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
function expandMask(name: string, mask: Tensor, view: Tensor, dim: number): Tensor[] {
  mask.shape.forEach((size, d) => {
    if (size === view.shape[dim + d]) return;
    throw new IndexError(
      `${name}: the mask of shape ${showShape(mask.shape)} does not fit ${showShape(view.shape)}: sizes ${size} and ${view.shape[dim + d]} meet at dimension ${dim + d}; they must be equal`,
    );
  });
  return coordinates(mask);
}

/** Takes the views that integers, slices, '...' and null ask for; index tensors are left over. */
export function resolve(input: Tensor, given: readonly Index[]): Advanced {
  checkTensor('at', input);
  const list = given.map((index) => normalise('at', index, input));
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
      for (const one of expandMask('at', mask, view, dim)) {
        indices.push(one);
        dims.push(dim++);
      }
    } else {
      const one = indexTensor('at', index, input);
      checkBounds('at', one, view.shape[dim], dim, true);
      if (one.shape.length === 0) view = view.select(dim, one.item());
      else {
        indices.push(one);
        dims.push(dim++);
      }
    }
  }
  return { view, indices, places: placesOf(dims) };
}

/** The index dimensions stand where the indices stood if these were neighbours, else in front. */
function placesOf(dims: readonly number[]): Places {
  const together = dims.every((d, i) => i === 0 || d === dims[i - 1] + 1);
  return { dims, position: together && dims.length > 0 ? dims[0] : 0 };
}

/** A list of index tensors and masks, one for each dimension or null: nothing is selected or sliced first. */
export function resolveTensors(
  name: string,
  input: Tensor,
  given: readonly (Indices | Mask | null)[],
): { indices: Tensor[]; places: Places } {
  checkTensor(name, input);
  const indices: Tensor[] = [];
  const dims: number[] = [];
  let dim = 0;
  for (const one of given) {
    const index = one === null ? null : normalise(name, typeof one === 'number' ? [one] : one, input);
    if (!(index instanceof Tensor)) {
      dim++;
      continue;
    }
    const width = isMask(index) ? index.shape.length : 1;
    if (dim + width > input.shape.length) {
      throw new IndexError(
        `${name}: too many indices for the ${input.shape.length} dimensions of ${showShape(input.shape)}`,
      );
    }
    const tensors = isMask(index) ? expandMask(name, index, input, dim) : [indexTensor(name, index, input)];
    for (const tensor of tensors) {
      checkBounds(name, tensor, input.shape[dim], dim, true);
      indices.push(tensor);
      dims.push(dim++);
    }
  }
  return { indices, places: placesOf(dims) };
}
