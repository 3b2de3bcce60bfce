import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { hidden } from '../../autograd/hidden.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { attend } from './attend.js';

/** A mask as numbers to add: of truth values, which say which scores count. */
export function additive(name: string, mask: Tensor, like: Tensor): Tensor {
  if (mask.dtype === 'bool') return like.newZeros(mask.shape).where(mask, -Infinity);
  if (isFloat(mask.dtype)) return mask;
  throw new DTypeError(
    `${name}: a mask must be bool or floating point, got ${mask.dtype} of shape ${showShape(mask.shape)}`,
  );
}

/** A tensor with other dimensions before its last two. */
function behind(lead: readonly number[], x: Tensor): Tensor {
  const shape = [...lead, ...x.shape.slice(-2)];
  return sameShape(shape, x.shape) ? x : x.expand(shape);
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
    const mask = attnMask === null ? null : additive(name, attnMask, query);
    const given = [query, key, value];
    const lead = broadcastShapes(
      name,
      ...[...given, ...(mask === null ? [] : [mask])].map((x) => x.shape.slice(0, -2)),
    );
    // One launch takes two dimensions before the last two.
    const four = [...new Array<number>(Math.max(0, 2 - lead.length)).fill(1), ...lead];
    const run = (): Tensor => {
      const [q, k, v] = given.map((x) => behind(four, x));
      const { output } = attend([q, k, v], mask, dropoutP, { scale: factor, causal: isCausal });
      return lead.length < 2 ? output.reshape([...lead, ...output.shape.slice(-2)]) : output;
    };
    return hidden(run);
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
