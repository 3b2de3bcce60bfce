import type { Attention, FusedKernels } from '../../../kernels/types.js';
import { sameShape } from '../../../kernels/view.js';
import { apply, type Row } from '../../autograd/apply.js';
import { requiresGrad } from '../../autograd/edges.js';
import { modes } from '../../autograd/modes.js';
import { gradientsThrough } from '../../autograd/recompute.js';
import { inverseOrder, memoryOrder } from '../../core/shape.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import { arange } from '../creation/ranges.js';
import { dropoutNoise } from './dropout.js';

/** What attention computes beside its operands. */
export interface Attend {
  readonly scale: number;
  /** Each position sees those up to its own only; there is no mask then. */
  readonly causal: boolean;
}

/** Which operands a launch has, and how its output lies. */
interface Launch extends Attend {
  readonly masked: boolean;
  readonly dropped: boolean;
  /** Dimensions of the output as they follow each other in memory: in the order of the queries'. */
  readonly order: readonly number[];
}

type Three = readonly [query: Tensor, key: Tensor, value: Tensor];

/** Queries, keys and values as three tensors, or as the three parts of one. */
export type Heads = Three | readonly [stacked: Tensor];

/** Tensors with a mask, and with what dropout multiplies weights with. */
interface Operands extends Attention {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly mask: Tensor | null;
  readonly kept: Tensor | null;
}

/** The parts along the first dimension; they know nothing of gradients. */
function parts(x: Tensor): Three {
  const part = (k: number): Tensor => alias(x, x.offset + k * x.strides[0], x.shape.slice(1), x.strides.slice(1));
  return [part(0), part(1), part(2)];
}

function operandsOf(
  inputs: readonly Tensor[],
  { masked, dropped }: Launch,
  split: (x: Tensor) => readonly Tensor[],
): Operands {
  const more = Number(masked) + Number(dropped);
  const heads = inputs.slice(0, inputs.length - more);
  const [query, key, value] = heads.length === 1 ? split(heads[0]) : heads;
  const kept = dropped ? inputs[inputs.length - 1] : null;
  return { query, key, value, mask: masked ? inputs[heads.length] : null, kept };
}

/** A tensor whose dimensions lie in an order, under their usual places. */
function placed(x: Tensor, order: readonly number[]): Tensor {
  const back = inverseOrder(order);
  return alias(
    x,
    x.offset,
    back.map((i) => x.shape[i]),
    back.map((i) => x.strides[i]),
  );
}

/** Uninitialised memory whose dimensions follow each other as another tensor's do. */
function emptyLike(x: Tensor): Tensor {
  const order = memoryOrder(x.strides);
  return placed(
    emptyTensor(
      order.map((d) => x.shape[d]),
      x.dtype,
      x.device,
    ),
    order,
  );
}

/** Which of `size` positions each of `length` sees: those up to its own. */
function visible(length: number, size: number, device: Tensor['device']): Tensor {
  return arange(length, { device }).unsqueeze(1).ge(arange(size, { device }));
}

/** The softmax of scores, in plain operations. */
function weightsOf(query: Tensor, key: Tensor, mask: Tensor | null, { scale, causal }: Attend): Tensor {
  const scores = query.mul(scale).matmul(key.transpose(-2, -1));
  if (!causal) return (mask === null ? scores : scores.add(mask)).softmax(-1);
  const [length, size] = scores.shape.slice(-2);
  return scores.where(visible(length, size, query.device), -Infinity).softmax(-1);
}

/** Results: the output (N, H, L, V), its dimensions in the order in which they lie, and the weights. Inputs: heads, a mask, what dropout multiplies with. */
const attendRow: Row<Launch> = {
  name: 'attention',
  infer(inputs, launch) {
    const { query, key, value } = operandsOf(inputs, launch, parts);
    const [batch, heads, length] = query.shape;
    const { dtype } = query;
    const shape = [batch, heads, length, value.shape[3]];
    return [
      { shape: launch.order.map((d) => shape[d]), dtype },
      { shape: [batch, heads, length, key.shape[2]], dtype },
    ];
  },
  kernel(k, [output, weights], inputs, launch) {
    const to = { output: placed(output, launch.order), weights };
    (k.fused as FusedKernels).attention(to, operandsOf(inputs, launch, parts), launch);
  },
  saves: [0, 1, 2, 3, 4],
  savesResults: [1],
  grad(_t, g, inputs, [, weights], launch, wanted) {
    if (modes.grad) {
      const body = (...given: Tensor[]): Tensor[] => {
        const { query, key, value, mask, kept } = operandsOf(given, launch, (x) => x.unbind(0));
        const made = weightsOf(query, key, mask, launch);
        return [(kept === null ? made : made.mul(kept)).matmul(value).permute(launch.order), made];
      };
      return gradientsThrough(body, inputs, g, wanted);
    }
    const operands = operandsOf(inputs, launch, parts);
    const results = inputs.map((x, i) => (wanted[i] ? emptyLike(x) : null));
    const stacked = inputs.length - Number(launch.masked) - Number(launch.dropped) === 1;
    const [query, key, value] = stacked ? parts(results[0] as Tensor) : results;
    const gradients = { output: placed(g[0], launch.order), weights: g[1] };
    const { fused } = weights.storage.kernels;
    (fused as FusedKernels).attentionBackward({ query, key, value }, gradients, weights, operands, launch);
    return results;
  },
};

/** Whether a launch takes these operands: four dimensions, none of them 0, one dtype, and no gradient to the mask. */
function fits([query, key, value]: Three, mask: Tensor | null): boolean {
  const { dtype, storage } = query;
  if (storage.kernels.fused === undefined || (dtype !== 'float32' && dtype !== 'float64')) return false;
  const batch = query.shape.slice(0, 2);
  for (const x of [query, key, value]) {
    if (x.shape.length !== 4 || x.shape.includes(0) || x.dtype !== dtype) return false;
    if (!sameShape(x.shape.slice(0, 2), batch)) return false;
  }
  if (mask === null) return true;
  const scores = scoresOf(query, key);
  const lead = 4 - mask.shape.length;
  if (mask.dtype !== dtype || requiresGrad(mask) || lead < 0) return false;
  return mask.shape.every((size, d) => size === 1 || size === scores[lead + d]);
}

const scoresOf = (query: Tensor, key: Tensor): number[] => [...query.shape.slice(0, -1), key.shape.at(-2) as number];

/** What attention gives: the softmax is before dropout, whose factors are null without it. */
export interface Attended {
  readonly output: Tensor;
  readonly weights: Tensor;
  readonly kept: Tensor | null;
}

/**
 * `dropout(softmax(query keyT scale + mask)) value` for heads (N, H, L, E), (N, H, S, E), (N, H, S, V), in one launch each way where the
 * device has it; composed for all that broadcasts.
 */
export function attend(heads: Heads, mask: Tensor | null, dropoutP: number, options: Attend): Attended {
  const three = heads.length === 1 ? parts(heads[0]) : heads;
  if (!fits(three, mask)) {
    const [query, key, value] = heads.length === 1 ? heads[0].unbind(0) : heads;
    const weights = weightsOf(query, key, mask, options);
    const kept = dropoutP === 0 ? null : dropoutNoise(weights.shape, weights, dropoutP);
    return { output: (kept === null ? weights : weights.mul(kept)).matmul(value), weights, kept };
  }
  const [query, key] = three;
  const scores = scoresOf(query, key);
  const kept = dropoutP === 0 ? null : dropoutNoise(scores, query, dropoutP);
  const order = memoryOrder(query.strides);
  const more = [mask === null ? null : mask.expand(scores), kept].filter((x) => x !== null);
  const launch = { ...options, masked: mask !== null, dropped: kept !== null, order };
  const [output, weights] = apply(attendRow, [...heads, ...more], launch);
  return { output: output.permute(inverseOrder(order)), weights, kept };
}
