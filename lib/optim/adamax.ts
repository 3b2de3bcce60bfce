import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkBetas, checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `Adamax`. */
export interface AdamaxOptions {
  /** Learning rate, 2e-3 unless given. */
  lr: number;
  /** Decay of the average of the gradient and of its largest size, [0.9, 0.999] unless given. */
  betas: readonly [number, number];
  /** 1e-8 unless given. */
  eps: number;
  /** L2 penalty. */
  weightDecay: number;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/** p, g, m, u, sign, L2, beta1, 1 - beta1, beta2, eps, rate: m <- beta1 m + (1 - beta1) g; u <- max(beta2 u, |g| + eps); p <- p - rate m / u */
const update: Formula = formula(11, (s, p, g, m, u, sign, l2, beta1, rest, beta2, eps, rate) => {
  const d = decayed(s, p, g, sign, l2);
  const mean = average(s, m, d, beta1, rest);
  const largest = s.maximum(s.mul(beta2, u), s.add(s.abs(d), eps));
  return [s.sub(p, s.mul(rate, s.div(mean, largest))), mean, largest];
});

/**
 * Adamax (Kingma and Ba 2015, section 7): Adam with the largest size of the gradient in place of the root of its averaged square.
 * ValueError for options out of range. PyTorch: torch.optim.Adamax.
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, betas?: readonly [number, number], eps?: number, weightDecay?: number],
      AdamaxOptions
    >
  ) {
    super(
      args[0] as Params<AdamaxOptions>,
      options('Adamax(params, lr=0.002, betas=[0.9,0.999], eps=1e-8, weightDecay=0, *, maximize=false)', args),
    );
  }

  protected check({ lr, betas, eps, weightDecay }: AdamaxOptions): void {
    checkRange('Adamax', 'lr', lr, 0);
    checkBetas('Adamax', betas);
    checkRange('Adamax', 'eps', eps, 0);
    checkRange('Adamax', 'weightDecay', weightDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: AdamaxOptions): void {
    const [beta1, beta2] = o.betas;
    const rate = o.lr / (1 - beta1 ** countStep(state));
    const averages = [buffer(state, 'exp_avg', p), buffer(state, 'exp_inf', p)];
    const numbers = [o.maximize ? -1 : 1, o.weightDecay, beta1, 1 - beta1, beta2, o.eps, rate];
    launch('Adamax.step', update, [p, ...averages], [p, g, ...averages, ...numbers]);
  }
}
