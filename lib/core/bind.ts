import { ArgumentError } from './errors.js';
import { type Check, checksOf } from './kinds.js';
import { Tensor } from './tensor.js';

/** A parsed signature such as `sum(input, dim=null, keepdim=false, *, dtype=null)`. */
export interface Signature {
  readonly name: string;
  readonly positional: readonly string[];
  readonly keywords: readonly string[];
  readonly defaults: ReadonlyMap<string, unknown>;
  /** The position of `*sizes`: a list or a spread. -1 where there is none. */
  readonly variadic: number;
  /** Whether the first argument, where it is called `input` or `self`, is a tensor; `input:any` takes numbers and lists too. */
  readonly tensorFirst: boolean;
  /** What checks the kind of an argument. */
  readonly checks: ReadonlyMap<string, Check>;
  /** The values and checks of the positional arguments in order, for calls that name none; `missing` where there is no default. */
  readonly fallbacks: readonly unknown[];
  readonly inOrder: readonly (Check | undefined)[];
  /** What the keyword-only arguments are when none is given; null where one must be, or where there are none. */
  readonly standard: Readonly<Record<string, unknown>> | null;
}

/** Stands where an argument has no default. */
const missing: unique symbol = Symbol('missing');

/**
 * Reads a signature: PyTorch's notation with JavaScript's names and JSON's literals.
 * `*` alone begins the arguments that have names only; `*sizes` takes a list or a spread. The kind of an argument
 * that its name and default do not tell follows it: `source:tensor`, `dims:integers`, `input:any`.
 */
export function parseSignature(text: string): Signature {
  const match = /^([\w.]+)\((.*)\)$/s.exec(text);
  if (match === null) throw new ArgumentError(`not a signature: ${text}`);
  const positional: string[] = [];
  const keywords: string[] = [];
  const defaults = new Map<string, unknown>();
  const marks = new Map<string, string>();
  let variadic = -1;
  let named = false;
  for (const part of match[2].split(/,\s*(?![^[]*\])/).filter((piece) => piece !== '')) {
    if (part === '*') {
      named = true;
      continue;
    }
    const [left, ...right] = part.split('=');
    const [name, mark] = left.replace('*', '').split(':');
    if (mark !== undefined) marks.set(name, mark);
    if (left.startsWith('*')) {
      variadic = positional.length;
      named = true;
      positional.push(name);
    } else (named ? keywords : positional).push(name);
    if (right.length > 0) defaults.set(name, JSON.parse(right.join('=').replaceAll("'", '"')));
  }
  const names = [...positional, ...keywords];
  const tensorFirst = /^(input|self)$/.test(positional[0]) && !marks.has(positional[0]);
  const checks = checksOf(names, defaults, marks);
  const complete = keywords.length > 0 && keywords.every((key) => defaults.has(key));
  return {
    name: match[1],
    positional,
    keywords,
    defaults,
    variadic,
    tensorFirst,
    checks,
    fallbacks: positional.map((key) => (defaults.has(key) ? defaults.get(key) : missing)),
    inOrder: positional.map((key) => checks.get(key)),
    standard: complete ? Object.fromEntries(keywords.map((key) => [key, defaults.get(key)])) : null,
  };
}

/** Whether a value is an options object: made by `{ ... }`, nothing else. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Tensor || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's plain object has another Object.prototype, whose own prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function known(signature: Signature): string {
  return [...signature.positional, ...signature.keywords].join(', ');
}

function gather(signature: Signature, args: readonly unknown[]): unknown[] {
  const { variadic } = signature;
  if (variadic < 0 || args.length <= variadic) return args.slice(0, args.findLastIndex((x) => x !== undefined) + 1);
  const first = args[variadic];
  const rest = Array.isArray(first) && args.length === variadic + 1 ? first : args.slice(variadic);
  return [...args.slice(0, variadic), rest];
}

/** The value of an argument, checked, or its default. */
function valueOf(signature: Signature, key: string, value: unknown): unknown {
  const { name, positional, defaults, checks, variadic } = signature;
  if (value !== undefined) {
    // What is the default is right by definition, null among them.
    if (value !== defaults.get(key)) checks.get(key)?.(name, key, value);
    return value;
  }
  if (defaults.has(key)) return defaults.get(key);
  if (key === positional[variadic]) return [];
  throw new ArgumentError(`${name}: the argument ${key} is missing; it takes ${known(signature)}`);
}

/** `bind` for the usual call, which names nothing; null where it is another. */
function bindInOrder(signature: Signature, args: readonly unknown[], leading: number): unknown[] | null {
  const { name, positional, keywords, fallbacks, inOrder, standard } = signature;
  if (signature.variadic >= 0 || args.length > positional.length || (keywords.length > 0 && standard === null))
    return null;
  if (args.length > leading && isPlainObject(args[args.length - 1])) return null;
  const values: unknown[] = [];
  for (let i = 0; i < fallbacks.length; i++) {
    const value = i < args.length ? args[i] : undefined;
    if (value === undefined) {
      if (fallbacks[i] === missing) return null;
      values.push(fallbacks[i]);
    } else {
      if (value !== fallbacks[i]) inOrder[i]?.(name, positional[i], value);
      values.push(value);
    }
  }
  if (keywords.length > 0) values.push(standard);
  return values;
}

/**
 * Puts the arguments of a call in the signature's order: positional values, then one object with the keyword-only ones.
 * `leading` arguments can only be given by position. Unknown, doubled and missing ones throw ArgumentError.
 */
export function bind(signature: Signature, args: readonly unknown[], leading: number): unknown[] {
  const inOrder = bindInOrder(signature, args, leading);
  if (inOrder !== null) return inOrder;
  const { name, positional, keywords } = signature;
  const last = args[args.length - 1];
  const options = args.length > leading && isPlainObject(last) ? last : null;
  const given = gather(signature, options === null ? args : args.slice(0, -1));
  if (given.length > positional.length) {
    throw new ArgumentError(
      `${name}: takes ${positional.length} arguments by position (${known(signature)}), got ${given.length}`,
    );
  }
  if (options !== null) {
    for (const key of Object.keys(options)) {
      const place = positional.indexOf(key);
      if ((place < 0 && !keywords.includes(key)) || (place >= 0 && place < leading)) {
        throw new ArgumentError(
          `${name}: unknown option ${key}; known: ${[...positional.slice(leading), ...keywords].join(', ')}`,
        );
      }
      if (place >= 0 && place < given.length && given[place] !== undefined && options[key] !== undefined) {
        throw new ArgumentError(`${name}: the argument ${key} was given twice, by position and by name`);
      }
    }
  }
  const values = positional.map((key, i) =>
    valueOf(signature, key, given[i] === undefined ? options?.[key] : given[i]),
  );
  if (keywords.length > 0 || signature.variadic >= 0) {
    values.push(Object.fromEntries(keywords.map((key) => [key, valueOf(signature, key, options?.[key])])));
  }
  return values;
}
