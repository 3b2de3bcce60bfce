/** The naming rule: a PyTorch path, method or keyword as the library spells it, and the call that follows from it. */
import { isTensor, type Library } from './library.js';

/** Marks an argument that has no counterpart (`memory_format`, `layout`); it is left out of the call. */
export const DROPPED: unique symbol = Symbol('dropped');

const DROPPED_KEYWORDS = new Set(['memory_format', 'layout', 'pin_memory', 'out']);

/** `index_select` -> `indexSelect`, `T_max` -> `TMax`, `add_` -> `add_`, `_foo` -> `foo`. */
export function camelCase(name: string): string {
  return name.replace(/^_+/, '').replace(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The names below the library's top level that a PyTorch path leads through. */
function segments(path: string): string[] {
  return path
    .replace(/^torch\./, '')
    .replace(/^utils\.data\./, 'data.')
    .split('.')
    .map(camelCase);
}

/** The value a PyTorch path names, `torch.nn.functional.conv2d` -> `tg.nn.functional.conv2d`. */
export function find(library: Library, path: string): unknown {
  const names = segments(path);
  let value: unknown = library;
  for (const name of names) {
    value = (value as Record<string, unknown> | undefined)?.[name];
    if (value === undefined) throw new Error(`not offered: tg.${names.join('.')}`);
  }
  return value;
}

function callable(value: unknown, what: string): (...args: unknown[]) => unknown {
  if (typeof value !== 'function') throw new Error(`not a function: ${what}`);
  return value as (...args: unknown[]) => unknown;
}

/** Calls a method by PyTorch's name, keeping `this`. */
export function callMethod(target: unknown, name: string, ...args: unknown[]): unknown {
  const spelled = camelCase(name);
  const method = (target as Record<string, unknown>)[spelled];
  if (method === undefined) throw new Error(`not offered: ${(target as object).constructor.name}.${spelled}()`);
  return callable(method, spelled).apply(target, args);
}

/** An attribute by PyTorch's name. */
export function attribute(target: unknown, name: string): unknown {
  const spelled = camelCase(name);
  if (!(spelled in (target as object))) throw new Error(`not offered: Tensor.${spelled}`);
  return (target as Record<string, unknown>)[spelled];
}

/** Positional arguments, then the keywords as one trailing object where there are any. */
export function withOptions(args: unknown[], kwargs: Record<string, unknown>, device: string): unknown[] {
  const positional = args.filter((value) => value !== DROPPED);
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(kwargs)) {
    if (value === DROPPED || DROPPED_KEYWORDS.has(name)) continue;
    if (name === 'device' && value === 'cpu') {
      if (device !== 'cpu') options.device = device;
    } else if (name === 'input' && positional.length === 0) {
      // The first argument has no name here.
      positional.push(value);
    } else {
      options[camelCase(name)] = value;
    }
  }
  return Object.keys(options).length > 0 ? [...positional, options] : positional;
}

/** Calls what a path names; a class is constructed. */
export function callPath(library: Library, path: string, args: unknown[]): unknown {
  const value = callable(find(library, path), path);
  const name = path.slice(path.lastIndexOf('.') + 1);
  return /^[A-Z]/.test(name) ? Reflect.construct(value, args) : value(...args);
}

/** A Python slice as `x.at` reads it: `1:`, `::2`. */
export function sliceText(start: unknown, stop: unknown, step: unknown): string {
  return `${start ?? ''}:${stop ?? ''}${step === null || step === undefined ? '' : `:${step}`}`;
}

/** Python's reflected operators: `a.__rsub__(b)` is `b - a`. */
const REFLECTED: Record<string, string> = {
  __radd__: 'add',
  __rsub__: 'sub',
  __rmul__: 'mul',
  __rdiv__: 'div',
  __rtruediv__: 'div',
  __rfloordiv__: 'floor_divide',
  __rmod__: 'remainder',
  __rpow__: 'pow',
  __rmatmul__: 'matmul',
  __rand__: 'bitwise_and',
  __ror__: 'bitwise_or',
  __rxor__: 'bitwise_xor',
};

/** A recorded method call: a reflected operator by the table, everything else by its name. */
export function callRecordedMethod(library: Library, name: string, args: unknown[]): unknown {
  const [self, ...rest] = args;
  const operator = REFLECTED[name];
  if (!operator) return callMethod(self, name, ...rest);
  // PyTorch's __rpow__ makes a new tensor of the base, through which no gradient flows.
  const other = name === '__rpow__' && isTensor(rest[0]) ? callMethod(rest[0], 'detach') : rest[0];
  return callPath(library, operator, [other, self]);
}
