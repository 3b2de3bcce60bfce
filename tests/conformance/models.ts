/** A recorded model: the whole of it is one sample. */
import type { Blob, Recorded } from './blob.js';
import { type Allowance, compareNumber, compareTensor, Mismatch } from './compare.js';
import type { Entry, Sample } from './corpus.js';
import type { Library, Tensor } from './library.js';
import { callMethod, callPath } from './naming.js';
import type { Progress } from './operations.js';
import { resnet18 } from './resnet18.js';
import type { Decoder } from './values.js';

const MODELS: Record<string, (library: Library) => unknown> = { resnet18 };

type Weight = { $t: string } | { q: string; scale: string };

interface ModelHead {
  weights: Record<string, Weight>;
  input: string;
  target: string;
  expect: {
    eval_logits: string;
    train_logits: string;
    'loss (cross_entropy of the train logits, mean)': string;
    'grad of loss wrt input': string;
    'grad norms': Record<string, number>;
    'grad heads (first 16 elements)': Record<string, string>;
    'running statistics after the one train forward': Record<string, string>;
    'losses of 4 steps of SGD(lr=0.005, momentum=0.9, weight_decay=1e-4)': number[];
  };
  tol: { 'logits and loss': number; 'grad norms': number; 'grad heads and input grad': number; losses: number };
}

export function runModel(entry: Entry, _sample: Sample, decoder: Decoder, progress: Progress): void {
  const { library, blob } = decoder;
  const { weights, input: inputName, target: targetName, expect, tol } = entry.head as unknown as ModelHead;
  if (!Object.hasOwn(MODELS, entry.name)) throw new Error(`no model '${entry.name}' in models.ts`);
  const model = MODELS[entry.name](library);
  callMethod(model, 'load_state_dict', stateOf(weights, decoder));
  const input = decoder.tensor(inputName);
  const target = decoder.tensor(targetName);
  const compare = (what: string, got: unknown, name: string, relative: number) =>
    compareTensor(what, got, blob.read(name), relativeTo(blob.read(name), relative));

  callMethod(model, 'eval');
  compare('eval logits', callMethod(model, 'forward', input), expect.eval_logits, tol['logits and loss']);

  callMethod(model, 'train');
  callMethod(input, 'requires_grad_', true);
  const logits = callMethod(model, 'forward', input);
  compare('train logits', logits, expect.train_logits, tol['logits and loss']);
  const loss = callPath(library, 'nn.functional.cross_entropy', [logits, target]) as Tensor;
  compare('loss', loss, expect['loss (cross_entropy of the train logits, mean)'], tol['logits and loss']);
  const state = callMethod(model, 'state_dict') as Record<string, Tensor>;
  for (const [name, tensor] of Object.entries(expect['running statistics after the one train forward'])) {
    compare(`${name} after forward`, state[name], tensor, tol['logits and loss']);
  }
  progress.forward = true;

  callMethod(loss, 'backward');
  compare('gradient of the input', input.grad, expect['grad of loss wrt input'], tol['grad heads and input grad']);
  compareParameters(model, expect, tol, blob);
  trainFurther(model, decoder, input, target, expect, tol.losses);
}

/** The state dict; quantised weights are int8 times one float32, rounded once. */
function stateOf(weights: Record<string, Weight>, decoder: Decoder): Record<string, Tensor> {
  const tensorOf = (weight: Weight) => {
    if ('$t' in weight) return decoder.tensor(weight.$t);
    const quantised = decoder.blob.read(weight.q);
    const scale = Number(decoder.blob.read(weight.scale).data[0]);
    return decoder.create({ ...quantised, data: Array.from(quantised.data, (value) => Number(value) * scale) });
  };
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, tensorOf(weight)]));
}

/** Model tolerances are relative to the largest absolute value of the tensor; integers stay exact. */
function relativeTo(expected: Recorded, relative: number): Allowance {
  const largest = Array.from(expected.data, (value) => Math.abs(Number(value))).reduce((a, b) => Math.max(a, b), 0);
  return { tolerance: { rtol: 0, atol: relative * largest }, scale: 1, meta: false };
}

function compareParameters(model: unknown, expect: ModelHead['expect'], tol: ModelHead['tol'], blob: Blob): void {
  const parameters = new Map(callMethod(model, 'named_parameters') as [string, Tensor][]);
  const gradientOf = (name: string) => {
    const gradient = parameters.get(name)?.grad;
    if (!gradient) throw new Mismatch(`gradient of parameter ${name}: there is none`);
    return gradient;
  };
  for (const [name, expected] of Object.entries(expect['grad norms'])) {
    const norm = callMethod(gradientOf(name), 'norm') as Tensor;
    compareNumber(`gradient norm of ${name}`, norm.tolist(), expected, { rtol: tol['grad norms'], atol: 0 });
  }
  for (const [name, head] of Object.entries(expect['grad heads (first 16 elements)'])) {
    const expected = blob.read(head);
    const got = callMethod(callMethod(gradientOf(name), 'flatten'), 'narrow', 0, 0, expected.shape[0]);
    compareTensor(`gradient of ${name}`, got, expected, relativeTo(expected, tol['grad heads and input grad']));
  }
}

function trainFurther(
  model: unknown,
  { library }: Decoder,
  input: Tensor,
  target: Tensor,
  expect: ModelHead['expect'],
  tolerance: number,
): void {
  const parameters = callMethod(model, 'parameters');
  const options = { lr: 0.005, momentum: 0.9, weightDecay: 1e-4 };
  const optimizer = callPath(library, 'optim.SGD', [parameters, options]);
  const losses = expect['losses of 4 steps of SGD(lr=0.005, momentum=0.9, weight_decay=1e-4)'];
  const largest = Math.max(...losses);
  losses.forEach((expected, step) => {
    callMethod(optimizer, 'zero_grad');
    const logits = callMethod(model, 'forward', input);
    const loss = callPath(library, 'nn.functional.cross_entropy', [logits, target]) as Tensor;
    compareNumber(`loss of step ${step + 1}`, loss.tolist(), expected, { rtol: 0, atol: tolerance * largest });
    callMethod(loss, 'backward');
    callMethod(optimizer, 'step');
  });
}
