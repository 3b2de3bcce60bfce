import type { Indices } from '../ops/indexing/indices.js';
import { ctcLoss } from '../ops/loss/ctc.js';
import type { LossReduction } from '../ops/loss/lossReduction.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Loss } from './loss.js';

/** How long each sample is. */
type Lengths = Tensor | number | readonly number[];

/**
 * Connectionist temporal classification (Graves et al. 2006) of log-probabilities (T, N, C), or (T, C), with targets (N, S) or all targets in
 * one list. `zeroInfinity` lets losses of targets that do not fit their input count 0. PyTorch: torch.nn.CTCLoss.
 */
export class CTCLoss extends Loss {
  /** The class that stands for no label. */
  declare readonly blank: number;
  declare readonly zeroInfinity: boolean;

  constructor(
    ...args: Call<
      [blank?: number, reduction?: LossReduction, zeroInfinity?: boolean],
      { blank?: number; reduction?: LossReduction; zeroInfinity?: boolean }
    >
  ) {
    super("CTCLoss(blank=0, reduction='mean', zeroInfinity=false)", args);
  }

  forward(logProbs: Tensor, targets: Indices, inputLengths: Lengths, targetLengths: Lengths): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.blank, this.reduction, this.zeroInfinity);
  }
}
