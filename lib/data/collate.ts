import { isPlainObject } from '../core/bind.js';
import { ArgumentError } from '../core/errors.js';
import { tensor } from '../ops/creation/creation.js';
import { stack } from '../ops/shape/combine.js';
import { Tensor } from '../tensor.js';

/** What `defaultCollate` makes of samples. */
export type Collated<T> = T extends Tensor | number | boolean | bigint | ArrayBufferView
  ? Tensor
  : T extends string
    ? string[]
    : { [K in keyof T]: Collated<T[K]> };

function differ(what: string, first: unknown, other: unknown): never {
  throw new ArgumentError(
    `defaultCollate: the samples of a batch differ: ${what} ${String(first)} and ${String(other)}; give a collateFn`,
  );
}

/**
 * Makes one batch of a list of samples: tensors are stacked, numbers become a float32 tensor, truth values a bool one, BigInts an int64
 * one, strings a list; lists and plain objects are gone through by place and by key. Labels for a loss that takes class numbers are best
 * returned as int32 tensors. ArgumentError for samples that differ in kind. PyTorch: torch.utils.data.default_collate.
 * @example
 * tg.data.defaultCollate([[tg.zeros(2), 1], [tg.ones(2), 0]])[1] // => tensor([1., 0.])
 */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  return collate(samples) as Collated<T>;
}

function collate(samples: readonly unknown[]): unknown {
  const [first] = samples;
  for (const sample of samples) if (typeof sample !== typeof first) differ('types', typeof first, typeof sample);
  if (first instanceof Tensor) return stack(samples as Tensor[]);
  if (typeof first === 'number') return tensor(samples as number[]);
  if (typeof first === 'boolean') return tensor(samples as boolean[]);
  if (typeof first === 'bigint') return tensor(samples as bigint[]);
  if (typeof first === 'string') return [...samples];
  if (ArrayBuffer.isView(first)) return stack((samples as ArrayBufferView[]).map((sample) => tensor(sample)));
  if (Array.isArray(first)) return columns(samples as unknown[][]);
  if (isPlainObject(first)) return fields(samples as Record<string, unknown>[]);
  throw new ArgumentError(
    `defaultCollate: a sample is ${first === null ? 'null' : `a ${typeof first}`}; it takes tensors, numbers, booleans, BigInts, strings, typed arrays, lists and plain objects. Give a collateFn`,
  );
}

function columns(samples: readonly unknown[][]): unknown[] {
  const [{ length }] = samples;
  for (const sample of samples) if (sample.length !== length) differ('lists of length', length, sample.length);
  return Array.from({ length }, (_, i) => collate(samples.map((sample) => sample[i])));
}

function fields(samples: readonly Record<string, unknown>[]): Record<string, unknown> {
  const keys = Object.keys(samples[0]);
  for (const sample of samples) {
    if (keys.length !== Object.keys(sample).length || !keys.every((key) => key in sample)) {
      differ('keys', keys.join(', '), Object.keys(sample).join(', '));
    }
  }
  return Object.fromEntries(keys.map((key) => [key, collate(samples.map((sample) => sample[key]))]));
}
