import { ArgumentError } from './errors.js';
import { type Check, checksOf } from './kinds.js';

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
}

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
  return {
    name: match[1],
    positional,
    keywords,
    defaults,
    variadic,
    tensorFirst,
    checks: checksOf(names, defaults, marks),
  };
}

/** Whether a value is an options object: made by `{ ... }`, nothing else. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
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

/**
 * Puts the arguments of a call in the signature's order: positional values, then one object with the keyword-only ones.
 * `leading` arguments can only be given by position. Unknown, doubled and missing ones throw ArgumentError.
 */
export function bind(signature: Signature, args: readonly unknown[], leading: number): unknown[] {
  const { name, positional, keywords, defaults, checks } = signature;
  const last = args[args.length - 1];
  const options = args.length > leading && isPlainObject(last) ? last : null;
  const given = gather(signature, options === null ? args : args.slice(0, -1));
  if (given.length > positional.length) {
    throw new ArgumentError(
      `${name}: takes ${positional.length} arguments by position (${known(signature)}), got ${given.length}`,
    );
  }
  const taken = (key: string, value: unknown): unknown => {
    if (value !== undefined) {
      // What is the default is right by definition, null among them.
      if (value !== defaults.get(key)) checks.get(key)?.(name, key, value);
      return value;
    }
    if (defaults.has(key)) return defaults.get(key);
    if (key === positional[signature.variadic]) return [];
    throw new ArgumentError(`${name}: the argument ${key} is missing; it takes ${known(signature)}`);
  };
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
  const values = positional.map((key, i) => taken(key, given[i] === undefined ? options?.[key] : given[i]));
  if (keywords.length > 0 || signature.variadic >= 0) {
    values.push(Object.fromEntries(keywords.map((key) => [key, taken(key, options?.[key])])));
  }
  return values;
}
