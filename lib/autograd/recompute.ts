import type { Tensor } from '../core/tensor.js';
import { walkTape } from './backward.js';
import { requiresGrad } from './edges.js';
import { table } from './table.js';

/**
 * Gradients of a fused operation as those of its composition, which is run again and recorded: so they have gradients of their own.
 * `gradients` belong to the results of `body`; null where none is wanted.
 */
export function gradientsThrough(
  body: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  gradients: readonly Tensor[],
  wanted: readonly boolean[],
): (Tensor | null)[] {
  // A tensor that is given twice gets a gradient for each place, so each place gets a view of its own.
  const own = inputs.map((x, i) => (wanted[i] ? table().expand(x, x.shape) : x));
  const results = body(...own);
  const roots = results.flatMap((y, i) => (requiresGrad(y) ? [i] : []));
  const found = walkTape(
    roots.map((i) => results[i]),
    roots.map((i) => gradients[i]),
    { retainGraph: true, createGraph: true, inputs: own.filter((_, i) => wanted[i]), deposit: false },
  );
  return wanted.map((asked) => (asked ? (found.shift() as Tensor | null) : null));
}
