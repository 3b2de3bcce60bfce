import { sameShape } from '../../../kernels/view.js';
import { apply1, type Row } from '../../autograd/apply.js';
import type { InplaceForm } from '../../autograd/define.js';
import { fnInplace, type Run } from '../../autograd/rows.js';
import type { Fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { onesLike } from '../creation/creation.js';
import { type Along, checkAlong, type Indices, indexList } from './indices.js';
import { reduceInto, type ScatterReduction, scatterModes } from './scatterJoin.js';

export type { ScatterReduction };

/** The second input in place of the first: what ends a composite that may write in place. */
const replaceRow: Row<null> = {
  name: 'scatterReduce',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel: (k, [y], [, value]) => k.copy(y, value),
  grad: (_t, [g]) => [null, g],
};

function reduceAny(
  run: Run,
  name: string,
  input: Tensor,
  along: Along,
  source: Tensor,
  reduce: ScatterReduction,
  includeSelf: boolean,
): Tensor {
  if (reduce !== 'mean') {
    if (!Object.hasOwn(scatterModes, reduce)) {
      throw new ValueError(`${name}: reduce is '${String(reduce)}'; use sum, prod, mean, amax or amin`);
    }
    return reduceInto(run, name, input, along, source, reduce, includeSelf);
  }
  const total = reduceInto(apply1, name, input, along, source, 'sum', includeSelf);
  const { x, index, dim } = along;
  const ones = onesLike(x);
  const counts = reduceInto(
    apply1,
    name,
    input,
    { x: ones, index, dim },
    onesLike(index, { dtype: x.dtype }),
    'sum',
    includeSelf,
  );
  const mean = isFloat(input.dtype) ? total.div(counts) : total.div(counts, { roundingMode: 'floor' });
  return run(replaceRow, [input, mean], null);
}

type ReduceOptions = { dim?: number; index?: Indices; src?: Tensor; reduce?: ScatterReduction; includeSelf?: boolean };

/**
 * Joins a tensor's elements at the places that an index names along a dimension: their sum, product, mean, largest or smallest.
 * `includeSelf` (default true) counts the element that was there. PyTorch: torch.scatter_reduce.
 * @example
 * tg.zeros(2).scatterReduce(0, [0, 0, 1], tg.tensor([1, 3, 5]), 'amax') // => tensor([3., 5.])
 */
export const scatterReduce: Fn<
  [input: Tensor, dim: number, index: Indices, src: Tensor, reduce: ScatterReduction],
  ReduceOptions,
  Tensor
> &
  InplaceForm = fnInplace(
  'scatterReduce(input, dim, index, src:tensor, reduce, *, includeSelf=true)',
  (run, input, dim, given, src, reduce, { includeSelf }) =>
    reduceAny(run, 'scatterReduce', input, checkAlong('scatterReduce', input, given, dim), src, reduce, includeSelf),
  {
    samples: (m) =>
      (['sum', 'prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) => [
        [m(3, 4), 0, [[0, 1, 1, 2]], m(1, 4), reduce],
        [m(3), 0, [1, 1, 2, 1], m(4), reduce, { includeSelf: false }],
      ]),
    errors: (m) => [
      [[m(3), 0, [3], m(1), 'sum'], 'out of range'],
      [[m(3), 0, [0], m(1), 'add'], 'use sum'],
    ],
  },
);

/** Joins the slices of a source at a list of indices along a dimension. PyTorch: torch.index_reduce. */
export const indexReduce: Fn<
  [input: Tensor, dim: number, index: Indices, source: Tensor, reduce: ScatterReduction],
  { dim?: number; index?: Indices; source?: Tensor; reduce?: ScatterReduction; includeSelf?: boolean },
  Tensor
> &
  InplaceForm = fnInplace(
  'indexReduce(input, dim, index, source:tensor, reduce, *, includeSelf=true)',
  (run, input, dim, given, source, reduce, { includeSelf }) => {
    const d = wrapDim('indexReduce', dim, input.shape.length);
    const list = indexList('indexReduce', given, input, d);
    const wanted = input.shape.length === 0 ? source.shape : input.shape.with(d, list.shape[0]);
    if (!sameShape(source.shape, wanted)) {
      throw new ShapeError(
        `indexReduce: the source has shape ${showShape(source.shape)}; ${list.shape[0]} indices along dimension ${d} of ${showShape(input.shape)} need ${showShape(wanted)}`,
      );
    }
    const index =
      source.shape.length === 0
        ? list
        : list.reshape(source.shape.map((_, i) => (i === d ? -1 : 1))).expand(source.shape);
    return reduceAny(
      run,
      'indexReduce',
      input,
      checkAlong('indexReduce', input, index, d),
      source,
      reduce,
      includeSelf,
    );
  },
  {
    samples: (m) => [
      [m(3, 4), 0, [2, 0, 2], m(3, 4), 'prod'],
      [m(3, 4), 1, [1, 1], m(3, 2), 'mean', { includeSelf: false }],
      [m(4), 0, [1, 1], m(2), 'amax'],
    ],
    errors: (m) => [[[m(3, 4), 0, [0], m(4), 'prod'], 'need (1, 4)']],
  },
);
