import { type Fn, fn } from '../../core/define.js';
import type { DType } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';
import { softmin as softminOf } from '../reduction/softmin.js';
import { filled, mostly } from './maskedInput.js';
import { norm } from './maskedReduce.js';

type LineOptions = { dim?: number; dtype?: DType | null; mask?: Tensor | null };

/** A function along one dimension, of the elements under a mask. */
export type MaskedLines = Fn<[input: Tensor, dim: number], LineOptions, Tensor>;

function linesFn(
  name: string,
  identity: number,
  run: (x: Tensor, dim: number, dtype: DType | null) => Tensor,
  gradcheck?: string,
): MaskedLines {
  return fn(
    `masked.${name}(input, dim, *, dtype=null, mask:tensor=null)`,
    (input, dim, { dtype, mask }) => run(filled(`masked.${name}`, input, mask, identity), dim, dtype),
    {
      samples: (m) => [
        [m(2, 3), 0],
        [m(2, 3), 1, { mask: mostly(m(2, 3)) }],
      ],
      errors: (m) => [[[m(3), 0, { mask: m.bools(2, 3) }], 'does not expand to the input']],
      gradcheck,
    },
  );
}

/** Running sums of the elements under the mask. PyTorch: torch.masked.cumsum. */
export const cumsum: MaskedLines = linesFn('cumsum', 0, (x, dim, dtype) => x.cumsum(dim, { dtype }));

/** Running products of the elements under the mask. PyTorch: torch.masked.cumprod. */
export const cumprod: MaskedLines = linesFn('cumprod', 1, (x, dim, dtype) => x.cumprod(dim, { dtype }));

/** `softmax` of the elements under the mask, the others get 0; a line without any is NaN. PyTorch: torch.masked.softmax. */
export const softmax: MaskedLines = linesFn('softmax', -Infinity, (x, dim, dtype) => x.softmax(dim, { dtype }));

/** `logSoftmax` of the elements under the mask, the others get -inf. PyTorch: torch.masked.log_softmax. */
export const logSoftmax: MaskedLines = linesFn(
  'logSoftmax',
  -Infinity,
  (x, dim, dtype) => x.logSoftmax(dim, { dtype }),
  'it is -inf where the mask keeps out',
);

/** `softmin` of the elements under the mask, the others get 0. PyTorch: torch.masked.softmin. */
export const softmin: MaskedLines = linesFn('softmin', Infinity, (x, dim, dtype) => softminOf(x, dim, { dtype }));

type NormalizeOptions = { ord?: number; dim?: number; eps?: number; dtype?: DType | null; mask?: Tensor | null };

/** Divides each line by the norm of its elements under the mask, or by `eps` where that is larger; the others get 0. PyTorch: torch.masked.normalize. */
export const normalize: Fn<[input: Tensor, ord: number, dim: number], NormalizeOptions, Tensor> = fn(
  'masked.normalize(input, ord, dim, *, eps=1e-12, dtype=null, mask:tensor=null)',
  (input, ord, dim, { eps, dtype, mask }) =>
    filled('masked.normalize', input, mask, 0).div(norm(input, ord, dim, { keepdim: true, dtype, mask }).clampMin(eps)),
  {
    samples: (m) => [
      [m(2, 3), 2, 1],
      [m(2, 3), 1, 1, { mask: mostly(m(2, 3)) }],
    ],
  },
);

type AddOptions = { other?: Tensor; dtype?: DType | null; inputMask?: Tensor | null; otherMask?: Tensor | null };

/** Logarithm of the sum of exp of two tensors, each under its mask. PyTorch: torch.masked.logaddexp. */
export const logaddexp: Fn<[input: Tensor, other: Tensor], AddOptions, Tensor> = fn(
  'masked.logaddexp(input, other, *, dtype=null, inputMask=null, otherMask=null)',
  (input, other, { dtype, inputMask, otherMask }) =>
    filled('masked.logaddexp', input, inputMask, -Infinity)
      .logaddexp(filled('masked.logaddexp', other, otherMask, -Infinity))
      .to(dtype ?? input.dtype),
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(2, 3), m(2, 3), { inputMask: mostly(m(2, 3)) }],
    ],
    gradgradcheck: 'at -inf the second derivative is NaN, as in PyTorch',
  },
);
