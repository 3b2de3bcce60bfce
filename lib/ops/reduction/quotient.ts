import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';

/** x / by, and 0 where `by` is 0: in the gradient's gradient too, where a quotient by 0 behind a `where` would still be no number. */
export function quotient(t: Operations, x: Tensor, by: Tensor): Tensor {
  const zero = t.eq(by, 0);
  return t.where(zero, 0, t.div(x, t.where(zero, 1, by)));
}
