import type { Scalar } from '../../../kernels/scalar.js';
import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { logOnePlusExp } from '../pointwise/formulas.js';
import { type LossArguments, type LossOptions, type LossReduction, reduced, reductionOf } from './lossReduction.js';

function checkSameShape(name: string, input: Tensor, target: Tensor): void {
  checkTensor(name, input);
  checkTensor(name, target);
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `${name}: the input has shape ${showShape(input.shape)}, the target ${showShape(target.shape)}; they must be equal`,
  );
}

function weighted(name: string, loss: Tensor, weight: Tensor | null): Tensor {
  if (weight === null) return loss;
  checkTensor(name, weight);
  return loss.mul(weight);
}

const one = <V>(s: Scalar<V>): V => s.const(1);
const least = -100;

/** Logarithms are kept above -100, so that a certain but wrong probability costs 100 and not infinity. */
const binaryRow: PointwiseRow = pointwiseRow('binaryCrossEntropy', 2, 0, {
  forward: (s, x, t) =>
    s.neg(
      s.add(
        s.mul(t, s.maximum(s.log(x), s.const(least))),
        s.mul(s.sub(one(s), t), s.maximum(s.log1p(s.neg(x)), s.const(least))),
      ),
    ),
  grad: [
    (s, g, x, t) => s.div(s.mul(g, s.sub(x, t)), s.maximum(s.mul(s.sub(one(s), x), x), s.const(1e-12))),
    (s, g, x) => s.mul(g, s.sub(s.log1p(s.neg(x)), s.log(x))),
  ],
});

/** Throws where a probability lies outside [0, 1]; elsewhere than on the CPU nothing waits for the elements. */
function checkProbabilities(name: string, input: Tensor): void {
  if (input.device !== 'cpu' || input.numel() === 0) return;
  const { min, max } = input.detach().aminmax();
  const [low, high] = [min.item(), max.item()];
  if (low >= 0 && high <= 1) return;
  throw new ValueError(`${name}: the input must hold probabilities between 0 and 1, got ${low < 0 ? low : high}`);
}

type WeightedOptions = LossOptions & { target?: Tensor; weight?: Tensor | null };

/**
 * Cross entropy of probabilities with targets between 0 and 1: `-(t log x + (1 - t) log(1 - x))`, logarithms kept above -100.
 * ValueError for an input outside [0, 1]. PyTorch: torch.nn.functional.binary_cross_entropy.
 */
export const binaryCrossEntropy: Fn<
  [input: Tensor, target: Tensor, weight?: Tensor | null, ...how: LossArguments],
  WeightedOptions,
  Tensor
> = fn(
  "binaryCrossEntropy(input, target, weight=null, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, weight, sizeAverage, reduce, reduction) => {
    const name = 'binaryCrossEntropy';
    checkSameShape(name, input, target);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    checkProbabilities(name, input);
    return reduced(weighted(name, pointwise(binaryRow, [input, target], [], null), weight), how);
  },
  {
    samples: (m) => [
      [m(2, 3).sigmoid(), m(2, 3).sigmoid()],
      [m(2, 3).sigmoid(), m(2, 3).sigmoid(), m.positive(3), { reduction: 'sum' }],
      [m().sigmoid(), m().sigmoid(), { reduction: 'none' }],
    ],
    errors: (m) => [
      [[m(2).mul(0).add(1.5), m(2)], 'must hold probabilities between 0 and 1, got 1.5'],
      [[m(2).sigmoid(), m(3)], 'the input has shape (2,), the target (3,)'],
      [[m(2).sigmoid(), m(2), { reduction: 'max' }], "unknown reduction 'max'"],
    ],
  },
);

/** 1 / (1 + exp(-x)) as a power that cannot overflow. */
const logistic = <V>(s: Scalar<V>, x: V): V => s.exp(s.neg(logOnePlusExp(s, s.neg(x))));

/** Inputs: logits, targets, weights of positive targets. */
const logitsRow: PointwiseRow = pointwiseRow('binaryCrossEntropyWithLogits', 3, 0, {
  forward: (s, x, t, p) =>
    s.add(s.mul(s.sub(one(s), t), x), s.mul(s.add(one(s), s.mul(s.sub(p, one(s)), t)), logOnePlusExp(s, s.neg(x)))),
  grad: [
    (s, g, x, t, p) =>
      s.mul(g, s.sub(s.sub(one(s), t), s.mul(s.add(one(s), s.mul(s.sub(p, one(s)), t)), logistic(s, s.neg(x))))),
    (s, g, x, _t, p) => s.mul(g, s.sub(s.mul(s.sub(p, one(s)), logOnePlusExp(s, s.neg(x))), x)),
    (s, g, x, t) => s.mul(g, s.mul(t, logOnePlusExp(s, s.neg(x)))),
  ],
});

/**
 * `binaryCrossEntropy` of `sigmoid(input)`, without its overflows; `posWeight` multiplies the loss of positive targets.
 * PyTorch: torch.nn.functional.binary_cross_entropy_with_logits.
 * @example
 * tg.nn.functional.binaryCrossEntropyWithLogits(tg.zeros(2), tg.ones(2)).item() // => 0.6931471824645996
 */
export const binaryCrossEntropyWithLogits: Fn<
  [input: Tensor, target: Tensor, weight?: Tensor | null, ...how: LossArguments, posWeight?: Tensor | null],
  WeightedOptions & { posWeight?: Tensor | null },
  Tensor
> = fn(
  "binaryCrossEntropyWithLogits(input, target, weight=null, sizeAverage=null, reduce=null, reduction='mean', posWeight=null)",
  (input, target, weight, sizeAverage, reduce, reduction, posWeight) => {
    const name = 'binaryCrossEntropyWithLogits';
    checkSameShape(name, input, target);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    return reduced(weighted(name, pointwise(logitsRow, [input, target, posWeight ?? 1], [], null), weight), how);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3).sigmoid()],
      [m(2, 3), m(2, 3).sigmoid(), m.positive(3), { reduction: 'sum' }],
      [m(2, 3), m(2, 3).sigmoid(), { reduction: 'none', posWeight: m.positive(3) }],
    ],
    errors: (m) => [
      [[m(2), m(3)], 'the input has shape (2,), the target (3,)'],
      [[m(2), m(2), { reduction: 'max' }], "unknown reduction 'max'"],
    ],
  },
);

/**
 * Mean over the classes (last dimension) of the binary cross entropies of logits with targets 0 or 1.
 * PyTorch: torch.nn.functional.multilabel_soft_margin_loss.
 */
export const multilabelSoftMarginLoss: Fn<
  [input: Tensor, target: Tensor, weight?: Tensor | null, ...how: LossArguments],
  WeightedOptions,
  Tensor
> = fn(
  "multilabelSoftMarginLoss(input, target, weight=null, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, weight, sizeAverage, reduce, reduction) => {
    const name = 'multilabelSoftMarginLoss';
    checkSameShape(name, input, target);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    return reduced(weighted(name, pointwise(logitsRow, [input, target, 1], [], null), weight).mean(-1), how);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3).sigmoid()],
      [m(3), m(3).sigmoid()],
      [m(2, 3), m(2, 3).sigmoid(), m.positive(3), { reduction: 'none' }],
    ],
    errors: (m) => [[[m(2, 3), m(3)], 'the input has shape (2, 3), the target (3,)']],
  },
);

const divergenceRow: PointwiseRow = pointwiseRow('klDiv', 2, 0, {
  forward: (s, x, t) => s.sub(s.where(s.eq(t, s.const(0)), s.const(0), s.mul(t, s.log(t))), s.mul(t, x)),
  grad: [(s, g, _x, t) => s.neg(s.mul(g, t)), (s, g, x, t) => s.mul(g, s.sub(s.add(s.log(t), one(s)), x))],
});

const logDivergenceRow: PointwiseRow = pointwiseRow('klDiv', 2, 0, {
  forward: (s, x, t) => s.mul(s.exp(t), s.sub(t, x)),
  grad: [
    (s, g, _x, t) => s.neg(s.mul(g, s.exp(t))),
    (s, g, x, t) => s.mul(g, s.mul(s.exp(t), s.add(s.sub(t, x), one(s)))),
  ],
});

/** `LossReduction`, and the sum over the first dimension's size: the divergence of a batch of distributions. */
export type DivergenceReduction = LossReduction | 'batchmean';

/**
 * Kullback-Leibler divergence of log probabilities `input` from probabilities `target` (or their logarithms with `logTarget`):
 * `target (log target - input)`. 'batchmean' is the mathematical one. PyTorch: torch.nn.functional.kl_div.
 */
export const klDiv: Fn<
  [input: Tensor, target: Tensor, ...how: LossArguments<DivergenceReduction>, logTarget?: boolean],
  LossOptions<DivergenceReduction> & { target?: Tensor; logTarget?: boolean },
  Tensor
> = fn(
  "klDiv(input, target, sizeAverage=null, reduce=null, reduction='mean', logTarget=false)",
  (input, target, sizeAverage, reduce, reduction, logTarget) => {
    checkTensor('klDiv', input);
    checkTensor('klDiv', target);
    const how = reductionOf('klDiv', sizeAverage, reduce, reduction as LossReduction, ['batchmean']);
    const each = pointwise(logTarget ? logDivergenceRow : divergenceRow, [input, target], [], null);
    if ((how as DivergenceReduction) !== 'batchmean') return reduced(each, how);
    const batch = input.shape.length === 0 ? 1 : input.shape[0];
    return each.sum().div(batch);
  },
  {
    samples: (m) => [
      [m(2, 3), m.positive(2, 3)],
      [m(2, 3), m.positive(2, 3), { reduction: 'batchmean' }],
      [m(2, 3), m(2, 3), { reduction: 'sum', logTarget: true }],
      [m(2, 3), m.positive(3), { reduction: 'none' }],
    ],
    errors: (m) => [
      [[m(2), m(2), { reduction: 'max' }], "unknown reduction 'max'; use one of none, mean, sum, batchmean"],
    ],
  },
);
