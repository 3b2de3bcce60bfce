import { type Formula, formula } from '../../kernels/dag.js';
import { sameShape } from '../../kernels/view.js';
import { isFloat } from '../core/dtype.js';
import { ArgumentError, AutogradError, DeviceError, ShapeError, showShape } from '../core/errors.js';
import type { Edge, Node } from '../core/node.js';
import { deposits, giveBack, isFree, making, type Owner, tape } from '../core/storage.js';
import { alias, emptyBeside, emptyTensor, type GradientHook, isDense, sizeOf, Tensor } from '../core/tensor.js';
import { edgeOf } from './edges.js';
import { launch2 } from './launch.js';
import { modes } from './modes.js';
import { pop, push } from './queue.js';
import { table } from './table.js';

const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

/** One walk of the tape. */
interface Walk extends Owner {
  /** Whether what it makes on the way stays its own: all gradients end in leaves, and nobody asked for those in between. */
  readonly owns: boolean;
  readonly create: boolean;
  readonly retain: boolean;
  /** Where a gradient has arrived: nodes by order, to be taken from the highest, and leaves. */
  readonly queue: Node[];
  readonly leaves: Edge[];
  /** The nodes that lead to a wanted input; null: all. */
  readonly useful: Set<Node> | null;
  /** Leaves whose gradient is wanted; null: all. */
  readonly leavesWanted: Set<Tensor> | null;
  /** Results (node and index) whose gradient the caller asked for. */
  readonly captures: Map<Node, Map<number, Tensor | null>>;
}

/** Makes a gradient fit its destination: sums what was broadcast, converts the dtype; refuses anything else. */
function adapt(gradient: Tensor, to: Edge, name: string): Tensor {
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
function accumulate(walk: Walk, to: Edge, gradient: Tensor): void {
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
function letGo(walk: Walk, { storage }: Tensor): void {
  storage.held--;
  giveBack(storage, walk);
}

/** The user may know this memory from now on. */
function escape({ storage }: Tensor): void {
  storage.owner = null;
}

/** Takes the gradient that has arrived somewhere. */
function take(edge: Edge): Tensor | null {
  const { gradient } = edge;
  edge.gradient = null;
  edge.owned = false;
  return gradient;
}

function waits({ results }: Node): boolean {
  for (let i = 0; i < results.length; i++) if (results[i].gradient !== null) return true;
  return false;
}

function send(walk: Walk, edge: Edge, gradient: Tensor): void {
  if (!leadsOn(walk, edge)) return;
  if (edge.node === null) {
    if (edge.gradient === null) walk.leaves.push(edge);
  } else if (!waits(edge.node)) push(walk.queue, edge.node);
  accumulate(walk, edge, gradient);
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
    if (x === null || typeof x === 'number' || x.storage.version <= (node.versions?.[i] ?? 0)) continue;
    throw new AutogradError(
      `${node.name}: a value of shape ${showShape(x.shape)} that it saved for its gradient was changed in place by ${x.storage.changedBy} ` +
        `(version ${x.storage.version}, saved at ${node.versions?.[i] ?? 0}); use the out-of-place form, or clone it before`,
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

/** The end of what a node saved, unless that is numbers and stand-ins for shapes only: what no other node knows serves for other results. */
function release(node: Node): void {
  const saved = node.saved as Node['saved'] & object;
  let elements = false;
  for (let i = 0; i < saved.length; i++) {
    const x = saved[i];
    if (x === null || typeof x === 'number' || x.storage.version < 0) continue;
    elements = true;
    if (x.storage.owner === null) continue;
    x.storage.held--;
    giveBack(x.storage, tape);
  }
  if (elements) node.saved = null;
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

const one: readonly boolean[] = [true];
const first: readonly boolean[] = [true, false];
const second: readonly boolean[] = [false, true];
const both: readonly boolean[] = [true, true];

/** Which gradients lead on; null: none. The usual lists are always the same ones. */
function wantedOf(walk: Walk, edges: readonly (Edge | null)[]): readonly boolean[] | null {
  if (edges.length <= 2) {
    const a = edges.length > 0 && edges[0] !== null && leadsOn(walk, edges[0]);
    const b = edges.length > 1 && edges[1] !== null && leadsOn(walk, edges[1]);
    if (edges.length === 1) return a ? one : null;
    return a ? (b ? both : first) : b ? second : null;
  }
  const wanted = edges.map((edge) => edge !== null && leadsOn(walk, edge));
  return wanted.includes(true) ? wanted : null;
}

// Loops rather than closures: a walk over small tensors spends its time in this function.
function visit(walk: Walk, node: Node): void {
  const { results: arrivals, edges } = node;
  const plain = node.hooks === null && node.retained === null && walk.captures.size === 0;
  // A list that is written out has no room to grow, which costs more than what is in it.
  const taken = [take(arrivals[0])];
  for (let i = 1; i < arrivals.length; i++) taken.push(take(arrivals[i]));
  const foreign = node.rule.foreign === true;
  if (!plain || foreign) for (const g of taken) if (g !== null) escape(g);
  const gradients = plain ? taken : taken.map((g, i) => (g === null ? null : arrived(walk, node, i, g)));
  const wanted = wantedOf(walk, edges);
  if (wanted === null) return;
  checkSaved(node);
  making.owner = walk.owns && !foreign ? walk : null;
  const results = node.rule.backward(node, gradients, wanted);
  making.owner = walk.owns ? walk : null;
  // Where a third one is to come, memory of the first may be that of the third: none changes before all have left.
  const several = edges.length > 2;
  if (several) for (const given of results) if (given instanceof Tensor) given.storage.held++;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i];
    const given = results[i];
    if (edge === null || !wanted[i] || given === null || given === undefined) continue;
    const fits = given.shape === edge.shape && given.dtype === edge.dtype && given.storage.device === edge.device;
    const g = fits ? given : adapt(given, edge, node.name);
    if (modes.anomaly) checkNaN(node, g, i);
    send(walk, edge, g);
  }
  if (several) for (const given of results) if (given instanceof Tensor) letGo(walk, given);
  making.owner = null;
  // After the gradients have left: one of them may be what was saved.
  if (!walk.retain) release(node);
  if (walk.made.length > 0) {
    for (let i = 0; i < walk.made.length; i++) giveBack(walk.made[i], walk);
    walk.made.length = 0;
  }
  for (let i = 0; i < taken.length; i++) if (taken[i] !== null) letGo(walk, taken[i] as Tensor);
}

function leadsOn(walk: Walk, edge: Edge): boolean {
  if (edge.node !== null) return walk.useful === null || walk.useful.has(edge.node);
  return walk.leavesWanted === null || walk.leavesWanted.has(edge.leaf as Tensor);
}

function ownCopy(g: Tensor): Tensor {
  const result = emptyBeside(g, g.dtype);
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
function deposit(walk: Walk, edge: Edge, taken: Set<unknown>): void {
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

/** A gradient that waited in a walk when another one began. */
interface Waiting {
  readonly edge: Edge;
  readonly gradient: Tensor | null;
  readonly owned: boolean;
}

const none: readonly Waiting[] = [];

/** The walk under way: a hook or a custom function may begin another one over the same nodes. */
let current: Walk | null = null;

/** Takes all gradients that wait in a walk. */
function setAside({ queue, leaves }: Walk): readonly Waiting[] {
  if (queue.length === 0 && leaves.length === 0) return none;
  const waiting: Waiting[] = [];
  for (const edge of [...queue.flatMap(({ results }) => results), ...leaves]) {
    const { gradient, owned } = edge;
    if (gradient === null) continue;
    waiting.push({ edge, gradient, owned });
    take(edge);
  }
  return waiting;
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

/** The edge of a tensor that takes part in gradients. */
function requiredEdge(x: Tensor, complaint: (shape: string) => string): Edge {
  const edge = edgeOf(x);
  if (edge === null) throw new AutogradError(complaint(showShape(x.shape)));
  return edge;
}

const noRoot = (shape: string): string =>
  `backward: the tensor of shape ${shape} does not require a gradient and no operation on one that does made it`;
const noInput = (shape: string): string => `grad: an input of shape ${shape} does not require a gradient`;

const nothing: Walk['captures'] = new Map();

/** A walk to every leaf, or to the wanted inputs alone. */
function begin(
  roots: readonly Edge[],
  wanted: readonly Edge[] | null,
  { createGraph, retainGraph }: WalkOptions,
): Walk {
  const [create, retain] = [createGraph, retainGraph];
  const owns = !create && wanted === null;
  if (wanted === null) {
    return {
      create,
      retain,
      owns,
      made: [],
      changes: true,
      queue: [],
      leaves: [],
      useful: null,
      leavesWanted: null,
      captures: nothing,
    };
  }
  const captures: Walk['captures'] = new Map();
  for (const { node, index } of wanted) {
    if (node === null) continue;
    const slots = captures.get(node) ?? new Map<number, Tensor | null>();
    captures.set(node, slots.set(index, null));
  }
  const leavesWanted = new Set(wanted.flatMap(({ leaf }) => (leaf === null ? [] : [leaf])));
  const useful = usefulNodes(roots, new Set(captures.keys()), leavesWanted);
  return { create, retain, owns, made: [], changes: true, queue: [], leaves: [], useful, leavesWanted, captures };
}

/** Walks the tape from `roots`: iterative, by descending order of creation, so that depth costs no stack. */
export function walkTape(
  roots: readonly Tensor[],
  gradients: readonly Tensor[],
  options: WalkOptions,
): (Tensor | null)[] {
  const { inputs, deposit } = options;
  const edges = new Array<Edge>(roots.length);
  for (let i = 0; i < roots.length; i++) edges[i] = requiredEdge(roots[i], noRoot);
  const wanted = inputs?.map((x) => requiredEdge(x, noInput)) ?? null;
  const walk = begin(edges, wanted, options);
  const before = modes.grad;
  const outside = making.owner;
  const suspended = current;
  const waiting = suspended === null ? none : setAside(suspended);
  current = walk;
  making.owner = null;
  modes.grad = options.createGraph;
  try {
    for (let i = 0; i < edges.length; i++) send(walk, edges[i], gradients[i]);
    while (walk.queue.length > 0) visit(walk, pop(walk.queue));
    if (deposit) return depositAll(walk, gradients, wanted ?? [], inputs ?? []);
    return (wanted as Edge[]).map(({ node, index, leaf, gradient }) => {
      if (node !== null) return walk.captures.get(node)?.get(index) ?? null;
      if (gradient === null) return null;
      escape(gradient);
      return runHooks((leaf as Tensor).hooks, gradient, 'leaf');
    });
  } finally {
    modes.grad = before;
    making.owner = outside;
    setAside(walk);
    current = suspended;
    for (const { edge, gradient, owned } of waiting) Object.assign(edge, { gradient, owned });
  }
}

function depositAll(walk: Walk, roots: readonly Tensor[], wanted: readonly Edge[], inputs: readonly Tensor[]): [] {
  const taken = new Set<unknown>();
  for (let i = 0; i < roots.length; i++) taken.add(roots[i].storage);
  for (const slots of walk.captures.values()) for (const g of slots.values()) if (g !== null) taken.add(g.storage);
  for (let i = 0; i < walk.leaves.length; i++) deposit(walk, walk.leaves[i], taken);
  wanted.forEach(({ node, index }, i) => {
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
