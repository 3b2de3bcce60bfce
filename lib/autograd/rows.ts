import { bind, parseSignature } from '../core/bind.js';
import { type Bound, type Facts, type Fn, fn } from '../core/define.js';
import type { Tensor } from '../core/tensor.js';
import { apply1, applyInplace, type Row } from './apply.js';
import type { InplaceForm } from './define.js';

/** Runs a row: into a new tensor, or into its first input. */
export type Run = <A>(row: Row<A>, inputs: readonly Tensor[], attributes: A) => Tensor;

/**
 * A public function of rows that also has a form that writes into its first operand. The body takes what runs its last
 * row, then its arguments as in `fn`; that row must be one that `applyInplace` takes.
 */
export function fnInplace<P extends [Tensor, ...unknown[]], O>(
  signature: string,
  body: (run: Run, ...args: Bound<P, O>) => Tensor,
  facts: Facts = {},
): Fn<P, O, Tensor> & InplaceForm {
  const parsed = parseSignature(signature);
  const call = fn<P, O, Tensor>(signature, (...args) => body(apply1, ...args), facts);
  const inplace = (self: Tensor, ...args: unknown[]): Tensor => {
    body(applyInplace, ...(bind(parsed, [self, ...args], 1) as Bound<P, O>));
    return self;
  };
  return Object.assign(call, { inplace });
}
