import { type Formula, formula } from '../../kernels/dag.js';
import { ValueError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `Adadelta`. */
export interface AdadeltaOptions {
  /** What the step is multiplied by, 1 unless given. */
  lr: number;
  /** Decay of the averages, 0.9 unless given. */
  rho: number;
  /** 1e-6 unless given. */
  eps: number;
  /** L2 penalty. */
  weightDecay: number;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, v, u, sign, L2, rho, 1 - rho, eps, lr: v <- rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g; u <- rho u + (1 - rho) d^2;
 * p <- p - lr d
 */
const update: Formula = formula(10, (s, p, g, v, u, sign, l2, rho, rest, eps, lr) => {
  const d = decayed(s, p, g, sign, l2);
  const squares = average(s, v, s.mul(d, d), rho, rest);
  const step = s.mul(s.div(s.sqrt(s.add(u, eps)), s.sqrt(s.add(squares, eps))), d);
  return [s.sub(p, s.mul(lr, step)), squares, average(s, u, s.mul(step, step), rho, rest)];
});

/**
 * Adadelta (Zeiler 2012): the gradient times the root of the averaged squared steps, over that of its own average.
 * ValueError for options out of range. PyTorch: torch.optim.Adadelta.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(
    ...args: OptimizerArguments<[lr?: number, rho?: number, eps?: number, weightDecay?: number], AdadeltaOptions>
  ) {
    super(
      args[0] as Params<AdadeltaOptions>,
      options('Adadelta(params, lr=1, rho=0.9, eps=1e-6, weightDecay=0, *, maximize=false)', args),
    );
  }

  protected check({ lr, rho, eps, weightDecay }: AdadeltaOptions): void {
    checkRange('Adadelta', 'lr', lr, 0);
    if (!(rho >= 0 && rho <= 1)) throw new ValueError(`Adadelta: rho must be from 0 to 1, got ${rho}`);
    checkRange('Adadelta', 'eps', eps, 0);
    checkRange('Adadelta', 'weightDecay', weightDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: AdadeltaOptions): void {
    countStep(state);
    const averages = [buffer(state, 'square_avg', p), buffer(state, 'acc_delta', p)];
    const numbers = [o.maximize ? -1 : 1, o.weightDecay, o.rho, 1 - o.rho, o.eps, o.lr];
    launch('Adadelta.step', update, [p, ...averages], [p, g, ...averages, ...numbers]);
  }
}
