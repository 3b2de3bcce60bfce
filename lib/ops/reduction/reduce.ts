import { formula } from '../../../kernels/dag.js';
import { sameShape } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row, refuseInt64 } from '../../autograd/apply.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { checkDType, type DType, isFloat } from '../../core/dtype.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes, checkSizes, type Dims, wrapDim, wrapDims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import type { Spread } from '../shape/view.js';
import { productsBefore } from './recurrence.js';
import {
  adding,
  addition,
  average,
  foldedCount,
  type Over,
  reduction,
  reductionRow,
  requireFloat,
  restored,
  unfolded,
  wholeSum,
} from './reduction.js';

const ignoringNaN = formula(1, (s, x) => s.where(s.ne(x, x), s.const(0), x));

const additionOfNumbers = reduction({ name: 'nansum', before: ignoringNaN, combine: adding });

const truth = formula(1, (s, x) => s.where(s.ne(x, s.const(0)), s.const(1), s.const(0)));

const conjunction = reduction({
  name: 'all',
  init: 1,
  before: truth,
  combine: formula(2, (s, a, x) => s.minimum(a, x)),
});

const disjunction = reduction({ name: 'any', before: truth, combine: formula(2, (s, a, x) => s.maximum(a, x)) });

const counting = reduction({ name: 'countNonzero', before: truth, combine: adding });

/** The input in the dtype asked for, which arithmetic must know; null leaves sums of integers in int32. */
function prepared(name: string, input: Tensor, dtype: DType | null): { x: Tensor; dtype: DType } {
  checkTensor(name, input);
  const result = dtype === null ? wholeSum(input.dtype) : checkDType(name, dtype);
  refuseInt64(name, result);
  // Fractions are cut element by element, before the sum; other conversions happen as the sum is stored.
  return { x: isFloat(input.dtype) && !isFloat(result) ? input.to(result) : input, dtype: result };
}

type ReduceOptions = { dim?: Dims | null; keepdim?: boolean; dtype?: DType | null };

/** A function that folds one, several or all dimensions. */
export type Reduce = Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], ReduceOptions, Tensor>;

const sumRow = reductionRow(addition, { grad: (t, [g], [x], _y, over) => [unfolded(t, g, x, over)] });

/**
 * Sum over `dim` (one, several, or null for all); integers and truth values sum to int32 unless `dtype` says otherwise.
 * PyTorch: torch.sum.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).sum(0) // => tensor([4., 6.])
 */
export const sum: Reduce = fn(
  'sum(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, options) => {
    const { x, dtype } = prepared('sum', input, options.dtype);
    return apply1(sumRow, [x], { dims: wrapDims('sum', dim, x.shape.length), keepdim, dtype });
  },
  {
    samples: (m) => [
      [m(2, 3)],
      [m(2, 3, 4), [0, 2]],
      [m(2, 3), { dim: 1, keepdim: true }],
      [m()],
      [m(0, 3), 0],
      [m.integers(9, 3), { dtype: 'float64' }],
      [m.bools(4)],
    ],
    errors: (m) => [
      [[m(2, 3), 2], 'dimension 2 is out of range for 2 dimensions'],
      [[m(2, 3), [0, -2]], 'a dimension appears twice in (0, -2)'],
      [[m(2), { dtype: 'int64' }], 'int64 holds values and indices but does no arithmetic'],
    ],
  },
);

const nansumRow = reductionRow(additionOfNumbers, {
  saves: [0],
  grad: (t, [g], [x], _y, over) => [t.where(t.isnan(x), 0, restored(g, x, over))],
});

/** Sum over `dim` that passes over NaN. PyTorch: torch.nansum. */
export const nansum: Reduce = fn(
  'nansum(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, options) => {
    const { x, dtype } = prepared('nansum', input, options.dtype);
    return apply1(nansumRow, [x], { dims: wrapDims('nansum', dim, x.shape.length), keepdim, dtype });
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3, 4), [0, 2]], [m.integers(9, 3), { keepdim: true }]] },
);

const meanRow = reductionRow(average, {
  grad: (t, [g], [x], _y, over) => [unfolded(t, t.div(g, foldedCount(x.shape, over.dims)), x, over)],
});

/**
 * Mean over `dim` (one, several, or null for all); of no elements it is NaN. DTypeError for integers without a floating-point `dtype`.
 * PyTorch: torch.mean.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).mean(1) // => tensor([1.5000, 3.5000])
 */
export const mean: Reduce = fn(
  'mean(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, options) => {
    checkTensor('mean', input);
    const dtype = options.dtype === null ? input.dtype : checkDType('mean', options.dtype);
    requireFloat('mean', dtype);
    return apply1(meanRow, [input], { dims: wrapDims('mean', dim, input.shape.length), keepdim, dtype });
  },
  {
    samples: (m) => [
      [m(2, 3)],
      [m(2, 3, 4), [0, 2]],
      [m(2, 3), { dim: 1, keepdim: true }],
      [m()],
      [m.integers(9, 3), { dtype: 'float32' }],
    ],
    errors: (m) => [
      [[m.integers(9, 3)], 'needs floating-point elements, got int32'],
      [[m(2), 1], 'dimension 1 is out of range'],
    ],
  },
);

/** Mean over `dim` that passes over NaN; of nothing else it is NaN. PyTorch: torch.nanmean. */
export const nanmean: Reduce = fn(
  'nanmean(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, { dtype }) => {
    checkTensor('nanmean', input);
    requireFloat('nanmean', dtype ?? input.dtype);
    const found = input.isnan().logicalNot().sum(dim, keepdim);
    return nansum(input, dim, keepdim, { dtype }).div(found);
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3, 4), [0, 2], true]] },
);

const allRow = reductionRow(conjunction, {});
const anyRow = reductionRow(disjunction, {});

function truthFn(
  name: string,
  row: Row<Over>,
): Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], DimOptions, Tensor> {
  return fn(
    `${name}(input, dim=null, keepdim=false)`,
    (input, dim, keepdim) => {
      checkTensor(name, input);
      const dtype = input.dtype === 'uint8' ? 'uint8' : 'bool';
      return apply1(row, [input], { dims: wrapDims(name, dim, input.shape.length), keepdim, dtype });
    },
    {
      samples: (m) => [[m.bools(2, 3)], [m.bools(2, 3), 1], [m(2, 3), { dim: 0, keepdim: true }], [m.bools(0)]],
      gradcheck: 'truth values',
    },
  );
}

/** The options of a reduction without `dtype`. */
export type DimOptions = { dim?: Dims | null; keepdim?: boolean };

/** Whether all elements along `dim` are not zero; of none it is true. bool, but uint8 stays uint8. PyTorch: torch.all. */
export const all: Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], DimOptions, Tensor> = truthFn(
  'all',
  allRow,
);

/** Whether any element along `dim` is not zero; of none it is false. bool, but uint8 stays uint8. PyTorch: torch.any. */
export const any: Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], DimOptions, Tensor> = truthFn(
  'any',
  anyRow,
);

const countRow = reductionRow(counting, {});

/** How many elements along `dim` are not zero, as int32. PyTorch: torch.count_nonzero. */
export const countNonzero: Fn<[input: Tensor, dim?: Dims | null], { dim?: Dims | null }, Tensor> = fn(
  'countNonzero(input, dim=null)',
  (input, dim) => {
    checkTensor('countNonzero', input);
    const dims = wrapDims('countNonzero', dim, input.shape.length);
    return apply1(countRow, [input], { dims, keepdim: false, dtype: 'int32' });
  },
  { samples: (m) => [[m.bools(2, 3)], [m.integers(3, 2, 3), 1], [m(2, 3), [0, 1]]], gradcheck: 'counts' },
);

const multiplication = reduction({ name: 'prod', init: 1, combine: formula(2, (s, a, x) => s.mul(a, x)) });

const prodRow = reductionRow(multiplication, {
  saves: [0],
  grad(t, [g], [x], _y, over) {
    const dim = over.dims[0];
    // The product of the others without a division, so that zeros do no harm: what stands before times what stands after.
    const after = t.flip(productsBefore(t, t.flip(x, dim), dim), dim);
    return [t.mul(restored(g, x, over), t.mul(productsBefore(t, x, dim), after))];
  },
});

type ProdOptions = { dim?: number | null; keepdim?: boolean; dtype?: DType | null };

/**
 * Product of all elements or along `dim`; of none it is 1. Integers and truth values give int32 unless `dtype` says otherwise.
 * PyTorch: torch.prod.
 */
export const prod: Fn<[input: Tensor, dim?: number | null, keepdim?: boolean], ProdOptions, Tensor> = fn(
  'prod(input, dim=null, keepdim=false, *, dtype=null)',
  (input, dim, keepdim, options) => {
    const { x, dtype } = prepared('prod', input, options.dtype);
    const d = dim === null ? 0 : wrapDim('prod', dim, x.shape.length);
    if (dim !== null && x.shape.length > 0) return apply1(prodRow, [x], { dims: [d], keepdim, dtype });
    return apply1(prodRow, [x.reshape(-1)], { dims: [0], keepdim: false, dtype });
  },
  {
    samples: (m) => [[m(4)], [m(2, 3), 1], [m(2, 3), { dim: 0, keepdim: true }], [m()], [m(0)], [m.integers(4, 3)]],
    errors: (m) => [[[m(2), 1], 'dimension 1 is out of range']],
  },
);

/** Sums what broadcasting to this shape from `size` would have repeated. PyTorch: Tensor.sum_to_size. */
export const sumToSize: ((input: Tensor, ...size: Spread) => Tensor) & Described = typed(
  'sumToSize(input, *size)',
  (input: Tensor, given: number[]) => {
    checkTensor('sumToSize', input);
    const size = checkSizes('sumToSize', given);
    const lead = input.shape.length - size.length;
    if (!sameShape(broadcastShapes('sumToSize', size, input.shape), input.shape)) {
      throw new ShapeError(`sumToSize: ${showShape(size)} does not broadcast to ${showShape(input.shape)}`);
    }
    const dims = input.shape.flatMap((_, d) => (d < lead || size[d - lead] !== input.shape[d] ? [d] : []));
    return dims.length === 0 ? input : input.sum(dims, true).reshape(size);
  },
  {
    samples: (m) => [
      [m(2, 3), 1, 3],
      [m(2, 3), [3]],
      [m(2, 3), 2, 3],
    ],
    errors: (m) => [[[m(2, 3), 2], 'sizes 2 and 3 meet']],
  },
);
