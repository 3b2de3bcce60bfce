import { isPlainObject } from '../core/bind.js';
import { ArgumentError } from '../core/errors.js';
import type { Tensor } from '../tensor.js';
import { through } from './discreet.js';
import { Module } from './module.js';
import { ModuleSequence } from './sequence.js';

/**
 * Modules one after the other: each gets the result of the one before. Given as a list, spread, or an object of names.
 * PyTorch: torch.nn.Sequential.
 * @example
 * const model = new tg.nn.Sequential(new tg.nn.Linear(4, 8), new tg.nn.ReLU(), new tg.nn.Linear(8, 2));
 * model.forward(tg.ones(3, 4)).shape // => [ 3, 2 ]
 */
export class Sequential extends ModuleSequence<Module> {
  constructor(modules: Record<string, Module>);
  constructor(modules: readonly Module[]);
  constructor(...modules: Module[]);
  constructor(...given: unknown[]) {
    super();
    const [first] = given;
    if (given.length === 1 && isPlainObject(first)) {
      for (const [name, module] of Object.entries(first)) this.registerModule(name, module as Module);
    } else this.extend((given.length === 1 && Array.isArray(first) ? first : given) as Module[]);
  }

  forward(input: Tensor): Tensor {
    return through(this as Iterable<Module & { forward(x: Tensor): Tensor }>, input, (module, x) => module.forward(x));
  }
}

/** Consecutive modules that print alike are printed once: `(0-2): 3 x Linear(...)`. */
function grouped(entries: readonly [string, Module][]): string[] {
  const groups: { first: string; last: string; count: number; text: string }[] = [];
  for (const [name, module] of entries) {
    const text = module.toString();
    const open = groups.at(-1);
    if (open?.text === text) Object.assign(open, { last: name, count: open.count + 1 });
    else groups.push({ first: name, last: name, count: 1, text });
  }
  return groups.map(({ first, last, count, text }) =>
    count === 1 ? `(${first}): ${text}` : `(${first}-${last}): ${count} x ${text}`,
  );
}

/**
 * A list of modules whose parameters are found, as those of a plain array are not. PyTorch: torch.nn.ModuleList.
 * @example
 * const layers = new tg.nn.ModuleList([1, 2, 3].map(() => new tg.nn.Linear(2, 2)));
 * layers.parameters().length // => 6
 */
export class ModuleList<M extends Module = Module> extends ModuleSequence<M> {
  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  protected override childTexts(): string[] {
    return grouped(this.entries());
  }

  /** A list computes nothing: call the modules in it. */
  forward(): never {
    throw new ArgumentError('ModuleList.forward: a list computes nothing; call the modules in it');
  }
}

/** Modules by name, as an object has them, whose parameters are found. PyTorch: torch.nn.ModuleDict. */
export class ModuleDict<T extends Record<string, Module> = Record<string, Module>> extends Module {
  constructor(modules?: T) {
    super();
    this.update(modules ?? {});
  }

  /** How many modules there are. */
  get length(): number {
    return this.items().length;
  }

  /** The module under a name; ArgumentError where there is none. */
  get<K extends keyof T & string>(key: K): T[K] {
    if (this.has(key)) return (this as unknown as T)[key];
    throw new ArgumentError(`ModuleDict.get: there is no module ${key}; there are ${this.keys().join(', ')}`);
  }

  /** Puts a module under a name. */
  set(key: string, module: Module): this {
    this.registerModule(key, module);
    return this;
  }

  /** Whether there is a module under a name. */
  has(key: string): boolean {
    return this.keys().includes(key);
  }

  /** Takes a module out and returns it; ArgumentError where there is none. */
  pop<K extends keyof T & string>(key: K): T[K] {
    const module = this.get(key);
    delete (this as unknown as Record<string, unknown>)[key];
    return module;
  }

  /** Puts several modules under their names. */
  update(modules: Record<string, Module>): this {
    if (!isPlainObject(modules)) throw new ArgumentError('ModuleDict: expected an object of names and modules');
    for (const [key, module] of Object.entries(modules)) this.registerModule(key, module);
    return this;
  }

  /** The names in order. */
  keys(): string[] {
    return this.items().map(([key]) => key);
  }

  /** The modules in order. */
  values(): Module[] {
    return this.items().map(([, module]) => module);
  }

  /** Names and modules in order. */
  items(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }

  /** A dictionary computes nothing: call the modules in it. */
  forward(): never {
    throw new ArgumentError('ModuleDict.forward: a dictionary computes nothing; call the modules in it');
  }
}
