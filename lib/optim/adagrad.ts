import { type Formula, formula } from '../../kernels/dag.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { buffer, countStep, decayed, launch } from './update.js';

/** Options of `Adagrad`. */
export interface AdagradOptions {
  /** Learning rate, 1e-2 unless given. */
  lr: number;
  /** The rate of step t is lr / (1 + (t - 1) lrDecay). */
  lrDecay: number;
  /** L2 penalty. */
  weightDecay: number;
  /** Where the sum of squares starts. */
  initialAccumulatorValue: number;
  /** 1e-10 unless given. */
  eps: number;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/** p, g, sum, sign, L2, rate, eps: sum <- sum + g^2; p <- p - rate g / (sqrt(sum) + eps) */
const update: Formula = formula(7, (s, p, g, sum, sign, l2, rate, eps) => {
  const d = decayed(s, p, g, sign, l2);
  const squares = s.add(sum, s.mul(d, d));
  return [s.sub(p, s.mul(rate, s.div(d, s.add(s.sqrt(squares), eps)))), squares];
});

/**
 * Adagrad (Duchi, Hazan and Singer 2011): the gradient over the root of the sum of all its squares. ValueError for options out of range.
 * PyTorch: torch.optim.Adagrad.
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, lrDecay?: number, weightDecay?: number, initialAccumulatorValue?: number, eps?: number],
      AdagradOptions
    >
  ) {
    super(
      args[0] as Params<AdagradOptions>,
      options(
        'Adagrad(params, lr=0.01, lrDecay=0, weightDecay=0, initialAccumulatorValue=0, eps=1e-10, *, maximize=false)',
        args,
      ),
    );
  }

  protected check({ lr, lrDecay, weightDecay, initialAccumulatorValue, eps }: AdagradOptions): void {
    checkRange('Adagrad', 'lr', lr, 0);
    checkRange('Adagrad', 'lrDecay', lrDecay, 0);
    checkRange('Adagrad', 'weightDecay', weightDecay, 0);
    checkRange('Adagrad', 'initialAccumulatorValue', initialAccumulatorValue, 0);
    checkRange('Adagrad', 'eps', eps, 0);
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: AdagradOptions): void {
    const rate = o.lr / (1 + (countStep(state) - 1) * o.lrDecay);
    const sum = buffer(state, 'sum', p, o.initialAccumulatorValue);
    launch('Adagrad.step', update, [p, sum], [p, g, sum, o.maximize ? -1 : 1, o.weightDecay, rate, o.eps]);
  }
}
