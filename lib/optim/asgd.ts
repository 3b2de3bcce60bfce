import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { buffer, countStep, decayed, launch } from './update.js';

/** Options of `ASGD`. */
export interface ASGDOptions {
  /** Learning rate, 1e-2 unless given. */
  lr: number;
  /** Decay of the parameter and, with `alpha`, of the rate; 1e-4 unless given. */
  lambd: number;
  /** The rate after step t is lr / (1 + lambd lr t)^alpha, 0.75 unless given. */
  alpha: number;
  /** The step after which averaging starts, 1e6 unless given. */
  t0: number;
  /** L2 penalty. */
  weightDecay: number;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/** p, g, a, sign, L2, decay, rate, mu: p <- decay p - rate g; a <- a + mu (p - a) */
const update: Formula = formula(8, (s, p, g, a, sign, l2, decay, rate, mu) => {
  const moved = s.sub(s.mul(p, decay), s.mul(rate, decayed(s, p, g, sign, l2)));
  return [moved, s.add(a, s.mul(mu, s.sub(moved, a)))];
});

/**
 * Averaged SGD (Polyak and Juditsky 1992): descends, and keeps the average of the parameters since step `t0` in the state, as `ax`.
 * ValueError for options out of range. PyTorch: torch.optim.ASGD.
 */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, lambd?: number, alpha?: number, t0?: number, weightDecay?: number],
      ASGDOptions
    >
  ) {
    super(
      args[0] as Params<ASGDOptions>,
      options('ASGD(params, lr=0.01, lambd=0.0001, alpha=0.75, t0=1000000, weightDecay=0, *, maximize=false)', args),
    );
  }

  protected check({ lr, weightDecay }: ASGDOptions): void {
    checkRange('ASGD', 'lr', lr, 0);
    checkRange('ASGD', 'weightDecay', weightDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: ASGDOptions): void {
    const step = countStep(state);
    const rate = (state.eta as number | undefined) ?? o.lr;
    const mu = (state.mu as number | undefined) ?? 1;
    const average = buffer(state, 'ax', p);
    const numbers = [o.maximize ? -1 : 1, o.weightDecay, 1 - o.lambd * rate, rate, mu];
    launch('ASGD.step', update, [p, average], [p, g, average, ...numbers]);
    state.eta = o.lr / (1 + o.lambd * o.lr * step) ** o.alpha;
    state.mu = 1 / Math.max(1, step - o.t0);
  }
}
