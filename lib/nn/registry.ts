import { ArgumentError } from '../core/errors.js';
import { Tensor } from '../tensor.js';
import type { Module } from './module.js';
import { Parameter } from './parameter.js';

/** What a module knows beside its properties; kept out of sight of property walks and printing. */
interface Registry {
  /** Buffers by name, and whether the state dict has them. */
  readonly buffers: Map<string, boolean>;
  /** Parameters that were registered by name, present or null. */
  readonly parameters: Set<string>;
}

const registries = new WeakMap<Module, Registry>();

/** What is registered on a module. */
export function registryOf(module: Module): Registry {
  let registry = registries.get(module);
  if (registry === undefined) {
    registry = { buffers: new Map(), parameters: new Set() };
    registries.set(module, registry);
  }
  return registry;
}

/** Registers on one module what is registered on another. */
export function copyRegistry(from: Module, to: Module): void {
  const { buffers, parameters } = registryOf(from);
  registries.set(to, { buffers: new Map(buffers), parameters: new Set(parameters) });
}

/** Throws where a name cannot be a parameter's, buffer's or sub-module's. */
export function checkName(method: string, module: Module, name: unknown, registered: boolean): asserts name is string {
  if (typeof name !== 'string' || name === '' || name.includes('.')) {
    throw new ArgumentError(`${method}: a name must be a string, not empty and without a dot, got '${String(name)}'`);
  }
  const existing: unknown = (module as unknown as Record<string, unknown>)[name];
  if (existing !== undefined && !registered) {
    throw new ArgumentError(`${method}: ${module.constructor.name} already has a property ${name}`);
  }
}

/** A module's own parameters, in the order of its properties. */
export function ownParameters(module: Module): [string, Parameter][] {
  const { parameters, buffers } = registryOf(module);
  return Object.entries(module).filter(
    (entry): entry is [string, Parameter] =>
      !buffers.has(entry[0]) &&
      (entry[1] instanceof Parameter || (parameters.has(entry[0]) && entry[1] instanceof Tensor)),
  );
}

/** A module's own buffers, in the order of its properties. */
export function ownBuffers(module: Module): [string, Tensor][] {
  const { buffers } = registryOf(module);
  return Object.entries(module).filter(
    (entry): entry is [string, Tensor] => buffers.has(entry[0]) && entry[1] instanceof Tensor,
  );
}

/** What a state dict has of the module itself: parameters, then persistent buffers. */
export function ownState(module: Module): [string, Tensor][] {
  const { buffers } = registryOf(module);
  return [...ownParameters(module), ...ownBuffers(module).filter(([name]) => buffers.get(name) === true)];
}
