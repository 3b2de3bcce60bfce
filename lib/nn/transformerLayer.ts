import { ValueError } from '../core/errors.js';
import { gelu, relu } from '../ops/activation.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { MultiheadAttention } from './attention.js';
import { discreetly } from './discreet.js';
import { Dropout } from './dropout.js';
import type { Placement } from './layer.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';

/** An activation by name, as a function, or as a module. */
export type TransformerActivation = 'relu' | 'gelu' | ((input: Tensor) => Tensor) | Module;

/** Arguments of the transformer layers. */
export interface TransformerLayerOptions extends Placement {
  /** Features of the sequences. */
  dModel: number;
  /** Heads of the attention. */
  nhead: number;
  /** Features between the two linear layers. */
  dimFeedforward?: number;
  /** Probability of dropping an element, while training; 0.1 unless given. */
  dropout?: number;
  /** 'relu' unless given. */
  activation?: TransformerActivation;
  /** Added to the variance, 1e-5 unless given. */
  layerNormEps?: number;
  /** Sequences are (N, L, E) rather than (L, N, E). */
  batchFirst?: boolean;
  /** Normalize before attention and linear layers rather than after. */
  normFirst?: boolean;
  /** Whether linear layers and norms have biases; true unless given. */
  bias?: boolean;
}

/** How the transformer layers are made. */
export type TransformerLayerCall = Call<
  [
    dModel: number,
    nhead: number,
    dimFeedforward?: number,
    dropout?: number,
    activation?: TransformerActivation,
    layerNormEps?: number,
    batchFirst?: boolean,
    normFirst?: boolean,
    bias?: boolean,
  ],
  TransformerLayerOptions
>;

const parameters =
  "dModel, nhead, dimFeedforward=2048, dropout=0.1, activation='relu', layerNormEps=1e-5, batchFirst=false, normFirst=false, " +
  'bias=true, device=null, dtype=null';

function activationOf(name: string, activation: unknown): ((input: Tensor) => Tensor) | Module {
  if (activation === 'relu') return relu;
  if (activation === 'gelu') return gelu;
  if (typeof activation === 'function') return activation as (input: Tensor) => Tensor;
  if (activation instanceof Module) return activation;
  throw new ValueError(
    `${name}: unknown activation '${String(activation)}'; use 'relu', 'gelu', a function or a module`,
  );
}

function activate(activation: ((input: Tensor) => Tensor) | Module, input: Tensor): Tensor {
  if (typeof activation === 'function') return activation(input);
  return (activation as unknown as { forward(input: Tensor): Tensor }).forward(input);
}

/** Masks of an encoder layer. */
export interface EncoderLayerMasks {
  /** (L, L) or (N nhead, L, L): true marks what does not take part; numbers are added. */
  srcMask?: Tensor | null;
  /** (N, L): true marks keys that do not count. */
  srcKeyPaddingMask?: Tensor | null;
  /** A hint that `srcMask` is the causal one. */
  isCausal?: boolean;
}

/** A sequence, then masks. */
export type EncoderLayerForward = ForwardCall<
  [src: Tensor, srcMask?: Tensor | null, srcKeyPaddingMask?: Tensor | null, isCausal?: boolean],
  EncoderLayerMasks
>;

/**
 * Self-attention and two linear layers, each with a residual and a layer norm (Vaswani et al. 2017), over (L, N, E), with `batchFirst`
 * (N, L, E), or (L, E). PyTorch: torch.nn.TransformerEncoderLayer.
 * @example
 * const layer = new tg.nn.TransformerEncoderLayer(8, 2, { batchFirst: true });
 * layer.forward(tg.randn(3, 5, 8)).shape // => [ 3, 5, 8 ]
 */
export class TransformerEncoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  readonly activation: ((input: Tensor) => Tensor) | Module;

  constructor(...args: TransformerLayerCall) {
    super();
    const options = named<TransformerLayerOptions>(`TransformerEncoderLayer(${parameters})`, args);
    const { dModel, nhead, dimFeedforward, dropout: p, layerNormEps: eps, batchFirst, bias, device, dtype } = options;
    const place = { bias, device, dtype };
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout: p, batchFirst, ...place });
    this.linear1 = new Linear(dModel, dimFeedforward, place);
    this.dropout = new Dropout(p);
    this.linear2 = new Linear(dimFeedforward, dModel, place);
    this.norm1 = new LayerNorm(dModel, { eps, ...place });
    this.norm2 = new LayerNorm(dModel, { eps, ...place });
    this.dropout1 = new Dropout(p);
    this.dropout2 = new Dropout(p);
    this.normFirst = options.normFirst;
    this.activation = activationOf('TransformerEncoderLayer', options.activation);
  }

  forward(...args: EncoderLayerForward): Tensor {
    const { src, ...masks } = named<Required<EncoderLayerMasks> & { src: Tensor }>(
      'TransformerEncoderLayer.forward(src, srcMask=null, srcKeyPaddingMask=null, isCausal=false)',
      args,
      1,
    );
    const attend = (x: Tensor): Tensor => {
      const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, isCausal } = masks;
      const [y] = this.self_attn.forward(x, x, x, { attnMask, keyPaddingMask, isCausal, needWeights: false });
      return this.dropout1.forward(y);
    };
    const feed = (x: Tensor): Tensor => {
      const inner = this.dropout.forward(activate(this.activation, this.linear1.forward(x)));
      return this.dropout2.forward(this.linear2.forward(inner));
    };
    return discreetly(this, () => {
      if (this.normFirst) {
        const x = src.add(attend(this.norm1.forward(src)));
        return x.add(feed(this.norm2.forward(x)));
      }
      const x = this.norm1.forward(src.add(attend(src)));
      return this.norm2.forward(x.add(feed(x)));
    });
  }
}

/** Masks of a decoder, or of one of its layers. */
export interface DecoderMasks {
  /** (T, T) or (N nhead, T, T): true marks what does not take part; numbers are added. */
  tgtMask?: Tensor | null;
  /** (T, S) or (N nhead, T, S), for the attention to the memory. */
  memoryMask?: Tensor | null;
  /** (N, T): true marks keys that do not count. */
  tgtKeyPaddingMask?: Tensor | null;
  /** (N, S): true marks keys of the memory that do not count. */
  memoryKeyPaddingMask?: Tensor | null;
  /** A hint that `tgtMask` is the causal one. */
  tgtIsCausal?: boolean;
  /** A hint that `memoryMask` is the causal one. */
  memoryIsCausal?: boolean;
}

/** A sequence, the memory it looks at, then masks. */
export type DecoderForward = ForwardCall<
  [
    tgt: Tensor,
    memory: Tensor,
    tgtMask?: Tensor | null,
    memoryMask?: Tensor | null,
    tgtKeyPaddingMask?: Tensor | null,
    memoryKeyPaddingMask?: Tensor | null,
    tgtIsCausal?: boolean,
    memoryIsCausal?: boolean,
  ],
  DecoderMasks & { memory?: Tensor }
>;

/** Defaults of what `DecoderForward` takes. */
export const decoderParameters: string =
  'tgt, memory, tgtMask=null, memoryMask=null, tgtKeyPaddingMask=null, memoryKeyPaddingMask=null, tgtIsCausal=false, memoryIsCausal=false';

/**
 * Self-attention, attention to a memory, and two linear layers, each with a residual and a layer norm (Vaswani et al. 2017); shapes as for
 * the encoder's layer. PyTorch: torch.nn.TransformerDecoderLayer.
 */
export class TransformerDecoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly multihead_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly normFirst: boolean;
  readonly activation: ((input: Tensor) => Tensor) | Module;

  constructor(...args: TransformerLayerCall) {
    super();
    const options = named<TransformerLayerOptions>(`TransformerDecoderLayer(${parameters})`, args);
    const { dModel, nhead, dimFeedforward, dropout: p, layerNormEps: eps, batchFirst, bias, device, dtype } = options;
    const place = { bias, device, dtype };
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout: p, batchFirst, ...place });
    this.multihead_attn = new MultiheadAttention(dModel, nhead, { dropout: p, batchFirst, ...place });
    this.linear1 = new Linear(dModel, dimFeedforward, place);
    this.dropout = new Dropout(p);
    this.linear2 = new Linear(dimFeedforward, dModel, place);
    this.norm1 = new LayerNorm(dModel, { eps, ...place });
    this.norm2 = new LayerNorm(dModel, { eps, ...place });
    this.norm3 = new LayerNorm(dModel, { eps, ...place });
    this.dropout1 = new Dropout(p);
    this.dropout2 = new Dropout(p);
    this.dropout3 = new Dropout(p);
    this.normFirst = options.normFirst;
    this.activation = activationOf('TransformerDecoderLayer', options.activation);
  }

  forward(...args: DecoderForward): Tensor {
    const { tgt, memory, ...masks } = named<Required<DecoderMasks> & { tgt: Tensor; memory: Tensor }>(
      `TransformerDecoderLayer.forward(${decoderParameters})`,
      args,
      1,
    );
    const attend = (x: Tensor): Tensor => {
      const { tgtMask: attnMask, tgtKeyPaddingMask: keyPaddingMask, tgtIsCausal: isCausal } = masks;
      const [y] = this.self_attn.forward(x, x, x, { attnMask, keyPaddingMask, isCausal, needWeights: false });
      return this.dropout1.forward(y);
    };
    const look = (x: Tensor): Tensor => {
      const { memoryMask: attnMask, memoryKeyPaddingMask: keyPaddingMask, memoryIsCausal: isCausal } = masks;
      const options = { attnMask, keyPaddingMask, isCausal, needWeights: false };
      const [y] = this.multihead_attn.forward(x, memory, memory, options);
      return this.dropout2.forward(y);
    };
    const feed = (x: Tensor): Tensor => {
      const inner = this.dropout.forward(activate(this.activation, this.linear1.forward(x)));
      return this.dropout3.forward(this.linear2.forward(inner));
    };
    return discreetly(this, () => {
      if (this.normFirst) {
        const x = tgt.add(attend(this.norm1.forward(tgt)));
        const y = x.add(look(this.norm2.forward(x)));
        return y.add(feed(this.norm3.forward(y)));
      }
      const x = this.norm1.forward(tgt.add(attend(tgt)));
      const y = this.norm2.forward(x.add(look(x)));
      return this.norm3.forward(y.add(feed(y)));
    });
  }
}
