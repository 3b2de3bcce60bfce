import { isPlainObject } from '../core/bind.js';
import { Tensor } from '../tensor.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { copyRegistry } from './registry.js';

/** A module of its own with the same values: parameters, buffers and sub-modules are copied, hooks are not. */
export function copyModule<M extends Module>(module: M): M {
  return copy(module, new Map()) as M;
}

/** What appears in two places is one thing in the copy as well. */
function copy(value: unknown, made: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!made.has(value)) made.set(value, fresh(value, made));
  return made.get(value);
}

function fresh(value: object, made: Map<unknown, unknown>): unknown {
  if (value instanceof Parameter) return new Parameter(value.detach().clone(), value.requiresGrad);
  if (value instanceof Tensor) return value.detach().clone();
  if (Array.isArray(value)) return value.map((item) => copy(item, made));
  if (value instanceof Module) return freshModule(value, made);
  if (isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copy(item, made)]));
  }
  return value;
}

function freshModule(module: Module, made: Map<unknown, unknown>): Module {
  const result = Object.create(Object.getPrototypeOf(module) as object) as Module;
  made.set(module, result);
  copyRegistry(module, result);
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(module))) {
    // An own forward is a wrapper that calls hooks, bound to the module it wraps.
    if (name === 'forward' && !descriptor.enumerable) continue;
    Object.defineProperty(result, name, { ...descriptor, value: copy(descriptor.value, made) });
  }
  return result;
}
