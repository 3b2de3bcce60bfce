import type { Node } from '../core/node.js';

// Nodes whose gradients have arrived, as a binary heap by the order in which they were made.

/** Adds a node. */
export function push(queue: Node[], node: Node): void {
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

/** Takes the node that was made last; there must be one. */
export function pop(queue: Node[]): Node {
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
