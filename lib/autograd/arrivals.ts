import { type Formula, formula } from '../../kernels/dag.js';
import { sameShape } from '../../kernels/view.js';
import { AutogradError, DeviceError, showShape } from '../core/errors.js';
import type { Edge } from '../core/node.js';
import { deposits, giveBack, isFree } from '../core/storage.js';
import { alias, emptyBeside, type GradientHook, isDense, sizeOf, Tensor } from '../core/tensor.js';
import { launch2 } from './launch.js';
import { table } from './table.js';
import type { Walk } from './walk.js';

const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

/** Makes a gradient fit its destination: sums what was broadcast, converts the dtype; refuses anything else. */
export function adapt(gradient: Tensor, to: Edge, name: string): Tensor {
  let g = gradient;
  if (!(g instanceof Tensor))
    throw new AutogradError(`${name}: its gradient rule returned something that is not a tensor`);
  if (g.storage.device !== to.device) {
    throw new DeviceError(
      `${name}: its gradient rule returned a tensor on ${g.storage.device} for an input on ${to.device}`,
    );
  }
  if (!sameShape(g.shape, to.shape)) {
    const lead = g.shape.length - to.shape.length;
    const fits = lead >= 0 && to.shape.every((size, d) => size === g.shape[d + lead] || size === 1);
    if (!fits) {
      throw new AutogradError(
        `${name}: its gradient rule returned shape ${showShape(g.shape)} for an input of shape ${showShape(to.shape)}`,
      );
    }
    const dims = g.shape.flatMap((size, d) => (d < lead || (to.shape[d - lead] === 1 && size !== 1) ? [d] : []));
    if (dims.length > 0) g = table().sum(g, dims, true);
    g = table().reshape(g, to.shape);
  }
  return g.dtype === to.dtype ? g : table().to(g, to.dtype);
}

/** The engine's accumulation: the first gradient is kept as it is, the second is added to it or to neither, later ones in place. */
export function accumulate(walk: Walk, to: Edge, gradient: Tensor): void {
  const before = to.gradient;
  if (before === null) keep(to, gradient);
  else if (walk.create) to.gradient = table().add(before, gradient);
  else if (to.owned || (isFree(before.storage) && isDense(before) && before.storage !== gradient.storage)) {
    launch2(sum, before.dtype, before, before, gradient);
    to.owned = true;
  } else {
    const result = emptyBeside(before, before.dtype);
    launch2(sum, before.dtype, result, before, gradient);
    keep(to, result);
    to.owned = true;
    letGo(walk, before);
  }
}

function keep(to: Edge, gradient: Tensor): void {
  to.gradient = gradient;
  gradient.storage.held++;
}

/** Ends what `keep` began: memory of the walk's own is free for the next result. */
export function letGo(walk: Walk, { storage }: Tensor): void {
  storage.held--;
  giveBack(storage, walk);
}

/** The user may know this memory from now on. */
export function escape({ storage }: Tensor): void {
  storage.owner = null;
}

/** Takes the gradient that has arrived somewhere. */
export function take(edge: Edge): Tensor | null {
  const { gradient } = edge;
  edge.gradient = null;
  edge.owned = false;
  return gradient;
}

/** A gradient after the user's hooks, each of which may replace it. */
export function runHooks(hooks: Set<GradientHook> | null | undefined, gradient: Tensor, name: string): Tensor {
  if (!hooks) return gradient;
  let g = gradient;
  for (const hook of [...hooks]) {
    const replaced = hook(g);
    if (replaced === null || replaced === undefined) continue;
    if (!(replaced instanceof Tensor) || !sameShape(replaced.shape, g.shape) || replaced.dtype !== g.dtype) {
      throw new AutogradError(
        `${name}: a hook must return nothing or a tensor of shape ${showShape(g.shape)} and dtype ${g.dtype}`,
      );
    }
    g = replaced;
  }
  return g;
}

/** A gradient in memory of its own. */
export function ownCopy(g: Tensor): Tensor {
  const result = emptyBeside(g, g.dtype);
  g.storage.kernels.copy(result, g);
  return result;
}

/** Stores a leaf's gradient: dense, and sharing memory with nothing. */
export function deposit(walk: Walk, edge: Edge, taken: Set<unknown>): void {
  const leaf = edge.leaf as Tensor;
  const last = take(edge) as Tensor;
  if (leaf.hooks !== null) escape(last);
  const g = runHooks(leaf.hooks, last, 'leaf');
  if (walk.create) {
    leaf.grad = leaf.grad === null ? g : table().add(leaf.grad, g);
    return;
  }
  const before = leaf.deposited;
  if (before !== null) {
    launch2(sum, leaf.dtype, before, before, g);
    before.storage.version++;
    before.storage.changedBy = 'backward';
    letGo(walk, last);
    return;
  }
  const dense = g.offset === 0 && g.storage.size === sizeOf(g) && isDense(g);
  const { owner } = g.storage;
  const own = dense && (owner === null || owner === walk) && !taken.has(g.storage);
  const kept = own ? alias(g, g.offset, g.shape, g.strides) : ownCopy(g);
  if (!own || owner === walk) kept.storage.owner = deposits;
  leaf.grad = kept;
  taken.add(kept.storage);
  letGo(walk, last);
}
