import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { spreadAlong } from '../indexing/along.js';

/** Options of `gumbelSoftmax`. */
export interface GumbelOptions {
  /** Temperature: the smaller, the nearer to one-hot. */
  tau?: number;
  /** One-hot results, with the gradient of the soft ones. */
  hard?: boolean;
  /** Takes no part; PyTorch has it in this place. */
  eps?: number;
  /** The dimension of the categories, the last unless given. */
  dim?: number;
}

/**
 * Samples of the categories that logits along `dim` describe, soft enough to have a gradient (E. Jang et al., 2016).
 * PyTorch: torch.nn.functional.gumbel_softmax.
 */
export const gumbelSoftmax: Fn<
  [logits: Tensor, tau?: number, hard?: boolean, eps?: number, dim?: number],
  GumbelOptions,
  Tensor
> = fn(
  'gumbelSoftmax(logits, tau=1, hard=false, eps=1e-10, dim=-1)',
  (logits, tau, hard, _eps, dim) => {
    checkTensor('gumbelSoftmax', logits);
    if (!(tau > 0)) throw new ValueError(`gumbelSoftmax: tau must be positive, got ${tau}`);
    const noise = logits.detach().clone().exponential_().log_().neg_();
    const soft = logits.add(noise).div(tau).softmax(dim);
    if (!hard) return soft;
    const best = soft.detach().argmax(dim, true);
    const along = dim < 0 ? dim + logits.shape.length : dim;
    const one = spreadAlong(best.to(soft.dtype).mul(0).add(1), best, along, soft.shape);
    return one.sub(soft.detach()).add(soft);
  },
  { errors: (m) => [[[m(2, 3), 0], 'tau must be positive, got 0']] },
);
