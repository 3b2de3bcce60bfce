import type { Scalar } from '../../../kernels/scalar.js';
import { checkTensor } from '../../autograd/apply.js';
import { type GradientFormula, type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { type Facts, type Fn, fn, type Maker } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { signOf } from '../pointwise/formulas.js';
import { type LossArguments, type LossOptions, type LossReduction, reduced, reductionOf } from './lossReduction.js';

/** A row of a loss that is a function of the difference: its derivative, and minus it for the target. */
function differenceRow(
  name: string,
  numbersTaken: number,
  loss: <V>(s: Scalar<V>, difference: V, parameter: V) => V,
  slope: <V>(s: Scalar<V>, difference: V, parameter: V) => V,
): PointwiseRow {
  const gradient: GradientFormula = (s, g, a, b, _y, parameter) => s.mul(g, slope(s, s.sub(a, b), parameter));
  return pointwiseRow(name, 2, numbersTaken, {
    forward: (s, a, b, parameter) => loss(s, s.sub(a, b), parameter),
    grad: [gradient, (s, g, a, b, y, parameter) => s.neg(gradient(s, g, a, b, y, parameter))],
  });
}

const absolute = differenceRow(
  'l1Loss',
  0,
  (s, d) => s.abs(d),
  (s, d) => signOf(s, d),
);

const squared = differenceRow(
  'mseLoss',
  0,
  (s, d) => s.mul(d, d),
  (s, d) => s.mul(s.const(2), d),
);

const half = 0.5;

const smooth = differenceRow(
  'smoothL1Loss',
  1,
  (s, d, beta) =>
    s.where(
      s.lt(s.abs(d), beta),
      s.div(s.mul(s.const(half), s.mul(d, d)), beta),
      s.sub(s.abs(d), s.mul(s.const(half), beta)),
    ),
  (s, d, beta) => s.where(s.lt(s.abs(d), beta), s.div(d, beta), signOf(s, d)),
);

const huber = differenceRow(
  'huberLoss',
  1,
  (s, d, delta) =>
    s.where(
      s.le(s.abs(d), delta),
      s.mul(s.const(half), s.mul(d, d)),
      s.mul(delta, s.sub(s.abs(d), s.mul(s.const(half), delta))),
    ),
  (s, d, delta) => s.where(s.le(s.abs(d), delta), d, s.mul(delta, signOf(s, d))),
);

function run(
  name: string,
  row: PointwiseRow,
  input: Tensor,
  target: Tensor,
  numbers: number[],
  how: LossReduction,
): Tensor {
  checkTensor(name, input);
  checkTensor(name, target);
  return reduced(pointwise(row, [input, target], numbers, null), how);
}

function factsOf(options: readonly Record<string, unknown>[]): Facts {
  return {
    samples: (m: Maker) => [
      [m(2, 3), m(2, 3)],
      [m(2, 3), m(2, 3), { reduction: 'sum' }],
      [m(2, 3), m(3), { reduction: 'none' }],
      ...options.map((option) => [m(2, 3), m(2, 3), option]),
    ],
    errors: (m: Maker) => [
      [[m(2, 3), m(2, 3), { reduction: 'max' }], "unknown reduction 'max'"],
      [[m(2, 3), m(2, 2)], 'do not broadcast'],
    ],
  };
}

type PairOptions = LossOptions & { target?: Tensor };

/** `l1Loss`, `mseLoss`. */
export type PairLoss = Fn<[input: Tensor, target: Tensor, ...how: LossArguments], PairOptions, Tensor>;

function pairLoss(name: string, row: PointwiseRow): PairLoss {
  return fn(
    `${name}(input, target, sizeAverage=null, reduce=null, reduction='mean')`,
    (input, target, sizeAverage, reduce, reduction) =>
      run(name, row, input, target, [], reductionOf(name, sizeAverage, reduce, reduction)),
    factsOf([]),
  );
}

/** Absolute difference, averaged unless `reduction` says otherwise. PyTorch: torch.nn.functional.l1_loss. */
export const l1Loss: PairLoss = pairLoss('l1Loss', absolute);

/**
 * Squared difference, averaged unless `reduction` says otherwise. PyTorch: torch.nn.functional.mse_loss.
 * @example
 * tg.nn.functional.mseLoss(tg.tensor([1, 2]), tg.tensor([3, 2])).item() // => 2
 */
export const mseLoss: PairLoss = pairLoss('mseLoss', squared);

/**
 * Half the squared difference over `beta` where the difference is smaller than `beta`, its size minus `beta / 2` elsewhere.
 * ValueError for a negative `beta`. PyTorch: torch.nn.functional.smooth_l1_loss.
 */
export const smoothL1Loss: Fn<
  [input: Tensor, target: Tensor, ...how: LossArguments, beta?: number],
  PairOptions & { beta?: number },
  Tensor
> = fn(
  "smoothL1Loss(input, target, sizeAverage=null, reduce=null, reduction='mean', beta=1)",
  (input, target, sizeAverage, reduce, reduction, beta) => {
    if (!(beta >= 0)) throw new ValueError(`smoothL1Loss: beta must not be negative, got ${beta}`);
    const how = reductionOf('smoothL1Loss', sizeAverage, reduce, reduction);
    if (beta === 0) return run('smoothL1Loss', absolute, input, target, [], how);
    return run('smoothL1Loss', smooth, input, target, [beta], how);
  },
  factsOf([{ beta: 0.5 }, { beta: 0 }]),
);

/**
 * Half the squared difference up to `delta`, beyond it `delta` times (its size minus `delta / 2`).
 * ValueError unless `delta` is positive. PyTorch: torch.nn.functional.huber_loss.
 */
export const huberLoss: Fn<
  [input: Tensor, target: Tensor, reduction?: LossReduction, delta?: number],
  { target?: Tensor; reduction?: LossReduction; delta?: number },
  Tensor
> = fn(
  "huberLoss(input, target, reduction='mean', delta=1)",
  (input, target, reduction, delta) => {
    if (!(delta > 0)) throw new ValueError(`huberLoss: delta must be positive, got ${delta}`);
    return run('huberLoss', huber, input, target, [delta], reductionOf('huberLoss', null, null, reduction));
  },
  factsOf([{ delta: 0.5 }]),
);
