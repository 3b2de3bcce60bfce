/** One recorded call of an operation: the call, its results, what it changed, its gradients. */

import { type Allowance, compareTensor } from './compare.js';
import type { Entry, Sample } from './corpus.js';
import { expressions } from './expressions.js';
import { compareGradients, wantedInputs } from './gradients.js';
import { attribute, callPath, callRecordedMethod, withOptions } from './naming.js';
import { compareResult, type Decoder, type Json } from './values.js';

/** How far a sample came; a gradient can only fail after the forward part passed. */
export interface Progress {
  forward: boolean;
}

interface OperationSample extends Sample {
  check: 'value' | 'meta';
  mutated?: Record<string, { $t: string }>;
}

/** What the results of a sample, or its gradients, may deviate by. */
export function allowanceOf(entry: Entry, sample: Sample, side: 'out' | 'grad'): Allowance {
  const meta = sample.unstable?.includes(side) ?? false;
  return { tolerance: entry.tol, scale: sample.tol_scale[side] ?? 1, meta };
}

export function runOperation(entry: Entry, sample: Sample, decoder: Decoder, progress: Progress): void {
  const { check, mutated = {} } = sample as OperationSample;
  const out = allowanceOf(entry, sample, 'out');
  const result = call(entry, sample, decoder);
  const outputs = compareResult('output', result, sample.output, decoder.blob, {
    ...out,
    meta: out.meta || check === 'meta',
  });
  for (const [name, { $t }] of Object.entries(mutated)) {
    compareTensor(`${name} after the call`, decoder.tensor(name), decoder.blob.read($t), out);
  }
  progress.forward = true;
  if (!sample.cotangents) return;
  const grad = allowanceOf(entry, sample, 'grad');
  compareGradients(outputs, sample.cotangents, wantedInputs(sample, decoder), decoder, grad);
}

function call({ call, name }: Entry, sample: Sample, decoder: Decoder): unknown {
  const { library, device } = decoder;
  if (call.path === '__getitem__') {
    const [self, index] = sample.args;
    return callRecordedMethod(library, 'at', [decoder.decode(self), ...indices(index).map((i) => decoder.decode(i))]);
  }
  const args = decoder.decode(sample.args) as unknown[];
  const kwargs = decoder.decodeRecord(sample.kwargs);
  switch (call.kind) {
    case 'function':
      return callPath(library, call.path, withOptions(args, kwargs, device));
    case 'method':
      return callRecordedMethod(library, call.path, withOptions(args, kwargs, device));
    case 'attr':
      return attribute(args[0], call.path);
    case 'expr':
      if (!Object.hasOwn(expressions, name)) throw new Error(`no line for '${name}' in expressions.ts`);
      return expressions[name](library, args, kwargs);
  }
}

/** `x[index]` as arguments of `x.at`: a tuple is spread, and so is a list that holds a list, slice, ellipsis or tensor. */
function indices(index: Json): Json[] {
  if (Array.isArray(index)) {
    const actsAsTuple = index.some((item) => typeof item === 'object' && item !== null);
    return actsAsTuple ? index : [index];
  }
  if (typeof index === 'object' && index !== null && '$tuple' in index) return index.$tuple as Json[];
  return [index];
}
