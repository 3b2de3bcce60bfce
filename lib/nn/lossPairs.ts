import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../ops/loss/lossMargins.js';
import { huberLoss, l1Loss, mseLoss, smoothL1Loss } from '../ops/loss/lossPairs.js';
import type { LossArguments, LossOptions, LossReduction } from '../ops/loss/lossReduction.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Loss } from './loss.js';

/** The mean (or sum) of |input - target|. PyTorch: torch.nn.L1Loss. */
export class L1Loss extends Loss {
  constructor(...args: Call<LossArguments, LossOptions>) {
    super("L1Loss(sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.sizeAverage, this.reduce, this.reduction);
  }
}

/**
 * The mean (or sum) of (input - target)^2. PyTorch: torch.nn.MSELoss.
 * @example
 * new tg.nn.MSELoss().forward(tg.zeros(2), tg.tensor([1, 3])) // => tensor(5.)
 */
export class MSELoss extends Loss {
  constructor(...args: Call<LossArguments, LossOptions>) {
    super("MSELoss(sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** Squared below `beta`, linear above. PyTorch: torch.nn.SmoothL1Loss. */
export class SmoothL1Loss extends Loss {
  declare readonly beta: number;

  constructor(...args: Call<[...how: LossArguments, beta?: number], LossOptions & { beta?: number }>) {
    super("SmoothL1Loss(sizeAverage=null, reduce=null, reduction='mean', beta=1)", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.sizeAverage, this.reduce, this.reduction, this.beta);
  }
}

/** Squared below `delta`, linear above. PyTorch: torch.nn.HuberLoss. */
export class HuberLoss extends Loss {
  declare readonly delta: number;

  constructor(
    ...args: Call<[reduction?: LossReduction, delta?: number], { reduction?: LossReduction; delta?: number }>
  ) {
    super("HuberLoss(reduction='mean', delta=1)", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.reduction, this.delta);
  }
}

/** input where the target is 1, max(0, margin - input) where it is -1. PyTorch: torch.nn.HingeEmbeddingLoss. */
export class HingeEmbeddingLoss extends Loss {
  declare readonly margin: number;

  constructor(...args: Call<[margin?: number, ...how: LossArguments], LossOptions & { margin?: number }>) {
    super("HingeEmbeddingLoss(margin=1, sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.margin, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** log(1 + exp(-target input)), for targets 1 and -1. PyTorch: torch.nn.SoftMarginLoss. */
export class SoftMarginLoss extends Loss {
  constructor(...args: Call<LossArguments, LossOptions>) {
    super("SoftMarginLoss(sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** max(0, -target (input1 - input2) + margin): which of two should be higher, by targets 1 and -1. PyTorch: torch.nn.MarginRankingLoss. */
export class MarginRankingLoss extends Loss {
  declare readonly margin: number;

  constructor(...args: Call<[margin?: number, ...how: LossArguments], LossOptions & { margin?: number }>) {
    super("MarginRankingLoss(margin=0, sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.margin, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** 1 - cosine where the target is 1, max(0, cosine - margin) where it is -1. PyTorch: torch.nn.CosineEmbeddingLoss. */
export class CosineEmbeddingLoss extends Loss {
  declare readonly margin: number;

  constructor(...args: Call<[margin?: number, ...how: LossArguments], LossOptions & { margin?: number }>) {
    super("CosineEmbeddingLoss(margin=0, sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.margin, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm of the difference. PyTorch: torch.nn.TripletMarginLoss. */
export class TripletMarginLoss extends Loss {
  declare readonly margin: number;
  declare readonly p: number;
  declare readonly eps: number;
  declare readonly swap: boolean;

  constructor(
    ...args: Call<
      [margin?: number, p?: number, eps?: number, swap?: boolean, ...how: LossArguments],
      LossOptions & { margin?: number; p?: number; eps?: number; swap?: boolean }
    >
  ) {
    super(
      "TripletMarginLoss(margin=1, p=2, eps=1e-6, swap=false, sizeAverage=null, reduce=null, reduction='mean')",
      args,
    );
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(
      anchor,
      positive,
      negative,
      this.margin,
      this.p,
      this.eps,
      this.swap,
      this.sizeAverage,
      this.reduce,
      this.reduction,
    );
  }
}

/** `TripletMarginLoss` with a distance of your own. PyTorch: torch.nn.TripletMarginWithDistanceLoss. */
export class TripletMarginWithDistanceLoss extends Loss {
  declare readonly distanceFunction: ((x: Tensor, y: Tensor) => Tensor) | null;
  declare readonly margin: number;
  declare readonly swap: boolean;

  constructor(
    ...args: [
      options?: {
        distanceFunction?: ((x: Tensor, y: Tensor) => Tensor) | null;
        margin?: number;
        swap?: boolean;
        reduction?: LossReduction;
      },
    ]
  ) {
    super("TripletMarginWithDistanceLoss(*, distanceFunction=null, margin=1, swap=false, reduction='mean')", args);
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, {
      distanceFunction: this.distanceFunction,
      margin: this.margin,
      swap: this.swap,
      reduction: this.reduction,
    });
  }
}
