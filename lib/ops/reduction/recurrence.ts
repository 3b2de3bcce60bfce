import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';

/** Every element's sum of itself and what follows, each weighted by the product of `factors` on the way to it. */
export function recurrence(t: Operations, factors: Tensor, terms: Tensor, dim: number): Tensor {
  const n = terms.shape[dim];
  let [factor, sum] = [factors, terms];
  // Spans double: after each round an entry covers twice as many elements.
  for (let span = 1; span < n; span *= 2) {
    const reached = t.mul(factor.narrow(dim, 0, n - span), sum.narrow(dim, span, n - span));
    sum = t.cat([t.add(sum.narrow(dim, 0, n - span), reached), sum.narrow(dim, n - span, span)], dim);
    const rest = n - 2 * span;
    if (rest > 0) factor = t.mul(factor.narrow(dim, 0, rest), factor.narrow(dim, span, rest));
  }
  return sum;
}

/** Products of all elements before each one. */
export function productsBefore(t: Operations, x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  if (n === 0) return x;
  const one = t.ones(x.shape.with(dim, 1), { dtype: x.dtype, device: x.device });
  return t.cat([one, t.cumprod(x.narrow(dim, 0, n - 1), dim)], dim);
}
