import { count, sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { takeAlong } from '../indexing/along.js';
import { checkBounds, type Indices, indexTensor } from '../indexing/indices.js';
import { classLoss, fuses } from './classLoss.js';
import { type LossOptions, type LossReduction, reduced, reductionOf } from './lossReduction.js';

/** Targets as indices of classes: those that count, and a valid index for each of the others. */
interface Classes {
  /** The dimension of classes in the input. */
  readonly dim: number;
  readonly index: Tensor;
  readonly kept: Tensor;
}

/** Indices of classes, one for each line of the input along `dim`. */
function targetsOf(name: string, input: Tensor, target: Tensor | Indices, dim: number): Tensor {
  const given = indexTensor(name, target, input);
  if (!sameShape(given.shape, input.shape.toSpliced(dim, 1))) {
    throw new ShapeError(
      `${name}: the input of shape ${showShape(input.shape)} needs a target of class indices of shape ` +
        `${showShape(input.shape.toSpliced(dim, 1))}, got ${showShape(given.shape)}`,
    );
  }
  return given;
}

function classesOf(name: string, input: Tensor, given: Tensor, dim: number, ignoreIndex: number): Classes {
  const kept = given.ne(ignoreIndex);
  const index = given.where(kept, 0);
  checkBounds(`${name}: target`, index, input.shape[dim], dim, false);
  return { dim, index, kept };
}

function classDim(name: string, input: Tensor): number {
  if (input.shape.length > 0) return input.shape.length === 1 ? 0 : 1;
  throw new ShapeError(`${name}: the input has no dimensions; it needs one of classes: (C), (N, C) or (N, C, ...)`);
}

function checkWeight(name: string, weight: Tensor | null, classes: number): void {
  if (weight === null) return;
  checkTensor(name, weight);
  if (weight.shape.length === 1 && weight.shape[0] === classes) return;
  throw new ShapeError(
    `${name}: the weight has shape ${showShape(weight.shape)}; it needs one entry for each of the ${classes} classes`,
  );
}

/** The weight of each target's class; null where all weigh the same. */
function targetWeights(weight: Tensor | null, { index }: Classes): Tensor | null {
  return weight === null ? null : takeAlong(weight, index.flatten(), 0).reshape(index.shape);
}

/** The sum of the weights of the targets that count. */
function totalWeight(weights: Tensor | null, { kept }: Classes): Tensor {
  return weights === null ? kept.sum() : weights.where(kept, 0).sum();
}

function negativeLikelihood(
  logProbabilities: Tensor,
  classes: Classes,
  weights: Tensor | null,
  reduction: LossReduction,
): Tensor {
  const { dim, index, kept } = classes;
  const losses = takeAlong(logProbabilities, index.unsqueeze(dim), dim).squeeze(dim).neg();
  const each = (weights === null ? losses : losses.mul(weights)).where(kept, 0);
  return reduction === 'mean' ? each.sum().div(totalWeight(weights, classes)) : reduced(each, reduction);
}

type NllOptions = LossOptions & { target?: Tensor | Indices; weight?: Tensor | null; ignoreIndex?: number };

/**
 * Negative log likelihood of class indices `target` (N, ...) under log probabilities (N, C, ...): `-weight[t] * input[t]`.
 * Targets equal to `ignoreIndex` count nothing; others outside the classes are an IndexError. The mean is weighted.
 * PyTorch: torch.nn.functional.nll_loss.
 */
export const nllLoss: Fn<
  [
    input: Tensor,
    target: Tensor | Indices,
    weight?: Tensor | null,
    sizeAverage?: boolean | null,
    ignoreIndex?: number,
    reduce?: boolean | null,
    reduction?: LossReduction,
  ],
  NllOptions,
  Tensor
> = fn(
  "nllLoss(input, target, weight=null, sizeAverage=null, ignoreIndex=-100, reduce=null, reduction='mean')",
  (input, target, weight, sizeAverage, ignoreIndex, reduce, reduction) => {
    checkTensor('nllLoss', input);
    const how = reductionOf('nllLoss', sizeAverage, reduce, reduction);
    const dim = classDim('nllLoss', input);
    const classes = classesOf('nllLoss', input, targetsOf('nllLoss', input, target, dim), dim, ignoreIndex);
    checkWeight('nllLoss', weight, input.shape[classes.dim]);
    return negativeLikelihood(input, classes, targetWeights(weight, classes), how);
  },
  {
    samples: (m) => [
      [m(4, 3), m.integers(3, 4)],
      [m(3), 1],
      [m(2, 3, 2, 2), m.integers(3, 2, 2, 2), { ignoreIndex: 1, reduction: 'sum' }],
      [m(4, 3), [0, 2, 1, -100], m.positive(3), { reduction: 'none' }],
    ],
    errors: (m) => [
      [[m(4, 3), [0, 1, 2, 3]], 'nllLoss: target: index 3 is out of range'],
      [[m(4, 3), [0, 1, 2]], 'needs a target of class indices of shape (4,), got (3,)'],
      [[m(4, 3), [0, 1, 2, 0], m(4)], 'the weight has shape (4,)'],
      [[m(4, 3), [0, 1, 2, 0], { reduction: 'max' }], "unknown reduction 'max'"],
      [[m(), 0], 'the input has no dimensions'],
    ],
  },
);

type CrossEntropyOptions = NllOptions & { labelSmoothing?: number };

/**
 * Cross entropy of logits (C), (N, C) or (N, C, ...) with class indices (N, ...) or class probabilities of the input's shape.
 * Targets equal to `ignoreIndex` count nothing; others outside the classes are an IndexError. PyTorch: torch.nn.functional.cross_entropy.
 * @example
 * tg.nn.functional.crossEntropy(tg.zeros(2, 4), [0, 3]).item() // => 1.3862943649291992
 */
export const crossEntropy: Fn<
  [
    input: Tensor,
    target: Tensor | Indices,
    weight?: Tensor | null,
    sizeAverage?: boolean | null,
    ignoreIndex?: number,
    reduce?: boolean | null,
    reduction?: LossReduction,
    labelSmoothing?: number,
  ],
  CrossEntropyOptions,
  Tensor
> = fn(
  "crossEntropy(input, target, weight=null, sizeAverage=null, ignoreIndex=-100, reduce=null, reduction='mean', labelSmoothing=0)",
  (input, target, weight, sizeAverage, ignoreIndex, reduce, reduction, labelSmoothing) => {
    checkTensor('crossEntropy', input);
    const how = reductionOf('crossEntropy', sizeAverage, reduce, reduction);
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new ValueError(`crossEntropy: labelSmoothing must lie between 0 and 1, got ${labelSmoothing}`);
    }
    const dim = classDim('crossEntropy', input);
    checkWeight('crossEntropy', weight, input.shape[dim]);
    if (target instanceof Tensor && isFloat(target.dtype)) {
      return withProbabilities(input, target, weight, how, labelSmoothing);
    }
    const targets = targetsOf('crossEntropy', input, target, dim);
    if (fuses(input, weight)) {
      return classLoss(input, targets, weight, { dim, ignoreIndex, smoothing: labelSmoothing, reduction: how });
    }
    const classes = classesOf('crossEntropy', input, targets, dim, ignoreIndex);
    const weights = targetWeights(weight, classes);
    const logProbabilities = input.logSoftmax(dim);
    const loss = negativeLikelihood(logProbabilities, classes, weights, how);
    if (labelSmoothing === 0) return loss;
    const smooth = smoothLoss(logProbabilities, classes, weight, weights, how);
    return loss.mul(1 - labelSmoothing).add(smooth.mul(labelSmoothing / input.shape[dim]));
  },
  {
    samples: (m) => [
      [m(4, 3), m.integers(3, 4)],
      [m(3), 1],
      [m(2, 3, 2, 2), m.integers(3, 2, 2, 2), m.positive(3), { ignoreIndex: 1, reduction: 'none' }],
      [m(4, 3), [0, 2, 1, -100], m.positive(3), { labelSmoothing: 0.2 }],
      [m(4, 3), m.positive(4, 3), { labelSmoothing: 0.1 }],
      [m(2, 3, 2), m.positive(2, 3, 2), m.positive(3), { reduction: 'none' }],
    ],
    errors: (m) => [
      [[m(4, 3), [0, 1, 2, 3]], 'crossEntropy: target: index 3 is out of range'],
      [[m(4, 3), m(3, 3)], 'probabilities of the shape of the input'],
      [[m(4, 3), [0, 1, 2]], 'needs a target of class indices of shape (4,), got (3,)'],
      [[m(4, 3), [0, 1, 2, 0], { labelSmoothing: 2 }], 'labelSmoothing must lie between 0 and 1, got 2'],
    ],
  },
);

/** A weight per class along the dimension of classes. */
const alongClasses = (weight: Tensor, input: Tensor, dim: number): Tensor =>
  weight.reshape(input.shape.map((size, d) => (d === dim ? size : 1)));

function smoothLoss(
  logProbabilities: Tensor,
  classes: Classes,
  weight: Tensor | null,
  weights: Tensor | null,
  reduction: LossReduction,
): Tensor {
  const { dim, kept } = classes;
  const weighted =
    weight === null ? logProbabilities : logProbabilities.mul(alongClasses(weight, logProbabilities, dim));
  const each = weighted.sum(dim).neg().where(kept, 0);
  return reduction === 'mean' ? each.sum().div(totalWeight(weights, classes)) : reduced(each, reduction);
}

function withProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  reduction: LossReduction,
  labelSmoothing: number,
): Tensor {
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      `crossEntropy: a floating-point target holds probabilities of the shape of the input, ${showShape(input.shape)}, ` +
        `got ${showShape(target.shape)}; class indices are integers`,
    );
  }
  const dim = classDim('crossEntropy', input);
  const classes = input.shape[dim];
  const aim = labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const product = input.logSoftmax(dim).mul(aim);
  const weighted = weight === null ? product : product.mul(alongClasses(weight, input, dim));
  const losses = weighted.sum(dim).neg();
  // The mean is over targets, whatever they weigh.
  return reduction === 'mean' ? losses.sum().div(count(losses.shape)) : reduced(losses, reduction);
}
