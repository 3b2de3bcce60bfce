import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { hidden } from '../../autograd/hidden.js';
import { type Fn, fn, type Maker } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { linear } from '../product/linear.js';
import { cat } from '../shape/combine.js';
import { attend, type Heads } from './attend.js';
import { additive } from './attention.js';

const NAME = 'multiHeadAttentionForward';

/** A mask as truth values (true: does not count) or numbers to add. */
const canonical = (mask: Tensor): Tensor => (mask.dtype === 'uint8' ? mask.to('bool') : mask);

/** One more key that every query sees. */
function widened(mask: Tensor | null): Tensor | null {
  return mask === null ? null : cat([mask, mask.newZeros([...mask.shape.slice(0, -1), 1])], -1);
}

/** (length, batch, features) as (batch, heads, length, features / heads). */
function heads(x: Tensor, count: number): Tensor {
  const [length, batch, size] = x.shape;
  return x.reshape(length, batch, count, size / count).permute(1, 2, 0, 3);
}

/** Keys or values (batch * heads, S, size) that stand for projected ones. */
function fixed(what: string, x: Tensor, batch: number, count: number, size: number): Tensor {
  if (x.shape.length === 3 && x.shape[0] === batch * count && x.shape[2] === size)
    return x.reshape(batch, count, x.shape[1], size);
  throw new ShapeError(`${NAME}: ${what} has shape ${showShape(x.shape)}; it needs (${batch * count}, S, ${size})`);
}

function checkMask(mask: Tensor, batch: number, length: number, size: number): Tensor {
  const wanted = mask.shape.length === 2 ? [length, size] : [batch, length, size];
  if (sameShape(mask.shape, wanted)) return mask.shape.length === 2 ? mask.unsqueeze(0) : mask;
  throw new ShapeError(
    `${NAME}: attnMask has shape ${showShape(mask.shape)}; it needs (${length}, ${size}) or (${batch}, ${length}, ${size})`,
  );
}

/** Both masks as numbers to add to scores (batch, heads, L, S): true, or a number, keeps a key out. */
function bothMasks(attention: Tensor | null, padding: Tensor | null, like: Tensor): Tensor | null {
  const masks = [attention, padding].filter((mask) => mask !== null);
  const numbers = masks.map((mask) => additive(NAME, mask.dtype === 'bool' ? mask.logicalNot() : mask, like));
  return numbers.length === 2 ? numbers[0].add(numbers[1]) : (numbers[0] ?? null);
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
    const own = key === query && value === query;
    const given = own ? [query] : [query, key, value];
    const rows = bare ? given.map((x) => x.unsqueeze(1)) : given;
    const inputs = own ? [rows[0], rows[0], rows[0]] : rows;
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
    const run = (): [Tensor, Tensor | null] => {
      const width = size / numHeads;
      const separate = useSeparateProjWeight ? [qProjWeight, kProjWeight, vProjWeight] : null;
      // One product for all three where they are made of the same.
      const packed =
        own && separate === null && inProjWeight !== null ? linear(inputs[0], inProjWeight, inProjBias) : null;
      let mask =
        attnMask === null ? null : checkMask(canonical(attnMask), batch * numHeads, length, inputs[1].shape[0]);
      let padding = keyPaddingMask === null ? null : canonical(bare ? keyPaddingMask.unsqueeze(0) : keyPaddingMask);
      let parts: Heads;
      const wider = addZeroAttn || (biasK !== null && biasV !== null);
      if (packed !== null && !wider && staticK === null && staticV === null) {
        parts = [packed.reshape(length, batch, 3, numHeads, width).permute(2, 1, 3, 0, 4)];
      } else {
        const [q, ...others] = packed?.chunk(3, -1) ?? projected(inputs, inProjWeight, separate, inProjBias);
        let [k, v] = others;
        if (biasK !== null && biasV !== null) {
          k = cat([k, biasK.expand(1, batch, size)], 0);
          v = cat([v, biasV.expand(1, batch, size)], 0);
          mask = widened(mask);
          padding = widened(padding);
        }
        k = staticK === null ? heads(k, numHeads) : fixed('staticK', staticK, batch, numHeads, width);
        v = staticV === null ? heads(v, numHeads) : fixed('staticV', staticV, batch, numHeads, width);
        if (addZeroAttn) {
          k = cat([k, k.newZeros([batch, numHeads, 1, width])], 2);
          v = cat([v, v.newZeros([batch, numHeads, 1, width])], 2);
          mask = widened(mask);
          padding = widened(padding);
        }
        parts = [heads(q, numHeads), k, v];
      }
      const keys = parts.length === 1 ? length : parts[1].shape[2];
      if (padding !== null && !sameShape(padding.shape, [batch, keys])) {
        throw new ShapeError(
          `${NAME}: keyPaddingMask has shape ${showShape(padding.shape)} for ${batch} batches of ${keys} keys; they must agree`,
        );
      }
      if (mask !== null && mask.shape[0] !== 1) mask = mask.reshape(batch, numHeads, length, keys);
      const both = bothMasks(mask, padding?.reshape(batch, 1, 1, keys) ?? null, parts[0]);
      const rate = training ? dropoutP : 0;
      const {
        output: joined,
        weights,
        kept,
      } = attend(parts, both, rate, { scale: 1 / Math.sqrt(width), causal: false });
      const output = linear(joined.permute(2, 0, 1, 3).reshape(length, batch, size), outProjWeight, outProjBias);
      const shown = (x: Tensor): Tensor => (averageAttnWeights ? x.mean(1) : x);
      const seen = needWeights ? shown(kept === null ? weights : weights.mul(kept)) : null;
      return bare ? [output.squeeze(1), seen === null ? null : seen.squeeze(0)] : [output, seen];
    };
    return hidden(run);
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
