import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

/** What becomes of the losses of single elements: kept, averaged or summed. */
export type LossReduction = 'none' | 'mean' | 'sum';

/** The options that losses share; the first two are PyTorch's deprecated way to say `reduction`. */
export interface LossOptions<R extends string = LossReduction> {
  sizeAverage?: boolean | null;
  reduce?: boolean | null;
  reduction?: R;
}

/** `LossOptions` by position. */
export type LossArguments<R extends string = LossReduction> = [
  sizeAverage?: boolean | null,
  reduce?: boolean | null,
  reduction?: R,
];

/** A checked reduction; the deprecated switches win where they are given, as in PyTorch. */
export function reductionOf(
  name: string,
  sizeAverage: boolean | null,
  reduce: boolean | null,
  reduction: LossReduction,
  others: readonly string[] = [],
): LossReduction {
  if (sizeAverage !== null || reduce !== null) {
    if (reduce === false) return 'none';
    return sizeAverage === false ? 'sum' : 'mean';
  }
  const known = ['none', 'mean', 'sum', ...others];
  if (known.includes(reduction)) return reduction;
  throw new ValueError(`${name}: unknown reduction '${String(reduction)}'; use one of ${known.join(', ')}`);
}

/** Applies a reduction to the losses of single elements. */
export function reduced(loss: Tensor, reduction: LossReduction): Tensor {
  if (reduction === 'none') return loss;
  return reduction === 'mean' ? loss.mean() : loss.sum();
}
