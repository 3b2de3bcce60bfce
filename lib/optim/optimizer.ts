import { sameShape } from '../../kernels/view.js';
import { enableGrad, noGrad } from '../autograd/modes.js';
import { isPlainObject } from '../core/bind.js';
import type { Arguments } from '../core/define.js';
import { ArgumentError, AutogradError, ShapeError, StateDictError, showShape, ValueError } from '../core/errors.js';
import { isOwn } from '../core/own.js';
import { zeroGrad } from '../ops/zeroGrad.js';
import { Tensor } from '../tensor.js';
import { camel, snake } from './options.js';
import { collect, finish } from './update.js';

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

/** Parameters: tensors, or pairs as `namedParameters()` gives them. */
export type ParameterList = readonly Tensor[] | readonly (readonly [name: string, parameter: Tensor])[];

/** A group as it is handed in: options that it does not name are the optimizer's. */
export type GroupOptions<O> = { params: ParameterList | Tensor } & Partial<O> & Omit<Scheduled, keyof O>;

/** What an optimizer's constructor takes: parameters, or groups of them. */
export type Params<O> = ParameterList | readonly GroupOptions<O>[];

/** The arguments of an optimizer's constructor: `P` follows the parameters by position, all can be given by name. */
export type OptimizerArguments<P extends unknown[], O> = Arguments<[params: Params<O>, ...args: P], Partial<O>>;

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
    for (const { params } of this.paramGroups) zeroGrad(params, setToNull);
  }

  /** Moves every parameter that has a gradient; `closure`, where given, computes the loss first and is returned. */
  step(): void;
  step<R extends Tensor | number>(closure: () => R): R;
  step(closure?: Closure): Tensor | number | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure);
    noGrad(() => this.moveAll());
    return loss;
  }

  private moveAll(): void {
    // A class of the user's may keep the gradient and look at what `update` has done; ours do not, and the gradient's memory may serve for later results.
    const own = isOwn(this.constructor);
    // Nothing moves before all gradients are known to fit.
    for (const { params } of this.paramGroups) for (const parameter of params) this.checkGradient(parameter);
    if (own) collect();
    try {
      for (const group of this.paramGroups) {
        for (const parameter of group.params) {
          const gradient = own ? parameter.deposited : parameter.grad;
          if (gradient !== null) this.update(parameter, gradient, this.stateOf(parameter), group);
        }
      }
    } finally {
      // After an error too: the state of those before it counts their step.
      if (own) finish();
    }
  }

  private checkGradient(parameter: Tensor): void {
    const { shape, device, deposited } = parameter;
    if (deposited === null || (sameShape(deposited.shape, shape) && deposited.device === device)) return;
    throw new ShapeError(
      `${this.constructor.name}.step: the gradient of shape ${showShape(deposited.shape)} on ${deposited.device} does not fit its parameter of shape ${showShape(shape)} on ${device}`,
    );
  }

  private stateOf(parameter: Tensor): ParameterState {
    let state = this.state.get(parameter);
    if (state === undefined) {
      state = {};
      this.state.set(parameter, state);
    }
    return state;
  }

  /** The groups with their options, as PyTorch prints an optimizer. */
  toString(): string {
    const groups = this.paramGroups.map(({ params: _params, ...rest }, i) => {
      const lines = Object.entries(rest).map(([name, value]) => `    ${name}: ${String(value)}`);
      return [`Parameter Group ${i}`, ...lines.sort()].join('\n');
    });
    return `${this.constructor.name} (\n${groups.join('\n\n')}\n)`;
  }

  static {
    Object.defineProperty(Optimizer.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Optimizer): string {
        return this.toString();
      },
    });
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
    const groups = saved?.param_groups;
    if (!Array.isArray(groups) || groups.some(({ params }) => !Array.isArray(params)) || !isPlainObject(saved.state)) {
      throw new StateDictError(`${name}: expected { state, param_groups } as stateDict() gives`);
    }
    const sizes = groups.map(({ params }) => (params as number[]).length);
    const own = this.paramGroups.map((group) => group.params.length);
    if (sizes.join() !== own.join()) {
      throw new StateDictError(
        `${name}: the state dict has groups of ${sizes.join(', ')} parameters, the optimizer of ${own.join(', ')}`,
      );
    }
    const numbers = groups.flatMap(({ params }) => params as number[]);
    const parameters = this.paramGroups.flatMap((group) => group.params);
    const state = numbers.flatMap((number, i): [Tensor, ParameterState][] => {
      const values = saved.state[String(number)];
      return values === undefined ? [] : [[parameters[i], this.adopt(values, parameters[i])]];
    });
    const settings = groups.map((group) => this.settings(group));
    // Nothing is changed before all of it is known to fit.
    this.state.clear();
    for (const entry of state) this.state.set(...entry);
    this.paramGroups.forEach((group, i) => {
      Object.assign(group, settings[i]);
    });
  }

  /** The options of a saved group that this optimizer has, under their names here. */
  private settings(group: { readonly [option: string]: Plain }): Partial<O> {
    const named = Object.entries(group).map(([key, value]) => [camel(key), value] as const);
    const known = named.filter(([option]) => option in this.defaults || scheduled.includes(option));
    const settings = Object.fromEntries(known) as Partial<O>;
    this.check({ ...this.defaults, ...settings });
    return settings;
  }
}

/** A copy in another tensor's dtype and on its device. */
export function copyLike(value: Tensor, like: Tensor): Tensor {
  return value.detach().to({ dtype: like.dtype, device: like.device, copy: true });
}

/** What is a number here and a tensor in PyTorch's state dicts. */
const counters: readonly string[] = ['step', 'mu_product', 'eta', 'mu'];
