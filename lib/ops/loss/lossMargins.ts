import { checkTensor } from '../../autograd/apply.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { logOnePlusExp } from '../pointwise/formulas.js';
import { pairwiseDistance } from '../product/distance.js';
import { type LossArguments, type LossOptions, type LossReduction, reduced, reductionOf } from './lossReduction.js';

/** Inputs and target, then one number: the margin. */
const hingeRow: PointwiseRow = pointwiseRow('hingeEmbeddingLoss', 2, 1, {
  forward: (s, x, t, margin) =>
    s.add(
      s.where(s.ne(t, s.const(1)), s.maximum(s.sub(margin, x), s.const(0)), s.const(0)),
      s.where(s.ne(t, s.const(-1)), x, s.const(0)),
    ),
  grad: [
    (s, g, x, t, _y, margin) =>
      s.sub(
        s.where(s.ne(t, s.const(-1)), g, s.const(0)),
        s.where(s.logicalAnd(s.ne(t, s.const(1)), s.le(x, margin)), g, s.const(0)),
      ),
    null,
  ],
});

type MarginOptions = LossOptions & { target?: Tensor; margin?: number };

/**
 * `input` where the target is 1, `max(0, margin - input)` where it is -1. PyTorch: torch.nn.functional.hinge_embedding_loss.
 */
export const hingeEmbeddingLoss: Fn<
  [input: Tensor, target: Tensor, margin?: number, ...how: LossArguments],
  MarginOptions,
  Tensor
> = fn(
  "hingeEmbeddingLoss(input, target, margin=1, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, margin, sizeAverage, reduce, reduction) => {
    checkTensor('hingeEmbeddingLoss', input);
    checkTensor('hingeEmbeddingLoss', target);
    const how = reductionOf('hingeEmbeddingLoss', sizeAverage, reduce, reduction);
    return reduced(pointwise(hingeRow, [input, target], [margin], null), how);
  },
  {
    samples: (m) => [
      [m(2, 3), m.integers(2, 2, 3).mul(2).sub(1)],
      [m(2, 3), m.integers(2, 3).mul(2).sub(1), { margin: 0.5, reduction: 'none' }],
    ],
    errors: (m) => [[[m(2), m(2), { reduction: 'max' }], "unknown reduction 'max'"]],
  },
);

/** Two inputs and a target, then the margin. */
const rankingRow: PointwiseRow = pointwiseRow('marginRankingLoss', 3, 1, {
  forward: (s, a, b, t, margin) => s.maximum(s.sub(margin, s.mul(t, s.sub(a, b))), s.const(0)),
  grad: [
    (s, g, a, b, t, _y, margin) => s.where(s.le(s.mul(t, s.sub(a, b)), margin), s.neg(s.mul(g, t)), s.const(0)),
    (s, g, a, b, t, _y, margin) => s.where(s.le(s.mul(t, s.sub(a, b)), margin), s.mul(g, t), s.const(0)),
    (s, g, a, b, t, _y, margin) => s.where(s.le(s.mul(t, s.sub(a, b)), margin), s.mul(g, s.sub(b, a)), s.const(0)),
  ],
});

/**
 * `max(0, margin - target (input1 - input2))`: which of two should rank higher. PyTorch: torch.nn.functional.margin_ranking_loss.
 */
export const marginRankingLoss: Fn<
  [input1: Tensor, input2: Tensor, target: Tensor, margin?: number, ...how: LossArguments],
  MarginOptions & { input2?: Tensor },
  Tensor
> = fn(
  "marginRankingLoss(input1, input2, target, margin=0, sizeAverage=null, reduce=null, reduction='mean')",
  (input1, input2, target, margin, sizeAverage, reduce, reduction) => {
    for (const x of [input1, input2, target]) checkTensor('marginRankingLoss', x);
    const how = reductionOf('marginRankingLoss', sizeAverage, reduce, reduction);
    if (input1.shape.length !== input2.shape.length || input1.shape.length !== target.shape.length) {
      throw new ShapeError(
        `marginRankingLoss: the inputs have shapes ${showShape(input1.shape)} and ${showShape(input2.shape)}, ` +
          `the target ${showShape(target.shape)}; they need equally many dimensions`,
      );
    }
    return reduced(pointwise(rankingRow, [input1, input2, target], [margin], null), how);
  },
  {
    samples: (m) => [
      [m(3), m(3), m.integers(2, 3).mul(2).sub(1)],
      [m(2, 3), m(2, 3), m.integers(2, 2, 3).mul(2).sub(1), { margin: 0.5, reduction: 'none' }],
    ],
    errors: (m) => [[[m(3), m(2, 3), m(3)], 'they need equally many dimensions']],
  },
);

const softRow: PointwiseRow = pointwiseRow('softMarginLoss', 2, 0, {
  forward: (s, x, t) => logOnePlusExp(s, s.neg(s.mul(x, t))),
  grad: [
    (s, g, x, t) => s.neg(s.mul(g, s.mul(t, s.exp(s.neg(logOnePlusExp(s, s.mul(x, t))))))),
    (s, g, x, t) => s.neg(s.mul(g, s.mul(x, s.exp(s.neg(logOnePlusExp(s, s.mul(x, t))))))),
  ],
});

/** `log(1 + exp(-target input))` for targets 1 and -1. PyTorch: torch.nn.functional.soft_margin_loss. */
export const softMarginLoss: Fn<
  [input: Tensor, target: Tensor, ...how: LossArguments],
  LossOptions & { target?: Tensor },
  Tensor
> = fn(
  "softMarginLoss(input, target, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, sizeAverage, reduce, reduction) => {
    checkTensor('softMarginLoss', input);
    checkTensor('softMarginLoss', target);
    const how = reductionOf('softMarginLoss', sizeAverage, reduce, reduction);
    return reduced(pointwise(softRow, [input, target], [], null), how);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(2, 3), m(3), { reduction: 'sum' }],
    ],
    errors: (m) => [[[m(2), m(2), { reduction: 'max' }], "unknown reduction 'max'"]],
  },
);

/**
 * `1 - cos(input1, input2)` where the target is 1, `max(0, cos - margin)` where it is -1; inputs (N, D) and target (N),
 * or without N. PyTorch: torch.nn.functional.cosine_embedding_loss.
 */
export const cosineEmbeddingLoss: Fn<
  [input1: Tensor, input2: Tensor, target: Tensor, margin?: number, ...how: LossArguments],
  MarginOptions & { input2?: Tensor },
  Tensor
> = fn(
  "cosineEmbeddingLoss(input1, input2, target, margin=0, sizeAverage=null, reduce=null, reduction='mean')",
  (input1, input2, target, margin, sizeAverage, reduce, reduction) => {
    for (const x of [input1, input2, target]) checkTensor('cosineEmbeddingLoss', x);
    const how = reductionOf('cosineEmbeddingLoss', sizeAverage, reduce, reduction);
    const rank = target.shape.length;
    if (rank > 1 || input1.shape.length !== rank + 1 || input2.shape.length !== rank + 1) {
      throw new ShapeError(
        `cosineEmbeddingLoss: the inputs have shapes ${showShape(input1.shape)} and ${showShape(input2.shape)}, ` +
          `the target ${showShape(target.shape)}; use (N, D), (N, D) and (N,), or (D,), (D,) and ()`,
      );
    }
    const tiny = 1e-12;
    const squares = (x: Tensor): Tensor => x.mul(x).sum(-1).add(tiny);
    const cosine = input1
      .mul(input2)
      .sum(-1)
      .div(squares(input1).mul(squares(input2)).sqrt());
    const alike = cosine.neg().add(1).where(target.eq(1), 0);
    const unlike = cosine.sub(margin).clampMin(0).where(target.eq(-1), 0);
    return reduced(alike.add(unlike), how);
  },
  {
    samples: (m) => [
      [m(3, 4), m(3, 4), m.integers(2, 3).mul(2).sub(1)],
      [m(4), m(4), m.integers(1).add(1), { margin: 0.5, reduction: 'none' }],
    ],
    errors: (m) => [[[m(3, 4), m(3, 4), m(3, 4)], 'use (N, D), (N, D) and (N,)']],
  },
);

/** A distance between the rows of two tensors. */
export type Distance = (x1: Tensor, x2: Tensor) => Tensor;

function tripletLoss(
  name: string,
  [anchor, positive, negative]: readonly Tensor[],
  distance: Distance,
  margin: number,
  swap: boolean,
  how: LossReduction,
): Tensor {
  if (anchor.shape.length !== positive.shape.length || anchor.shape.length !== negative.shape.length) {
    throw new ShapeError(
      `${name}: anchor ${showShape(anchor.shape)}, positive ${showShape(positive.shape)} and negative ` +
        `${showShape(negative.shape)} need equally many dimensions`,
    );
  }
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const farther = swap ? far.minimum(distance(positive, negative)) : far;
  return reduced(near.sub(farther).add(margin).clampMin(0), how);
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the distance of `pairwiseDistance`; `swap` takes the nearer of
 * anchor and positive to the negative (V. Balntas et al., 2016). PyTorch: torch.nn.functional.triplet_margin_loss.
 */
export const tripletMarginLoss: Fn<
  [
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin?: number,
    p?: number,
    eps?: number,
    swap?: boolean,
    ...how: LossArguments,
  ],
  LossOptions & { positive?: Tensor; negative?: Tensor; margin?: number; p?: number; eps?: number; swap?: boolean },
  Tensor
> = fn(
  "tripletMarginLoss(anchor, positive, negative, margin=1, p=2, eps=1e-6, swap=false, sizeAverage=null, reduce=null, reduction='mean')",
  (anchor, positive, negative, margin, p, eps, swap, sizeAverage, reduce, reduction) => {
    const name = 'tripletMarginLoss';
    const three = [anchor, positive, negative];
    for (const x of three) checkTensor(name, x);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    return tripletLoss(name, three, (a, b) => pairwiseDistance(a, b, p, eps), margin, swap, how);
  },
  {
    samples: (m) => [
      [m(3, 4), m(3, 4), m(3, 4)],
      [m(3, 4), m(3, 4), m(3, 4), { margin: 0.5, p: 3, swap: true, reduction: 'none' }],
      [m(4), m(4), m(4)],
    ],
    errors: (m) => [[[m(3, 4), m(4), m(3, 4)], 'need equally many dimensions']],
  },
);

/** `tripletMarginLoss` with a distance of one's own. PyTorch: torch.nn.functional.triplet_margin_with_distance_loss. */
export const tripletMarginWithDistanceLoss: Fn<
  [anchor: Tensor, positive: Tensor, negative: Tensor],
  {
    positive?: Tensor;
    negative?: Tensor;
    distanceFunction?: Distance | null;
    margin?: number;
    swap?: boolean;
    reduction?: LossReduction;
  },
  Tensor
> = fn(
  "tripletMarginWithDistanceLoss(anchor, positive, negative, *, distanceFunction=null, margin=1, swap=false, reduction='mean')",
  (anchor, positive, negative, { distanceFunction, margin, swap, reduction }) => {
    const name = 'tripletMarginWithDistanceLoss';
    const three = [anchor, positive, negative];
    for (const x of three) checkTensor(name, x);
    const how = reductionOf(name, null, null, reduction);
    const distance = distanceFunction ?? ((a, b) => pairwiseDistance(a, b));
    return tripletLoss(name, three, distance, margin, swap, how);
  },
  {
    samples: (m) => [
      [m(3, 4), m(3, 4), m(3, 4)],
      [m(3, 4), m(3, 4), m(3, 4), { margin: 0.5, swap: true, reduction: 'none' }],
    ],
    errors: (m) => [[[m(3, 4), m(4), m(3, 4)], 'need equally many dimensions']],
  },
);
