import { type Formula, formula } from '../../kernels/dag.js';
import { ValueError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { buffer, countStep, launch } from './update.js';

/** Options of `Rprop`. */
export interface RpropOptions {
  /** The first step's size, 1e-2 unless given. */
  lr: number;
  /** What a step's size is multiplied by where the sign changed and where it stayed, [0.5, 1.2] unless given. */
  etas: readonly [number, number];
  /** The smallest and the largest size of a step, [1e-6, 50] unless given. */
  stepSizes: readonly [number, number];
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, previous g, size, sign, eta-, eta+, smallest, largest: the size grows where the gradient kept its sign and shrinks where it changed,
 * there g <- 0; p <- p - sign(g) size
 */
const update: Formula = formula(9, (s, p, g, previous, size, sign, shrink, grow, smallest, largest) => {
  const d = s.mul(g, sign);
  const zero = s.const(0);
  const agreement = s.mul(d, previous);
  const turned = s.lt(agreement, zero);
  const factor = s.where(s.lt(zero, agreement), grow, s.where(turned, shrink, s.const(1)));
  const next = s.minimum(s.maximum(s.mul(size, factor), smallest), largest);
  const kept = s.where(turned, zero, d);
  return [s.sub(p, s.mul(s.sign(kept), next)), kept, next];
});

/**
 * Resilient backpropagation (Riedmiller and Braun 1993): each element has a step of its own, of which the gradient gives the sign only.
 * For whole data sets, not batches. ValueError for options out of range. PyTorch: torch.optim.Rprop.
 */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, etas?: readonly [number, number], stepSizes?: readonly [number, number]],
      RpropOptions
    >
  ) {
    super(
      args[0] as Params<RpropOptions>,
      options('Rprop(params, lr=0.01, etas=[0.5,1.2], stepSizes=[0.000001,50], *, maximize=false)', args),
    );
  }

  protected check({ lr, etas, stepSizes }: RpropOptions): void {
    checkRange('Rprop', 'lr', lr, 0);
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1)) {
      throw new ValueError(`Rprop: etas must be one number between 0 and 1 and one above 1, got ${etas.join(', ')}`);
    }
    checkRange('Rprop', 'stepSizes[0]', stepSizes[0], 0);
    checkRange('Rprop', 'stepSizes[1]', stepSizes[1], stepSizes[0]);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: RpropOptions): void {
    countStep(state);
    const memory = [buffer(state, 'prev', p), buffer(state, 'step_size', p, o.lr)];
    launch('Rprop.step', update, [p, ...memory], [p, g, ...memory, o.maximize ? -1 : 1, ...o.etas, ...o.stepSizes]);
  }
}
