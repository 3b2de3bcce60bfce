import type { Described } from '../../lib/core/define.js';
import * as tg from '../../lib/index.js';
import * as operations from '../../lib/ops/table.js';
import { maker } from '../helpers/facts.js';

type Callable = Described & ((...args: unknown[]) => unknown);

const dtypes = ['float32', 'float64', 'float16', 'int32', 'int64', 'uint8', 'int8', 'int16', 'bool'] as const;

/** Runs every operation on its samples in every dtype, and back: a program that saw one dtype alone is faster than any real one. */
export function warmUp(): void {
  for (const dtype of dtypes) {
    for (const call of Object.values<unknown>(operations)) if (isSampled(call)) runSamples(call, dtype);
  }
}

function isSampled(value: unknown): value is Callable {
  return typeof value === 'function' && (value as Partial<Callable>).facts?.samples !== undefined;
}

/** A dtype that an operation refuses, or that its samples cannot be made in, warms the refusal. */
function runSamples(call: Callable, dtype: tg.DType): void {
  try {
    for (const args of call.facts.samples!(maker(dtype))) runOne(call, args);
  } catch (error) {
    if (!(error instanceof tg.TapegradError)) throw error;
  }
}

function runOne(call: Callable, args: readonly unknown[]): void {
  for (const x of args) {
    if (x instanceof tg.Tensor && x.isLeaf && x.dtype.startsWith('float')) x.requiresGrad_();
  }
  const result = call(...args);
  if (result instanceof tg.Tensor && result.requiresGrad) result.sum().backward();
}
