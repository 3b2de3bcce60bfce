import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkBetas, checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `NAdam`. */
export interface NAdamOptions {
  /** Learning rate, 2e-3 unless given. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, [0.9, 0.999] unless given. */
  betas: readonly [number, number];
  /** 1e-8 unless given. */
  eps: number;
  weightDecay: number;
  /** How fast the momentum rises to betas[0], 4e-3 unless given. */
  momentumDecay: number;
  /** Take the weight decay from the parameter itself, not as an L2 penalty. */
  decoupledWeightDecay: boolean;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, m, v, sign, L2, decay, beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta2^t, eps, rate of g, rate of m: m and v as in Adam;
 * p <- decay p - (rate_g g + rate_m m) / (sqrt(v / (1 - beta2^t)) + eps)
 */
const update: Formula = formula(
  15,
  (s, p, g, m, v, sign, l2, decay, beta1, rest1, beta2, rest2, correction, eps, rateG, rateM) => {
    const d = decayed(s, p, g, sign, l2);
    const mean = average(s, m, d, beta1, rest1);
    const square = average(s, v, s.mul(d, d), beta2, rest2);
    const scale = s.add(s.sqrt(s.div(square, correction)), eps);
    const step = s.div(s.add(s.mul(rateG, d), s.mul(rateM, mean)), scale);
    return [s.sub(s.mul(p, decay), step), mean, square];
  },
);

/**
 * Adam with Nesterov's momentum (Dozat 2016): the momentum of step t is betas[0] (1 - 0.96^(t momentumDecay) / 2).
 * ValueError for options out of range. PyTorch: torch.optim.NAdam.
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(
    ...args: OptimizerArguments<
      [
        lr?: number,
        betas?: readonly [number, number],
        eps?: number,
        weightDecay?: number,
        momentumDecay?: number,
        decoupledWeightDecay?: boolean,
      ],
      NAdamOptions
    >
  ) {
    super(
      args[0] as Params<NAdamOptions>,
      options(
        'NAdam(params, lr=0.002, betas=[0.9,0.999], eps=1e-8, weightDecay=0, momentumDecay=0.004, decoupledWeightDecay=false, *, maximize=false)',
        args,
      ),
    );
  }

  protected check({ lr, betas, eps, weightDecay, momentumDecay }: NAdamOptions): void {
    checkRange('NAdam', 'lr', lr, 0);
    checkBetas('NAdam', betas);
    checkRange('NAdam', 'eps', eps, 0);
    checkRange('NAdam', 'weightDecay', weightDecay, 0);
    checkRange('NAdam', 'momentumDecay', momentumDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: NAdamOptions): void {
    const step = countStep(state);
    const [beta1, beta2] = o.betas;
    const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * o.momentumDecay));
    const [now, next] = [momentum(step), momentum(step + 1)];
    const product = ((state.mu_product as number | undefined) ?? 1) * now;
    state.mu_product = product;
    const averages = [buffer(state, 'exp_avg', p), buffer(state, 'exp_avg_sq', p)];
    const [l2, decay] = o.decoupledWeightDecay ? [0, 1 - o.lr * o.weightDecay] : [o.weightDecay, 1];
    // PyTorch's next product holds this step's momentum twice.
    const rates = [(o.lr * (1 - now)) / (1 - product), (o.lr * next) / (1 - product * now * next)];
    const numbers = [o.maximize ? -1 : 1, l2, decay, beta1, 1 - beta1, beta2, 1 - beta2, 1 - beta2 ** step, o.eps];
    launch('NAdam.step', update, [p, ...averages], [p, g, ...averages, ...numbers, ...rates]);
  }
}
