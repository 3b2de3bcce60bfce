import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { arange } from '../creation/ranges.js';
import { dropout } from './dropout.js';

/** Scores with a mask: a truth value says which count, numbers are added. */
export function masked(name: string, scores: Tensor, mask: Tensor): Tensor {
  if (mask.dtype === 'bool') return scores.add(scores.newZeros(mask.shape).where(mask, -Infinity));
  if (isFloat(mask.dtype)) return scores.add(mask);
  throw new DTypeError(
    `${name}: a mask must be bool or floating point, got ${mask.dtype} of shape ${showShape(mask.shape)}`,
  );
}

/** Which of `size` positions each of `length` sees: those up to its own. */
function causal(length: number, size: number, device: Tensor['device']): Tensor {
  return arange(length, { device }).unsqueeze(1).ge(arange(size, { device }));
}

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  key?: Tensor;
  value?: Tensor;
  /** bool: true takes part; floating point: added to the scores. Broadcast to (..., L, S). */
  attnMask?: Tensor | null;
  dropoutP?: number;
  /** Position i sees positions up to i only; not together with `attnMask`. */
  isCausal?: boolean;
  /** 1 / sqrt(E) unless given. */
  scale?: number | null;
}

/**
 * `softmax(query keyT scale + mask) value` for queries (..., L, E), keys (..., S, E) and values (..., S, V) (A. Vaswani et al., 2017).
 * PyTorch: torch.nn.functional.scaled_dot_product_attention.
 * @example
 * const x = tg.ones(2, 3, 4);
 * tg.nn.functional.scaledDotProductAttention(x, x, x, { isCausal: true }).shape // => [ 2, 3, 4 ]
 */
export const scaledDotProductAttention: Fn<
  [query: Tensor, key: Tensor, value: Tensor, attnMask?: Tensor | null, dropoutP?: number, isCausal?: boolean],
  AttentionOptions,
  Tensor
> = fn(
  'scaledDotProductAttention(query, key, value, attnMask=null, dropoutP=0, isCausal=false, *, scale=null)',
  (query, key, value, attnMask, dropoutP, isCausal, { scale }) => {
    const name = 'scaledDotProductAttention';
    for (const x of [query, key, value]) checkTensor(name, x);
    for (const x of [query, key, value]) {
      if (x.shape.length >= 2) continue;
      throw new ShapeError(
        `${name}: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ${showShape(value.shape)} need at least two dimensions`,
      );
    }
    if (query.shape.at(-1) !== key.shape.at(-1) || key.shape.at(-2) !== value.shape.at(-2)) {
      throw new ShapeError(
        `${name}: query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)}: ` +
          'queries and keys need equal last dimensions, keys and values equal second last ones',
      );
    }
    if (isCausal && attnMask !== null) throw new ArgumentError(`${name}: give attnMask or isCausal, not both`);
    const factor = scale ?? 1 / Math.sqrt(query.shape.at(-1) as number);
    const scores = query.mul(factor).matmul(key.transpose(-2, -1));
    const [length, size] = scores.shape.slice(-2);
    const mask = isCausal ? causal(length, size, query.device) : attnMask;
    const weights = (mask === null ? scores : masked(name, scores, mask)).softmax(-1);
    return dropout(weights, dropoutP).matmul(value);
  },
  {
    samples: (m) => [
      [m(2, 3, 4), m(2, 5, 4), m(2, 5, 3)],
      [m(3, 4), m(3, 4), m(3, 2), { isCausal: true }],
      [m(2, 2, 3, 4), m(2, 1, 5, 4), m(2, 1, 5, 3), m(3, 5)],
      [m(3, 4), m(3, 4), m(3, 2), { attnMask: m(3, 3).gt(10).logicalNot(), scale: 2 }],
    ],
    errors: (m) => [
      [[m(4), m(2, 4), m(2, 4)], 'need at least two dimensions'],
      [[m(3, 4), m(3, 5), m(3, 5)], 'queries and keys need equal last dimensions'],
      [[m(3, 4), m(3, 4), m(3, 4), m(3, 3), 0, true], 'give attnMask or isCausal, not both'],
      [[m(3, 4), m(3, 4), m(3, 4), m.integers(2, 3, 3)], 'a mask must be bool or floating point'],
    ],
  },
);
