import { type Fn, fn } from '../../core/define.js';
import { type DType, getDefaultDtype, isFloat } from '../../core/dtype.js';
import { type Dims, wrapDims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { normOver } from '../reduction/vectorNorm.js';
import { counted, facts, filled, limits, type MaskOptions, mostly } from './maskedInput.js';

/** A function that folds dimensions. */
export type MaskedReduce = Fn<[input: Tensor, dim?: Dims | null], MaskOptions, Tensor>;

function reduceFn(
  name: string,
  identity: (dtype: DType) => number,
  fold: (x: Tensor, dim: Dims | null, keepdim: boolean, dtype: DType | null) => Tensor,
): MaskedReduce {
  return fn(
    `masked.${name}(input, dim=null, *, keepdim=false, dtype=null, mask:tensor=null)`,
    (input, dim, { keepdim, dtype, mask }) =>
      fold(filled(`masked.${name}`, input, mask, identity(input.dtype)), dim, keepdim, dtype),
    facts,
  );
}

/** Products over several dimensions, one after the other. */
function product(x: Tensor, dim: Dims | null, keepdim: boolean, dtype: DType | null): Tensor {
  const dims = wrapDims('masked.prod', dim, x.shape.length);
  const whole = dims.reduceRight((y, d) => y.prod(d, true, { dtype }), dims.length === 0 ? x.prod({ dtype }) : x);
  return keepdim || dims.length === 0 ? whole : whole.squeeze(dims);
}

const cast = (x: Tensor, dtype: DType | null): Tensor => (dtype === null ? x : x.to(dtype));

/** Sum of the elements under the mask. PyTorch: torch.masked.sum. */
export const sum: MaskedReduce = reduceFn(
  'sum',
  () => 0,
  (x, dim, keepdim, dtype) => x.sum(dim, keepdim, { dtype }),
);

/** Product of the elements under the mask. PyTorch: torch.masked.prod. */
export const prod: MaskedReduce = reduceFn('prod', () => 1, product);

/** Largest element under the mask; the lowest value of the dtype where there is none. PyTorch: torch.masked.amax. */
export const amax: MaskedReduce = reduceFn(
  'amax',
  (dtype) => limits(dtype)[0],
  (x, dim, keepdim, dtype) => cast(x.amax(dim, keepdim), dtype),
);

/** Smallest element under the mask; the highest value of the dtype where there is none. PyTorch: torch.masked.amin. */
export const amin: MaskedReduce = reduceFn(
  'amin',
  (dtype) => limits(dtype)[1],
  (x, dim, keepdim, dtype) => cast(x.amin(dim, keepdim), dtype),
);

/** Logarithm of the sum of exp under the mask. PyTorch: torch.masked.logsumexp. */
export const logsumexp: MaskedReduce = reduceFn(
  'logsumexp',
  () => -Infinity,
  (x, dim, keepdim, dtype) => cast(x, dtype).logsumexp(dim, keepdim),
);

/** Index of an extreme, in the input's dtype. */
export type MaskedArg = Fn<[input: Tensor, dim?: number | null], MaskOptions & { dim?: number | null }, Tensor>;

function argFn(name: 'argmax' | 'argmin'): MaskedArg {
  return fn(
    `masked.${name}(input, dim=null, *, keepdim=false, dtype=null, mask:tensor=null)`,
    (input, dim, { keepdim, dtype, mask }) => {
      const x = filled(`masked.${name}`, input, mask, limits(input.dtype)[name === 'argmax' ? 0 : 1]);
      return x[name](dim, keepdim).to(dtype ?? input.dtype);
    },
    { samples: (m) => [[m(2, 3)], [m(2, 3), 1, { mask: m.bools(2, 3) }]], gradcheck: 'indices' },
  );
}

/** Index of the largest element under the mask, in the input's dtype unless `dtype` is given. PyTorch: torch.masked.argmax. */
export const argmax: MaskedArg = argFn('argmax');

/** Index of the smallest element under the mask, in the input's dtype unless `dtype` is given. PyTorch: torch.masked.argmin. */
export const argmin: MaskedArg = argFn('argmin');

/** Mean of the elements under the mask; NaN where there is none. PyTorch: torch.masked.mean. */
export const mean: MaskedReduce = fn(
  'masked.mean(input, dim=null, *, keepdim=false, dtype=null, mask:tensor=null)',
  (input, dim, { keepdim, dtype, mask }) => {
    const type = dtype ?? (isFloat(input.dtype) ? input.dtype : getDefaultDtype());
    return sum(input, dim, { keepdim, dtype: type, mask }).div(counted(input, dim, keepdim, mask));
  },
  facts,
);

type NormOptions = MaskOptions & { ord?: number };

/** Vector norm of the elements under the mask. PyTorch: torch.masked.norm. */
export const norm: Fn<[input: Tensor, ord?: number, dim?: Dims | null], NormOptions, Tensor> = fn(
  'masked.norm(input, ord=2, dim=null, *, keepdim=false, dtype=null, mask:tensor=null)',
  (input, ord, dim, { keepdim, dtype, mask }) =>
    normOver(
      'masked.norm',
      filled('masked.norm', input, mask, ord === -Infinity ? Infinity : 0),
      ord,
      dim,
      keepdim,
      dtype,
    ),
  { samples: (m) => [[m(2, 3)], [m(2, 3), 1, 1, { mask: mostly(m(2, 3)) }]] },
);

/** Median along one dimension of the elements under the mask; NaN where there is none. PyTorch: torch.masked.median. */
export const median: Fn<[input: Tensor, dim?: number], MaskOptions & { dim?: number }, Tensor> = fn(
  'masked.median(input, dim:integer=-1, *, keepdim=false, dtype=null, mask:tensor=null)',
  (input, dim, { keepdim, dtype, mask }) => {
    const x = isFloat(input.dtype) ? input : input.to(getDefaultDtype());
    const y = filled('masked.median', x, mask, NaN).nanmedian(dim, keepdim).values;
    return y.to(dtype ?? input.dtype);
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3), 1, { mask: mostly(m(2, 3)) }]] },
);

type SpreadOptions = MaskOptions & { unbiased?: boolean };

/** Spread of the elements under a mask. */
export type MaskedSpread = Fn<[input: Tensor, dim?: Dims | null, unbiased?: boolean], SpreadOptions, Tensor>;

function spreadFn(name: 'var' | 'std'): MaskedSpread {
  return fn(
    `masked.${name}(input, dim=null, unbiased=false, *, keepdim=false, dtype=null, mask:tensor=null)`,
    (input, dim, unbiased, { keepdim, dtype, mask }) => {
      const type = dtype ?? (isFloat(input.dtype) ? input.dtype : getDefaultDtype());
      const centred = input.sub(mean(input, dim, { keepdim: true, dtype: type, mask }));
      const total = sum(centred.mul(centred), dim, { keepdim, dtype: type, mask });
      const count = counted(input, dim, keepdim, mask)
        .sub(unbiased ? 1 : 0)
        .clampMin(0);
      const variance = total.div(count);
      return name === 'std' ? variance.sqrt() : variance;
    },
    facts,
  );
}

/** Variance of the elements under the mask; divided by their count unless `unbiased`. PyTorch: torch.masked.var. */
const var_: MaskedSpread = spreadFn('var');

export { var_ as var };

/** Standard deviation of the elements under the mask; divided by their count unless `unbiased`. PyTorch: torch.masked.std. */
export const std: MaskedSpread = spreadFn('std');
