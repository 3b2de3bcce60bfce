import { isPlainObject } from '../core/bind.js';
import { ArgumentError, FormatError } from '../core/errors.js';
import { Tensor } from '../tensor.js';

/** What `tg.save` takes: plain data with tensors and typed arrays in it, nested at will. */
export type Saveable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Tensor
  | ArrayBufferView
  | readonly Saveable[]
  | { readonly [key: string]: Saveable };

/** Deeper data would end in an overflow of the stack, here or where it is loaded. */
const deepest = 1000;

/** The key that marks what JSON has no word for. */
const mark = '$';

const words: Readonly<Record<string, number | undefined>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
  undefined: undefined,
};

function wordOf(value: number | undefined): string | null {
  if (value === undefined) return 'undefined';
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? null : String(value);
}

const arrayKinds = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
} as const;

/** Tensors and raw bytes that a structure refers to by number. */
export interface Parts {
  readonly tensors: Tensor[];
  readonly arrays: Uint8Array[];
}

function kindOf(view: ArrayBufferView): keyof typeof arrayKinds {
  const kind = Object.prototype.toString.call(view).slice(8, -1);
  if (kind in arrayKinds) return kind as keyof typeof arrayKinds;
  throw new ArgumentError(`save: a ${kind} cannot be saved; use a typed array`);
}

/** Data as JSON, with tensors and typed arrays put aside. Throws ArgumentError for functions, class instances and circles. */
export function encode(data: unknown, parts: Parts, path = 'the object', above: readonly unknown[] = []): unknown {
  if (data === null || typeof data === 'boolean' || typeof data === 'string') return data;
  if (typeof data === 'number' || data === undefined) {
    const word = wordOf(data);
    return word === null ? data : { [mark]: 'word', word };
  }
  if (typeof data === 'bigint') return { [mark]: 'bigint', value: String(data) };
  if (data instanceof Tensor) {
    return { [mark]: 'tensor', at: parts.tensors.push(data.detach()) - 1, requiresGrad: data.requiresGrad };
  }
  if (ArrayBuffer.isView(data)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { [mark]: 'array', kind: kindOf(data), at: parts.arrays.push(bytes) - 1 };
  }
  if (above.includes(data)) throw new ArgumentError(`save: ${path} contains itself`);
  if (above.length >= deepest) throw new ArgumentError(`save: the object is nested more than ${deepest} levels deep`);
  const inner = [...above, data];
  if (Array.isArray(data)) return Array.from(data, (item, i) => encode(item, parts, `${path}[${i}]`, inner));
  if (isPlainObject(data)) {
    const entries = Object.entries(data).map(([key, value]) => [key, encode(value, parts, `${path}.${key}`, inner)]);
    return Object.hasOwn(data, mark) ? { [mark]: 'object', entries } : Object.fromEntries(entries);
  }
  const hint = typeof data === 'object' && 'stateDict' in data ? '; save its stateDict()' : '';
  const name =
    typeof data === 'function'
      ? 'a function'
      : typeof data === 'symbol'
        ? 'a symbol'
        : `an instance of ${data.constructor?.name}`;
  throw new ArgumentError(`save: ${path} is ${name}, which cannot be saved${hint}`);
}

function damaged(): never {
  throw new FormatError('it holds a mark that is not known');
}

/** The data again. */
export function decode(json: unknown, parts: Parts): Saveable {
  if (typeof json !== 'object' || json === null) return json as Saveable;
  if (Array.isArray(json)) return json.map((item) => decode(item, parts));
  const object = json as Record<string, unknown>;
  switch (object[mark]) {
    case undefined:
      return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, decode(value, parts)]));
    case 'word':
      return Object.hasOwn(words, String(object.word)) ? words[String(object.word)] : damaged();
    case 'bigint':
      return BigInt(String(object.value));
    case 'tensor': {
      const x = parts.tensors[object.at as number] ?? damaged();
      x.leaf = object.requiresGrad === true;
      return x;
    }
    case 'array': {
      if (!Object.hasOwn(arrayKinds, String(object.kind))) return damaged();
      const Kind = arrayKinds[object.kind as keyof typeof arrayKinds];
      const bytes = parts.arrays[object.at as number] ?? damaged();
      return new Kind(bytes.slice().buffer) as ArrayBufferView;
    }
    case 'object':
      return Object.fromEntries(
        (object.entries as [string, unknown][]).map(([key, value]) => [key, decode(value, parts)]),
      );
    default:
      return damaged();
  }
}
