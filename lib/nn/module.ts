import { noGrad } from '../autograd/modes.js';
import type { Device } from '../core/device.js';
import { type DType, isFloat } from '../core/dtype.js';
import { ArgumentError, StateDictError, showShape } from '../core/errors.js';
import { sameShape } from '../core/shape.js';
import { Tensor } from '../tensor.js';
import { type HookHandle, hooked } from './hooks.js';
import { Parameter } from './parameter.js';

/** Names and tensors: what `stateDict` gives and `loadStateDict` takes. */
export type StateDict = Record<string, Tensor>;

/** Called before a module's forward with its arguments; what it returns replaces them. */
export type ForwardPreHook = (module: Module, args: unknown[]) => unknown[] | null | undefined | void;

/** Called after a module's forward with its arguments and result; what it returns replaces the result. */
export type ForwardHook = (module: Module, args: unknown[], output: unknown) => unknown;

/** What a module knows beside its properties; kept out of sight of property walks and printing. */
interface Registry {
  /** Buffers by name, and whether the state dict has them. */
  readonly buffers: Map<string, boolean>;
  /** Parameters that were registered by name, present or null. */
  readonly parameters: Set<string>;
}

const registries = new WeakMap<Module, Registry>();

function registryOf(module: Module): Registry {
  let registry = registries.get(module);
  if (registry === undefined) {
    registry = { buffers: new Map(), parameters: new Set() };
    registries.set(module, registry);
  }
  return registry;
}

/** Node's prompt, `console.log` and notebooks show a module through this. */
const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/**
 * The base of every layer and model. Parameters, buffers and sub-modules are its properties: whatever is an `nn.Parameter`, a
 * registered buffer or a `Module` is found by walking them in order, and its name is the property's. PyTorch: torch.nn.Module.
 * @example
 * class Net extends tg.nn.Module { fc = new tg.nn.Linear(2, 3); forward(x) { return this.fc.forward(x); } }
 * new Net().namedParameters().map(([name]) => name) // => [ 'fc.weight', 'fc.bias' ]
 */
export abstract class Module {
  /** Whether the module is being trained: dropout drops, batch norm uses the batch. `train()` and `eval()` set it. */
  training = true;

  /** Computes the module's result. */
  abstract forward(...args: never[]): unknown;

  /** Makes `tensor` a buffer under `name`: moved with the module and, where `persistent`, part of its state dict. */
  registerBuffer(name: string, tensor: Tensor | null, persistent = true): void {
    registryOf(this).buffers.set(name, persistent);
    (this as unknown as Record<string, Tensor | null>)[name] = tensor;
  }

  /** Makes `parameter` a parameter under `name`; null keeps the name without one. */
  registerParameter(name: string, parameter: Parameter | null): void {
    registryOf(this).parameters.add(name);
    (this as unknown as Record<string, Parameter | null>)[name] = parameter;
  }

  /** Makes `module` a sub-module under `name`. */
  registerModule(name: string, module: Module): void {
    (this as unknown as Record<string, Module>)[name] = module;
  }

  /** The direct sub-modules with their names. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }

  /** The direct sub-modules. */
  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module and all below it with their names, each once, outer before inner. */
  namedModules(prefix = ''): [string, Module][] {
    const seen = new Set<Module>();
    const walk = (module: Module, name: string): [string, Module][] => {
      if (seen.has(module)) return [];
      seen.add(module);
      return [[name, module], ...module.namedChildren().flatMap(([child, inner]) => walk(inner, join(name, child)))];
    };
    return walk(this, prefix);
  }

  /** This module and all below it. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The parameters with their names, each tensor once; `recurse` false leaves out those of sub-modules. */
  namedParameters(prefix = '', recurse = true): [string, Parameter][] {
    return this.named(prefix, recurse, ownParameters);
  }

  /** The parameters, each once. */
  parameters(recurse = true): Parameter[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter);
  }

  /** The buffers with their names. */
  namedBuffers(prefix = '', recurse = true): [string, Tensor][] {
    return this.named(prefix, recurse, ownBuffers);
  }

  /** The buffers. */
  buffers(recurse = true): Tensor[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer);
  }

  private named<T extends Tensor>(
    prefix: string,
    recurse: boolean,
    own: (module: Module) => [string, T][],
  ): [string, T][] {
    const modules: [string, Module][] = recurse ? this.namedModules(prefix) : [[prefix, this]];
    const seen = new Set<Tensor>();
    return modules
      .flatMap(([path, module]) => own(module).map(([name, x]): [string, T] => [join(path, name), x]))
      .filter(([, x]) => !seen.has(x) && seen.add(x));
  }

  /** Parameters and persistent buffers by name, in PyTorch's order: detached, and sharing the module's memory. */
  stateDict(prefix = ''): StateDict {
    return Object.fromEntries(this.stateEntries(prefix).map(([name, x]) => [name, x.detach()]));
  }

  private stateEntries(prefix: string): [string, Tensor][] {
    const { buffers } = registryOf(this);
    const own = [...ownParameters(this), ...ownBuffers(this).filter(([name]) => buffers.get(name) === true)];
    const named = own.map(([name, x]): [string, Tensor] => [join(prefix, name), x]);
    return [...named, ...this.namedChildren().flatMap(([name, module]) => module.stateEntries(join(prefix, name)))];
  }

  /**
   * Copies a state dict into the module. With `strict` (default) missing and unexpected keys are errors; wrong shapes always are.
   * StateDictError lists every problem, and nothing has been loaded then.
   */
  loadStateDict(
    state: StateDict,
    options: { strict?: boolean } | boolean = {},
  ): { missingKeys: string[]; unexpectedKeys: string[] } {
    if (typeof state !== 'object' || state === null || state instanceof Tensor) {
      throw new ArgumentError('loadStateDict: expected an object of names and tensors');
    }
    const strict = typeof options === 'boolean' ? options : (options.strict ?? true);
    const own = new Map(this.stateEntries(''));
    const missingKeys = [...own.keys()].filter((name) => !(name in state));
    const unexpectedKeys = Object.keys(state).filter((name) => !own.has(name));
    const problems = strict
      ? [...missingKeys.map((name) => `missing key ${name}`), ...unexpectedKeys.map((name) => `unexpected key ${name}`)]
      : [];
    for (const [name, x] of own) {
      const given: unknown = state[name];
      if (given === undefined) continue;
      if (!(given instanceof Tensor)) problems.push(`${name} is not a tensor`);
      else if (!sameShape(given.shape, x.shape))
        problems.push(`${name} has shape ${showShape(given.shape)}, the module ${showShape(x.shape)}`);
    }
    if (problems.length > 0)
      throw new StateDictError(
        `loadStateDict: ${this.constructor.name} does not fit the state dict: ${problems.join('; ')}`,
      );
    noGrad(() => {
      for (const [name, x] of own) if (name in state) x.copy_(state[name]);
    });
    return { missingKeys, unexpectedKeys };
  }

  /** Puts this module and all below it into training mode, or out of it. Returns the module. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Training mode off. Returns the module. */
  eval(): this {
    return this.train(false);
  }

  /** Calls `fn` with every module below this one, inner before outer, then with this one. Returns the module. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Moves parameters and buffers to a device, or floating-point ones to a dtype; in place, so that optimizers stay valid. Returns the module. */
  to(...targets: (Device | DType)[]): this {
    const tensors = [...this.parameters(), ...this.buffers()];
    for (const target of targets) {
      const device = target === 'cpu' || target === 'webgpu';
      for (const x of tensors) {
        if (!device && !isFloat(x.dtype)) continue;
        replace(x, target);
        if (x.grad !== null) x.grad = x.grad.to(target);
      }
    }
    return this;
  }

  /** Parameters and buffers in float32. */
  float(): this {
    return this.to('float32');
  }

  /** Parameters and buffers in float64. */
  double(): this {
    return this.to('float64');
  }

  /** Parameters and buffers in float16. */
  half(): this {
    return this.to('float16');
  }

  /** Sets every parameter's gradient to null. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Makes every parameter ask for a gradient, or not. Returns the module. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /** The module at a path such as 'encoder.layers.0'. */
  getSubmodule(path: string): Module {
    let found: Module = this;
    for (const name of path === '' ? [] : path.split('.')) {
      const next = found.namedChildren().find(([child]) => child === name);
      if (next === undefined)
        throw new ArgumentError(`getSubmodule: ${found.constructor.name} has no sub-module ${name} (in ${path})`);
      found = next[1];
    }
    return found;
  }

  /** The parameter at a path such as 'fc.weight'. */
  getParameter(path: string): Parameter {
    const found = this.namedParameters().find(([name]) => name === path);
    if (found === undefined) throw new ArgumentError(`getParameter: ${this.constructor.name} has no parameter ${path}`);
    return found[1];
  }

  /** The buffer at a path such as 'norm.running_mean'. */
  getBuffer(path: string): Tensor {
    const found = this.namedBuffers().find(([name]) => name === path);
    if (found === undefined) throw new ArgumentError(`getBuffer: ${this.constructor.name} has no buffer ${path}`);
    return found[1];
  }

  /** Calls `hook` after every forward of this module. PyTorch: Module.register_forward_hook. */
  registerForwardHook(hook: ForwardHook): HookHandle {
    return hooked(this).after(hook);
  }

  /** Calls `hook` before every forward of this module. PyTorch: Module.register_forward_pre_hook. */
  registerForwardPreHook(hook: ForwardPreHook): HookHandle {
    return hooked(this).before(hook);
  }

  /** The module's options, for printing. */
  extraRepr(): string {
    return '';
  }

  /** The module as a readable tree, as PyTorch prints it. */
  toString(): string {
    const lines = this.namedChildren().map(
      ([name, module]) => `(${name}): ${module.toString().replaceAll('\n', '\n  ')}`,
    );
    const name = this.constructor.name;
    if (lines.length === 0) return `${name}(${this.extraRepr()})`;
    const extra = this.extraRepr();
    return `${name}(\n  ${[...(extra === '' ? [] : [extra]), ...lines].join('\n  ')}\n)`;
  }

  [inspect](): string {
    return this.toString();
  }
}

function ownParameters(module: Module): [string, Parameter][] {
  const { parameters, buffers } = registryOf(module);
  return Object.entries(module).filter(
    (entry): entry is [string, Parameter] =>
      !buffers.has(entry[0]) &&
      (entry[1] instanceof Parameter || (parameters.has(entry[0]) && entry[1] instanceof Tensor)),
  );
}

function ownBuffers(module: Module): [string, Tensor][] {
  const { buffers } = registryOf(module);
  return Object.entries(module).filter(
    (entry): entry is [string, Tensor] => buffers.has(entry[0]) && entry[1] instanceof Tensor,
  );
}

/** Gives a tensor the converted elements and keeps the object: whoever holds it sees the change. */
function replace(x: Tensor, target: Device | DType): void {
  const { storage, offset, shape, strides, dtype } = x.detach().to(target);
  Object.assign(x, { storage, offset, shape, strides, dtype });
}
