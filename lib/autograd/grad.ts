import { type Fn, fn } from '../core/define.js';
import { AutogradError, showShape } from '../core/errors.js';
import { checkTensor, Tensor } from '../core/tensor.js';
import { seed, walkTape } from './backward.js';

/** One tensor, or several. */
export type Tensors = Tensor | readonly Tensor[];

/** Options of `grad`. */
export interface GradOptions {
  /** Gradients of the outputs, 1 for a scalar. */
  gradOutputs?: Tensor | readonly (Tensor | null)[] | null;
  /** Keep the saved values for another walk (default: as `createGraph`). */
  retainGraph?: boolean | null;
  /** Record the gradients' own computation (default false). */
  createGraph?: boolean;
  /** Give null for an input that no output depends on, rather than throw (default false). */
  allowUnused?: boolean;
}

const list = <T>(x: T | readonly T[]): readonly T[] => (Array.isArray(x) ? x : [x as T]);

function tensors(name: string, given: Tensors): readonly Tensor[] {
  const all = list<Tensor>(given);
  for (const x of all) checkTensor(name, x);
  return all;
}

/**
 * Gradients of the outputs to the inputs, returned and not accumulated anywhere; as many as there are inputs.
 * AutogradError for an input that does not matter, unless `allowUnused`. PyTorch: torch.autograd.grad.
 * @example
 * const x = tg.tensor(3, { requiresGrad: true });
 * const [g] = tg.autograd.grad(x.mul(x), x, { createGraph: true });
 * tg.autograd.grad(g, x)[0].item() // => 2
 */
export const grad: Fn<
  [
    outputs: Tensors,
    inputs: Tensors,
    gradOutputs?: Tensor | readonly (Tensor | null)[] | null,
    retainGraph?: boolean | null,
    createGraph?: boolean,
  ],
  GradOptions & { inputs?: Tensors },
  Tensor[]
> = fn(
  'grad(outputs, inputs, gradOutputs=null, retainGraph=null, createGraph=false, *, allowUnused=false)',
  (outputs, inputs, gradOutputs, retainGraph, createGraph, { allowUnused }) => {
    const roots = tensors('grad', outputs);
    const wanted = tensors('grad', inputs);
    const given = gradOutputs === null ? [] : list<Tensor | null>(gradOutputs);
    if (given.length > roots.length)
      throw new AutogradError(`grad: ${given.length} gradOutputs for ${roots.length} outputs`);
    const seeds = roots.map((root, i) => seed('grad', root, given[i]));
    const found = walkTape(roots, seeds, {
      retainGraph: retainGraph ?? createGraph,
      createGraph,
      inputs: wanted,
      deposit: false,
    });
    return found.map((g, i) => {
      if (g === null && !allowUnused) {
        throw new AutogradError(
          `grad: the input of shape ${showShape(wanted[i].shape)} is not used in the outputs; pass { allowUnused: true } to get null for it`,
        );
      }
      return g instanceof Tensor && !createGraph ? g.detach() : (g as Tensor);
    });
  },
);

/** Adds the gradients of several tensors to the `.grad` of every leaf they were made of. PyTorch: torch.autograd.backward. */
export const backward: Fn<
  [
    tensors: Tensors,
    gradTensors?: Tensor | readonly (Tensor | null)[] | null,
    retainGraph?: boolean | null,
    createGraph?: boolean,
  ],
  {
    gradTensors?: Tensor | readonly (Tensor | null)[] | null;
    retainGraph?: boolean | null;
    createGraph?: boolean;
    inputs?: readonly Tensor[] | null;
  },
  void
> = fn(
  'backward(tensors, gradTensors=null, retainGraph=null, createGraph=false, *, inputs=null)',
  (given, gradTensors, retainGraph, createGraph, { inputs }) => {
    const roots = tensors('backward', given);
    const gradients = gradTensors === null ? [] : list<Tensor | null>(gradTensors);
    const seeds = roots.map((root, i) => seed('backward', root, gradients[i]));
    const wanted = inputs === null ? null : tensors('backward', inputs);
    walkTape(roots, seeds, { retainGraph: retainGraph ?? createGraph, createGraph, inputs: wanted, deposit: true });
  },
);
