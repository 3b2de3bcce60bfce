import type { Formula } from '../../kernels/dag.js';
import { noteInplace } from '../autograd/inplace.js';
import { enableGrad, noGrad } from '../autograd/modes.js';
import { bind, parseSignature } from '../core/bind.js';
import type { Arguments } from '../core/define.js';
import { ArgumentError, AutogradError, StateDictError, showShape, ValueError } from '../core/errors.js';
import { sameShape } from '../core/shape.js';
import { emptyTensor } from '../core/tensor.js';
import { Tensor } from '../tensor.js';

/** What schedulers note in a group, and the options that they change beside `lr` where an optimizer has them. */
export interface Scheduled {
  /** The rate before any scheduler changed it. */
  initialLr?: number;
  maxLr?: number;
  minLr?: number;
  swaLr?: number;
  maxMomentum?: number;
  baseMomentum?: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** One group of parameters with its own options. */
export type ParamGroup<O> = { params: Tensor[] } & O & Omit<Scheduled, keyof O>;

/** ParameterList: tensors, or pairs as `namedParameters()` gives them. */
export type ParameterList = readonly Tensor[] | readonly (readonly [name: string, parameter: Tensor])[];

/** A group as it is handed in: options that it does not name are the optimizer's. */
export type GroupOptions<O> = { params: ParameterList | Tensor } & Partial<O> & Omit<Scheduled, keyof O>;

/** What an optimizer's constructor takes: parameters, or groups of them. */
export type Params<O> = ParameterList | readonly GroupOptions<O>[];

/** The arguments of an optimizer's constructor: `P` follows the parameters by position, all can be given by name. */
export type OptimizerArguments<P extends unknown[], O> = Arguments<[params: Params<O>, ...P], Partial<O>>;

/** What an optimizer remembers of one parameter. */
export type ParameterState = { [key: string]: Tensor | number | null | readonly (Tensor | number)[] };

/** A plain value: what a state dict holds beside tensors. */
export type Plain = number | string | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** `stateDict()` of an optimizer, with PyTorch's keys. */
export type OptimizerState = {
  state: { [parameter: string]: ParameterState };
  param_groups: { [option: string]: Plain }[];
};

/** What `step` calls to compute the loss anew. */
export type Closure = () => Tensor | number;

/** `weightDecay` as PyTorch's state dicts have it: `weight_decay`. */
export const snake = (name: string): string => name.replace(/([A-Z])/g, (letter) => `_${letter.toLowerCase()}`);

/** The reverse of `snake`. */
export const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The options of a constructor by its signature, defaults filled in: all arguments but the first. */
export function options<O>(signature: string, args: readonly unknown[]): O {
  const parsed = parseSignature(signature);
  const values = bind(parsed, args, 1);
  const keywords = parsed.keywords.length > 0 ? (values.pop() as object) : {};
  return {
    ...Object.fromEntries(parsed.positional.slice(1).map((name, i) => [name, values[i + 1]])),
    ...keywords,
  } as O;
}

/** Throws where an option is not at least `low` (and below `high`). */
export function checkRange(
  name: string,
  option: string,
  value: unknown,
  low: number,
  high: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= low && (value < high || high === Number.POSITIVE_INFINITY)) return;
  const bound = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `from ${low} to below ${high}`;
  throw new ValueError(`${name}: ${option} must be ${bound}, got ${String(value)}`);
}

/** Throws where an option is not an integer of at least `low`. */
export function checkCount(name: string, option: string, value: unknown, low: number = 1): void {
  if (Number.isInteger(value) && (value as number) >= low) return;
  throw new ValueError(`${name}: ${option} must be an integer of at least ${low}, got ${String(value)}`);
}

/** Throws where the decays of two averages are not below 1. */
export function checkBetas(name: string, betas: readonly number[]): void {
  if (!Array.isArray(betas) || betas.length !== 2) {
    throw new ValueError(`${name}: betas must be two numbers, got ${String(betas)}`);
  }
  checkRange(name, 'betas[0]', betas[0], 0, 1);
  checkRange(name, 'betas[1]', betas[1], 0, 1);
}

/** What schedulers may put into a group. */
const scheduled: readonly string[] = ['initialLr', 'maxLr', 'minLr', 'swaLr', 'maxMomentum', 'baseMomentum'];

/** The base of every optimizer: owns the groups, the steps and the state; a subclass says how one parameter moves. */
export abstract class Optimizer<O extends { lr: number } = { lr: number }> {
  /** The groups: parameters, and the options that hold for them; a scheduler changes `lr` here. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** What is remembered of each parameter, made at its first step. */
  readonly state: Map<Tensor, ParameterState> = new Map();
  /** The options of a group that names none. */
  readonly defaults: O;

  constructor(params: Params<O>, defaults: O) {
    this.defaults = defaults;
    this.check(defaults);
    if (!Array.isArray(params)) {
      throw new ArgumentError(
        `${this.constructor.name}: expected a list of parameters or groups, as model.parameters() gives`,
      );
    }
    if (params.length === 0) throw new ValueError(`${this.constructor.name}: the list of parameters is empty`);
    const listed = params[0] instanceof Tensor || Array.isArray(params[0]);
    for (const group of (listed ? [{ params }] : params) as GroupOptions<O>[]) this.addParamGroup(group);
  }

  /** Throws ValueError for an option out of range. */
  protected abstract check(options: O): void;

  /** Moves one parameter by its gradient, and its state with it. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: ParameterState, options: O): void;

  /** Adds parameters, with options of their own where given. PyTorch: Optimizer.add_param_group. */
  addParamGroup(group: GroupOptions<O>): void {
    const name = this.constructor.name;
    const given = group.params instanceof Tensor ? [group.params] : group.params;
    if (!Array.isArray(given)) throw new ArgumentError(`${name}: a group needs params, a list of tensors`);
    const params = given.map((entry): Tensor => (Array.isArray(entry) ? entry[1] : entry));
    for (const option of Object.keys(group)) {
      if (option === 'params' || option in this.defaults || scheduled.includes(option)) continue;
      throw new ArgumentError(
        `${name}: unknown option ${option} of a group; known: params, ${Object.keys(this.defaults).join(', ')}`,
      );
    }
    const known = new Set(this.paramGroups.flatMap((other) => other.params));
    for (const parameter of params) {
      if (!(parameter instanceof Tensor)) throw new ArgumentError(`${name}: a parameter is not a tensor`);
      if (parameter.gradFn !== null)
        throw new AutogradError(
          `${name}: a tensor of shape ${showShape(parameter.shape)} is no leaf and cannot be optimized; detach it`,
        );
      if (known.has(parameter))
        throw new ValueError(
          `${name}: a parameter of shape ${showShape(parameter.shape)} appears in more than one place`,
        );
      known.add(parameter);
    }
    const made = { ...this.defaults, ...group, params } as unknown as ParamGroup<O>;
    this.check(made);
    this.paramGroups.push(made);
  }

  /** Sets every gradient to null, or to zeros. */
  zeroGrad(setToNull = true): void {
    for (const parameter of this.paramGroups.flatMap((group) => group.params)) {
      if (setToNull) parameter.grad = null;
      else parameter.grad?.detach_().zero_();
    }
  }

  /** Moves every parameter that has a gradient; `closure`, where given, computes the loss first and is returned. */
  step(): void;
  step<R extends Tensor | number>(closure: () => R): R;
  step(closure?: Closure): Tensor | number | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure);
    noGrad(() => {
      for (const group of this.paramGroups) for (const parameter of group.params) this.move(parameter, group);
    });
    return loss;
  }

  private move(parameter: Tensor, group: ParamGroup<O>): void {
    const { grad } = parameter;
    if (grad === null) return;
    let state = this.state.get(parameter);
    if (state === undefined) {
      state = {};
      this.state.set(parameter, state);
    }
    this.update(parameter, grad, state, group);
  }

  /** A saved state as this parameter's own: copied, in its dtype and on its device. */
  protected adopt(values: ParameterState, parameter: Tensor): ParameterState {
    const fitted = (key: string, value: ParameterState[string]): ParameterState[string] => {
      if (!(value instanceof Tensor)) return value;
      if (counters.includes(key)) return value.item();
      if (!sameShape(value.shape, parameter.shape)) {
        throw new StateDictError(
          `${this.constructor.name}: ${key} has shape ${showShape(value.shape)}, its parameter ${showShape(parameter.shape)}`,
        );
      }
      return copyLike(value, parameter);
    };
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fitted(key, value)]));
  }

  /** The state by parameter number and the groups' options, with PyTorch's keys. */
  stateDict(): OptimizerState {
    const numbers = new Map(this.paramGroups.flatMap((group) => group.params).map((parameter, i) => [parameter, i]));
    const state = Object.fromEntries(
      [...this.state].map(([parameter, values]) => [String(numbers.get(parameter)), { ...values }]),
    );
    const param_groups = this.paramGroups.map(({ params, ...rest }) => ({
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [snake(name), value as Plain])),
      params: params.map((parameter) => numbers.get(parameter) as number),
    }));
    return { state, param_groups };
  }

  /** Takes over a state dict: copies, in each parameter's dtype and device. StateDictError where the groups differ. */
  loadStateDict(saved: OptimizerState): void {
    const name = this.constructor.name;
    if (!Array.isArray(saved?.param_groups) || typeof saved.state !== 'object') {
      throw new StateDictError(`${name}: expected { state, param_groups } as stateDict() gives`);
    }
    const sizes = saved.param_groups.map((group) => (group.params as unknown[]).length);
    const own = this.paramGroups.map((group) => group.params.length);
    if (sizes.join() !== own.join()) {
      throw new StateDictError(
        `${name}: the state dict has groups of ${sizes.join(', ')} parameters, the optimizer of ${own.join(', ')}`,
      );
    }
    const order = saved.param_groups.flatMap((group) => group.params as number[]);
    const parameters = this.paramGroups.flatMap((group) => group.params);
    const fresh = order.map((number, i): [Tensor, ParameterState] | null => {
      const values = saved.state[String(number)];
      return values === undefined ? null : [parameters[i], this.adopt(values, parameters[i])];
    });
    this.state.clear();
    for (const entry of fresh) if (entry !== null) this.state.set(...entry);
    saved.param_groups.forEach((group, i) => {
      const { params: _params, ...rest } = group;
      Object.assign(
        this.paramGroups[i],
        Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), value])),
      );
    });
  }
}

/** A copy in another tensor's dtype and on its device. */
export function copyLike(value: Tensor, like: Tensor): Tensor {
  return value.detach().to({ dtype: like.dtype, device: like.device, copy: true });
}

/** What is a number here and a tensor in PyTorch's state dicts. */
const counters: readonly string[] = ['step', 'mu_product', 'eta', 'mu'];

/** Counts the steps of one parameter, from 1 on. */
export function countStep(state: ParameterState): number {
  const step = ((state.step as number | undefined) ?? 0) + 1;
  state.step = step;
  return step;
}

/** A tensor of the state, in the parameter's shape; made at the first step, with one value everywhere. */
export function buffer(state: ParameterState, key: string, parameter: Tensor, value: number = 0): Tensor {
  const known = state[key];
  if (known instanceof Tensor) return known;
  const made = emptyTensor(parameter.shape, parameter.dtype, parameter.device);
  made.storage.kernels.fill(made, value);
  state[key] = made;
  return made;
}

/** Runs an update formula: reads `inputs` (tensors and numbers) and writes `outputs` in place, in one launch. */
export function launch(
  name: string,
  update: Formula,
  outputs: readonly Tensor[],
  inputs: readonly (Tensor | number)[],
): void {
  const [parameter] = outputs;
  parameter.storage.kernels.pointwise(update, parameter.dtype, outputs, inputs);
  for (const x of outputs) noteInplace(name, x, null, -1);
}
