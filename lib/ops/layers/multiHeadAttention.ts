import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type Maker } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { linear } from '../product/linear.js';
import { cat } from '../shape/combine.js';
import { masked } from './attention.js';
import { dropout } from './dropout.js';

const NAME = 'multiHeadAttentionForward';

/** A mask as truth values (true: does not count) or numbers to add. */
const canonical = (mask: Tensor): Tensor => (mask.dtype === 'uint8' ? mask.to('bool') : mask);

/** One more key that every query sees. */
function widened(mask: Tensor | null): Tensor | null {
  return mask === null ? null : cat([mask, mask.newZeros([...mask.shape.slice(0, -1), 1])], -1);
}

/** (length, batch, embedding) as (batch * heads, length, embedding / heads). */
function heads(x: Tensor, batch: number, count: number): Tensor {
  return x.reshape(x.shape[0], batch * count, x.shape[2] / count).transpose(0, 1);
}

function checkFixed(what: string, fixed: Tensor, batch: number, size: number): Tensor {
  if (fixed.shape.length === 3 && fixed.shape[0] === batch && fixed.shape[2] === size) return fixed;
  throw new ShapeError(`${NAME}: ${what} has shape ${showShape(fixed.shape)}; it needs (${batch}, S, ${size})`);
}

function checkMask(mask: Tensor, batch: number, length: number, size: number): Tensor {
  const wanted = mask.shape.length === 2 ? [length, size] : [batch, length, size];
  if (sameShape(mask.shape, wanted)) return mask.shape.length === 2 ? mask.unsqueeze(0) : mask;
  throw new ShapeError(
    `${NAME}: attnMask has shape ${showShape(mask.shape)}; it needs (${length}, ${size}) or (${batch}, ${length}, ${size})`,
  );
}

/** Scores with both masks: true, or a number added, keeps a key out. */
function withMasks(scores: Tensor, attention: Tensor | null, padding: Tensor | null): Tensor {
  let y = scores;
  for (const mask of [attention, padding]) {
    if (mask !== null) y = masked(NAME, y, mask.dtype === 'bool' ? mask.logicalNot() : mask);
  }
  return y;
}

/** The projections of queries, keys and values. */
function projected(
  inputs: readonly Tensor[],
  packed: Tensor | null,
  separate: readonly (Tensor | null)[] | null,
  bias: Tensor | null,
): Tensor[] {
  const biases = bias === null ? [null, null, null] : bias.chunk(3, 0);
  const weights = separate ?? (packed === null ? [null, null, null] : packed.chunk(3, 0));
  return inputs.map((x, i) => {
    const weight = weights[i];
    if (weight === null) {
      const missing = separate === null ? 'inProjWeight' : ['qProjWeight', 'kProjWeight', 'vProjWeight'][i];
      throw new ArgumentError(`${NAME}: ${missing} is missing`);
    }
    return linear(x, weight, biases[i]);
  });
}

/** Options of `multiHeadAttentionForward`. */
export interface MultiHeadOptions {
  key?: Tensor;
  value?: Tensor;
  embedDimToCheck?: number;
  numHeads?: number;
  inProjWeight?: Tensor | null;
  inProjBias?: Tensor | null;
  biasK?: Tensor | null;
  biasV?: Tensor | null;
  addZeroAttn?: boolean;
  dropoutP?: number;
  outProjWeight?: Tensor;
  outProjBias?: Tensor | null;
  training?: boolean;
  /** (N, S): true (or minus infinity) marks keys that do not count. */
  keyPaddingMask?: Tensor | null;
  needWeights?: boolean;
  /** (L, S) or (N * heads, L, S): true (or minus infinity) marks what does not take part. */
  attnMask?: Tensor | null;
  useSeparateProjWeight?: boolean;
  qProjWeight?: Tensor | null;
  kProjWeight?: Tensor | null;
  vProjWeight?: Tensor | null;
  staticK?: Tensor | null;
  staticV?: Tensor | null;
  averageAttnWeights?: boolean;
  /** A hint that `attnMask` is the causal one, which must be given. */
  isCausal?: boolean;
}

/**
 * Attention of several heads with its projections (A. Vaswani et al., 2017): queries (L, N, E), keys and values (S, N, E), or
 * without N. Returns [output, weights], the weights (N, L, S) averaged over the heads unless said otherwise, null unless needed.
 * PyTorch: torch.nn.functional.multi_head_attention_forward.
 */
export const multiHeadAttentionForward: Fn<
  [
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embedDimToCheck: number,
    numHeads: number,
    inProjWeight: Tensor | null,
    inProjBias: Tensor | null,
    biasK: Tensor | null,
    biasV: Tensor | null,
    addZeroAttn: boolean,
    dropoutP: number,
    outProjWeight: Tensor,
    outProjBias: Tensor | null,
    training?: boolean,
    keyPaddingMask?: Tensor | null,
    needWeights?: boolean,
    attnMask?: Tensor | null,
    useSeparateProjWeight?: boolean,
    qProjWeight?: Tensor | null,
    kProjWeight?: Tensor | null,
    vProjWeight?: Tensor | null,
    staticK?: Tensor | null,
    staticV?: Tensor | null,
    averageAttnWeights?: boolean,
    isCausal?: boolean,
  ],
  MultiHeadOptions,
  [Tensor, Tensor | null]
> = fn(
  'multiHeadAttentionForward(query, key, value, embedDimToCheck, numHeads, inProjWeight, inProjBias, biasK, biasV, addZeroAttn, dropoutP, ' +
    'outProjWeight, outProjBias, training=true, keyPaddingMask=null, needWeights=true, attnMask=null, useSeparateProjWeight=false, ' +
    'qProjWeight=null, kProjWeight=null, vProjWeight=null, staticK=null, staticV=null, averageAttnWeights=true, isCausal=false)',
  (
    query,
    key,
    value,
    embedDimToCheck,
    numHeads,
    inProjWeight,
    inProjBias,
    biasK,
    biasV,
    addZeroAttn,
    dropoutP,
    outProjWeight,
    outProjBias,
    training,
    keyPaddingMask,
    needWeights,
    attnMask,
    useSeparateProjWeight,
    qProjWeight,
    kProjWeight,
    vProjWeight,
    staticK,
    staticV,
    averageAttnWeights,
    isCausal,
  ) => {
    for (const x of [query, key, value]) checkTensor(NAME, x);
    const rank = query.shape.length;
    if ((rank !== 2 && rank !== 3) || key.shape.length !== rank || value.shape.length !== rank) {
      throw new ShapeError(
        `${NAME}: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ${showShape(value.shape)} need three dimensions each, or two without the batch`,
      );
    }
    if (isCausal && attnMask === null) {
      throw new ArgumentError(`${NAME}: isCausal is a hint about attnMask, which is missing`);
    }
    const bare = rank === 2;
    const inputs = bare ? [query, key, value].map((x) => x.unsqueeze(1)) : [query, key, value];
    const [length, batch, size] = inputs[0].shape;
    if (size !== embedDimToCheck || size % numHeads !== 0) {
      throw new ShapeError(
        `${NAME}: the query ${showShape(query.shape)} needs a last dimension of ${embedDimToCheck}, which ${numHeads} heads divide`,
      );
    }
    if (!sameShape(inputs[1].shape.slice(0, 2), inputs[2].shape.slice(0, 2)) || inputs[1].shape[1] !== batch) {
      throw new ShapeError(
        `${NAME}: query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ${showShape(value.shape)}: ` +
          'keys and values need the same length, all three the same batch',
      );
    }
    const separate = useSeparateProjWeight ? [qProjWeight, kProjWeight, vProjWeight] : null;
    let [q, k, v] = projected(inputs, inProjWeight, separate, inProjBias);
    let mask = attnMask === null ? null : checkMask(canonical(attnMask), batch * numHeads, length, inputs[1].shape[0]);
    let padding = keyPaddingMask === null ? null : canonical(bare ? keyPaddingMask.unsqueeze(0) : keyPaddingMask);
    if (biasK !== null && biasV !== null) {
      k = cat([k, biasK.expand(1, batch, size)], 0);
      v = cat([v, biasV.expand(1, batch, size)], 0);
      mask = widened(mask);
      padding = widened(padding);
    }
    q = heads(q, batch, numHeads);
    k =
      staticK === null ? heads(k, batch, numHeads) : checkFixed('staticK', staticK, batch * numHeads, size / numHeads);
    v =
      staticV === null ? heads(v, batch, numHeads) : checkFixed('staticV', staticV, batch * numHeads, size / numHeads);
    if (addZeroAttn) {
      k = cat([k, k.newZeros([k.shape[0], 1, k.shape[2]])], 1);
      v = cat([v, v.newZeros([v.shape[0], 1, v.shape[2]])], 1);
      mask = widened(mask);
      padding = widened(padding);
    }
    const keys = k.shape[1];
    if (padding !== null) {
      if (!sameShape(padding.shape, [batch, keys])) {
        throw new ShapeError(
          `${NAME}: keyPaddingMask has shape ${showShape(padding.shape)} for ${batch} batches of ${keys} keys; they must agree`,
        );
      }
      padding = padding
        .reshape(batch, 1, 1, keys)
        .expand(batch, numHeads, 1, keys)
        .reshape(batch * numHeads, 1, keys);
    }
    const scores = q.mul(1 / Math.sqrt(size / numHeads)).matmul(k.transpose(1, 2));
    const weights = dropout(withMasks(scores, mask, padding).softmax(-1), training ? dropoutP : 0);
    const joined = weights.matmul(v).transpose(0, 1).reshape(length, batch, size);
    const output = linear(joined, outProjWeight, outProjBias);
    const shown = (x: Tensor): Tensor => (averageAttnWeights ? x.mean(1) : x);
    const kept = needWeights ? shown(weights.reshape(batch, numHeads, length, keys)) : null;
    return bare ? [output.squeeze(1), kept === null ? null : kept.squeeze(0)] : [output, kept];
  },
  {
    samples: (m) => [
      [m(3, 2, 4), m(5, 2, 4), m(5, 2, 4), ...basic(m, false)],
      [m(3, 4), m(5, 4), m(5, 4), ...basic(m, true), { attnMask: m(3, 5), averageAttnWeights: false }],
    ],
    errors: (m) => [
      [[m(3), m(3), m(3), ...basic(m, false)], 'need three dimensions each'],
      [[m(3, 2, 6), m(3, 2, 6), m(3, 2, 6), ...basic(m, false)], 'needs a last dimension of 4'],
      [[m(3, 2, 4), m(3, 2, 4), m(3, 2, 4), ...basic(m, false), { attnMask: m(2, 2) }], 'attnMask has shape (2, 2)'],
      [
        [m(3, 2, 4), m(3, 2, 4), m(3, 2, 4), ...basic(m, false), { keyPaddingMask: m(3, 3) }],
        'keyPaddingMask has shape',
      ],
    ],
  },
);

/** The arguments from the embedding's size to the last projection, for samples. */
function basic(m: Maker, extended: boolean): unknown[] {
  const biases = extended ? [m(1, 1, 4), m(1, 1, 4)] : [null, null];
  return [4, 2, m(12, 4), m(12), ...biases, extended, 0, m(4, 4), m(4)];
}
