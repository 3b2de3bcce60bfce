import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { average, buffer, countStep, decayed, launch } from './update.js';

/** Options of `RMSprop`. */
export interface RMSpropOptions {
  /** Learning rate, 1e-2 unless given. */
  lr: number;
  /** Decay of the average of squares, 0.99 unless given. */
  alpha: number;
  /** 1e-8 unless given. */
  eps: number;
  /** L2 penalty. */
  weightDecay: number;
  momentum: number;
  /** Divide by the standard deviation of the gradient, not by its root mean square. */
  centered: boolean;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/**
 * p, g, sign, L2, alpha, 1 - alpha, eps, lr, momentum, v, b, m: v <- alpha v + (1 - alpha) g^2; m <- alpha m + (1 - alpha) g;
 * b <- momentum b + g / (sqrt(v - m^2) + eps); p <- p - lr b. Without momentum there is no b, and no m where it is not centered.
 */
function rule(momentum: boolean, centered: boolean): Formula {
  return formula(
    10 + Number(momentum) + Number(centered),
    (s, p, g, sign, l2, alpha, rest, eps, lr, decay, v, ...x) => {
      const d = decayed(s, p, g, sign, l2);
      const squares = average(s, v, s.mul(d, d), alpha, rest);
      const mean = centered ? [average(s, x[x.length - 1], d, alpha, rest)] : [];
      const variance = mean.reduce((left, m) => s.sub(left, s.mul(m, m)), squares);
      const scaled = s.div(d, s.add(s.sqrt(variance), eps));
      const step = momentum ? s.add(s.mul(decay, x[0]), scaled) : scaled;
      return [s.sub(p, s.mul(lr, step)), squares, ...(momentum ? [step] : []), ...mean];
    },
  );
}

/** By momentum, then by centering. */
const rules: readonly (readonly Formula[])[] = [false, true].map((momentum) => [
  rule(momentum, false),
  rule(momentum, true),
]);

/**
 * RMSprop (Hinton 2012, lecture 6 of Neural Networks for Machine Learning; centered as in Graves 2013): the gradient over the root of the
 * average of its squares. ValueError for options out of range. PyTorch: torch.optim.RMSprop.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, alpha?: number, eps?: number, weightDecay?: number, momentum?: number, centered?: boolean],
      RMSpropOptions
    >
  ) {
    super(
      args[0] as Params<RMSpropOptions>,
      options(
        'RMSprop(params, lr=0.01, alpha=0.99, eps=1e-8, weightDecay=0, momentum=0, centered=false, *, maximize=false)',
        args,
      ),
    );
  }

  protected check({ lr, alpha, eps, weightDecay, momentum }: RMSpropOptions): void {
    checkRange('RMSprop', 'lr', lr, 0);
    checkRange('RMSprop', 'alpha', alpha, 0);
    checkRange('RMSprop', 'eps', eps, 0);
    checkRange('RMSprop', 'weightDecay', weightDecay, 0);
    checkRange('RMSprop', 'momentum', momentum, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: RMSpropOptions): void {
    countStep(state);
    const buffers = [buffer(state, 'square_avg', p)];
    if (o.momentum > 0) buffers.push(buffer(state, 'momentum_buffer', p));
    if (o.centered) buffers.push(buffer(state, 'grad_avg', p));
    const numbers = [o.maximize ? -1 : 1, o.weightDecay, o.alpha, 1 - o.alpha, o.eps, o.lr, o.momentum];
    const update = rules[Number(o.momentum > 0)][Number(o.centered)];
    launch('RMSprop.step', update, [p, ...buffers], [p, g, ...numbers, ...buffers]);
  }
}
