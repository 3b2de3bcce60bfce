import type { Formula } from '../../kernels/dag.js';
import { noteInplace } from '../autograd/inplace.js';
import { modes } from '../autograd/modes.js';
import { bind, parseSignature } from '../core/bind.js';
import { ArgumentError, AutogradError, StateDictError, showShape, ValueError } from '../core/errors.js';
import { Tensor } from '../tensor.js';

/** One group of parameters with its own options. */
export type ParamGroup<O> = { params: Tensor[] } & O;

/** What an optimizer's constructor takes: tensors, or groups that override options. */
export type Params<O> = readonly Tensor[] | readonly ({ params: readonly Tensor[] | Tensor } & Partial<O>)[];

/** What an optimizer remembers of one parameter. */
export type ParameterState = Record<string, Tensor | number | null>;

/** `stateDict()` of an optimizer, with PyTorch's keys. */
export interface OptimizerState {
  state: Record<string, ParameterState>;
  param_groups: Record<string, unknown>[];
}

/** What `step` calls to compute the loss anew. */
export type Closure = () => Tensor | number;

const snake = (name: string): string => name.replace(/([A-Z])/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The arguments of an optimizer's constructor by its signature: parameters, and options with defaults filled in. */
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

/** The base of every optimizer: owns the groups, the steps and the state; a subclass says how one parameter moves. */
export abstract class Optimizer<O extends { lr: number }> {
  /** The groups: parameters, and the options that hold for them; a scheduler changes `lr` here. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** What is remembered of each parameter, made at its first step. */
  readonly state: Map<Tensor, ParameterState> = new Map();
  /** The options of a group that names none. */
  readonly defaults: O;

  constructor(params: Params<O>, defaults: O) {
    this.defaults = defaults;
    this.check(defaults);
    if (!Array.isArray(params))
      throw new ArgumentError(
        `${this.constructor.name}: expected a list of parameters or groups, as model.parameters() gives`,
      );
    if (params.length === 0) throw new ValueError(`${this.constructor.name}: the list of parameters is empty`);
    const groups = params[0] instanceof Tensor ? [{ params }] : params;
    for (const group of groups) this.addParamGroup(group);
  }

  /** Throws ValueError for an option out of range. */
  protected abstract check(options: O): void;

  /** Moves one parameter by its gradient, and its state with it. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: ParameterState, options: O): void;

  /** Adds parameters, with options of their own where given. PyTorch: Optimizer.add_param_group. */
  addParamGroup(group: { params: readonly Tensor[] | Tensor } & Partial<O>): void {
    const name = this.constructor.name;
    const params = group.params instanceof Tensor ? [group.params] : [...group.params];
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
    const made = { ...this.defaults, ...group, params } as ParamGroup<O>;
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
    const loss = closure?.();
    const before = modes.grad;
    modes.grad = false;
    try {
      for (const group of this.paramGroups) for (const parameter of group.params) this.move(parameter, group);
    } finally {
      modes.grad = before;
    }
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

  /** The state by parameter number and the groups' options, with PyTorch's keys. */
  stateDict(): OptimizerState {
    const numbers = new Map(this.paramGroups.flatMap((group) => group.params).map((parameter, i) => [parameter, i]));
    const state = Object.fromEntries(
      [...this.state].map(([parameter, values]) => [String(numbers.get(parameter)), { ...values }]),
    );
    const param_groups = this.paramGroups.map(({ params, ...rest }) => ({
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [snake(name), value])),
      params: params.map((parameter) => numbers.get(parameter)),
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
      return values === undefined ? null : [parameters[i], adopt(name, values, parameters[i])];
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

function adopt(name: string, values: ParameterState, parameter: Tensor): ParameterState {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (!(value instanceof Tensor)) return [key, value];
      if (value.shape.length > 0 && value.shape.join() !== parameter.shape.join()) {
        throw new StateDictError(
          `${name}: ${key} has shape ${showShape(value.shape)}, its parameter ${showShape(parameter.shape)}`,
        );
      }
      return [key, value.to(parameter.dtype).to(parameter.device).clone()];
    }),
  );
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
