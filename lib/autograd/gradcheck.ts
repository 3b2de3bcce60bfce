import { type Fn, fn } from '../core/define.js';
import { ArgumentError, AutogradError, DTypeError, showShape } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import { requiresGrad } from './edges.js';
import { grad, type Tensors } from './grad.js';
import { enableGrad, noGrad } from './modes.js';
import { table } from './table.js';

/** Options of `gradcheck` and `gradgradcheck`. */
export interface GradcheckOptions {
  /** Half the step of the central difference, 1e-6 unless given. */
  eps?: number;
  /** Allowed difference: atol + rtol |numeric|; 1e-5 and 1e-3 unless given. */
  atol?: number;
  rtol?: number;
  /** Compare one random projection of the Jacobian instead of every entry (default false): far fewer calls. */
  fastMode?: boolean;
}

type Function = (...inputs: Tensor[]) => Tensors;
type Required4 = Required<GradcheckOptions>;

/** A deterministic number of [-1, 1), different for every `i`: projections must not disturb the user's random stream. */
function pseudorandom(i: number): number {
  const x = Math.sin((i + 1) * 12.9898) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

function direction(like: Tensor, salt: number): Tensor {
  const t = table();
  const n = like.shape.reduce((product, size) => product * size, 1);
  return t
    .tensor(
      Float64Array.from({ length: n }, (_, i) => pseudorandom(i + 7919 * salt)),
      { shape: like.shape },
    )
    .to(like.device);
}

/** One result, or several, as a list. */
const listed = (made: Tensors): readonly Tensor[] => (made instanceof Tensor ? [made] : made);

/** Which results of a call have a gradient; AutogradError where none has. */
function differentiable(made: readonly Tensor[]): boolean[] {
  const keep = made.map((y) => y instanceof Tensor && requiresGrad(y));
  if (!keep.includes(true)) throw new AutogradError('gradcheck: no result of the function requires a gradient');
  return keep;
}

/** The differentiable results of a call. */
function outputs(f: Function, inputs: readonly Tensor[]): Tensor[] {
  const made = listed(f(...inputs));
  const keep = differentiable(made);
  return made.filter((_, i) => keep[i]);
}

const dot = (a: Tensor, b: Tensor): number => a.detach().mul(b).sum().item();

/** Which results count, decided once by a recorded call: the numeric calls record nothing. */
function picker(
  f: Function,
  inputs: readonly Tensor[],
): { chosen: Tensor[]; values: (at: readonly Tensor[]) => Tensor[] } {
  const list = enableGrad(() => listed(f(...inputs)));
  const keep = differentiable(list);
  const values = (at: readonly Tensor[]): Tensor[] => {
    return noGrad(() => listed(f(...at))).filter((_, i) => keep[i]);
  };
  return { chosen: list.filter((_, i) => keep[i]), values };
}

function compare(what: string, numeric: number, analytic: number, { atol, rtol }: Required4): void {
  const close = numeric === analytic || Math.abs(numeric - analytic) <= atol + rtol * Math.abs(numeric);
  if (!close)
    throw new AutogradError(
      `gradcheck: ${what}: the central difference is ${numeric}, the gradient says ${analytic} (difference ${Math.abs(numeric - analytic)})`,
    );
}

/** (f(x + eps u) - f(x - eps u)) / 2 eps for one input, projected on v. */
function difference(
  values: (at: readonly Tensor[]) => Tensor[],
  inputs: readonly Tensor[],
  i: number,
  u: Tensor,
  v: readonly Tensor[],
  eps: number,
): number {
  const moved = (sign: number): number => {
    const at = inputs.map((x, k) => (k === i ? x.detach().add(u.mul(sign * eps)) : x.detach()));
    return values(at).reduce((sum, y, k) => sum + dot(y, v[k]), 0);
  };
  return (moved(1) - moved(-1)) / (2 * eps);
}

function oneHot(like: Tensor, at: number): Tensor {
  const n = like.shape.reduce((product, size) => product * size, 1);
  const values = new Float64Array(n);
  values[at] = 1;
  return table().tensor(values, { shape: like.shape }).to(like.device);
}

function check(f: Function, inputs: readonly Tensor[], options: Required4): true {
  const wanted = inputs.flatMap((x, i) => (requiresGrad(x) ? [i] : []));
  if (wanted.length === 0) throw new ArgumentError('gradcheck: no input requires a gradient');
  for (const i of wanted) {
    if (inputs[i].dtype !== 'float64') {
      throw new DTypeError(
        `gradcheck: input ${i} of shape ${showShape(inputs[i].shape)} is ${inputs[i].dtype}; differences are only exact enough in float64`,
      );
    }
  }
  const { chosen, values } = picker(f, inputs);
  const gradients = (v: readonly Tensor[]): (Tensor | null)[] =>
    grad(
      chosen,
      wanted.map((i) => inputs[i]),
      { gradOutputs: v, retainGraph: true, allowUnused: true },
    );
  const zero = chosen.map((y) => y.detach().mul(0));
  if (options.fastMode) {
    const v = chosen.map((y, k) => direction(y, k));
    const analytic = gradients(v);
    wanted.forEach((i, k) => {
      const u = direction(inputs[i], 31 + i);
      const g = analytic[k];
      compare(`input ${i}`, difference(values, inputs, i, u, v, options.eps), g === null ? 0 : dot(g, u), options);
    });
    return true;
  }
  chosen.forEach((y, k) => {
    const size = y.shape.reduce((product, n) => product * n, 1);
    for (let at = 0; at < size; at++) {
      const v = zero.map((z, j) => (j === k ? oneHot(y, at) : z));
      const analytic = gradients(v).map((g) => g?.detach().reshape(-1).tolist() as number[] | undefined);
      wanted.forEach((i, w) => {
        const n = inputs[i].shape.reduce((product, length) => product * length, 1);
        for (let e = 0; e < n; e++) {
          const numeric = difference(values, inputs, i, oneHot(inputs[i], e), v, options.eps);
          compare(`result ${k}, element ${at}, input ${i}, element ${e}`, numeric, analytic[w]?.[e] ?? 0, options);
        }
      });
    }
  });
  return true;
}

type Check = Fn<
  [fn: Function, inputs: Tensors, eps?: number, atol?: number, rtol?: number],
  GradcheckOptions & { inputs?: Tensors },
  true
>;

/**
 * Compares the gradients of `fn` at float64 inputs with central differences; true, or AutogradError with the entry that differs.
 * PyTorch: torch.autograd.gradcheck.
 * @example
 * const x = tg.tensor([0.3, -1.2], { dtype: 'float64', requiresGrad: true });
 * tg.autograd.gradcheck((x) => x.tanh(), x) // => true
 */
export const gradcheck: Check = fn(
  'gradcheck(fn, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, *, fastMode=false)',
  (f, inputs, eps, atol, rtol, { fastMode }) =>
    check(f, inputs instanceof Tensor ? [inputs] : inputs, { eps, atol, rtol, fastMode }),
);

/** The same for the gradients' own gradients. PyTorch: torch.autograd.gradgradcheck. */
export const gradgradcheck: Check = fn(
  'gradgradcheck(fn, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, *, fastMode=false)',
  (f, inputs, eps, atol, rtol, { fastMode }) => {
    const list = inputs instanceof Tensor ? [inputs] : inputs;
    const wanted = list.flatMap((x, i) => (requiresGrad(x) ? [i] : []));
    const seeds = outputs(f, list).map((y, k) => direction(y, 101 + k).requiresGrad_());
    const first: Function = (...at) => {
      // Numeric calls come without gradients; the first derivative needs them all the same.
      const fresh = at.map((x, i) =>
        i < list.length && wanted.includes(i) && !requiresGrad(x) ? x.detach().requiresGrad_() : x,
      );
      const results = enableGrad(() => outputs(f, fresh.slice(0, list.length)));
      return enableGrad(() =>
        grad(
          results,
          wanted.map((i) => fresh[i]),
          { gradOutputs: fresh.slice(list.length), createGraph: true, allowUnused: true },
        ).map((g, k) => g ?? fresh[wanted[k]].mul(0)),
      );
    };
    return check(first, [...list, ...seeds], { eps, atol, rtol, fastMode });
  },
);
