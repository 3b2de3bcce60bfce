import { enableGrad, noGrad } from '../autograd/modes.js';
import { ArgumentError, ValueError } from '../core/errors.js';
import { cat } from '../ops/shape/combine.js';
import { Tensor } from '../tensor.js';
import {
  type Closure,
  copyLike,
  Optimizer,
  type OptimizerArguments,
  type ParameterState,
  type Params,
} from './optimizer.js';
import { checkCount, checkRange, options } from './options.js';
import { type Point, strongWolfe } from './wolfe.js';

/** Options of `LBFGS`. */
export interface LBFGSOptions {
  /** Learning rate, 1 unless given. */
  lr: number;
  /** Iterations of a step, 20 unless given. */
  maxIter: number;
  /** Calls of the closure in a step, 5/4 of `maxIter` unless given. */
  maxEval: number | null;
  /** Ends the step where no element of the gradient is larger, 1e-7 unless given. */
  toleranceGrad: number;
  /** Ends the step where loss or parameters change less, 1e-9 unless given. */
  toleranceChange: number;
  /** How many steps are remembered, 100 unless given. */
  historySize: number;
  /** Look for a step's length that fulfils the strong Wolfe conditions. */
  lineSearchFn: 'strong_wolfe' | null;
}

/** What is remembered from one iteration to the next, under PyTorch's names. */
interface Memory {
  func_evals: number;
  n_iter: number;
  d: Tensor;
  t: number;
  old_dirs: Tensor[];
  old_stps: Tensor[];
  ro: number[];
  H_diag: number;
  prev_flat_grad: Tensor;
  prev_loss: number;
}

const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();
const largest = (x: Tensor): number => x.abs().amax().item();

/**
 * Limited-memory BFGS (Nocedal 1980; after minFunc by Schmidt): a quasi-Newton step from the last gradients. `step` needs a closure that
 * clears the gradients, computes the loss, calls `backward` and returns the loss; it is called several times. One group only.
 * ValueError for options out of range. PyTorch: torch.optim.LBFGS.
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  constructor(
    ...args: OptimizerArguments<
      [
        lr?: number,
        maxIter?: number,
        maxEval?: number | null,
        toleranceGrad?: number,
        toleranceChange?: number,
        historySize?: number,
        lineSearchFn?: 'strong_wolfe' | null,
      ],
      LBFGSOptions
    >
  ) {
    super(
      args[0] as Params<LBFGSOptions>,
      options(
        'LBFGS(params, lr=1, maxIter=20, maxEval=null, toleranceGrad=1e-7, toleranceChange=1e-9, historySize=100, lineSearchFn=null)',
        args,
      ),
    );
    if (this.paramGroups.length !== 1) {
      throw new ValueError(`LBFGS: takes one group of parameters, got ${this.paramGroups.length}`);
    }
  }

  protected check({ lr, maxIter, historySize, lineSearchFn }: LBFGSOptions): void {
    checkRange('LBFGS', 'lr', lr, 0);
    checkCount('LBFGS', 'maxIter', maxIter);
    checkCount('LBFGS', 'historySize', historySize);
    if (lineSearchFn !== null && lineSearchFn !== 'strong_wolfe') {
      throw new ValueError(`LBFGS: lineSearchFn must be 'strong_wolfe' or null, got '${String(lineSearchFn)}'`);
    }
  }

  protected update(): never {
    throw new ArgumentError('LBFGS: moves all parameters together');
  }

  private get params(): readonly Tensor[] {
    return this.paramGroups[0].params;
  }

  /** All gradients in one vector, zeros where there is none. */
  private gradient(): Tensor {
    return cat(this.params.map((p) => (p.grad === null ? p.detach().mul(0) : p.grad.detach()).reshape(-1)));
  }

  /** Moves all parameters by a multiple of a vector. */
  private shift(length: number, direction: Tensor): void {
    let at = 0;
    for (const p of this.params) {
      p.add_(direction.narrow(0, at, p.numel()).reshape(p.shape), { alpha: length });
      at += p.numel();
    }
  }

  override step(): void;
  override step<R extends Tensor | number>(closure: () => R): R;
  override step(closure?: Closure): Tensor | number | undefined {
    if (closure === undefined) {
      throw new ArgumentError('LBFGS.step: needs a closure that computes the loss and its gradients');
    }
    return noGrad(() => this.iterate(closure));
  }

  private iterate(closure: Closure): Tensor | number {
    const o = this.paramGroups[0];
    const evaluate = (): Tensor | number => enableGrad(closure);
    const number = (x: Tensor | number): number => (typeof x === 'number' ? x : x.item());
    const first = this.params[0];
    const memory = (this.state.get(first) ?? { func_evals: 0, n_iter: 0 }) as unknown as Memory;
    this.state.set(first, memory as unknown as ParameterState);

    const original = evaluate();
    let here: Point = { loss: number(original), gradient: this.gradient() };
    memory.func_evals++;
    if (largest(here.gradient) <= o.toleranceGrad) return original;

    const most = o.maxEval ?? Math.floor((o.maxIter * 5) / 4);
    let evaluations = 1;
    for (let i = 1; i <= o.maxIter; i++) {
      memory.n_iter++;
      memory.d = nextDirection(memory, here.gradient, o.historySize);
      memory.prev_flat_grad = here.gradient;
      memory.prev_loss = here.loss;
      memory.t = o.lr * (memory.n_iter === 1 ? Math.min(1, 1 / here.gradient.abs().sum().item()) : 1);
      const slope = dot(here.gradient, memory.d);
      if (slope > -o.toleranceChange) break;

      let calls = 0;
      if (o.lineSearchFn !== null) {
        const start = this.params.map((p) => p.detach().clone());
        const at = (length: number): Point => {
          this.shift(length, memory.d);
          const point = { loss: number(evaluate()), gradient: this.gradient() };
          this.params.forEach((p, k) => {
            p.copy_(start[k]);
          });
          return point;
        };
        const found = strongWolfe(at, memory.t, memory.d, here, slope);
        here = found.point;
        memory.t = found.length;
        calls = found.evaluations;
        this.shift(memory.t, memory.d);
      } else {
        this.shift(memory.t, memory.d);
        // What the last iteration would measure, the next step measures again.
        if (i < o.maxIter) {
          here = { loss: number(evaluate()), gradient: this.gradient() };
          calls = 1;
        }
      }
      evaluations += calls;
      memory.func_evals += calls;
      if (i === o.maxIter || evaluations >= most || largest(here.gradient) <= o.toleranceGrad) break;
      if (largest(memory.d) * Math.abs(memory.t) <= o.toleranceChange) break;
      if (Math.abs(here.loss - memory.prev_loss) < o.toleranceChange) break;
    }
    return original;
  }

  /** The state holds vectors over all parameters, and lists of them. */
  protected override adopt(values: ParameterState, parameter: Tensor): ParameterState {
    const copied = (value: ParameterState[string]): ParameterState[string] => {
      if (Array.isArray(value)) return value.map((x) => copied(x) as Tensor | number);
      return value instanceof Tensor ? copyLike(value, parameter) : value;
    };
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, copied(value)]));
  }
}

/** Minus the gradient times the inverse Hessian that the remembered steps tell of (two-loop recursion). */
function nextDirection(memory: Memory, gradient: Tensor, historySize: number): Tensor {
  if (memory.n_iter === 1) {
    Object.assign(memory, { old_dirs: [], old_stps: [], ro: [], H_diag: 1 });
    return gradient.neg();
  }
  const { old_dirs: changes, old_stps: steps, ro } = memory;
  const change = gradient.sub(memory.prev_flat_grad);
  const step = memory.d.mul(memory.t);
  const curvature = dot(change, step);
  if (curvature > 1e-10) {
    for (const list of [changes, steps, ro]) if (list.length === historySize) list.shift();
    changes.push(change);
    steps.push(step);
    ro.push(1 / curvature);
    memory.H_diag = curvature / dot(change, change);
  }
  const direction = gradient.neg();
  const alphas: number[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    alphas[i] = dot(steps[i], direction) * ro[i];
    direction.add_(changes[i], { alpha: -alphas[i] });
  }
  direction.mul_(memory.H_diag);
  for (let i = 0; i < steps.length; i++) {
    direction.add_(steps[i], { alpha: alphas[i] - dot(changes[i], direction) * ro[i] });
  }
  return direction;
}
