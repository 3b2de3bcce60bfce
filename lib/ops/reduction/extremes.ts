import { formula } from '../../../kernels/dag.js';
import type { Reduction } from '../../../kernels/types.js';
import { IndexError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { type Over, reduction, restored } from './reduction.js';

/** Which extreme. */
export type Kind = 'max' | 'min';

function extremes(kind: Kind, float: boolean): Reduction {
  const [lowest, highest] = float ? [-Infinity, Infinity] : [-(2 ** 31), 2 ** 31 - 1];
  return reduction({
    name: kind === 'max' ? 'amax' : 'amin',
    init: kind === 'max' ? lowest : highest,
    combine: kind === 'max' ? formula(2, (s, a, x) => s.maximum(a, x)) : formula(2, (s, a, x) => s.minimum(a, x)),
  });
}

/** The folds for the largest and smallest element. */
export const reductions: Readonly<Record<Kind, { float: Reduction; whole: Reduction }>> = {
  max: { float: extremes('max', true), whole: extremes('max', false) },
  min: { float: extremes('min', true), whole: extremes('min', false) },
};

/** Refuses to look for an extreme among no elements. */
export function checkNotEmpty(name: string, x: Tensor, dims: readonly number[]): void {
  const empty = dims.find((d) => x.shape[d] === 0);
  if (empty === undefined) return;
  throw new IndexError(
    `${name}: dimension ${empty} of ${showShape(x.shape)} has no elements, so there is no extreme; reduce a dimension that has some`,
  );
}

/** The gradient of an extreme: equal shares for all elements that have its value. */
export function evenly(
  t: Operations,
  g: Tensor,
  x: Tensor,
  value: Tensor,
  over: Pick<Over, 'dims' | 'keepdim'>,
): Tensor {
  const v = restored(value, x, over);
  const hit = t.logicalOr(t.eq(x, v), t.logicalAnd(t.isnan(x), t.isnan(v)));
  const share = t.div(restored(g, x, over), t.to(t.sum(hit, over.dims, true), g.dtype));
  return t.where(hit, share, 0);
}
