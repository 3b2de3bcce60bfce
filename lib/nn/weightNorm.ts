import { noGrad } from '../autograd/modes.js';
import { ArgumentError } from '../core/errors.js';
import { kindOf } from '../core/kinds.js';
import { wrapDim } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { named } from './arguments.js';
import type { HookHandle } from './hooks.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { registryOf } from './registry.js';

/** Which parameter, and which dimension keeps its norms; null takes one norm of the whole. */
export interface WeightNormOptions {
  /** 'weight' unless given. */
  name?: string;
  /** 0 unless given. */
  dim?: number | null;
}

interface Split {
  readonly handle: HookHandle;
  weight(): Tensor;
}

const split = new WeakMap<Module, Map<string, Split>>();

/** The norms along `dim`, all other dimensions kept as 1. */
function normsOf(x: Tensor, dim: number | null): Tensor {
  if (dim === null) return x.norm();
  const kept = wrapDim('weightNorm', dim, x.shape.length);
  return x.norm(
    2,
    x.shape.map((_, d) => d).filter((d) => d !== kept),
    true,
  );
}

/**
 * Learns a parameter as a length and a direction: `weight` becomes weight_g * weight_v / |weight_v|, computed before every forward
 * (Salimans and Kingma 2016). Returns the module. PyTorch: torch.nn.utils.weight_norm.
 * @example
 * const layer = tg.nn.utils.weightNorm(new tg.nn.Linear(4, 2));
 * layer.namedParameters().map(([name]) => name) // => [ 'bias', 'weight_g', 'weight_v' ]
 */
export function weightNorm<M extends Module>(
  module: M,
  ...rest: [options?: WeightNormOptions] | [name: string, dim?: number | null]
): M {
  const { name, dim } = named<{ module: M } & WeightNormOptions>(
    "weightNorm(module, name='weight', dim=0)",
    [module, ...rest],
    1,
  );
  const own = module as unknown as Record<string, unknown>;
  const given = own[name];
  if (!(given instanceof Parameter)) {
    throw new ArgumentError(`weightNorm: ${module.constructor.name} has no parameter ${name} of its own`);
  }
  delete own[name];
  registryOf(module).parameters.delete(name);
  module.registerParameter(`${name}_g`, new Parameter(noGrad(() => normsOf(given, dim))));
  module.registerParameter(`${name}_v`, new Parameter(given.detach().clone()));
  const weight = (): Tensor => {
    const [g, v] = [own[`${name}_g`] as Tensor, own[`${name}_v`] as Tensor];
    return v.mul(g.div(normsOf(v, dim)));
  };
  own[name] = weight();
  const handle = module.registerForwardPreHook(() => {
    own[name] = weight();
  });
  const all = split.get(module) ?? new Map<string, Split>();
  split.set(module, all.set(name, { handle, weight }));
  return module;
}

/** Makes one parameter of `weightNorm`'s two again. Returns the module. PyTorch: torch.nn.utils.remove_weight_norm. */
export function removeWeightNorm<M extends Module>(module: M, name = 'weight'): M {
  const found = split.get(module)?.get(name);
  if (found === undefined) {
    const kind = module instanceof Module ? module.constructor.name : kindOf(module);
    throw new ArgumentError(`removeWeightNorm: ${kind} has no weight norm of ${name}`);
  }
  found.handle.remove();
  split.get(module)?.delete(name);
  const own = module as unknown as Record<string, unknown>;
  const weight = noGrad(() => found.weight());
  for (const gone of [name, `${name}_g`, `${name}_v`]) delete own[gone];
  module.registerParameter(name, new Parameter(weight));
  return module;
}
