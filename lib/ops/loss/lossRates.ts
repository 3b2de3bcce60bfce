import type { Scalar } from '../../../kernels/scalar.js';
import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type GradientFormula, type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type LossOptions, type LossReduction, reduced, reductionOf } from './lossReduction.js';

const one = <V>(s: Scalar<V>): V => s.const(1);
const half = 0.5;

/** Stirling's approximation of log(t!), 0 up to 1; and its derivative. */
function stirling<V>(s: Scalar<V>, t: V): V {
  const above = s.add(s.sub(s.mul(t, s.log(t)), t), s.mul(s.const(half), s.log(s.mul(s.const(2 * Math.PI), t))));
  return s.where(s.le(t, one(s)), s.const(0), above);
}

function stirlingSlope<V>(s: Scalar<V>, t: V): V {
  return s.where(s.le(t, one(s)), s.const(0), s.add(s.log(t), s.div(s.const(half), t)));
}

/** The two forms of the rate, logarithm or plain, with or without the term that depends on the target only. */
function poissonRow(logInput: boolean, full: boolean): PointwiseRow {
  const towards: GradientFormula = (s, g, x, t, _y, eps) =>
    s.mul(g, logInput ? s.sub(s.exp(x), t) : s.sub(one(s), s.div(t, s.add(x, eps))));
  return pointwiseRow('poissonNllLoss', 2, 1, {
    forward: (s, x, t, eps) => {
      const loss = logInput ? s.sub(s.exp(x), s.mul(t, x)) : s.sub(x, s.mul(t, s.log(s.add(x, eps))));
      return full ? s.add(loss, stirling(s, t)) : loss;
    },
    grad: [
      towards,
      (s, g, x, t, _y, eps) => {
        const slope = s.neg(logInput ? x : s.log(s.add(x, eps)));
        return s.mul(g, full ? s.add(slope, stirlingSlope(s, t)) : slope);
      },
    ],
  });
}

const poissonRows = [
  poissonRow(false, false),
  poissonRow(false, true),
  poissonRow(true, false),
  poissonRow(true, true),
];

/**
 * Negative log likelihood of counts `target` under Poisson rates: `exp(input) - target input` (with `logInput`), else
 * `input - target log(input + eps)`; `full` adds Stirling's term. PyTorch: torch.nn.functional.poisson_nll_loss.
 */
export const poissonNllLoss: Fn<
  [
    input: Tensor,
    target: Tensor,
    logInput?: boolean,
    full?: boolean,
    sizeAverage?: boolean | null,
    eps?: number,
    reduce?: boolean | null,
    reduction?: LossReduction,
  ],
  LossOptions & { target?: Tensor; logInput?: boolean; full?: boolean; eps?: number },
  Tensor
> = fn(
  "poissonNllLoss(input, target, logInput=true, full=false, sizeAverage=null, eps=1e-8, reduce=null, reduction='mean')",
  (input, target, logInput, full, sizeAverage, eps, reduce, reduction) => {
    checkTensor('poissonNllLoss', input);
    checkTensor('poissonNllLoss', target);
    const how = reductionOf('poissonNllLoss', sizeAverage, reduce, reduction);
    const row = poissonRows[(logInput ? 2 : 0) + (full ? 1 : 0)];
    return reduced(pointwise(row, [input, target], [eps], null), how);
  },
  {
    samples: (m) => [
      [m(2, 3), m.positive(2, 3)],
      [m(2, 3), m.positive(2, 3).add(1), { full: true, reduction: 'sum' }],
      [m.positive(2, 3), m.positive(3), false, true, null, 1e-3, null, 'none'],
    ],
    errors: (m) => [[[m(2), m(2), { reduction: 'max' }], "unknown reduction 'max'"]],
  },
);

/** Inputs: mean, target, variance, which is kept above a number; its gradient passes all the same. */
const gaussianRow: PointwiseRow = pointwiseRow('gaussianNllLoss', 3, 1, {
  forward: (s, x, t, v, eps) => {
    const variance = s.maximum(v, eps);
    const d = s.sub(x, t);
    return s.mul(s.const(half), s.add(s.log(variance), s.div(s.mul(d, d), variance)));
  },
  grad: [
    (s, g, x, t, v, _y, eps) => s.div(s.mul(g, s.sub(x, t)), s.maximum(v, eps)),
    (s, g, x, t, v, _y, eps) => s.div(s.mul(g, s.sub(t, x)), s.maximum(v, eps)),
    (s, g, x, t, v, _y, eps) => {
      const variance = s.maximum(v, eps);
      const d = s.div(s.sub(x, t), variance);
      return s.mul(g, s.mul(s.const(half), s.sub(s.div(one(s), variance), s.mul(d, d))));
    },
  ],
});

function variances(input: Tensor, variance: Tensor): Tensor {
  checkTensor('gaussianNllLoss', variance);
  const { shape } = input;
  const lower = shape.slice(0, -1);
  if (sameShape(shape, variance.shape) || sameShape([...lower, 1], variance.shape)) return variance;
  if (sameShape(lower, variance.shape)) return variance.unsqueeze(-1);
  throw new ShapeError(
    `gaussianNllLoss: the input has shape ${showShape(shape)}, the variances ${showShape(variance.shape)}; ` +
      'they must be equal, or the last dimension of the variances 1 or left out',
  );
}

/**
 * Negative log likelihood of `target` under normal distributions with means `input` and variances `var`, kept above `eps`;
 * `full` adds the constant `log(2 pi) / 2`. ValueError for a negative variance. PyTorch: torch.nn.functional.gaussian_nll_loss.
 */
export const gaussianNllLoss: Fn<
  [input: Tensor, target: Tensor, var_: Tensor, full?: boolean, eps?: number, reduction?: LossReduction],
  { target?: Tensor; var?: Tensor; full?: boolean; eps?: number; reduction?: LossReduction },
  Tensor
> = fn(
  "gaussianNllLoss(input, target, var, full=false, eps=1e-6, reduction='mean')",
  (input, target, var_, full, eps, reduction) => {
    checkTensor('gaussianNllLoss', input);
    checkTensor('gaussianNllLoss', target);
    const how = reductionOf('gaussianNllLoss', null, null, reduction);
    const variance = variances(input, var_);
    if (variance.device === 'cpu' && variance.detach().lt(0).any().item() === 1) {
      throw new ValueError(`gaussianNllLoss: the variances of shape ${showShape(var_.shape)} must not be negative`);
    }
    const each = pointwise(gaussianRow, [input, target, variance], [eps], null);
    return reduced(full ? each.add(half * Math.log(2 * Math.PI)) : each, how);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3), m.positive(2, 3)],
      [m(2, 3), m(2, 3), m.positive(2), { full: true, reduction: 'sum' }],
      [m(2, 3), m(2, 3), m.positive(2, 1), true, 1e-3, 'none'],
    ],
    errors: (m) => [
      [[m(2, 3), m(2, 3), m.positive(3)], 'the variances (3,)'],
      [[m(2, 3), m(2, 3), m.positive(2, 3).neg()], 'must not be negative'],
    ],
  },
);
