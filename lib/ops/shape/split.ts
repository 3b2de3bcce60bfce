import { applyParts, applyView, checkTensor, type ViewRow } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, IndexError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { type Slice, selectRow, sliceRow } from './strided.js';

const partRow: ViewRow<Slice> = { ...sliceRow, name: 'split', several: true };

const unbindRow: ViewRow<{ dim: number; index: number }> = { ...selectRow, name: 'unbind', several: true };

type Parts = Tensor[];
type DimOption = { dim?: number };

function checkDim(name: string, input: Tensor, dim: number): number {
  checkTensor(name, input);
  if (input.shape.length === 0) throw new IndexError(`${name}: a tensor without dimensions cannot be split`);
  return wrapDim(name, dim, input.shape.length);
}

/** Views of consecutive parts, which end at `ends`. */
function parts(input: Tensor, dim: number, sizes: readonly number[]): Parts {
  let start = 0;
  const slices = sizes.map((length) => {
    start += length;
    return { dim, start: start - length, length, step: 1 };
  });
  return applyParts(partRow, input, slices, (t, gradients) => t.cat(gradients, dim));
}

function equalSizes(total: number, size: number): number[] {
  const n = Math.max(1, size === 0 ? 1 : Math.ceil(total / size));
  return Array.from({ length: n }, (_, i) => Math.min(size, total - i * size));
}

/**
 * Parts of `splitSize` along a dimension (the last may be smaller), or of the sizes in a list, which must add up. Views.
 * PyTorch: torch.split.
 * @example
 * tg.arange(5).split(2).map((part) => part.tolist()) // => [ [ 0, 1 ], [ 2, 3 ], [ 4 ] ]
 */
export const split: Fn<
  [input: Tensor, splitSize: number | readonly number[], dim?: number],
  DimOption & { splitSize?: number | readonly number[] },
  Parts
> = fn(
  'split(input, splitSize:integers, dim=0)',
  (input, splitSize, dim) => {
    if (typeof splitSize !== 'number') return splitWithSizes(input, splitSize, dim);
    const d = checkDim('split', input, dim);
    const total = input.shape[d];
    if (!Number.isInteger(splitSize) || splitSize < 0 || (splitSize === 0 && total > 0)) {
      throw new ValueError(`split: the size of a part must be a positive integer, got ${splitSize}`);
    }
    return parts(input, d, equalSizes(total, splitSize));
  },
  {
    samples: (m) => [
      [m(5, 2), 2],
      [m(5, 2), [1, 4]],
      [m(3, 4), { splitSize: 2, dim: -1 }],
    ],
    errors: (m) => [
      [[m(4), 0], 'positive integer'],
      [[m(), 1], 'without dimensions'],
    ],
  },
);

/** Parts of the sizes in a list, which must add up to the dimension's (ShapeError). Views. PyTorch: torch.split_with_sizes. */
export const splitWithSizes: Fn<
  [input: Tensor, splitSizes: readonly number[], dim?: number],
  DimOption & { splitSizes?: readonly number[] },
  Parts
> = fn(
  'splitWithSizes(input, splitSizes:list, dim=0)',
  (input, splitSizes, dim) => {
    const d = checkDim('splitWithSizes', input, dim);
    const total = splitSizes.reduce((sum, size) => sum + size, 0);
    if (total !== input.shape[d] || !splitSizes.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new ShapeError(
        `splitWithSizes: the sizes ${showShape(splitSizes)} must be no less than 0 and add up to ${input.shape[d]}, the size of dimension ${d} of ${showShape(input.shape)}`,
      );
    }
    return parts(input, d, splitSizes);
  },
  { samples: (m) => [[m(5, 2), [2, 0, 3]]], errors: (m) => [[[m(4), [1, 2]], 'add up to 4']] },
);

/** At most `chunks` parts of equal size along a dimension, the last maybe smaller. Views. PyTorch: torch.chunk. */
export const chunk: Fn<[input: Tensor, chunks: number, dim?: number], DimOption & { chunks?: number }, Parts> = fn(
  'chunk(input, chunks, dim=0)',
  (input, chunks, dim) => {
    const d = checkDim('chunk', input, dim);
    if (!Number.isInteger(chunks) || chunks < 1) {
      throw new ValueError(`chunk: the number of chunks must be a positive integer, got ${chunks}`);
    }
    const total = input.shape[d];
    if (total === 0) return parts(input, d, new Array<number>(chunks).fill(0));
    return parts(input, d, equalSizes(total, Math.ceil(total / chunks)));
  },
  {
    samples: (m) => [
      [m(5, 2), 2],
      [m(3, 4), 3, 1],
    ],
    errors: (m) => [[[m(4), 0], 'positive integer']],
  },
);

/**
 * Parts along a dimension: so many, of sizes that differ by one at most, or cut before the given indices. Views.
 * PyTorch: torch.tensor_split.
 */
export const tensorSplit: Fn<
  [input: Tensor, indicesOrSections: number | readonly number[] | Tensor, dim?: number],
  DimOption & {
    indicesOrSections?: number | readonly number[] | Tensor;
    indices?: readonly number[];
    sections?: number;
  },
  Parts
> = fn(
  'tensorSplit(input, indicesOrSections=null, dim=0, *, indices=null, sections=null)',
  (input, given, dim, { indices, sections }) =>
    sectioned('tensorSplit', input, given ?? indices ?? sections, checkDim('tensorSplit', input, dim), false),
  {
    samples: (m) => [
      [m(5, 2), 3],
      [m(5, 2), [1, 3]],
      [m(2, 5), { sections: 2, dim: 1 }],
    ],
    errors: (m) => [[[m(4), 0], 'positive']],
  },
);

function sectioned(
  name: string,
  input: Tensor,
  given: number | readonly number[] | Tensor | null | undefined,
  dim: number,
  even: boolean,
): Parts {
  const cuts = given instanceof Tensor ? (given.tolist() as number | number[]) : given;
  const size = input.shape[dim];
  if (typeof cuts === 'number') {
    if (!Number.isInteger(cuts) || cuts < 1) {
      throw new ValueError(`${name}: the number of sections must be a positive integer, got ${cuts}`);
    }
    if (even && size % cuts !== 0) {
      throw new ShapeError(
        `${name}: dimension ${dim} of ${showShape(input.shape)} cannot be cut into ${cuts} equal parts; use tensorSplit`,
      );
    }
    const small = Math.floor(size / cuts);
    return parts(
      input,
      dim,
      Array.from({ length: cuts }, (_, i) => small + (i < size % cuts ? 1 : 0)),
    );
  }
  if (!Array.isArray(cuts)) {
    throw new ArgumentError(`${name}: give the number of sections, or a list of the indices to cut before`);
  }
  const ends = [...(cuts as number[]), size].map((at) => Math.min(Math.max(at < 0 ? at + size : at, 0), size));
  return ends.map((end, i) => {
    const start = i === 0 ? 0 : ends[i - 1];
    return applyView(partRow, input, { dim, start, length: Math.max(0, end - start), step: 1 });
  });
}

type Sections = number | readonly number[];
type Sectioned = Fn<
  [input: Tensor, indicesOrSections: Sections],
  { indicesOrSections?: Sections; indices?: readonly number[]; sections?: number },
  Parts
>;

function sectionedAt(name: string, dimOf: (rank: number) => number, least: number, shape: number[]): Sectioned {
  return fn(
    `${name}(input, indicesOrSections=null, *, indices=null, sections=null)`,
    (input, given, { indices, sections }) => {
      checkTensor(name, input);
      const rank = input.shape.length;
      if (rank < least) {
        throw new ShapeError(
          `${name}: the tensor of shape ${showShape(input.shape)} needs at least ${least} dimension${least === 1 ? '' : 's'}`,
        );
      }
      return sectioned(name, input, given ?? indices ?? sections, dimOf(rank), true);
    },
    {
      samples: (m) => [
        [m(...shape), 2],
        [m(...shape), [1, 3]],
      ],
      errors: (m) => [[[m(), 1], 'at least']],
    },
  );
}

/** Equal parts of the columns (of the elements of a vector). PyTorch: torch.hsplit. */
export const hsplit: Sectioned = sectionedAt('hsplit', (rank) => (rank === 1 ? 0 : 1), 1, [2, 4]);

/** Equal parts of the rows. PyTorch: torch.vsplit. */
export const vsplit: Sectioned = sectionedAt('vsplit', () => 0, 2, [4, 2]);

/** Equal parts along the third dimension. PyTorch: torch.dsplit. */
export const dsplit: Sectioned = sectionedAt('dsplit', () => 2, 3, [2, 1, 4]);

/** The slices along a dimension, which goes. Views. PyTorch: torch.unbind. */
export const unbind: Fn<[input: Tensor, dim?: number], DimOption, Parts> = fn(
  'unbind(input, dim=0)',
  (input, dim) => {
    const d = checkDim('unbind', input, dim);
    const places = Array.from({ length: input.shape[d] }, (_, index) => ({ dim: d, index }));
    return applyParts(unbindRow, input, places, (t, gradients) => t.stack(gradients, d));
  },
  { samples: (m) => [[m(3, 2)], [m(3, 2), -1]], errors: (m) => [[[m()], 'without dimensions']] },
);
