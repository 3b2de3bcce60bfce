import { contiguousStrides, sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { implant } from './regions.js';
import { slice } from './strided.js';

/** A copy of `input` in which the elements that a view shows are those of `src`. */
function scatterInto(name: string, input: Tensor, src: Tensor, take: (x: Tensor) => Tensor): Tensor {
  checkTensor(name, input);
  checkTensor(name, src);
  // The copy will be contiguous: the view is taken of a tensor that is laid out like it and whose elements nobody reads.
  const view = take(alias(input, 0, input.shape, contiguousStrides(input.shape)));
  if (!sameShape(view.shape, src.shape)) {
    throw new ShapeError(
      `${name}: src has shape ${showShape(src.shape)}; what it replaces in ${showShape(input.shape)} has ${showShape(view.shape)}; they must be equal`,
    );
  }
  return implant(input, src, { shape: view.shape, strides: view.strides, offset: view.offset, within: input.shape });
}

/** A copy with one slice along a dimension replaced. PyTorch: torch.select_scatter. */
export const selectScatter: Fn<
  [input: Tensor, src: Tensor, dim: number, index: number],
  { src?: Tensor; dim?: number; index?: number },
  Tensor
> = fn(
  'selectScatter(input, src, dim, index)',
  (input, src, dim, index) => scatterInto('selectScatter', input, src, (x) => x.select(dim, index)),
  {
    samples: (m) => [
      [m(3, 4), m(4), 0, 1],
      [m(3, 4), m(3), -1, -1],
    ],
    errors: (m) => [[[m(3, 4), m(3), 0, 1], 'must be equal']],
  },
);

type SliceOptions = { src?: Tensor; dim?: number; start?: number | null; end?: number | null; step?: number };

/** A copy with the elements of a Python slice replaced. PyTorch: torch.slice_scatter. */
export const sliceScatter: Fn<
  [input: Tensor, src: Tensor, dim?: number, start?: number | null, end?: number | null, step?: number],
  SliceOptions,
  Tensor
> = fn(
  'sliceScatter(input, src, dim=0, start=null, end=null, step=1)',
  (input, src, dim, start, end, step) =>
    scatterInto('sliceScatter', input, src, (x) => slice(x, dim, start, end, step)),
  {
    samples: (m) => [
      [m(4, 3), m(2, 3), 0, 1, 3],
      [m(4, 3), m(4, 2), { dim: 1, step: 2 }],
    ],
    errors: (m) => [[[m(4), m(3), 0, 1, 3], 'must be equal']],
  },
);

/** A copy with a diagonal replaced. PyTorch: torch.diagonal_scatter. */
export const diagonalScatter: Fn<
  [input: Tensor, src: Tensor, offset?: number, dim1?: number, dim2?: number],
  { src?: Tensor; offset?: number; dim1?: number; dim2?: number },
  Tensor
> = fn(
  'diagonalScatter(input, src, offset=0, dim1=0, dim2=1)',
  (input, src, offset, dim1, dim2) => scatterInto('diagonalScatter', input, src, (x) => x.diagonal(offset, dim1, dim2)),
  {
    samples: (m) => [
      [m(3, 4), m(3)],
      [m(3, 4), m(2), 2],
    ],
    errors: (m) => [[[m(3, 4), m(4)], 'must be equal']],
  },
);

type AsStridedOptions = { src?: Tensor; size?: readonly number[]; stride?: readonly number[]; storageOffset?: number };

/** A contiguous copy with the elements of an `asStrided` window replaced. PyTorch: torch.as_strided_scatter. */
export const asStridedScatter: Fn<
  [input: Tensor, src: Tensor, size: readonly number[], stride: readonly number[], storageOffset?: number],
  AsStridedOptions,
  Tensor
> = fn(
  'asStridedScatter(input, src:tensor, size:list, stride:list, storageOffset=0)',
  (input, src, size, stride, storageOffset) =>
    scatterInto('asStridedScatter', input.contiguous(), src, (x) => x.asStrided(size, stride, storageOffset)),
  {
    samples: (m) => [[m(3, 4), m(2, 2), [2, 2], [4, 1], 1]],
    errors: (m) => [[[m(3, 4), m(2), [2, 2], [4, 1]], 'must be equal']],
  },
);

/** `narrow` as a copy. PyTorch: torch.narrow_copy. */
export const narrowCopy: Fn<
  [input: Tensor, dim: number, start: number, length: number],
  { dim?: number; start?: number; length?: number },
  Tensor
> = fn(
  'narrowCopy(input, dim, start:operand, length)',
  (input, dim, start, length) => input.narrow(dim, start, length).clone(),
  { samples: (m) => [[m(3, 4), 1, 1, 2]], errors: (m) => [[[m(3), 0, 2, 2], 'leave dimension']] },
);
