/** Values as the corpus writes them in JSON: decoded into arguments, and compared with results. */
import type { Blob, Recorded } from './blob.js';
import { type Allowance, compareNumber, compareTensor, describe, Mismatch } from './compare.js';
import { isTensor, type Library, type Tensor } from './library.js';
import { callMethod, callPath, camelCase, DROPPED, find, sliceText } from './naming.js';
import { type Environment, evaluate, lambda, parse } from './python.js';

/** A JSON value of the corpus. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

type JsonObject = { [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Decodes one entry's arguments; a tensor named twice is the same tensor twice. */
export class Decoder {
  readonly library: Library;
  readonly device: string;
  readonly blob: Blob;
  private loaded: Record<string, Tensor> | undefined;
  private readonly used = new Map<string, Tensor>();

  constructor(library: Library, blob: Blob, device: string) {
    this.library = library;
    this.blob = blob;
    this.device = device;
  }

  /** The input tensor of that name. */
  tensor(name: string): Tensor {
    let tensor = this.used.get(name);
    if (!tensor) {
      // The library gets bytes of its own: what it changes in place must not change what is expected.
      this.loaded ??= callPath(this.library, 'io.load', [this.blob.bytes.slice()]) as Record<string, Tensor>;
      if (!(name in this.loaded)) throw new Error(`io.load: no tensor '${name}'`);
      tensor = this.onDevice(this.loaded[name]);
      this.used.set(name, tensor);
    }
    return tensor;
  }

  /** Recorded float32 elements as a new tensor of the library. */
  create({ data, shape }: Recorded, requiresGrad = false): Tensor {
    const values = Float32Array.from(data as ArrayLike<number>);
    const tensor = callPath(this.library, 'tensor', [values, { shape: [...shape] }]) as Tensor;
    const placed = this.onDevice(tensor);
    return requiresGrad ? (callMethod(placed, 'requires_grad_', true) as Tensor) : placed;
  }

  private onDevice(tensor: Tensor): Tensor {
    return this.device === 'cpu' ? tensor : (callMethod(tensor, 'to', this.device) as Tensor);
  }

  decode(value: Json): unknown {
    if (Array.isArray(value)) return value.map((item) => this.decode(item));
    if (!isObject(value)) return value;
    if ('$t' in value) return this.decodeTensor(value);
    if ('$float' in value) return Number(String(value.$float).replace('inf', 'Infinity'));
    if ('$tuple' in value) return this.decode(value.$tuple);
    if ('$size' in value) return this.decode(value.$size);
    if ('$int' in value) return BigInt(value.$int as string);
    if ('$dtype' in value) return value.$dtype;
    if ('$device' in value) return value.$device;
    if ('$memory_format' in value || '$layout' in value) return DROPPED;
    if ('$slice' in value) return sliceText(...(value.$slice as [unknown, unknown, unknown]));
    if ('$ellipsis' in value) return '...';
    if ('$callable' in value) return this.callable(value.$callable as string);
    if ('$lambda' in value) return lambda(value.$lambda as string);
    if ('$dict' in value) {
      const pairs = value.$dict as [Json, Json][];
      return Object.fromEntries(pairs.map(([key, item]) => [this.decode(key), this.decode(item)]));
    }
    throw new Error(`cannot decode ${JSON.stringify(value)}`);
  }

  decodeRecord(values: JsonObject): Record<string, unknown> {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, this.decode(value)]));
  }

  private decodeTensor(value: JsonObject): Tensor {
    if ('complex' in value) throw new Error('complex tensors are not offered');
    const tensor = this.tensor(value.$t as string);
    if (value.grad && !tensor.requiresGrad) callMethod(tensor, 'requires_grad_', true);
    return tensor;
  }

  /** A function by its path, or the module that a constructor call gives. */
  private callable(source: string): unknown {
    const value = this.evaluate(source);
    return typeof value === 'function' ? value : (...args: unknown[]) => callMethod(value, 'forward', ...args);
  }

  /** The value of a recorded Python expression over the library: `torch.nn.Linear(3, 4, bias=False)`. */
  evaluate(source: string): unknown {
    const environment: Environment = {
      name: (path) => find(this.library, path),
      call: (path, args, kwargs) => {
        if (path === 'OrderedDict' || path === 'collections.OrderedDict') return orderedDict(args[0]);
        const options = Object.fromEntries(Object.entries(kwargs).map(([name, item]) => [camelCase(name), item]));
        return callPath(this.library, path, Object.keys(options).length > 0 ? [...args, options] : args);
      },
    };
    return evaluate(parse(source), environment);
  }
}

function orderedDict(items: unknown): unknown {
  return Array.isArray(items) ? Object.fromEntries(items as [string, unknown][]) : (items ?? {});
}

/** Compares a result with the recorded one and returns its tensors in order of appearance. */
export function compareResult(what: string, got: unknown, expected: Json, blob: Blob, allowance: Allowance): Tensor[] {
  const tensors: Tensor[] = [];
  const visit = (value: unknown, wanted: Json, name: string): void => {
    if (isObject(wanted) && '$t' in wanted) {
      const meta = allowance.meta || wanted.compare === 'meta';
      compareTensor(`${name} ${tensors.length}`, value, blob.read(wanted.$t as string), { ...allowance, meta });
      tensors.push(value as Tensor);
    } else if (Array.isArray(wanted) || (isObject(wanted) && ('$tuple' in wanted || '$size' in wanted))) {
      const items = (Array.isArray(wanted) ? wanted : (wanted.$tuple ?? wanted.$size)) as Json[];
      const parts = sequence(name, value, items.length);
      if (!Array.isArray(wanted) && wanted.fields) compareFields(name, value, parts, wanted.fields as string[]);
      items.forEach((item, i) => {
        visit(parts[i], item, name);
      });
    } else {
      comparePlain(name, value, wanted, allowance);
    }
  };
  visit(got, expected, what);
  return tensors;
}

function sequence(what: string, value: unknown, length: number): unknown[] {
  const iterable = typeof value === 'object' && value !== null && Symbol.iterator in value && !isTensor(value);
  if (!iterable) throw new Mismatch(`${what}: ${describe(value)}, expected ${length} values`);
  const parts = Array.from(value as Iterable<unknown>);
  if (parts.length !== length) throw new Mismatch(`${what}: ${parts.length} values, expected ${length}`);
  return parts;
}

/** Several results carry PyTorch's field names and iterate in PyTorch's order. */
function compareFields(what: string, value: unknown, parts: unknown[], fields: string[]): void {
  fields.forEach((field, i) => {
    const name = camelCase(field);
    if ((value as Record<string, unknown>)[name] !== parts[i]) {
      throw new Mismatch(`${what}: the field '${name}' is not value ${i}`);
    }
  });
}

/** Numbers, booleans, strings and None. */
function comparePlain(what: string, got: unknown, expected: Json, allowance: Allowance): void {
  if (isObject(expected) && '$float' in expected) {
    const number = Number(String(expected.$float).replace('inf', 'Infinity'));
    compareNumber(what, got, number, allowance.tolerance, allowance.scale);
  } else if (typeof expected === 'number' && !Number.isInteger(expected)) {
    compareNumber(what, got, expected, allowance.tolerance, allowance.scale);
  } else {
    const wanted = isObject(expected) ? (expected.$dtype ?? expected.$device) : expected;
    if (wanted === undefined) throw new Mismatch(`${what}: cannot compare with ${JSON.stringify(expected)}`);
    const same = wanted === null ? got === null || got === undefined : got === wanted;
    if (!same) throw new Mismatch(`${what}: ${describe(got)}, expected ${JSON.stringify(wanted)}`);
  }
}
