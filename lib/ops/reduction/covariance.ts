import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type None } from '../../core/define.js';
import { getDefaultDtype, isFloat } from '../../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

type CovOptions = { correction?: number; fweights?: Tensor | null; aweights?: Tensor | null };

/** A vector of observations of one variable, or a matrix with a row a variable. */
function observations(name: string, input: Tensor): Tensor {
  checkTensor(name, input);
  if (input.shape.length > 2) throw new ShapeError(`${name}: ${showShape(input.shape)} has more than two dimensions`);
  const x = isFloat(input.dtype) ? input : input.to(getDefaultDtype());
  return x.shape.length === 2 ? x : x.reshape(1, -1);
}

function checkWeights(name: string, weights: Tensor | null, x: Tensor): void {
  if (weights === null || (weights.shape.length === 1 && weights.shape[0] === x.shape[1])) return;
  throw new ShapeError(
    `cov: ${name} has shape ${showShape(weights.shape)}; it needs one weight for each of ${x.shape[1]} observations`,
  );
}

/**
 * Covariance matrix of variables in rows, observed in columns. `fweights` counts observations (integers), `aweights` weighs them; the sum
 * is divided by their total less `correction`. PyTorch: torch.cov.
 */
export const cov: Fn<[input: Tensor], CovOptions, Tensor> = fn(
  'cov(input, *, correction=1, fweights=null, aweights=null)',
  (input, { correction, fweights, aweights }) => {
    const x = observations('cov', input);
    checkWeights('fweights', fweights, x);
    checkWeights('aweights', aweights, x);
    if (fweights !== null && isFloat(fweights.dtype))
      throw new DTypeError('cov: fweights counts observations; it must be integers');
    const weights = fweights === null ? aweights : aweights === null ? fweights.to(x.dtype) : aweights.mul(fweights);
    if (weights === null) {
      const centred = x.sub(x.mean(1, true));
      return centred
        .mm(centred.T)
        .div(Math.max(0, x.shape[1] - correction))
        .squeeze();
    }
    const total = weights.sum();
    const centred = x.sub(x.mul(weights).sum(1, true).div(total));
    const lost = aweights === null ? correction : weights.mul(aweights).sum().div(total).mul(correction);
    return centred.mm(centred.mul(weights).T).div(total.sub(lost).clampMin(0)).squeeze();
  },
  {
    samples: (m) => [[m(3, 4)], [m(5)], [m(2, 4), { correction: 0, aweights: m.positive(4) }]],
    errors: (m) => [
      [[m(2, 2, 2)], 'has more than two dimensions'],
      [[m(2, 3), { aweights: m(2) }], 'it needs one weight for each of 3 observations'],
    ],
  },
);

/** Pearson's correlation coefficients of variables in rows, observed in columns. PyTorch: torch.corrcoef. */
export const corrcoef: Fn<[input: Tensor], None, Tensor> = fn(
  'corrcoef(input)',
  (input) => {
    const c = cov(input);
    if (c.shape.length === 0) return c.div(c);
    const deviation = c.diagonal().sqrt();
    return c.div(deviation.unsqueeze(1)).div(deviation).clamp(-1, 1);
  },
  { samples: (m) => [[m(3, 4)], [m(5)]] },
);
