import { type Formula, formula } from '../../kernels/dag.js';
import { isContiguous } from '../../kernels/view.js';
import { isFloat } from '../core/dtype.js';
import { ArgumentError, AutogradError, DeviceError, ShapeError, showShape } from '../core/errors.js';
import type { Edge, Node, Slot } from '../core/node.js';
import { sameShape } from '../core/shape.js';
import { alias, emptyTensor, type GradientHook, Tensor } from '../core/tensor.js';
import { edgeOf } from './edges.js';
import { modes } from './modes.js';
import { table } from './table.js';

const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

/** A gradient on its way to a node or a leaf, and whether its memory is the engine's own to add into. */
interface Pending {
  gradient: Tensor;
  owned: boolean;
}

/** One walk of the tape. */
interface Walk {
  readonly create: boolean;
  readonly retain: boolean;
  /** Gradients per node (by its order, which is cheaper to look up than the node) and result. */
  readonly nodes: Map<number, (Pending | null)[]>;
  readonly leaves: Map<Tensor, Pending>;
  /** Nodes by order, to be taken from the highest. */
  readonly queue: Node[];
  /** The nodes that lead to a wanted input; null: all. */
  readonly useful: Set<Node> | null;
  /** Leaves whose gradient is wanted; null: all. */
  readonly leavesWanted: Set<Tensor> | null;
  /** Results (node and index) whose gradient the caller asked for. */
  readonly captures: Map<Node, Map<number, Tensor | null>>;
}

/** Makes a gradient fit its destination: sums what was broadcast, converts the dtype; refuses anything else. */
function adapt(gradient: Tensor, to: Slot, name: string): Tensor {
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

/** The engine's accumulation: the first gradient is kept as it is, the second allocates, later ones add in place. */
function accumulate(walk: Walk, before: Pending | null, gradient: Tensor): Pending {
  if (before === null) return { gradient, owned: false };
  if (walk.create) return { gradient: table().add(before.gradient, gradient), owned: false };
  const a = before.gradient;
  const result = before.owned ? a : emptyTensor(a.shape, a.dtype, a.storage.device);
  a.storage.kernels.pointwise2(sum, a.dtype, result, a, gradient);
  return { gradient: result, owned: true };
}

function push(queue: Node[], node: Node): void {
  let i = queue.length;
  queue.push(node);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (queue[parent].order >= node.order) break;
    queue[i] = queue[parent];
    i = parent;
  }
  queue[i] = node;
}

function pop(queue: Node[]): Node {
  const top = queue[0];
  const last = queue.pop() as Node;
  if (queue.length === 0) return top;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= queue.length) break;
    if (child + 1 < queue.length && queue[child + 1].order > queue[child].order) child++;
    if (queue[child].order <= last.order) break;
    queue[i] = queue[child];
    i = child;
  }
  queue[i] = last;
  return top;
}

function send(walk: Walk, edge: Edge, gradient: Tensor): void {
  const { node, leaf } = edge;
  if (node === null) {
    const to = leaf as Tensor;
    if (walk.leavesWanted !== null && !walk.leavesWanted.has(to)) return;
    walk.leaves.set(to, accumulate(walk, walk.leaves.get(to) ?? null, gradient));
    return;
  }
  if (walk.useful !== null && !walk.useful.has(node)) return;
  let slots = walk.nodes.get(node.order);
  if (slots === undefined) {
    slots = node.results.length === 1 ? [null] : new Array<Pending | null>(node.results.length).fill(null);
    walk.nodes.set(node.order, slots);
    push(walk.queue, node);
  }
  slots[edge.index] = accumulate(walk, slots[edge.index] ?? null, gradient);
}

function runHooks(hooks: Set<GradientHook> | null | undefined, gradient: Tensor, name: string): Tensor {
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

/** Refuses to run a node whose saved values are gone or changed. */
function checkSaved(node: Node): void {
  if (node.saved === null) {
    throw new AutogradError(
      `${node.name}: the tape was already walked and its saved values were freed; pass { retainGraph: true } to the first backward`,
    );
  }
  for (let i = 0; i < node.saved.length; i++) {
    const x = node.saved[i];
    if (x === null || typeof x === 'number' || x.storage.version === node.versions[i]) continue;
    throw new AutogradError(
      `${node.name}: a value of shape ${showShape(x.shape)} that it saved for its gradient was changed in place by ${x.storage.changedBy} ` +
        `(version ${x.storage.version}, saved at ${node.versions[i]}); use the out-of-place form, or clone it before`,
    );
  }
}

function checkNaN(node: Node, gradient: Tensor, edge: number): void {
  const values = gradient.storage.kernels.read(gradient);
  if (gradient.dtype !== 'float16' && !(values as Float32Array).some(Number.isNaN)) return;
  const made = node.stack === null ? 'unknown: anomaly mode was off during the forward call' : node.stack;
  throw new AutogradError(
    `${node.name}: its gradient to input ${edge} holds NaN. The forward call was made here:\n${made}`,
  );
}

/** Whether a node saved more than numbers and stand-ins for shapes. */
function savedElements(node: Node): boolean {
  const saved = node.saved as Node['saved'] & object;
  for (let i = 0; i < saved.length; i++) {
    const x = saved[i];
    if (x !== null && typeof x !== 'number' && x.storage.version !== undefined) return true;
  }
  return false;
}

/** What arrived for result `i` of a node, after its hooks; keeps it where the user or the caller of `grad` asked for it. */
function arrived(walk: Walk, node: Node, i: number, gradient: Tensor): Tensor {
  const g = runHooks(node.hooks?.get(i), gradient, node.name);
  const kept = node.retained?.get(i);
  if (kept !== undefined) kept.grad = walk.create ? g : ownCopy(g);
  const captured = walk.captures.get(node);
  if (captured?.has(i)) captured.set(i, g);
  return g;
}

// Loops rather than closures: a walk over small tensors spends its time in this function.
function visit(walk: Walk, node: Node): void {
  const slots = walk.nodes.get(node.order) as (Pending | null)[];
  walk.nodes.delete(node.order);
  const plain = node.hooks === null && node.retained === null && walk.captures.size === 0;
  const gradients: (Tensor | null)[] = [];
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    gradients.push(slot === null ? null : plain ? slot.gradient : arrived(walk, node, i, slot.gradient));
  }
  const { edges } = node;
  const wanted: boolean[] = [];
  let any = false;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i];
    const leads = edge !== null && leadsOn(walk, edge);
    wanted.push(leads);
    any ||= leads;
  }
  if (!any) return;
  checkSaved(node);
  const results = node.rule.backward(node, gradients, wanted);
  if (!walk.retain && savedElements(node)) node.saved = null;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i];
    const given = results[i];
    if (edge === null || !wanted[i] || given === null || given === undefined) continue;
    const g = adapt(given, edge, node.name);
    if (modes.anomaly) checkNaN(node, g, i);
    send(walk, edge, g);
  }
}

function leadsOn(walk: Walk, edge: Edge): boolean {
  if (edge.node !== null) return walk.useful === null || walk.useful.has(edge.node);
  return walk.leavesWanted === null || walk.leavesWanted.has(edge.leaf as Tensor);
}

function ownCopy(g: Tensor): Tensor {
  const result = emptyTensor(g.shape, g.dtype, g.storage.device);
  g.storage.kernels.copy(result, g);
  return result;
}

/** Which nodes lie between the roots and the wanted inputs. */
function usefulNodes(roots: readonly Edge[], targets: ReadonlySet<Node>, leaves: ReadonlySet<Tensor>): Set<Node> {
  const all = new Map<Node, boolean>();
  const stack: Node[] = roots.flatMap((edge) => (edge.node === null ? [] : [edge.node]));
  const reached: Node[] = [];
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (all.has(node)) continue;
    all.set(node, false);
    reached.push(node);
    for (const edge of node.edges) if (edge?.node) stack.push(edge.node);
  }
  const useful = new Set<Node>();
  for (const node of reached.sort((a, b) => a.order - b.order)) {
    const leads = node.edges.some(
      (edge) => edge !== null && (edge.leaf !== null ? leaves.has(edge.leaf) : useful.has(edge.node as Node)),
    );
    if (leads || targets.has(node)) useful.add(node);
  }
  return useful;
}

/** Stores a leaf's gradient: dense, and sharing memory with nothing. */
function deposit(walk: Walk, leaf: Tensor, pending: Pending, taken: Set<unknown>): void {
  const g = runHooks(leaf.hooks, pending.gradient, 'leaf');
  if (walk.create) {
    leaf.grad = leaf.grad === null ? g : table().add(leaf.grad, g);
    return;
  }
  if (leaf.grad !== null) {
    leaf.grad.storage.kernels.pointwise2(sum, leaf.dtype, leaf.grad, leaf.grad, g);
    leaf.grad.storage.version++;
    leaf.grad.storage.changedBy = 'backward';
    return;
  }
  const dense =
    g.offset === 0 && g.storage.size === g.shape.reduce((n, size) => n * size, 1) && isContiguous(g.shape, g.strides);
  const own = (pending.owned || dense) && dense && !taken.has(g.storage);
  leaf.grad = own ? alias(g, g.offset, g.shape, g.strides) : ownCopy(g);
  taken.add(leaf.grad.storage);
}

/** What a walk is asked for. */
export interface WalkOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Whose gradients are wanted; null: every leaf's. */
  readonly inputs: readonly Tensor[] | null;
  /** Add to `.grad` (backward) rather than return (grad). */
  readonly deposit: boolean;
}

/** Walks the tape from `roots`: iterative, by descending order of creation, so that depth costs no stack. */
export function walkTape(
  roots: readonly Tensor[],
  gradients: readonly Tensor[],
  options: WalkOptions,
): (Tensor | null)[] {
  const edges = roots.map((root) => {
    const edge = edgeOf(root);
    if (edge === null)
      throw new AutogradError(
        `backward: the tensor of shape ${showShape(root.shape)} does not require a gradient and no operation on one that does made it`,
      );
    return edge;
  });
  const wanted = options.inputs?.map((x) => {
    const edge = edgeOf(x);
    if (edge === null)
      throw new AutogradError(`grad: an input of shape ${showShape(x.shape)} does not require a gradient`);
    return edge;
  });
  const captures: Walk['captures'] = new Map();
  for (const { node, index } of wanted ?? []) {
    if (node === null) continue;
    const slots = captures.get(node) ?? new Map<number, Tensor | null>();
    captures.set(node, slots.set(index, null));
  }
  const leavesWanted =
    wanted === undefined ? null : new Set(wanted.flatMap(({ leaf }) => (leaf === null ? [] : [leaf])));
  const walk: Walk = {
    create: options.createGraph,
    retain: options.retainGraph,
    nodes: new Map(),
    leaves: new Map(),
    queue: [],
    useful: wanted === undefined ? null : usefulNodes(edges, new Set(captures.keys()), leavesWanted as Set<Tensor>),
    leavesWanted,
    captures,
  };
  const before = modes.grad;
  modes.grad = options.createGraph;
  try {
    edges.forEach((edge, i) => void send(walk, edge, gradients[i]));
    while (walk.queue.length > 0) visit(walk, pop(walk.queue));
    if (options.deposit) return depositAll(walk, gradients, wanted, options.inputs ?? []);
    return (wanted as Edge[]).map(({ node, index, leaf }) => {
      if (node !== null) return captures.get(node)?.get(index) ?? null;
      const pending = walk.leaves.get(leaf as Tensor);
      return pending === undefined ? null : runHooks((leaf as Tensor).hooks, pending.gradient, 'leaf');
    });
  } finally {
    modes.grad = before;
  }
}

function depositAll(
  walk: Walk,
  roots: readonly Tensor[],
  wanted: readonly Edge[] | undefined,
  inputs: readonly Tensor[],
): [] {
  const taken = new Set<unknown>(roots.map((g) => g.storage));
  for (const slots of walk.captures.values()) for (const g of slots.values()) if (g !== null) taken.add(g.storage);
  for (const [leaf, pending] of walk.leaves) deposit(walk, leaf, pending, taken);
  wanted?.forEach(({ node, index }, i) => {
    const g = node === null ? null : walk.captures.get(node)?.get(index);
    if (!g) return;
    const x = inputs[i];
    if (x.grad !== null) x.grad = table().add(x.grad, g);
    else x.grad = walk.create ? g : ownCopy(g);
  });
  return [];
}

/** The gradient to begin with: the caller's, or 1 for a scalar. */
export function seed(name: string, root: Tensor, given: Tensor | null | undefined): Tensor {
  if (!isFloat(root.dtype))
    throw new AutogradError(`${name}: only floating-point tensors have gradients, this one is ${root.dtype}`);
  if (given === null || given === undefined) {
    if (root.shape.some((size) => size !== 1)) {
      throw new AutogradError(
        `${name}: a gradient can be left out only for a scalar; pass one of shape ${showShape(root.shape)}, or sum first`,
      );
    }
    const one = emptyTensor(root.shape, root.dtype, root.storage.device);
    one.storage.kernels.fill(one, 1);
    return one;
  }
  if (!(given instanceof Tensor))
    throw new ArgumentError(`${name}: the gradient must be a tensor of shape ${showShape(root.shape)}`);
  if (!sameShape(given.shape, root.shape)) {
    throw new ShapeError(
      `${name}: the gradient has shape ${showShape(given.shape)}, the tensor ${showShape(root.shape)}; they must be equal`,
    );
  }
  return given.dtype === root.dtype ? given : table().to(given, root.dtype);
}
