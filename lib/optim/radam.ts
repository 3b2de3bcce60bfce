import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkBetas, checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `RAdam`. */
export interface RAdamOptions {
  /** Learning rate, 1e-3 unless given. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, [0.9, 0.999] unless given. */
  betas: readonly [number, number];
  /** 1e-8 unless given. */
  eps: number;
  weightDecay: number;
  /** Take the weight decay from the parameter itself, not as an L2 penalty. */
  decoupledWeightDecay: boolean;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, m, v, sign, L2, decay, beta1, 1 - beta1, beta2, 1 - beta2, eps, rate, adaptive: m and v as in Adam;
 * p <- decay p - rate m (adaptive ? 1 / (sqrt(v) + eps) : 1)
 */
const update: Formula = formula(
  14,
  (s, p, g, m, v, sign, l2, decay, beta1, rest1, beta2, rest2, eps, rate, adaptive) => {
    const d = decayed(s, p, g, sign, l2);
    const mean = average(s, m, d, beta1, rest1);
    const square = average(s, v, s.mul(d, d), beta2, rest2);
    const scale = s.where(adaptive, s.add(s.sqrt(square), eps), s.const(1));
    return [s.sub(s.mul(p, decay), s.div(s.mul(rate, mean), scale)), mean, square];
  },
);

/** How many steps the average of squares is worth before it is used. */
const enough = 5;

/**
 * Rectified Adam (Liu et al. 2020): moves by the averaged gradient alone until the average of squares has seen enough, then as Adam
 * times a factor that grows to 1. ValueError for options out of range. PyTorch: torch.optim.RAdam.
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(
    ...args: OptimizerArguments<
      [
        lr?: number,
        betas?: readonly [number, number],
        eps?: number,
        weightDecay?: number,
        decoupledWeightDecay?: boolean,
      ],
      RAdamOptions
    >
  ) {
    super(
      args[0] as Params<RAdamOptions>,
      options(
        'RAdam(params, lr=0.001, betas=[0.9,0.999], eps=1e-8, weightDecay=0, decoupledWeightDecay=false, *, maximize=false)',
        args,
      ),
    );
  }

  protected check({ lr, betas, eps, weightDecay }: RAdamOptions): void {
    checkRange('RAdam', 'lr', lr, 0);
    checkBetas('RAdam', betas);
    checkRange('RAdam', 'eps', eps, 0);
    checkRange('RAdam', 'weightDecay', weightDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: RAdamOptions): void {
    const step = countStep(state);
    const [beta1, beta2] = o.betas;
    const correction = 1 - beta2 ** step;
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * step * beta2 ** step) / correction;
    const adaptive = length > enough;
    const rectified = Math.sqrt(
      (correction * (length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length),
    );
    const rate = (o.lr / (1 - beta1 ** step)) * (adaptive ? rectified : 1);
    const averages = [buffer(state, 'exp_avg', p), buffer(state, 'exp_avg_sq', p)];
    const [l2, decay] = o.decoupledWeightDecay ? [0, 1 - o.lr * o.weightDecay] : [o.weightDecay, 1];
    const numbers = [o.maximize ? -1 : 1, l2, decay, beta1, 1 - beta1, beta2, 1 - beta2, o.eps, rate, adaptive ? 1 : 0];
    launch('RAdam.step', update, [p, ...averages], [p, g, ...averages, ...numbers]);
  }
}
