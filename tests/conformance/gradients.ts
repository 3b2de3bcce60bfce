/** Gradients of a result with the recorded cotangents, compared with the recorded ones. */
import { type Allowance, compareTensor, elements, Mismatch } from './compare.js';
import type { Sample } from './corpus.js';
import type { Tensor } from './library.js';
import { callPath } from './naming.js';
import type { Decoder, Json } from './values.js';

/** An input or a parameter, and the name of its recorded gradient; null where the result does not depend on it. */
export interface Wanted {
  label: string;
  tensor: Tensor;
  expected: { $t: string } | null;
}

export function wantedInputs(sample: Sample, decoder: Decoder): Wanted[] {
  return Object.entries(sample.grads ?? {}).map(([name, expected]) => ({
    label: `gradient of ${name}`,
    tensor: decoder.tensor(name),
    expected,
  }));
}

export function compareGradients(
  outputs: Tensor[],
  cotangents: (Json | null)[],
  wanted: Wanted[],
  decoder: Decoder,
  allowance: Allowance,
): void {
  const flowing = outputs
    .map((output, i) => ({ output, cotangent: cotangents[i] ?? null }))
    .filter(({ output, cotangent }) => cotangent !== null && output.requiresGrad);
  let got: (Tensor | null | undefined)[] = [];
  if (flowing.length > 0 && wanted.length > 0) {
    got = callPath(decoder.library, 'autograd.grad', [
      flowing.map(({ output }) => output),
      wanted.map(({ tensor }) => tensor),
      flowing.map(({ cotangent }) => decoder.decode(cotangent)),
      { allowUnused: true },
    ]) as (Tensor | null | undefined)[];
  }
  wanted.forEach(({ label, expected }, i) => {
    const gradient = got[i] ?? null;
    if (expected !== null) {
      if (gradient === null) throw new Mismatch(`${label}: there is none`);
      compareTensor(label, gradient, decoder.blob.read(expected.$t), allowance);
    } else if (gradient !== null && elements(gradient).some((element) => Number(element) !== 0)) {
      throw new Mismatch(`${label}: not zero, though the result does not depend on it`);
    }
  });
}
