import { type Formula, formula } from '../../kernels/dag.js';
import { ValueError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { Optimizer, type OptimizerArguments, type ParameterState, type Params } from './optimizer.js';
import { checkRange, options } from './options.js';
import { buffer, decayed, launch } from './update.js';

/** Options of `SGD`. */
export interface SGDOptions {
  /** Learning rate, 1e-3 unless given. */
  lr: number;
  momentum: number;
  dampening: number;
  /** L2 penalty. */
  weightDecay: number;
  nesterov: boolean;
  /** Ascend instead of descend. */
  maximize: boolean;
}

/** p, g, sign, weightDecay, lr */
const plain: Formula = formula(5, (s, p, g, sign, weightDecay, lr) =>
  s.sub(p, s.mul(lr, decayed(s, p, g, sign, weightDecay))),
);

/** p, g, b, sign, weightDecay, lr, momentum, 1 - dampening, nesterov: b <- momentum b + (1 - dampening) d; p <- p - lr (nesterov ? d + momentum b : b) */
const withMomentum: Formula = formula(9, (s, p, g, b, sign, weightDecay, lr, momentum, damping, nesterov) => {
  const d = decayed(s, p, g, sign, weightDecay);
  const velocity = s.add(s.mul(momentum, b), s.mul(damping, d));
  const step = s.where(nesterov, s.add(d, s.mul(momentum, velocity)), velocity);
  return [s.sub(p, s.mul(lr, step)), velocity];
});

/**
 * Stochastic gradient descent, with momentum as in Sutskever et al. 2013: b <- momentum b + (1 - dampening) g, p <- p - lr b
 * (Nesterov: p <- p - lr (g + momentum b)); the first step starts b at g. ValueError for options out of range. PyTorch: torch.optim.SGD.
 * @example
 * const w = tg.tensor([1], { requiresGrad: true });
 * w.mul(w).sum().backward();
 * new tg.optim.SGD([w], { lr: 0.1 }).step();
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(
    ...args: OptimizerArguments<
      [lr?: number, momentum?: number, dampening?: number, weightDecay?: number, nesterov?: boolean],
      SGDOptions
    >
  ) {
    super(
      args[0] as Params<SGDOptions>,
      options('SGD(params, lr=0.001, momentum=0, dampening=0, weightDecay=0, nesterov=false, *, maximize=false)', args),
    );
  }

  protected check({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    checkRange('SGD', 'lr', lr, 0);
    checkRange('SGD', 'momentum', momentum, 0);
    checkRange('SGD', 'weightDecay', weightDecay, 0);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ValueError(
        `SGD: nesterov needs a momentum above 0 and no dampening, got momentum ${momentum} and dampening ${dampening}`,
      );
    }
  }

  protected update(p: Tensor, g: Tensor, state: ParameterState, o: SGDOptions): void {
    const sign = o.maximize ? -1 : 1;
    if (o.momentum === 0) return launch('SGD.step', plain, [p], [p, g, sign, o.weightDecay, o.lr]);
    const first = !state.momentum_buffer;
    const velocity = buffer(state, 'momentum_buffer', p);
    const damping = first ? 1 : 1 - o.dampening;
    launch(
      'SGD.step',
      withMomentum,
      [p, velocity],
      [p, g, velocity, sign, o.weightDecay, o.lr, o.momentum, damping, o.nesterov ? 1 : 0],
    );
  }
}
