import { checkTensor } from '../autograd/apply.js';
import { type Operand, type OutOfPlace, outOfPlace, type PointwiseFn, pointwiseBy } from '../autograd/define.js';
import { type Described, type Fn, fn, type None, typed } from '../core/define.js';
import { ArgumentError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { coordinates } from './indexing/coordinates.js';
import { sub } from './pointwise.js';
import * as methods from './pointwiseMethods.js';

/** Three arguments choose; the condition alone gives the places where it is true. */
export interface Where {
  (condition: Tensor, input: Operand, other: Operand): Tensor;
  (condition: Tensor): Tensor[];
}

/**
 * The elements of `input` where the condition is true, of `other` elsewhere; either may be a number. With the condition alone: one index
 * tensor per dimension, as `nonzero` gives. PyTorch: torch.where.
 * @example
 * tg.where(tg.tensor([true, false]), tg.tensor([1, 2]), 0) // => tensor([1., 0.])
 */
export const where: Where & Described = typed<Where>(
  'where(condition, input=null, other=null)',
  (condition: Tensor, input: Operand | null, other: Operand | null) => {
    if (input === null && other === null) return coordinates(condition);
    if (input === null || other === null) {
      throw new ArgumentError('where: input and other must both be given, or neither');
    }
    // Overloads have one result type here: the last one's.
    return methods.where(input, condition, other) as never;
  },
  {
    samples: (m) => [[m.bools(2, 3), m(2, 3), m(3)], [m.bools(3), m(2, 3), 0.5], [m.bools(2, 3)]],
    errors: (m) => [[[m.bools(2), m(2)], 'must both be given']],
  },
);

/** `other - alpha * input`. PyTorch: torch.rsub. */
export const rsub: OutOfPlace<
  PointwiseFn<[input: Operand, other: Operand, alpha?: number], { other?: Operand; alpha?: number }>
> = outOfPlace(
  pointwiseBy('rsub(input, other, alpha=1)', (a: Operand, b: Operand, alpha: number) => sub.launch(b, a, { alpha }), {
    samples: (m) => [
      [m(2, 3), m(3)],
      [m(2, 3), 2, 0.5],
    ],
  }),
);

/** The derivative of order `n` of `digamma`: `tg.polygamma(n, input)`. PyTorch: torch.polygamma. */
export const polygamma: OutOfPlace<PointwiseFn<[n: number, input: Tensor], { input?: Tensor }>> = outOfPlace(
  pointwiseBy('polygamma(n, input)', (n: number, input: Tensor) => methods.polygamma.launch(input, n), {
    samples: (m) => [
      [1, m.positive(2, 3)],
      [0, m.positive(2, 3)],
    ],
    errors: (m) => [
      [[-1, m(2)], 'not negative'],
      [[0.5, m(2)], 'a whole number'],
    ],
  }),
);

/** The real part: of real numbers the tensor itself. PyTorch: torch.real. */
export const real: Fn<[input: Tensor], None, Tensor> = fn(
  'real(input)',
  (input) => {
    checkTensor('real', input);
    return input;
  },
  { samples: (m) => [[m(2, 3)]] },
);
