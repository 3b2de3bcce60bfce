import { sameShape } from '../../kernels/view.js';
import { isFloat } from '../core/dtype.js';
import { ArgumentError, AutogradError, ShapeError, showShape } from '../core/errors.js';
import type { Edge, Node } from '../core/node.js';
import { giveBack, making } from '../core/storage.js';
import { emptyTensor, Tensor } from '../core/tensor.js';
import { accumulate, adapt, deposit, escape, letGo, ownCopy, runHooks, take } from './arrivals.js';
import { edgeOf } from './edges.js';
import { modes } from './modes.js';
import { pop, push } from './queue.js';
import { checkNaN, checkSaved, release } from './saved.js';
import { table } from './table.js';
import { begin, leadsOn, type Walk, type WalkOptions, wantedOf } from './walk.js';

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

/** The edge of a tensor that takes part in gradients. */
function requiredEdge(x: Tensor, complaint: (shape: string) => string): Edge {
  const edge = edgeOf(x);
  if (edge === null) throw new AutogradError(complaint(showShape(x.shape)));
  return edge;
}

const noRoot = (shape: string): string =>
  `backward: the tensor of shape ${shape} does not require a gradient and no operation on one that does made it`;
const noInput = (shape: string): string => `grad: an input of shape ${shape} does not require a gradient`;

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
