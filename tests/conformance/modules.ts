/** One recorded module: constructed, loaded, run forward and backward. */
import { compareTensor, Mismatch } from './compare.js';
import type { Entry, Sample } from './corpus.js';
import { compareGradients, wantedInputs } from './gradients.js';
import type { Tensor } from './library.js';
import { callMethod, callPath, withOptions } from './naming.js';
import { allowanceOf, type Progress } from './operations.js';
import { compareResult, type Decoder, type Json } from './values.js';

interface ModuleSample extends Sample {
  ctor: { path: string | null; expr?: string; args: Json[]; kwargs: Record<string, Json> };
  training: boolean;
  state: Record<string, { $t: string }>;
  state_after: Record<string, { $t: string }>;
  param_grads: Record<string, { $t: string } | null>;
}

export function runModule(entry: Entry, sample: Sample, decoder: Decoder, progress: Progress): void {
  const { ctor, training, state, state_after, param_grads } = sample as ModuleSample;
  const module = construct(ctor, decoder);
  callMethod(module, 'load_state_dict', decoder.decodeRecord(state));
  callMethod(module, 'train', training);
  const args = decoder.decode(sample.args) as unknown[];
  const inputs = withOptions(args, decoder.decodeRecord(sample.kwargs), decoder.device);
  const out = allowanceOf(entry, sample, 'out');
  const outputs = compareResult('output', callMethod(module, 'forward', ...inputs), sample.output, decoder.blob, out);

  const after = callMethod(module, 'state_dict') as Record<string, Tensor>;
  for (const name of Object.keys({ ...state, ...state_after })) {
    const expected = decoder.blob.read((state_after[name] ?? state[name]).$t);
    compareTensor(`${name} after forward`, after[name], expected, out);
  }
  progress.forward = true;
  if (!sample.cotangents) return;

  const parameters = new Map(callMethod(module, 'named_parameters') as [string, Tensor][]);
  const wanted = wantedInputs(sample, decoder);
  for (const [name, expected] of Object.entries(param_grads)) {
    const tensor = parameters.get(name);
    if (!tensor) throw new Mismatch(`there is no parameter '${name}'`);
    wanted.push({ label: `gradient of parameter ${name}`, tensor, expected });
  }
  compareGradients(outputs, sample.cotangents, wanted, decoder, allowanceOf(entry, sample, 'grad'));
}

function construct(ctor: ModuleSample['ctor'], decoder: Decoder): unknown {
  if (ctor.path === null) return decoder.evaluate(ctor.expr ?? '');
  const args = decoder.decode(ctor.args) as unknown[];
  return callPath(decoder.library, ctor.path, withOptions(args, decoder.decodeRecord(ctor.kwargs), decoder.device));
}
