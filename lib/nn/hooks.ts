import { ArgumentError } from '../core/errors.js';
import { type BackwardHook, withBackwardHooks } from './backwardHook.js';
import type { ForwardHook, ForwardPreHook, Module } from './module.js';

/** Takes a hook away again. */
export interface HookHandle {
  remove(): void;
}

/** A module's hooks, and how to add one. */
interface Hooked {
  before(hook: ForwardPreHook): HookHandle;
  after(hook: ForwardHook): HookHandle;
  backward(hook: BackwardHook): HookHandle;
}

const known = new WeakMap<Module, Hooked>();

/** Wraps a module's forward on the instance, out of sight of property walks, the first time a hook is asked for. */
export function hooked(module: Module): Hooked {
  let found = known.get(module);
  if (found === undefined) {
    found = wrap(module);
    known.set(module, found);
  }
  return found;
}

function wrap(module: Module): Hooked {
  const pre = new Set<ForwardPreHook>();
  const post = new Set<ForwardHook>();
  const back = new Set<BackwardHook>();
  const bare = module.forward as (...args: unknown[]) => unknown;
  const forward = (...args: unknown[]): unknown => {
    let output = bare.apply(module, args);
    for (const hook of [...post]) output = hook(module, args, output) ?? output;
    return output;
  };
  const value = (...given: unknown[]): unknown => {
    let args = given;
    for (const hook of [...pre]) args = hook(module, args) ?? args;
    return back.size > 0 ? withBackwardHooks(module, [...back], args, forward) : forward(...args);
  };
  Object.defineProperty(module, 'forward', { value, enumerable: false, configurable: true, writable: true });
  const add = <H>(hooks: Set<H>, hook: H): HookHandle => {
    if (typeof hook !== 'function') throw new ArgumentError(`a hook must be a function, got ${String(hook)}`);
    hooks.add(hook);
    return { remove: () => void hooks.delete(hook) };
  };
  return {
    before: (hook) => add(pre, hook),
    after: (hook) => add(post, hook),
    backward: (hook) => add(back, hook),
  };
}
