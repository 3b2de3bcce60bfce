import { Hidden, hidden } from '../autograd/hidden.js';
import { isOwn } from '../core/own.js';
import { making } from '../core/storage.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/**
 * Whether all that runs in a module's forward is the library's own: no class of the user's, no hook, which replaces the forward, and no
 * function that was given.
 */
export function isDiscreet(module: Module): boolean {
  return isOwn(module.constructor) && !Object.hasOwn(module, 'forward') && holdsDiscreet(module);
}

/** The same of what a module calls. */
function holdsDiscreet(module: Module): boolean {
  for (const name in module) {
    const value: unknown = (module as unknown as Record<string, unknown>)[name];
    if (value instanceof Module ? !isDiscreet(value) : typeof value === 'function' && !isOwn(value)) return false;
  }
  return true;
}

/** Runs the work of a module; what is made on the way is the tape's where nobody can see it. */
export function discreetly<R>(module: Module, work: () => R): R {
  return holdsDiscreet(module) ? hidden(work) : work();
}

/** Calls modules one after the other, each with the result of the one before; what only modules of the library see is the tape's, but for little memory. */
export function through<M extends Module>(
  modules: Iterable<M>,
  input: Tensor,
  call: (module: M, x: Tensor) => Tensor,
): Tensor {
  const inner = new Hidden();
  let x = input;
  for (const module of modules) {
    const given = x;
    if (given.storage.size >= making.worth && isDiscreet(module)) x = inner.run(() => call(module, given));
    else {
      inner.show();
      x = call(module, given);
    }
  }
  inner.show();
  return x;
}
