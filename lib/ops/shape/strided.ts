import { collapse, contiguousStrides, isContiguous } from '../../../kernels/view.js';
import { applyView, type ViewRow } from '../../autograd/apply.js';
import { IndexError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';

/** Where a view lies. */
export type Window = ReturnType<ViewRow<unknown>['geometry']>;

/** The gradient of any view: the gradient's elements in their places among zeros, added where places coincide. */
function embedding<A>(geometry: (x: Tensor, attributes: A) => Window): ViewRow<A>['grad'] {
  return (t, g, x, attributes) => {
    const dense = alias(x, 0, x.shape, contiguousStrides(x.shape));
    const { offset, shape, strides } = geometry(dense, attributes);
    return t.embed(g, { shape, strides, offset, within: x.shape });
  };
}

/** A view and its gradient: by default the elements back in their places. */
export function viewRow<A>(
  name: string,
  geometry: ViewRow<A>['geometry'],
  grad?: ViewRow<A>['grad'],
  several = false,
): ViewRow<A> {
  return { name, geometry, grad: grad ?? embedding(geometry), several };
}

/** Strides under which `sizes` are the same elements in the same order; null when only a copy can be. */
export function viewStrides(
  shape: readonly number[],
  strides: readonly number[],
  sizes: readonly number[],
): number[] | null {
  if (isContiguous(shape, strides)) return contiguousStrides(sizes);
  const blocks = collapse(shape, [strides]);
  const result = new Array<number>(sizes.length).fill(1);
  let d = sizes.length - 1;
  // Each block of dimensions that lie together in memory must be filled exactly by new sizes, from the last.
  for (let b = blocks.shape.length - 1; b >= 0; b--) {
    let filled = 1;
    for (; d >= 0 && (filled < blocks.shape[b] || sizes[d] === 1); d--) {
      result[d] = blocks.strides[0][b] * filled;
      filled *= sizes[d];
    }
    if (filled !== blocks.shape[b]) return null;
  }
  return d < 0 || sizes.slice(0, d + 1).every((size) => size === 1) ? result : null;
}

/** What a slice keeps of one dimension. */
export interface Slice {
  readonly dim: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

interface Selection {
  readonly dim: number;
  readonly index: number;
}

/** One index along a dimension, which goes. */
export const selectRow: ViewRow<Selection> = viewRow('select', (x, { dim, index }) => ({
  offset: x.offset + index * x.strides[dim],
  shape: x.shape.toSpliced(dim, 1),
  strides: x.strides.toSpliced(dim, 1),
}));

/** Some indices along a dimension, in equal steps. */
export const sliceRow: ViewRow<Slice> = viewRow('slice', (x, { dim, start, length, step }) => ({
  offset: x.offset + (length > 0 ? start * x.strides[dim] : 0),
  shape: x.shape.with(dim, length),
  strides: x.strides.with(dim, x.strides[dim] * step),
}));

/** Elements `start` to `end` (not included) in steps along a dimension, as Python slices; out-of-range ends are cut. */
export function slice(
  input: Tensor,
  dim = 0,
  start: number | null = null,
  end: number | null = null,
  step = 1,
): Tensor {
  const d = wrapDim('slice', dim, input.shape.length);
  if (input.shape.length === 0) throw new IndexError('slice: a tensor without dimensions cannot be sliced');
  const size = input.shape[d];
  if (!Number.isInteger(step) || step < 1)
    throw new IndexError(`slice: the step must be a positive integer, got ${step}; flip reverses`);
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  const from = clamp(start ?? 0);
  const length = Math.max(0, Math.ceil((clamp(end ?? size) - from) / step));
  return applyView(sliceRow, input, { dim: d, start: from, length, step });
}
