import type { Edge, Node } from '../core/node.js';
import type { Owner } from '../core/storage.js';
import type { Tensor } from '../core/tensor.js';

/** One walk of the tape. */
export interface Walk extends Owner {
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

/** What a walk is asked for. */
export interface WalkOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Whose gradients are wanted; null: every leaf's. */
  readonly inputs: readonly Tensor[] | null;
  /** Add to `.grad` (backward) rather than return (grad). */
  readonly deposit: boolean;
}

/** Whether a gradient for this edge is of any use. */
export function leadsOn(walk: Walk, edge: Edge): boolean {
  if (edge.node !== null) return walk.useful === null || walk.useful.has(edge.node);
  return walk.leavesWanted === null || walk.leavesWanted.has(edge.leaf as Tensor);
}

const one: readonly boolean[] = [true];
const first: readonly boolean[] = [true, false];
const second: readonly boolean[] = [false, true];
const both: readonly boolean[] = [true, true];

/** Which gradients lead on; null: none. The usual lists are always the same ones. */
export function wantedOf(walk: Walk, edges: readonly (Edge | null)[]): readonly boolean[] | null {
  if (edges.length <= 2) {
    const a = edges.length > 0 && edges[0] !== null && leadsOn(walk, edges[0]);
    const b = edges.length > 1 && edges[1] !== null && leadsOn(walk, edges[1]);
    if (edges.length === 1) return a ? one : null;
    return a ? (b ? both : first) : b ? second : null;
  }
  const wanted = edges.map((edge) => edge !== null && leadsOn(walk, edge));
  return wanted.includes(true) ? wanted : null;
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

const nothing: Walk['captures'] = new Map();

/** A walk to every leaf, or to the wanted inputs alone. */
export function begin(
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
