import { type Fn, fn, type None } from '../core/define.js';
import { isFloat } from '../core/dtype.js';
import { AutogradError } from '../core/errors.js';
import type { Edge } from '../core/node.js';
import type { GradientHook, Tensor } from '../core/tensor.js';
import { seed, walkTape } from './backward.js';
import { edgeOf, nodeOf } from './edges.js';

/** Takes a hook away again. */
export interface HookHandle {
  remove(): void;
}

/** Options of `backward`. */
export interface BackwardOptions {
  gradient?: Tensor | null;
  /** Keep the saved values for another walk (default: as `createGraph`). */
  retainGraph?: boolean | null;
  /** Record the gradients' own computation, for higher orders (default false). */
  createGraph?: boolean;
  /** Accumulate into these tensors only. */
  inputs?: readonly Tensor[] | null;
}

/**
 * Adds the gradient of this tensor to the `.grad` of every leaf it was made of; a scalar needs no `gradient`.
 * AutogradError where the tape was freed or a saved value changed. PyTorch: Tensor.backward.
 * @example
 * const x = tg.tensor([1, 2], { requiresGrad: true });
 * x.mul(x).sum().backward();
 * x.grad // => tensor([2., 4.])
 */
export const backward: Fn<
  [self: Tensor, gradient?: Tensor | null, retainGraph?: boolean | null, createGraph?: boolean],
  BackwardOptions,
  void
> = fn('backward(self, gradient=null, retainGraph=null, createGraph=false, inputs=null)', ((
  self: Tensor,
  gradient: Tensor | null,
  retainGraph: boolean | null,
  createGraph: boolean,
  inputs: readonly Tensor[] | null,
) => {
  walkTape([self], [seed('backward', self, gradient)], {
    retainGraph: retainGraph ?? createGraph,
    createGraph,
    inputs,
    deposit: true,
  });
}) as never);

/** Asks for the gradient of a leaf, or no longer does. PyTorch: Tensor.requires_grad_. */
export const requiresGrad_: Fn<[self: Tensor, requiresGrad?: boolean], { requiresGrad?: boolean }, Tensor> = fn(
  'requiresGrad_(self, requiresGrad=true)',
  (self, wanted) => {
    if (wanted && !isFloat(self.dtype))
      throw new AutogradError(`requiresGrad_: only floating-point tensors can require a gradient, not ${self.dtype}`);
    if (nodeOf(self) !== null) {
      if (wanted) return self;
      throw new AutogradError('requiresGrad_: only a leaf can stop requiring a gradient; use detach');
    }
    self.leaf = wanted;
    return self;
  },
);

/** Keeps the gradient of a tensor that is no leaf in its `.grad`. PyTorch: Tensor.retain_grad. */
export const retainGrad: Fn<[self: Tensor], None, void> = fn('retainGrad(self)', (self) => {
  const edge = edgeOf(self);
  if (edge === null) throw new AutogradError('retainGrad: this tensor does not require a gradient');
  if (edge.node === null) return;
  edge.node.retained ??= new Map();
  edge.node.retained.set(edge.index, self);
});

/** Calls `hook` with this tensor's gradient whenever it is computed; what it returns replaces it. PyTorch: Tensor.register_hook. */
export const registerHook: Fn<[self: Tensor, hook: GradientHook], { hook?: GradientHook }, HookHandle> = fn(
  'registerHook(self, hook)',
  (self, hook) => {
    const edge = edgeOf(self);
    if (edge === null)
      throw new AutogradError('registerHook: this tensor does not require a gradient, so no hook would ever run');
    const hooks = hooksOf(self, edge);
    hooks.add(hook);
    return { remove: () => void hooks.delete(hook) };
  },
);

function hooksOf(self: Tensor, { node, index }: Edge): Set<GradientHook> {
  if (node === null) {
    self.hooks ??= new Set();
    return self.hooks;
  }
  node.hooks ??= new Map();
  const hooks = node.hooks.get(index) ?? new Set<GradientHook>();
  node.hooks.set(index, hooks);
  return hooks;
}

/** Takes this tensor off the tape: it becomes a leaf that requires no gradient. PyTorch: Tensor.detach_. */
export const detach_: Fn<[self: Tensor], None, Tensor> = fn('detach_(self)', (self) => {
  if (self.viewOf !== null) throw new AutogradError('detach_: a view cannot be detached in place; use detach');
  self.edge = null;
  self.leaf = false;
  return self;
});
