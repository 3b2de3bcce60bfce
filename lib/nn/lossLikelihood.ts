import type { Indices } from '../ops/indexing/indices.js';
import { crossEntropy, nllLoss } from '../ops/loss/lossClasses.js';
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type DivergenceReduction,
  klDiv,
  multilabelSoftMarginLoss,
} from '../ops/loss/lossLikelihood.js';
import { multilabelMarginLoss, multiMarginLoss } from '../ops/loss/lossMulti.js';
import { gaussianNllLoss, poissonNllLoss } from '../ops/loss/lossRates.js';
import type { LossArguments, LossOptions, LossReduction } from '../ops/loss/lossReduction.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Loss } from './loss.js';

/**
 * Minus the log-probability of the target, from logits [N, C, ...] (or [C]); targets are classes or probabilities. PyTorch: torch.nn.CrossEntropyLoss.
 * @example
 * const target = tg.tensor([0, 2], { dtype: 'int32' });
 * new tg.nn.CrossEntropyLoss().forward(tg.zeros(2, 3), target) // => tensor(1.0986)
 */
export class CrossEntropyLoss extends Loss {
  declare weight: Tensor | null;
  declare readonly ignoreIndex: number;
  declare readonly labelSmoothing: number;

  constructor(
    ...args: Call<
      [
        weight?: Tensor | null,
        sizeAverage?: boolean | null,
        ignoreIndex?: number,
        reduce?: boolean | null,
        reduction?: LossReduction,
        labelSmoothing?: number,
      ],
      LossOptions & { weight?: Tensor | null; ignoreIndex?: number; labelSmoothing?: number }
    >
  ) {
    super(
      "CrossEntropyLoss(weight=null, sizeAverage=null, ignoreIndex=-100, reduce=null, reduction='mean', labelSmoothing=0)",
      args,
      { weight: 'weight' },
    );
  }

  forward(input: Tensor, target: Indices): Tensor {
    return crossEntropy(
      input,
      target,
      this.weight,
      this.sizeAverage,
      this.ignoreIndex,
      this.reduce,
      this.reduction,
      this.labelSmoothing,
    );
  }
}

/** Minus the input of the target class, for inputs [N, C, ...] (or [C]) of log-probabilities. PyTorch: torch.nn.NLLLoss. */
export class NLLLoss extends Loss {
  declare weight: Tensor | null;
  declare readonly ignoreIndex: number;

  constructor(
    ...args: Call<
      [
        weight?: Tensor | null,
        sizeAverage?: boolean | null,
        ignoreIndex?: number,
        reduce?: boolean | null,
        reduction?: LossReduction,
      ],
      LossOptions & { weight?: Tensor | null; ignoreIndex?: number }
    >
  ) {
    super("NLLLoss(weight=null, sizeAverage=null, ignoreIndex=-100, reduce=null, reduction='mean')", args, {
      weight: 'weight',
    });
  }

  forward(input: Tensor, target: Indices): Tensor {
    return nllLoss(input, target, this.weight, this.sizeAverage, this.ignoreIndex, this.reduce, this.reduction);
  }
}

/** Minus the log-likelihood of targets in [0, 1] under probabilities; logarithms end at -100. PyTorch: torch.nn.BCELoss. */
export class BCELoss extends Loss {
  declare weight: Tensor | null;

  constructor(
    ...args: Call<[weight?: Tensor | null, ...how: LossArguments], LossOptions & { weight?: Tensor | null }>
  ) {
    super("BCELoss(weight=null, sizeAverage=null, reduce=null, reduction='mean')", args, { weight: 'weight' });
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this.weight, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** `BCELoss` of sigmoid(input), stable for large inputs; `posWeight` weighs the positive targets. PyTorch: torch.nn.BCEWithLogitsLoss. */
export class BCEWithLogitsLoss extends Loss {
  declare weight: Tensor | null;
  declare pos_weight: Tensor | null;

  constructor(
    ...args: Call<
      [weight?: Tensor | null, ...how: LossArguments, posWeight?: Tensor | null],
      LossOptions & { weight?: Tensor | null; posWeight?: Tensor | null }
    >
  ) {
    super("BCEWithLogitsLoss(weight=null, sizeAverage=null, reduce=null, reduction='mean', posWeight=null)", args, {
      weight: 'weight',
      posWeight: 'pos_weight',
    });
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(
      input,
      target,
      this.weight,
      this.sizeAverage,
      this.reduce,
      this.reduction,
      this.pos_weight,
    );
  }
}

/** target (log(target) - input), for an input of log-probabilities; 'batchmean' divides by the batch, as the definition wants. PyTorch: torch.nn.KLDivLoss. */
export class KLDivLoss extends Loss<DivergenceReduction> {
  declare readonly logTarget: boolean;

  constructor(
    ...args: Call<
      [...how: LossArguments<DivergenceReduction>, logTarget?: boolean],
      LossOptions<DivergenceReduction> & { logTarget?: boolean }
    >
  ) {
    super("KLDivLoss(sizeAverage=null, reduce=null, reduction='mean', logTarget=false)", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.sizeAverage, this.reduce, this.reduction, this.logTarget);
  }
}

/** exp(input) - target input (input - target log(input) without `logInput`), and with `full` Stirling's term. PyTorch: torch.nn.PoissonNLLLoss. */
export class PoissonNLLLoss extends Loss {
  declare readonly logInput: boolean;
  declare readonly full: boolean;
  declare readonly eps: number;

  constructor(
    ...args: Call<
      [
        logInput?: boolean,
        full?: boolean,
        sizeAverage?: boolean | null,
        eps?: number,
        reduce?: boolean | null,
        reduction?: LossReduction,
      ],
      LossOptions & { logInput?: boolean; full?: boolean; eps?: number }
    >
  ) {
    super("PoissonNLLLoss(logInput=true, full=false, sizeAverage=null, eps=1e-8, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(
      input,
      target,
      this.logInput,
      this.full,
      this.sizeAverage,
      this.eps,
      this.reduce,
      this.reduction,
    );
  }
}

/** (log(var) + (input - target)^2 / var) / 2, with variances of at least `eps`. PyTorch: torch.nn.GaussianNLLLoss. */
export class GaussianNLLLoss extends Loss {
  declare readonly full: boolean;
  declare readonly eps: number;

  constructor(...args: [options?: { full?: boolean; eps?: number; reduction?: LossReduction }]) {
    super("GaussianNLLLoss(*, full=false, eps=1e-6, reduction='mean')", args);
  }

  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this.full, this.eps, this.reduction);
  }
}

/** The mean over classes of `BCEWithLogitsLoss`, for targets 0 and 1. PyTorch: torch.nn.MultiLabelSoftMarginLoss. */
export class MultiLabelSoftMarginLoss extends Loss {
  declare weight: Tensor | null;

  constructor(
    ...args: Call<[weight?: Tensor | null, ...how: LossArguments], LossOptions & { weight?: Tensor | null }>
  ) {
    super("MultiLabelSoftMarginLoss(weight=null, sizeAverage=null, reduce=null, reduction='mean')", args, {
      weight: 'weight',
    });
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this.weight, this.sizeAverage, this.reduce, this.reduction);
  }
}

/** The mean over other classes of max(0, margin - x[target] + x[class])^p. PyTorch: torch.nn.MultiMarginLoss. */
export class MultiMarginLoss extends Loss {
  declare readonly p: number;
  declare readonly margin: number;
  declare weight: Tensor | null;

  constructor(
    ...args: Call<
      [p?: number, margin?: number, weight?: Tensor | null, ...how: LossArguments],
      LossOptions & { p?: number; margin?: number; weight?: Tensor | null }
    >
  ) {
    super("MultiMarginLoss(p=1, margin=1, weight=null, sizeAverage=null, reduce=null, reduction='mean')", args, {
      weight: 'weight',
    });
  }

  forward(input: Tensor, target: Indices): Tensor {
    return multiMarginLoss(
      input,
      target,
      this.p,
      this.margin,
      this.weight,
      this.sizeAverage,
      this.reduce,
      this.reduction,
    );
  }
}

/** max(0, 1 - (x[target] - x[other])) over all pairs; a row of targets ends at the first -1. PyTorch: torch.nn.MultiLabelMarginLoss. */
export class MultiLabelMarginLoss extends Loss {
  constructor(...args: Call<LossArguments, LossOptions>) {
    super("MultiLabelMarginLoss(sizeAverage=null, reduce=null, reduction='mean')", args);
  }

  forward(input: Tensor, target: Indices): Tensor {
    return multilabelMarginLoss(input, target, this.sizeAverage, this.reduce, this.reduction);
  }
}
