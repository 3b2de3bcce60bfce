import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes, wrapDim } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { takeIndexed } from './advanced.js';
import { takeAlong } from './along.js';
import { asVector, checkAlong, checkBounds, type Indices, indexList, indexTensor } from './indices.js';

/**
 * Picks one element per index along a dimension: `out[i][j] = input[index[i][j]][j]` for `dim` 0. The result has the index's shape.
 * IndexError out of range. PyTorch: torch.gather.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).gather(1, [[0, 0], [1, 0]]) // => tensor([[1., 1.], [4., 3.]])
 */
export const gather: Fn<
  [input: Tensor, dim: number, index: Indices],
  { dim?: number; index?: Indices; sparseGrad?: boolean },
  Tensor
> = fn(
  'gather(input, dim, index, *, sparseGrad=false)',
  (input, dim, given) => {
    const { x, index, dim: d } = checkAlong('gather', input, given, dim);
    const result = takeAlong(x, index, d);
    return given instanceof Tensor && given.shape.length === 0 ? result.reshape([]) : result;
  },
  {
    samples: (m) => [
      [m(3, 4), 1, m.integers(4, 3, 2)],
      [m(3, 4), 0, m.integers(3, 2, 4)],
      [m(3), 0, [2, 2, 0, 1]],
      [m(), 0, m.integers(1, 2)],
    ],
    errors: (m) => [
      [[m(3), 0, [3]], 'out of range'],
      [[m(3), 0, [[1]]], 'does not fit'],
      [[m(3), 0, m(3)], 'integers'],
    ],
  },
);

/** The rows (or slices along another dimension) that a list of indices names, in its order. PyTorch: torch.index_select. */
export const indexSelect: Fn<[input: Tensor, dim: number, index: Indices], { dim?: number; index?: Indices }, Tensor> =
  fn(
    'indexSelect(input, dim, index)',
    (input, dim, given) => {
      const d = wrapDim('indexSelect', dim, input.shape.length);
      const index = indexList('indexSelect', given, input, d);
      const result = takeIndexed(asVector(input), [index], { dims: [d], position: d });
      return input.shape.length === 0 ? result.reshape([]) : result;
    },
    {
      samples: (m) => [
        [m(3, 4), 1, [3, 0, 0]],
        [m(3, 4), { dim: 0, index: [1] }],
        [m(), 0, [0]],
      ],
      errors: (m) => [
        [[m(3), 0, [-1]], 'out of range'],
        [[m(3), 0, [[1]]], 'one dimension'],
      ],
    },
  );

/**
 * `gather` whose input and index broadcast but for `dim`; without `dim` both count as flat. PyTorch: torch.take_along_dim.
 */
export const takeAlongDim: Fn<
  [input: Tensor, indices: Indices, dim?: number | null],
  { indices?: Indices; dim?: number | null },
  Tensor
> = fn(
  'takeAlongDim(input, indices, dim=null)',
  (input, given, dim) => {
    const index = indexTensor('takeAlongDim', given, input);
    if (dim === null) return takeAlongDim(input.reshape(-1), index.reshape(-1), 0);
    const d = wrapDim('takeAlongDim', dim, input.shape.length);
    if (index.shape.length !== input.shape.length) {
      throw new ShapeError(
        `takeAlongDim: an index of shape ${showShape(index.shape)} for ${showShape(input.shape)}; it needs as many dimensions`,
      );
    }
    const common = broadcastShapes('takeAlongDim', input.shape.with(d, 1), index.shape.with(d, 1));
    const wide = input.expand(common.with(d, input.shape[d]));
    checkBounds('takeAlongDim', index, input.shape[d], d, true);
    return takeAlong(wide, index.expand(common.with(d, index.shape[d])), d);
  },
  {
    samples: (m) => [
      [m(3, 4), [[1], [0], [3]], 1],
      [m(1, 4), m.integers(1, 3, 4), 0],
      [m(3, 4), [11, 0]],
    ],
    errors: (m) => [
      [[m(3, 4), [0], 1], 'as many dimensions'],
      [[m(3), [3], 0], 'out of range'],
    ],
  },
);
