import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkBetas, checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `Adam` and `AdamW`. */
export interface AdamOptions {
  /** Learning rate, 1e-3 unless given. */
  lr: number;
  /** Decay of the averages of the gradient and of its square, [0.9, 0.999] unless given. */
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** Use the largest second moment seen (Reddi et al. 2018). */
  amsgrad: boolean;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, m, v, then sign, L2, decay, beta1, 1 - beta1, beta2, 1 - beta2, step size, 1 / sqrt(1 - beta2^t), eps:
 * m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2; p <- decay p - step m / (sqrt(v) / sqrt(1 - beta2^t) + eps).
 * A last input is the largest second moment so far, and takes the place of v.
 */
const rule = (inputs: number): Formula =>
  formula(inputs, (s, p, g, m, v, sign, l2, decay, beta1, rest1, beta2, rest2, size, correction, eps, ...largest) => {
    const d = decayed(s, p, g, sign, l2);
    const mean = average(s, m, d, beta1, rest1);
    const square = average(s, v, s.mul(d, d), beta2, rest2);
    const top = largest.map((x) => s.maximum(x, square));
    const scale = s.add(s.mul(s.sqrt(top[0] ?? square), correction), eps);
    return [s.sub(s.mul(p, decay), s.div(s.mul(size, mean), scale)), mean, square, ...top];
  });

const update: Formula = rule(14);
const updateLargest: Formula = rule(15);

type AdamArguments = OptimizerArguments<
  [lr?: number, betas?: readonly [number, number], eps?: number, weightDecay?: number, amsgrad?: boolean],
  AdamOptions
>;

/** What Adam and AdamW share: they differ in where the weight decay acts. */
abstract class AdamBase extends Optimizer<AdamOptions> {
  protected abstract readonly decoupled: boolean;

  protected check({ lr, betas, eps, weightDecay }: AdamOptions): void {
    const name = this.constructor.name;
    checkRange(name, 'lr', lr, 0);
    checkRange(name, 'eps', eps, 0);
    checkBetas(name, betas);
    checkRange(name, 'weightDecay', weightDecay, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: AdamOptions): void {
    const step = countStep(state);
    const mean = buffer(state, 'exp_avg', p);
    const square = buffer(state, 'exp_avg_sq', p);
    const [beta1, beta2] = o.betas;
    const l2 = this.decoupled ? 0 : o.weightDecay;
    const decay = this.decoupled ? 1 - o.lr * o.weightDecay : 1;
    const size = o.lr / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const outputs = [p, mean, square];
    const sign = o.maximize ? -1 : 1;
    const [rest1, rest2] = [1 - beta1, 1 - beta2];
    const inputs = [p, g, mean, square, sign, l2, decay, beta1, rest1, beta2, rest2, size, correction, o.eps];
    if (o.amsgrad) {
      const largest = buffer(state, 'max_exp_avg_sq', p);
      outputs.push(largest);
      inputs.push(largest);
    }
    launch(this.decoupled ? 'AdamW.step' : 'Adam.step', o.amsgrad ? updateLargest : update, outputs, inputs);
  }
}

/**
 * Adam (Kingma and Ba 2015): averages of the gradient and of its square, corrected for their start at zero; weight decay is an L2 penalty.
 * ValueError for options out of range. PyTorch: torch.optim.Adam.
 * @example
 * const w = tg.tensor([1], { requiresGrad: true });
 * w.mul(w).sum().backward();
 * new tg.optim.Adam([w], { lr: 1e-2 }).step();
 */
export class Adam extends AdamBase {
  protected readonly decoupled: boolean = false;

  constructor(...args: AdamArguments) {
    super(
      args[0] as Params<AdamOptions>,
      options(
        'Adam(params, lr=0.001, betas=[0.9,0.999], eps=1e-8, weightDecay=0, amsgrad=false, *, maximize=false)',
        args,
      ),
    );
  }
}

/** Adam with the weight decay taken from the parameter itself (Loshchilov and Hutter 2019), 0.01 unless given. PyTorch: torch.optim.AdamW. */
export class AdamW extends AdamBase {
  protected readonly decoupled: boolean = true;

  constructor(...args: AdamArguments) {
    super(
      args[0] as Params<AdamOptions>,
      options(
        'AdamW(params, lr=0.001, betas=[0.9,0.999], eps=1e-8, weightDecay=0.01, amsgrad=false, *, maximize=false)',
        args,
      ),
    );
  }
}
