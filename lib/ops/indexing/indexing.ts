import { sameShape } from '../../../kernels/view.js';
import { type InplaceForm, withInplace } from '../../autograd/define.js';
import { fnInplace, type Run } from '../../autograd/rows.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { chosenShape, fitValues, putIndexed, putRow, takeIndexed } from './advanced.js';
import { asVector, checkBounds, type Indices, indexList, indexTensor } from './indices.js';
import { type Mask, resolveTensors } from './resolve.js';

/** Puts slices of the checked source at indices along a dimension. */
function putSlices(
  run: Run,
  name: string,
  input: Tensor,
  dim: number,
  given: Indices,
  source: Tensor,
  accumulate: boolean,
): Tensor {
  const d = wrapDim(name, dim, input.shape.length);
  const index = indexList(name, given, input, d);
  const x = asVector(input);
  const values = input.shape.length === 0 ? asVector(source) : source;
  const wanted = x.shape.with(d, index.shape[0]);
  if (!sameShape(values.shape, wanted)) {
    throw new ShapeError(
      `${name}: the source has shape ${showShape(source.shape)}; ${index.shape[0]} indices along dimension ${d} of ${showShape(input.shape)} need ${showShape(wanted)}`,
    );
  }
  const result = run(putRow, [x, values, index], { dims: [d], position: d, accumulate });
  return input.shape.length === 0 ? result.reshape([]) : result;
}

/** Adds the slices of a source, times `alpha`, at a list of indices along a dimension. PyTorch: torch.index_add. */
export const indexAdd: Fn<
  [input: Tensor, dim: number, index: Indices, source: Tensor],
  { dim?: number; index?: Indices; source?: Tensor; alpha?: number },
  Tensor
> &
  InplaceForm = fnInplace(
  'indexAdd(input, dim, index, source:tensor, *, alpha=1)',
  (run, input, dim, index, source, { alpha }) => {
    if (!Number.isInteger(alpha) && !isFloat(source.dtype)) {
      throw new DTypeError(`indexAdd: alpha is ${alpha}; for tensors of integers it must be a whole number`);
    }
    const values = alpha === 1 ? source : source.mul(alpha).to(source.dtype);
    return putSlices(run, 'indexAdd', input, dim, index, values, true);
  },
  {
    samples: (m) => [
      [m(3, 4), 0, [2, 0, 2], m(3, 4)],
      [m(3, 4), 1, [1], m(3, 1), { alpha: 2 }],
      [m(), 0, [0], m()],
    ],
    errors: (m) => [
      [[m(3, 4), 0, [3], m(1, 4)], 'out of range'],
      [[m(3, 4), 0, [0], m(2, 4)], 'need (1, 4)'],
      [[m.integers(3, 4), 0, [0], m.integers(3, 1), { alpha: 1.5 }], 'whole number'],
    ],
  },
);

/** Puts the slices of a source at a list of indices along a dimension. PyTorch: torch.index_copy. */
export const indexCopy: Fn<
  [input: Tensor, dim: number, index: Indices, source: Tensor],
  { dim?: number; index?: Indices; source?: Tensor },
  Tensor
> &
  InplaceForm = fnInplace(
  'indexCopy(input, dim, index, source:tensor)',
  (run, input, dim, index, source) => putSlices(run, 'indexCopy', input, dim, index, source, false),
  {
    samples: (m) => [
      [m(3, 4), 0, [2, 0], m(2, 4)],
      [m(3, 4), -1, [1], m(3, 1)],
    ],
    errors: (m) => [[[m(3, 4), 0, [0], m(2, 4)], 'need (1, 4)']],
  },
);

/** A number, or a tensor without dimensions, as one that another tensor can take up. */
function oneValue(name: string, value: number | Tensor, like: Tensor): Tensor {
  if (value instanceof Tensor) {
    if (value.shape.length === 0) return value.to(like.device, like.dtype);
    throw new ShapeError(
      `${name}: the value must be a number or a tensor without dimensions, got ${showShape(value.shape)}`,
    );
  }
  if (typeof value !== 'number') {
    throw new ArgumentError(`${name}: the value must be a number or a tensor without dimensions, got ${typeof value}`);
  }
  if (!Number.isInteger(value) && !isFloat(like.dtype)) {
    throw new DTypeError(`${name}: ${value} cannot be stored in a tensor of ${like.dtype}; convert the tensor first`);
  }
  return numberLike(value, like);
}

/** One value in the slices at a list of indices along a dimension. PyTorch: torch.index_fill. */
export const indexFill: Fn<
  [input: Tensor, dim: number, index: Indices, value: number | Tensor],
  { dim?: number; index?: Indices; value?: number | Tensor },
  Tensor
> &
  InplaceForm = fnInplace(
  'indexFill(input, dim, index, value)',
  (run, input, dim, given, value) => {
    const d = wrapDim('indexFill', dim, input.shape.length);
    const index = indexList('indexFill', given, input, d, true);
    const x = asVector(input);
    const source = oneValue('indexFill', value, input).expand(x.shape.with(d, index.shape[0]));
    const result = run(putRow, [x, source, index], { dims: [d], position: d, accumulate: false });
    return input.shape.length === 0 ? result.reshape([]) : result;
  },
  {
    samples: (m) => [
      [m(3, 4), 0, [2, 0], 5],
      [m(3, 4), 1, [1], m()],
    ],
    errors: (m) => [
      [[m(3), 0, [3], 1], 'out of range'],
      [[m(3), 0, [[1]], 1], 'one dimension'],
      [[m(3), 0, [0], m(3)], 'without dimensions'],
    ],
  },
);

type IndexList = readonly (Indices | Mask | null)[];

/**
 * Writes values at the places that a list of index tensors or masks names, one for each dimension; `accumulate` adds instead.
 * PyTorch: torch.index_put.
 */
export const indexPut: Fn<
  [input: Tensor, indices: IndexList, values: Tensor, accumulate?: boolean],
  { indices?: IndexList; values?: Tensor; accumulate?: boolean },
  Tensor
> &
  InplaceForm = fnInplace(
  'indexPut(input, indices:array, values:tensor, accumulate=false)',
  (run, input, given, values, accumulate) => {
    const { indices, places } = resolveTensors('indexPut', input, given);
    const source = fitValues('indexPut', values, chosenShape(input.shape, indices, places));
    return run(putRow, [input, source, ...indices], { ...places, accumulate });
  },
  {
    samples: (m) => [
      [m(3, 4), [[0, 2]], m(2, 4)],
      [
        m(3, 4),
        [
          [0, 2],
          [1, 1],
        ],
        m(2),
        true,
      ],
      [m(3, 4), [null, [3, 0]], m(2)],
      [m(3), [m.bools(3)], m(1)],
    ],
    errors: (m) => [
      [[m(3), [[3]], m(1)], 'out of range'],
      [[m(3), [[0]], m(2)], 'do not broadcast'],
      [[m(3), [[0]], m.integers(3, 1)], 'must agree'],
    ],
  },
);

/** Elements by their index in row-major order; the result has the index's shape. PyTorch: torch.take. */
export const take: Fn<[input: Tensor, index: Indices], { index?: Indices }, Tensor> = fn(
  'take(input, index)',
  (input, given) => {
    const index = indexTensor('take', given, input);
    const flat = input.reshape(-1);
    checkBounds('take', index, flat.shape[0], 0, true);
    return takeIndexed(flat, [index], { dims: [0], position: 0 });
  },
  {
    samples: (m) => [
      [
        m(3, 4),
        [
          [0, 11],
          [-1, 5],
        ],
      ],
      [m(), [0]],
    ],
    errors: (m) => [[[m(3), [3]], 'out of range']],
  },
);

/** Writes (or adds) a source's elements at indices in row-major order. PyTorch: torch.put. */
export const put: Fn<
  [input: Tensor, index: Indices, source: Tensor, accumulate?: boolean],
  { index?: Indices; source?: Tensor; accumulate?: boolean },
  Tensor
> &
  InplaceForm = withInplace(
  fn(
    'put(input, index, source:tensor, accumulate=false)',
    (input, given, source, accumulate) => {
      const index = indexTensor('put', given, input);
      const flat = input.reshape(-1);
      checkBounds('put', index, flat.shape[0], 0, true);
      if (index.numel() !== source.numel()) {
        throw new ShapeError(
          `put: ${index.numel()} indices of shape ${showShape(index.shape)} for ${source.numel()} elements of shape ${showShape(source.shape)}; they must be as many`,
        );
      }
      const values = source.reshape(index.shape);
      return putIndexed(flat, values, [index], { dims: [0], position: 0, accumulate }).reshape(input.shape);
    },
    {
      samples: (m) => [
        [m(3, 4), [0, -1], m(2)],
        [m(3, 4), [[3, 3]], m(1, 2), true],
      ],
      errors: (m) => [
        [[m(3), [3], m(1)], 'out of range'],
        [[m(3), [0, 1], m(1)], 'as many'],
      ],
    },
  ),
);
