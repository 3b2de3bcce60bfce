import { count, sameShape } from '../../../kernels/view.js';
import { applyView } from '../../autograd/apply.js';
import type { Geometry } from '../../autograd/edges.js';
import { type Described, type Fn, fn, type None, typed } from '../../core/define.js';
import { IndexError, ShapeError, showShape } from '../../core/errors.js';
import { checkSizes, inferSize, inverseOrder, wrapDim } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { selectRow, sliceRow, viewRow, viewStrides, type Window } from './strided.js';

/** Sizes or dimensions as a list or spread. */
export type Spread = readonly number[] | readonly [readonly number[]];

const viewRow_ = viewRow<readonly number[]>(
  'view',
  (x, sizes) => {
    const strides = viewStrides(x.shape, x.strides, sizes);
    if (strides === null) {
      throw new ShapeError(
        `view: the tensor of shape ${showShape(x.shape)} is not laid out so that ${showShape(sizes)} can be a view of it; use reshape`,
      );
    }
    return { offset: x.offset, shape: sizes, strides };
  },
  (t, g, x) => t.reshape(g, x.shape),
);

/**
 * The same elements under another shape, without a copy; one size may be -1.
 * ShapeError where the layout needs a copy (use `reshape`). PyTorch: Tensor.view.
 * @example
 * tg.arange(6).view(2, -1).shape // => [ 2, 3 ]
 */
export const view: ((input: Tensor, ...shape: Spread) => Tensor) & Described = typed(
  'view(input, *shape)',
  (input: Tensor, shape: number[]) => applyView(viewRow_, input, inferSize('view', shape, count(input.shape))),
);

/**
 * The same elements under another shape: a view where the layout allows, else a copy. One size may be -1.
 * PyTorch: torch.reshape.
 * @example
 * tg.arange(6).reshape(3, 2).shape // => [ 3, 2 ]
 */
export const reshape: ((input: Tensor, ...shape: Spread) => Tensor) & Described = typed(
  'reshape(input, *shape)',
  (input: Tensor, shape: number[]) => {
    const sizes = inferSize('reshape', shape, count(input.shape));
    if (sameShape(sizes, input.shape)) return applyView(viewRow_, input, sizes);
    const fits = viewStrides(input.shape, input.strides, sizes) !== null;
    return applyView(viewRow_, fits ? input : input.contiguous(), sizes);
  },
);

const permuteRow = viewRow<readonly number[]>(
  'permute',
  (x, dims) => ({ offset: x.offset, shape: dims.map((d) => x.shape[d]), strides: dims.map((d) => x.strides[d]) }),
  (t, g, _x, dims) => t.permute(g, inverseOrder(dims)),
);

/** Dimensions in another order. PyTorch: torch.permute. */
export const permute: ((input: Tensor, ...dims: Spread) => Tensor) & Described = typed(
  'permute(input, *dims)',
  (input: Tensor, dims: number[]) => {
    const rank = input.shape.length;
    const order = dims.map((d) => wrapDim('permute', d, rank));
    if (order.length !== rank || new Set(order).size !== rank) {
      throw new IndexError(
        `permute: (${dims.join(', ')}) must name each of the ${rank} dimensions of ${showShape(input.shape)} once`,
      );
    }
    return applyView(permuteRow, input, order);
  },
);

/** Two dimensions exchanged. PyTorch: torch.transpose. */
export const transpose: Fn<[input: Tensor, dim0: number, dim1: number], { dim0?: number; dim1?: number }, Tensor> = fn(
  'transpose(input, dim0, dim1)',
  (input, dim0, dim1) => {
    const rank = input.shape.length;
    const order = Array.from({ length: rank }, (_, d) => d);
    const [a, b] = [wrapDim('transpose', dim0, rank), wrapDim('transpose', dim1, rank)];
    if (rank === 0) return applyView(permuteRow, input, order);
    [order[a], order[b]] = [order[b], order[a]];
    return applyView(permuteRow, input, order);
  },
);

const expandRow = viewRow<readonly number[]>(
  'expand',
  (x, sizes) => {
    const lead = sizes.length - x.shape.length;
    if (lead < 0)
      throw new ShapeError(
        `expand: ${showShape(x.shape)} has more dimensions than the wanted shape ${showShape(sizes)}`,
      );
    const shape = sizes.map((size, d) => (size === -1 && d >= lead ? x.shape[d - lead] : size));
    checkSizes('expand', shape);
    const strides = shape.map((size, d) => {
      if (d < lead) return 0;
      if (x.shape[d - lead] === size) return x.strides[d - lead];
      if (x.shape[d - lead] === 1) return 0;
      throw new ShapeError(
        `expand: ${showShape(x.shape)} cannot become ${showShape(sizes)}: only sizes of 1 grow, and ${x.shape[d - lead]} meets ${size}`,
      );
    });
    return { offset: x.offset, shape, strides };
  },
  // The engine sums what was broadcast.
  (_t, g) => g,
);

/** Sizes of 1 grown to any size without a copy; -1 keeps a size. PyTorch: Tensor.expand. */
export const expand: ((input: Tensor, ...sizes: Spread) => Tensor) & Described = typed(
  'expand(input, *sizes)',
  (input: Tensor, sizes: number[]) => applyView(expandRow, input, sizes),
);

const unsqueezeRow = viewRow<number>(
  'unsqueeze',
  (x, dim) => {
    const step = dim < x.shape.length ? x.shape[dim] * x.strides[dim] : 1;
    return { offset: x.offset, shape: x.shape.toSpliced(dim, 0, 1), strides: x.strides.toSpliced(dim, 0, step) };
  },
  (t, g, x) => t.reshape(g, x.shape),
);

/** A new dimension of size 1 at `dim`. PyTorch: torch.unsqueeze. */
export const unsqueeze: Fn<[input: Tensor, dim: number], { dim?: number }, Tensor> = fn(
  'unsqueeze(input, dim)',
  (input, dim) => applyView(unsqueezeRow, input, wrapDim('unsqueeze', dim, input.shape.length + 1)),
);

const squeezeRow = viewRow<readonly number[]>(
  'squeeze',
  (x, dims) => {
    const keep = (_: number, d: number): boolean => x.shape[d] !== 1 || !dims.includes(d);
    return { offset: x.offset, shape: x.shape.filter(keep), strides: x.strides.filter(keep) };
  },
  (t, g, x) => t.reshape(g, x.shape),
);

/** Without the dimensions of size 1, or without those among `dim`. PyTorch: torch.squeeze. */
export const squeeze: Fn<
  [input: Tensor, dim?: number | readonly number[] | null],
  { dim?: number | readonly number[] | null },
  Tensor
> = fn('squeeze(input, dim:integers=null)', (input, dim) => {
  const rank = input.shape.length;
  const list =
    dim === null
      ? input.shape.map((_, d) => d)
      : (typeof dim === 'number' ? [dim] : dim).map((d) => wrapDim('squeeze', d, rank));
  return applyView(squeezeRow, input, list);
});

/** One index along a dimension, which goes; negative counts from the end. PyTorch: torch.select. */
export const select: Fn<[input: Tensor, dim: number, index: number], { dim?: number; index?: number }, Tensor> = fn(
  'select(input, dim, index)',
  (input, dim, index) => {
    if (input.shape.length === 0)
      throw new IndexError('select: a tensor without dimensions has nothing to select from');
    const d = wrapDim('select', dim, input.shape.length);
    const size = input.shape[d];
    if (!Number.isInteger(index) || index < -size || index >= size) {
      throw new IndexError(
        `select: index ${index} is out of range for dimension ${d} of ${showShape(input.shape)}; use ${-size} to ${size - 1}`,
      );
    }
    return applyView(selectRow, input, { dim: d, index: index < 0 ? index + size : index });
  },
);

/** `length` indices along a dimension, from `start` on. PyTorch: torch.narrow. */
export const narrow: Fn<
  [input: Tensor, dim: number, start: number | Tensor, length: number],
  { dim?: number; start?: number | Tensor; length?: number },
  Tensor
> = fn('narrow(input, dim, start:operand, length)', (input, dim, first, length) => {
  const start = typeof first === 'number' ? first : first.item();
  if (input.shape.length === 0) throw new IndexError('narrow: a tensor without dimensions cannot be narrowed');
  const d = wrapDim('narrow', dim, input.shape.length);
  const size = input.shape[d];
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(from) || !Number.isInteger(length) || length < 0 || from < 0 || from + length > size) {
    throw new IndexError(
      `narrow: start ${start} and length ${length} leave dimension ${d} of ${showShape(input.shape)}`,
    );
  }
  return applyView(sliceRow, input, { dim: d, start: from, length, step: 1 });
});

const diagonalRow = viewRow<{ offset: number; dim1: number; dim2: number }>('diagonal', (x, { offset, dim1, dim2 }) => {
  const rows = offset < 0 ? x.shape[dim1] + offset : x.shape[dim1];
  const columns = offset > 0 ? x.shape[dim2] - offset : x.shape[dim2];
  const length = Math.max(0, Math.min(rows, columns));
  const start = length === 0 ? 0 : offset < 0 ? -offset * x.strides[dim1] : offset * x.strides[dim2];
  const keep = (_: number, d: number): boolean => d !== dim1 && d !== dim2;
  return {
    offset: x.offset + start,
    shape: [...x.shape.filter(keep), length],
    strides: [...x.strides.filter(keep), x.strides[dim1] + x.strides[dim2]],
  };
});

/** The diagonal of two dimensions, as the last dimension. PyTorch: torch.diagonal. */
export const diagonal: Fn<
  [input: Tensor, offset?: number, dim1?: number, dim2?: number],
  { offset?: number; dim1?: number; dim2?: number },
  Tensor
> = fn('diagonal(input, offset=0, dim1=0, dim2=1)', (input, offset, dim1, dim2) => {
  const rank = input.shape.length;
  const [a, b] = [wrapDim('diagonal', dim1, rank), wrapDim('diagonal', dim2, rank)];
  if (a === b) throw new IndexError(`diagonal: dim1 and dim2 are both ${dim1}; they must differ`);
  return applyView(diagonalRow, input, { offset, dim1: a, dim2: b });
});

const unfoldRow = viewRow<{ dim: number; size: number; step: number }>('unfold', (x, { dim, size, step }) => ({
  offset: x.offset,
  shape: [...x.shape.with(dim, Math.floor((x.shape[dim] - size) / step) + 1), size],
  strides: [...x.strides.with(dim, x.strides[dim] * step), x.strides[dim]],
}));

/** Windows of `size` along a dimension, `step` apart, as a new last dimension. PyTorch: Tensor.unfold. */
export const unfold: Fn<
  [input: Tensor, dimension: number, size: number, step: number],
  { dimension?: number; size?: number; step?: number },
  Tensor
> = fn('unfold(input, dimension, size, step)', (input, dimension, size, step) => {
  const rank = input.shape.length;
  const dim = wrapDim('unfold', dimension, rank);
  if (rank === 0) return applyView(unsqueezeRow, input, 0);
  if (size < 0 || size > input.shape[dim] || step < 1) {
    throw new ShapeError(
      `unfold: windows of ${size} in steps of ${step} do not fit dimension ${dim} of ${showShape(input.shape)}`,
    );
  }
  return applyView(unfoldRow, input, { dim, size, step });
});

const asStridedRow = viewRow<Window>(
  'asStrided',
  (_x, window) => window,
  (t, g, x, window) => {
    const base: Geometry = { shape: window.shape, strides: window.strides, offset: window.offset, within: x.shape };
    return t.embed(g, base);
  },
);

/** Any window on a contiguous tensor's memory; checked against it. PyTorch: torch.as_strided. */
export const asStrided: Fn<
  [input: Tensor, size: readonly number[], stride: readonly number[], storageOffset?: number],
  { size?: readonly number[]; stride?: readonly number[]; storageOffset?: number },
  Tensor
> = fn('asStrided(input, size:list, stride:list, storageOffset=0)', (input, size, stride, storageOffset) => {
  const shape = checkSizes('asStrided', size);
  const last = storageOffset + shape.reduce((at, n, d) => at + (n - 1) * stride[d], 0);
  if (
    stride.length !== shape.length ||
    stride.some((s) => s < 0) ||
    storageOffset < 0 ||
    (count(shape) > 0 && last >= input.storage.size)
  ) {
    throw new ShapeError(
      `asStrided: size ${showShape(size)}, stride ${showShape(stride)} and offset ${storageOffset} leave the ${input.storage.size} elements of the storage`,
    );
  }
  return applyView(asStridedRow, input, { offset: storageOffset, shape, strides: [...stride] });
});

/** The same memory, outside the tape; changes are seen on both sides. PyTorch: Tensor.detach. */
export const detach: Fn<[input: Tensor], None, Tensor> = fn('detach(input)', (input) =>
  alias(input, input.offset, input.shape, input.strides),
);
