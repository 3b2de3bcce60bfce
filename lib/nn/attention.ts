import { ValueError } from '../core/errors.js';
import { multiHeadAttentionForward } from '../ops/layers/multiHeadAttention.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { xavierNormal_, xavierUniform_, zeros_ } from './init.js';
import { type Placement, parameter } from './layer.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

/** Arguments of `MultiheadAttention`. */
export interface MultiheadAttentionOptions extends Placement {
  /** Features of the queries and of the result. */
  embedDim: number;
  /** Heads, which divide embedDim. */
  numHeads: number;
  /** Probability of dropping an attention weight, while training. */
  dropout?: number;
  /** Whether the projections have biases; true unless given. */
  bias?: boolean;
  /** Learn one more key and value. */
  addBiasKv?: boolean;
  /** One more key and value of zeros. */
  addZeroAttn?: boolean;
  /** Features of the keys; embedDim unless given. */
  kdim?: number | null;
  /** Features of the values; embedDim unless given. */
  vdim?: number | null;
  /** Sequences are (N, L, E) rather than (L, N, E). */
  batchFirst?: boolean;
}

/** What a forward of `MultiheadAttention` may be told. */
export interface AttentionForwardOptions {
  /** (N, S): true marks keys that do not count; numbers are added. */
  keyPaddingMask?: Tensor | null;
  /** Return the weights as well (default true). */
  needWeights?: boolean;
  /** (L, S) or (N numHeads, L, S): true marks what does not take part; numbers are added. */
  attnMask?: Tensor | null;
  /** Average the weights over the heads (default true). */
  averageAttnWeights?: boolean;
  /** A hint that `attnMask` is the causal one. */
  isCausal?: boolean;
}

/** Queries, keys, values, then options. */
export type AttentionForward = ForwardCall<
  [
    query: Tensor,
    key: Tensor,
    value: Tensor,
    keyPaddingMask?: Tensor | null,
    needWeights?: boolean,
    attnMask?: Tensor | null,
    averageAttnWeights?: boolean,
    isCausal?: boolean,
  ],
  AttentionForwardOptions & { key?: Tensor; value?: Tensor }
>;

type ForwardValues = Required<AttentionForwardOptions> & { query: Tensor; key: Tensor; value: Tensor };

/**
 * Attention of several heads with its projections (Vaswani et al. 2017): queries (L, N, E), keys and values (S, N, E), with `batchFirst`
 * (N, L, E) and (N, S, E), or without N. forward returns [output, weights]; the weights (N, L, S) are null unless needed.
 * PyTorch: torch.nn.MultiheadAttention.
 * @example
 * const x = tg.randn(5, 2, 8);
 * const [output, weights] = new tg.nn.MultiheadAttention(8, 2).forward(x, x, x);
 * [output.shape, weights.shape] // => [ [ 5, 2, 8 ], [ 2, 5, 5 ] ]
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly addZeroAttn: boolean;
  readonly kdim: number;
  readonly vdim: number;
  readonly batchFirst: boolean;
  /** The projections of queries, keys and values in one; null where their features differ. */
  in_proj_weight: Parameter | null = null;
  q_proj_weight: Parameter | null = null;
  k_proj_weight: Parameter | null = null;
  v_proj_weight: Parameter | null = null;
  in_proj_bias: Parameter | null;
  bias_k: Parameter | null;
  bias_v: Parameter | null;
  readonly out_proj: Linear;

  constructor(
    ...args: Call<
      [
        embedDim: number,
        numHeads: number,
        dropout?: number,
        bias?: boolean,
        addBiasKv?: boolean,
        addZeroAttn?: boolean,
        kdim?: number | null,
        vdim?: number | null,
        batchFirst?: boolean,
      ],
      MultiheadAttentionOptions
    >
  ) {
    super();
    const options = named<MultiheadAttentionOptions>(
      'MultiheadAttention(embedDim, numHeads, dropout=0, bias=true, addBiasKv=false, addZeroAttn=false, kdim=null, vdim=null, ' +
        'batchFirst=false, device=null, dtype=null)',
      args,
    );
    const { embedDim, numHeads, bias, addBiasKv, device, dtype } = options;
    if (!(embedDim > 0 && numHeads > 0 && embedDim % numHeads === 0)) {
      throw new ValueError(
        `MultiheadAttention: embedDim ${embedDim} must be a positive multiple of numHeads ${numHeads}`,
      );
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = options.dropout;
    this.addZeroAttn = options.addZeroAttn;
    this.kdim = options.kdim ?? embedDim;
    this.vdim = options.vdim ?? embedDim;
    this.batchFirst = options.batchFirst;
    if (this.kdim === embedDim && this.vdim === embedDim) {
      this.in_proj_weight = parameter([3 * embedDim, embedDim], options);
    } else {
      this.q_proj_weight = parameter([embedDim, embedDim], options);
      this.k_proj_weight = parameter([embedDim, this.kdim], options);
      this.v_proj_weight = parameter([embedDim, this.vdim], options);
    }
    this.in_proj_bias = bias ? parameter([3 * embedDim], options) : null;
    this.bias_k = addBiasKv ? parameter([1, 1, embedDim], options) : null;
    this.bias_v = addBiasKv ? parameter([1, 1, embedDim], options) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias, device, dtype });
    this.resetParameters();
  }

  /** Draws the parameters anew: projections by Xavier's rule, biases 0. */
  resetParameters(): void {
    for (const weight of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight]) {
      if (weight !== null) xavierUniform_(weight);
    }
    for (const bias of [this.in_proj_bias, this.out_proj.bias]) if (bias !== null) zeros_(bias);
    for (const extra of [this.bias_k, this.bias_v]) if (extra !== null) xavierNormal_(extra);
  }

  forward(...args: AttentionForward): [output: Tensor, weights: Tensor | null] {
    const given = named<ForwardValues>(
      'MultiheadAttention.forward(query, key, value, keyPaddingMask=null, needWeights=true, attnMask=null, ' +
        'averageAttnWeights=true, isCausal=false)',
      args,
      1,
    );
    const { query, key, value, ...options } = given;
    const swap = this.batchFirst && query.shape.length === 3;
    const q = swap ? query.transpose(0, 1) : query;
    // The same tensor stays the same: then one product projects all three.
    const [k, v] = [key, value].map((x) => (x === query ? q : swap ? x.transpose(0, 1) : x));
    const { embedDim, numHeads, in_proj_weight, in_proj_bias, bias_k, bias_v, out_proj } = this;
    const [output, weights] = multiHeadAttentionForward(q, k, v, embedDim, numHeads, {
      ...options,
      inProjWeight: in_proj_weight,
      inProjBias: in_proj_bias,
      biasK: bias_k,
      biasV: bias_v,
      addZeroAttn: this.addZeroAttn,
      dropoutP: this.dropout,
      outProjWeight: out_proj.weight,
      outProjBias: out_proj.bias,
      training: this.training,
      useSeparateProjWeight: in_proj_weight === null,
      qProjWeight: this.q_proj_weight,
      kProjWeight: this.k_proj_weight,
      vProjWeight: this.v_proj_weight,
    });
    return [swap ? output.transpose(0, 1) : output, weights];
  }
}
