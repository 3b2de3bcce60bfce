import { count } from '../../../kernels/view.js';
import { apply1, type Row, refuseInt64 } from '../../autograd/apply.js';
import { DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { begin } from './indices.js';

/** Which dimensions index tensors replace, and where the index dimensions stand among those that are kept. */
export interface Places {
  readonly dims: readonly number[];
  readonly position: number;
}

interface Put extends Places {
  readonly accumulate: boolean;
}

interface Spread extends Places {
  readonly shape: readonly number[];
}

/** Index tensors begin at this input and end with the inputs; there are no more than 62 dimensions. */
const from = (first: number): number[] => Array.from({ length: 62 }, (_, i) => i + first);

/** The shape of the elements that indices choose. */
export function chosenShape(
  shape: readonly number[],
  indices: readonly Tensor[],
  { dims, position }: Places,
): number[] {
  const kept = shape.filter((_, d) => !dims.includes(d));
  const within = broadcastShapes('index', ...indices.map((index) => index.shape));
  return [...kept.slice(0, position), ...within, ...kept.slice(position)];
}

function byDimension(rank: number, indices: readonly Tensor[], dims: readonly number[]): (Tensor | null)[] {
  const result = new Array<Tensor | null>(rank).fill(null);
  dims.forEach((d, i) => {
    result[d] = indices[i];
  });
  return result;
}

const indexRow: Row<Places> = {
  name: 'index',
  infer: ([x, ...indices], places) => [{ shape: chosenShape(x.shape, indices, places), dtype: x.dtype }],
  kernel: (k, [y], [x, ...indices], { dims, position }) =>
    k.index(y, x, byDimension(x.shape.length, indices, dims), position),
  saves: from(1),
  grad: (t, [g], [x, ...indices], _y, places) => [
    t.spreadIndexed(g, indices, places, x.shape),
    ...indices.map(() => null),
  ],
};

const spreadRow: Row<Spread> = {
  name: 'indexBackward',
  infer: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  kernel(k, [y], [g, ...indices], { dims, position }) {
    k.fill(y, 0);
    k.indexPut(y, g, byDimension(y.shape.length, indices, dims), position, true);
  },
  saves: from(1),
  grad: (t, [g], [, ...indices], _y, places) => [t.takeIndexed(g, indices, places), ...indices.map(() => null)],
};

/** Advanced indexing; the row of `indexPut`, whose kernel writes into its first input where it can. */
export const putRow: Row<Put> = {
  name: 'indexPut',
  infer([x, source], { accumulate }) {
    if (accumulate) refuseInt64('indexPut', x.dtype);
    if (source.dtype !== x.dtype) {
      throw new DTypeError(`indexPut: the values are ${source.dtype} and the tensor ${x.dtype}; they must agree`);
    }
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  kernel(k, [y], [x, source, ...indices], { dims, position, accumulate }) {
    begin(k, y, x);
    k.indexPut(y, source, byDimension(x.shape.length, indices, dims), position, accumulate);
  },
  saves: from(2),
  grad: (t, [g], [, source, ...indices], _y, put, wanted) => [
    !wanted[0] || put.accumulate ? g : t.putIndexed(g, numberLike(0, g).expand(source.shape), indices, put),
    wanted[1] ? t.takeIndexed(g, indices, put) : null,
    ...indices.map(() => null),
  ],
};

/** The elements of `x` that the indices choose; they have been checked. */
export function takeIndexed(x: Tensor, indices: readonly Tensor[], { dims, position }: Places): Tensor {
  return apply1(indexRow, [x, ...indices], { dims, position });
}

/** Zeros of a shape with `g` added at the places that the indices choose: the gradient of taking them. */
export function spreadIndexed(
  g: Tensor,
  indices: readonly Tensor[],
  { dims, position }: Places,
  shape: readonly number[],
): Tensor {
  return apply1(spreadRow, [g, ...indices], { dims, position, shape });
}

/** `x` with other values at the places that the indices choose. */
export function putIndexed(x: Tensor, source: Tensor, indices: readonly Tensor[], put: Put): Tensor {
  return apply1(putRow, [x, source, ...indices], put);
}

/** Values broadcast to what the indices choose; leading sizes of 1 too many are dropped, as in PyTorch's assignment. */
export function fitValues(name: string, values: Tensor, shape: readonly number[]): Tensor {
  const extra = values.shape.length - shape.length;
  const fitting =
    extra > 0 && count(values.shape.slice(0, extra)) === 1 ? values.reshape(values.shape.slice(extra)) : values;
  try {
    return fitting.expand(shape);
  } catch {
    throw new ShapeError(
      `${name}: values of shape ${showShape(values.shape)} do not broadcast to the ${showShape(shape)} elements that the indices choose`,
    );
  }
}
