import { checkTensor } from '../../autograd/apply.js';
import { type InplaceForm, withInplace } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import type { DType } from '../../core/dtype.js';
import { ValueError } from '../../core/errors.js';
import { type Dims, wrapDim, wrapDims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { nuclearNorm } from '../linalg/norm.js';
import { normOver } from './vectorNorm.js';

/** A number, 'fro' for the root of the sum of squares, 'nuc' for the sum of the singular values. */
export type Order = number | 'fro' | 'nuc';

type NormOptions = { p?: Order | null; dim?: Dims | null; keepdim?: boolean; dtype?: DType | null };

/**
 * Norm of all elements, or over `dim`: (sum of |x|^p)^(1/p), the largest |x| for Infinity, the count of non-zero elements for 0.
 * PyTorch: torch.norm.
 * @example
 * tg.tensor([3, 4]).norm() // => tensor(5.)
 */
export const norm: Fn<
  [input: Tensor, p?: Order | null, dim?: Dims | null, keepdim?: boolean, dtype?: DType | null],
  NormOptions,
  Tensor
> = fn(
  "norm(input, p='fro', dim=null, keepdim=false, dtype=null)",
  (input, p, dim, keepdim, dtype) => {
    if (p === 'nuc') return nuclearNorm('norm', dtype === null ? input : input.to(dtype), dim ?? [0, 1], keepdim);
    if (typeof p === 'string' && p !== 'fro') {
      throw new ValueError(`norm: p '${String(p)}' is neither a number nor 'fro' nor 'nuc'`);
    }
    return normOver('norm', input, typeof p === 'number' ? p : 2, dim, keepdim, dtype);
  },
  {
    samples: (m) => [
      [m(2, 3)],
      [m(2, 3), 1, 0],
      [m(2, 3), 3, 1, true],
      [m(2, 3), Infinity],
      [m(2, 3), 0],
      [m(2, 3), 1.5],
      [m(2, 3), 0.5, 1],
      [m(3, 2), 'nuc'],
    ],
    errors: (m) => [
      [[m.integers(9, 3)], 'needs floating-point elements'],
      [[m(3), 'max'], "p 'max' is neither a number nor 'fro' nor 'nuc'"],
    ],
  },
);

type DistOptions = { other?: Tensor; p?: number };

/** Norm of the difference of two tensors that broadcast. PyTorch: torch.dist. */
export const dist: Fn<[input: Tensor, other: Tensor, p?: number], DistOptions, Tensor> = fn(
  'dist(input, other, p=2)',
  (input, other, p) => normOver('dist', input.sub(other), p, null, false),
  {
    samples: (m) => [
      [m(2, 3), m(3)],
      [m(4), m(4), 1],
    ],
  },
);

type RenormOptions = { p?: number; dim?: number; maxnorm?: number };

/** Scales each slice along `dim` whose p-norm exceeds `maxnorm` down to it. PyTorch: torch.renorm. */
export const renorm: Fn<[input: Tensor, p: number, dim: number, maxnorm: number], RenormOptions, Tensor> & InplaceForm =
  withInplace(
    fn<[input: Tensor, p: number, dim: number, maxnorm: number], RenormOptions, Tensor>(
      'renorm(input, p, dim, maxnorm)',
      (input, p, dim, maxnorm) => {
        checkTensor('renorm', input);
        if (!(p > 0) || maxnorm < 0) {
          throw new ValueError(`renorm: p ${p} must be positive and maxnorm ${maxnorm} not negative`);
        }
        const kept = wrapDim('renorm', dim, input.shape.length);
        const others = wrapDims('renorm', null, input.shape.length).filter((d) => d !== kept);
        const size = others.length === 0 ? input.abs() : normOver('renorm', input, p, others, true);
        // The small addend is PyTorch's, against a quotient that rounds above the limit.
        const scale = size.add(1e-7).reciprocal().mul(maxnorm);
        return input.mul(scale.where(size.gt(maxnorm), 1));
      },
      {
        samples: (m) => [
          [m(2, 3), 2, 0, 0.5],
          [m(2, 3, 2), 1, -1, 3],
        ],
        errors: (m) => [[[m(2), 0, 0, 1], 'p 0 must be positive']],
      },
    ),
  );
