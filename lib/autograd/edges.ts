import { Edge, Node, type Rule } from '../core/node.js';
import { alias, type Tensor } from '../core/tensor.js';
import { modes } from './modes.js';
import { table } from './table.js';

/** How a view lies in its base, in elements of a contiguous base. */
export interface Geometry {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** The base's shape. */
  readonly within: readonly number[];
}

/** The way from a base to any view of it: taken when an in-place change has made a view's own node stale. */
const asStrided: Rule = {
  name: 'asStrided',
  backward(node, [g]) {
    return [table().embed(g as Tensor, node.attributes as Geometry)];
  },
};

export function geometryOf(x: Tensor, base: Tensor): Geometry {
  return { shape: x.shape, strides: x.strides, offset: x.offset - base.offset, within: base.shape };
}

/** What made a tensor; a view whose base was changed in place takes its node anew from the base. */
export function nodeOf(x: Tensor): Node | null {
  const view = x.viewOf;
  if (view !== null && view.history !== x.storage.history && !view.untracked) {
    view.history = x.storage.history;
    const edge = edgeOf(view.base);
    x.edge = null;
    if (edge !== null) record(asStrided, [edge], [], geometryOf(x, view.base), x);
  }
  return x.node;
}

/** Where the gradient of a tensor goes; null when none is wanted. */
export function edgeOf(x: Tensor): Edge | null {
  if (nodeOf(x) !== null) return x.edge;
  if (!x.leaf) return null;
  if (x.edge === null || x.edge.shape !== x.shape) x.edge = new Edge(null, x, 0, x);
  return x.edge;
}

/** Whether a tensor takes part in gradients. */
export function requiresGrad(x: Tensor): boolean {
  return x.leaf || nodeOf(x) !== null;
}

/** Makes the node of one result; several results share a node through `attach`. */
export function record(
  rule: Rule,
  edges: (Edge | null)[],
  saved: (Tensor | number | null)[],
  attributes: unknown,
  result: Tensor,
): Node {
  const node = new Node(rule, edges, saved, attributes);
  attach(node, result);
  if (modes.anomaly) node.stack = new Error(rule.name).stack ?? null;
  return node;
}

/** Makes a tensor the next result of a node. */
export function attach(node: Node, result: Tensor): void {
  const edge = new Edge(node, null, node.results.length, result);
  if (edge.index === 0) node.results = [edge];
  else node.results.push(edge);
  result.edge = edge;
}

/** A view of `x`: remembers its base, and that a change through it cannot be recorded where that is so. */
export function viewOf(
  x: Tensor,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  several: boolean,
): Tensor {
  const result = alias(x, offset, shape, strides);
  const base = x.viewOf === null ? x : x.viewOf.base;
  const untracked = !modes.grad || (x.viewOf?.untracked ?? false);
  result.viewOf = { base, history: x.storage.history, untracked, several: several || (x.viewOf?.several ?? false) };
  return result;
}
