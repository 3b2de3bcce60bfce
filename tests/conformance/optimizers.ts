/** Optimizers, schedulers and gradient clipping: the recorded gradients in, every recorded row out. */
import { row } from './blob.js';
import { type Allowance, compareNumber, compareTensor, type Tolerance } from './compare.js';
import type { Entry, Sample } from './corpus.js';
import type { Tensor } from './library.js';
import { callMethod, callPath, camelCase } from './naming.js';
import { allowanceOf, type Progress } from './operations.js';
import { objective } from './problem.js';
import { compareResult, type Decoder, type Json } from './values.js';

type Tensors = Record<string, { $t: string }>;

interface Construction {
  path: string;
  kwargs: Record<string, Json>;
}

interface OptimizerSample extends Sample {
  optimizer: Construction;
  param_groups: { params: string[]; [option: string]: Json }[];
  scheduler?: Construction;
  metrics?: number[];
  closure: boolean;
  steps: number;
  params: Tensors;
  gradients: Tensors;
  constants: Tensors;
  lr?: number[][];
  momentum?: number[][];
}

interface ClippingSample extends Sample {
  call: { path: string };
  grads_before: { $t: string }[];
  grads_after: { $t: string }[];
  returns: Json;
}

/** What the runner reads of an optimizer. */
interface Optimizer {
  paramGroups: { lr: number; momentum?: number; betas?: number[] }[];
}

export function runOptimizer(entry: Entry, sample: Sample, decoder: Decoder, progress: Progress): void {
  if ('grads_before' in sample) clip(entry, sample as ClippingSample, decoder);
  else train(entry, sample as OptimizerSample, decoder);
  progress.forward = true;
}

function camelOptions(kwargs: Record<string, Json>, decoder: Decoder): Record<string, unknown> {
  return Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [camelCase(name), decoder.decode(value)]));
}

function train(entry: Entry, sample: OptimizerSample, decoder: Decoder): void {
  const { blob, library } = decoder;
  const names = Object.keys(sample.params);
  const rows = Object.fromEntries(names.map((name) => [name, blob.read(sample.params[name].$t)]));
  const gradients = Object.fromEntries(names.map((name) => [name, blob.read(sample.gradients[name].$t)]));
  const parameters = Object.fromEntries(names.map((name) => [name, decoder.create(row(rows[name], 0), true)]));
  const groups = sample.param_groups.map(({ params, ...options }) => ({
    params: params.map((name) => parameters[name]),
    ...camelOptions(options, decoder),
  }));
  const settings = camelOptions(sample.optimizer.kwargs, decoder);
  const optimizer = callPath(library, sample.optimizer.path, [groups, settings]) as Optimizer;
  const scheduler = sample.scheduler && schedule(sample.scheduler, optimizer, decoder);
  const closure = sample.closure ? closureOf(sample, parameters, optimizer, decoder) : undefined;
  const out = allowanceOf(entry, sample, 'out');
  const rateTolerance = entry.head.lr_tol as unknown as Tolerance;

  compareRates(sample, optimizer, 0, rateTolerance);
  for (let step = 0; step < sample.steps; step++) {
    if (closure) {
      callMethod(optimizer, 'step', closure);
    } else {
      for (const name of names) parameters[name].grad = decoder.create(row(gradients[name], step));
      callMethod(optimizer, 'step');
    }
    for (const name of names) {
      compareTensor(`${name} after step ${step + 1}`, parameters[name], row(rows[name], step + 1), out);
    }
    if (scheduler) callMethod(scheduler, 'step', ...(sample.metrics ? [sample.metrics[step]] : []));
    compareRates(sample, optimizer, step + 1, rateTolerance);
  }
}

function compareRates(sample: OptimizerSample, { paramGroups }: Optimizer, at: number, tolerance: Tolerance): void {
  sample.lr?.[at].forEach((expected, group) => {
    compareNumber(`lr of group ${group} in row ${at}`, paramGroups[group].lr, expected, tolerance);
  });
  sample.momentum?.[at].forEach((expected, group) => {
    const { momentum, betas } = paramGroups[group];
    compareNumber(`momentum of group ${group} in row ${at}`, momentum ?? betas?.[0], expected, tolerance);
  });
}

/** A scheduler, and those it is made of, over one optimizer. */
function schedule({ path, kwargs }: Construction, optimizer: Optimizer, decoder: Decoder): unknown {
  const { schedulers, ...others } = kwargs;
  const options = camelOptions(others, decoder);
  if (schedulers === undefined) return callPath(decoder.library, path, [optimizer, options]);
  const inner = (schedulers as unknown as Construction[]).map((one) => schedule(one, optimizer, decoder));
  // ChainedScheduler alone takes its schedulers first: it finds the optimizer in them.
  const args = path.endsWith('.ChainedScheduler') ? [inner] : [optimizer, inner];
  return callPath(decoder.library, path, Object.keys(options).length > 0 ? [...args, options] : args);
}

/** Evaluates the objective and its gradients anew, as LBFGS asks for it within a step. */
function closureOf(
  sample: OptimizerSample,
  parameters: Record<string, Tensor>,
  optimizer: Optimizer,
  decoder: Decoder,
) {
  const constants = decoder.decodeRecord(sample.constants) as Record<string, Tensor>;
  return () => {
    callMethod(optimizer, 'zero_grad');
    const loss = objective(decoder.library, parameters, constants);
    callMethod(loss, 'backward');
    return loss;
  };
}

function clip(entry: Entry, sample: ClippingSample, decoder: Decoder): void {
  const { blob, library } = decoder;
  const allowance: Allowance = allowanceOf(entry, sample, 'out');
  const parameters = sample.grads_before.map(({ $t }) => {
    const gradient = blob.read($t);
    const parameter = decoder.create(gradient, true);
    parameter.grad = decoder.create(gradient);
    return parameter;
  });
  const returned = callPath(library, sample.call.path, [parameters, camelOptions(sample.kwargs, decoder)]);
  compareResult('returned', returned, sample.returns, blob, allowance);
  sample.grads_after.forEach(({ $t }, i) => {
    compareTensor(`gradient ${i} after clipping`, parameters[i].grad, blob.read($t), allowance);
  });
}
