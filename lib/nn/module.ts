import type { Device } from '../core/device.js';
import { checkDType, type DType, isFloat } from '../core/dtype.js';
import { ArgumentError, DTypeError } from '../core/errors.js';
import { zeroGrad } from '../ops/zeroGrad.js';
import { Tensor } from '../tensor.js';
import type { BackwardHook } from './backwardHook.js';
import { type HookHandle, hooked } from './hooks.js';
import type { Parameter } from './parameter.js';
import { checkName, ownBuffers, ownParameters, ownState, registryOf } from './registry.js';
import { type LoadResult, loadState, type StateDict } from './state.js';

/** Called before a module's forward with its arguments; what it returns replaces them. */
export type ForwardPreHook = (module: Module, args: unknown[]) => unknown[] | null | undefined | void;

/** Called after a module's forward with its arguments and result; what it returns replaces the result. */
export type ForwardHook = (module: Module, args: unknown[], output: unknown) => unknown;

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

const set = (module: Module, name: string, value: unknown): void => {
  (module as unknown as Record<string, unknown>)[name] = value;
};

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

  /** Makes `tensor` a buffer under `name`: moved with the module and, where `persistent`, part of its state dict. PyTorch: Module.register_buffer. */
  registerBuffer(name: string, tensor: Tensor | null, persistent: boolean | { persistent?: boolean } = true): void {
    const { buffers } = registryOf(this);
    checkName('registerBuffer', this, name, buffers.has(name));
    if (tensor !== null && !(tensor instanceof Tensor)) {
      throw new ArgumentError(`registerBuffer: ${name} must be a tensor or null, got a ${typeof tensor}`);
    }
    buffers.set(name, typeof persistent === 'boolean' ? persistent : (persistent.persistent ?? true));
    set(this, name, tensor);
  }

  /** Makes `parameter` a parameter under `name`; null keeps the name without one. PyTorch: Module.register_parameter. */
  registerParameter(name: string, parameter: Parameter | null): void {
    const { parameters } = registryOf(this);
    checkName('registerParameter', this, name, parameters.has(name));
    if (parameter !== null && !(parameter instanceof Tensor)) {
      throw new ArgumentError(`registerParameter: ${name} must be an nn.Parameter or null, got a ${typeof parameter}`);
    }
    if (parameter !== null && parameter.gradFn !== null) {
      throw new ArgumentError(`registerParameter: ${name} was computed by an operation; a parameter must be a leaf`);
    }
    parameters.add(name);
    set(this, name, parameter);
  }

  /** Makes `module` a sub-module under `name`. PyTorch: Module.register_module. */
  registerModule(name: string, module: Module): void {
    const existing: unknown = (this as unknown as Record<string, unknown>)[name];
    checkName('registerModule', this, name, existing instanceof Module);
    if (!(module instanceof Module)) {
      throw new ArgumentError(`registerModule: ${name} must be a module, got a ${typeof module}`);
    }
    set(this, name, module);
  }

  /** Makes `module` a sub-module under `name`. PyTorch: Module.add_module. */
  addModule(name: string, module: Module): void {
    this.registerModule(name, module);
  }

  /** Every property that is a module; one module under two names comes twice. */
  private childEntries(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }

  /** The direct sub-modules with their names, each once. */
  namedChildren(): [string, Module][] {
    const seen = new Set<Module>();
    return this.childEntries().filter(([, module]) => !seen.has(module) && seen.add(module));
  }

  /** The direct sub-modules, each once. */
  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module and all below it with their names, each once, outer before inner. */
  namedModules(prefix = ''): [string, Module][] {
    const seen = new Set<Module>();
    const walk = (module: Module, name: string): [string, Module][] => {
      if (seen.has(module)) return [];
      seen.add(module);
      return [[name, module], ...module.childEntries().flatMap(([child, inner]) => walk(inner, join(name, child)))];
    };
    return walk(this, prefix);
  }

  /** This module and all below it, each once. */
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

  /** The buffers with their names, each tensor once. */
  namedBuffers(prefix = '', recurse = true): [string, Tensor][] {
    return this.named(prefix, recurse, ownBuffers);
  }

  /** The buffers, each once. */
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

  /** Parameters and persistent buffers by name, in PyTorch's order: detached, and sharing the module's memory. PyTorch: Module.state_dict. */
  stateDict(prefix = ''): StateDict {
    return Object.fromEntries(this.stateEntries(prefix).map(([name, x]) => [name, x.detach()]));
  }

  private stateEntries(prefix: string): [string, Tensor][] {
    const own = ownState(this).map(([name, x]): [string, Tensor] => [join(prefix, name), x]);
    return [...own, ...this.childEntries().flatMap(([name, module]) => module.stateEntries(join(prefix, name)))];
  }

  /**
   * Copies a state dict into the module. With `strict` (default) missing and unexpected keys are errors; wrong shapes always are.
   * StateDictError lists every problem, and nothing has been loaded then. PyTorch: Module.load_state_dict.
   */
  loadStateDict(state: StateDict, options: { strict?: boolean } | boolean = {}): LoadResult {
    const strict = typeof options === 'boolean' ? options : (options.strict ?? true);
    return loadState(this.constructor.name, this.stateEntries(''), state, strict);
  }

  /** Puts this module and all below it into training mode, or out of it. Returns the module. */
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
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

  /**
   * Moves parameters and buffers to a device, and floating-point ones to a floating-point dtype; in place, so that optimizers
   * stay valid. Returns the module. DTypeError for other dtypes. PyTorch: Module.to.
   */
  to(target: Device | DType | { device?: Device | null; dtype?: DType | null }, dtype?: DType): this {
    if (typeof target === 'object') return this.moveTo(target.device ?? null, target.dtype ?? null);
    const device = target === 'cpu' || target === 'webgpu';
    return device ? this.moveTo(target, dtype ?? null) : this.moveTo(null, target);
  }

  private moveTo(device: Device | null, dtype: DType | null): this {
    if (dtype !== null && !isFloat(checkDType('to', dtype))) {
      throw new DTypeError(`to: a module's parameters are floating-point numbers; ${dtype} is none`);
    }
    for (const x of [...this.parameters(), ...this.buffers()]) {
      const wanted = isFloat(x.dtype) ? (dtype ?? x.dtype) : x.dtype;
      replace(x, x.detach().to(device ?? x.device, wanted));
      if (x.grad !== null) replace(x.grad, x.grad.detach().to(device ?? x.grad.device, wanted));
    }
    return this;
  }

  /** Parameters and floating-point buffers in float32. Returns the module. */
  float(): this {
    return this.to('float32');
  }

  /** Parameters and floating-point buffers in float64. Returns the module. */
  double(): this {
    return this.to('float64');
  }

  /** Parameters and floating-point buffers in float16. Returns the module. */
  half(): this {
    return this.to('float16');
  }

  /** Sets every parameter's gradient to null, or to zeros. PyTorch: Module.zero_grad. */
  zeroGrad(setToNull = true): void {
    zeroGrad(this.parameters(), setToNull);
  }

  /** Makes every parameter ask for a gradient, or not. Returns the module. PyTorch: Module.requires_grad_. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /** The module at a path such as 'encoder.layers.0'; ArgumentError where there is none. PyTorch: Module.get_submodule. */
  getSubmodule(path: string): Module {
    let found: Module = this;
    for (const name of path === '' ? [] : path.split('.')) {
      const next = found.childEntries().find(([child]) => child === name);
      if (next === undefined)
        throw new ArgumentError(`getSubmodule: ${found.constructor.name} has no sub-module ${name} (in ${path})`);
      found = next[1];
    }
    return found;
  }

  /** The parameter at a path such as 'fc.weight'; ArgumentError where there is none. PyTorch: Module.get_parameter. */
  getParameter(path: string): Parameter {
    return this.find('getParameter', 'parameter', path, ownParameters);
  }

  /** The buffer at a path such as 'norm.running_mean'; ArgumentError where there is none. PyTorch: Module.get_buffer. */
  getBuffer(path: string): Tensor {
    return this.find('getBuffer', 'buffer', path, ownBuffers);
  }

  private find<T extends Tensor>(method: string, kind: string, path: string, own: (m: Module) => [string, T][]): T {
    const dot = path.lastIndexOf('.');
    const module = this.getSubmodule(path.slice(0, Math.max(dot, 0)));
    const found = own(module).find(([name]) => name === path.slice(dot + 1));
    if (found === undefined) throw new ArgumentError(`${method}: ${this.constructor.name} has no ${kind} ${path}`);
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

  /**
   * Calls `hook` with the gradients of this module's arguments and results (null where there is none) whenever those of the arguments
   * are computed; what it returns replaces them. PyTorch: Module.register_full_backward_hook.
   */
  registerFullBackwardHook(hook: BackwardHook): HookHandle {
    return hooked(this).backward(hook);
  }

  /** The module's options, for printing. */
  extraRepr(): string {
    return '';
  }

  /** The sub-modules as they are printed, one text each. */
  protected childTexts(): string[] {
    return this.childEntries().map(([name, module]) => `(${name}): ${module}`);
  }

  /** The module as a readable tree, as PyTorch prints it. */
  toString(): string {
    const name = this.constructor.name;
    const extra = this.extraRepr();
    const children = this.childTexts();
    if (children.length === 0) return `${name}(${extra})`;
    const lines = [...(extra === '' ? [] : [extra]), ...children].map((text) => text.replaceAll('\n', '\n  '));
    return `${name}(\n  ${lines.join('\n  ')}\n)`;
  }

  static {
    // A computed name could not stand in the declarations that older compilers read.
    Object.defineProperty(Module.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Module): string {
        return this.toString();
      },
    });
  }
}

/** Gives a tensor the converted elements and keeps the object: whoever holds it sees the change. */
function replace(x: Tensor, { storage, offset, shape, strides, dtype }: Tensor): void {
  Object.assign(x, { storage, offset, shape, strides, dtype });
}
