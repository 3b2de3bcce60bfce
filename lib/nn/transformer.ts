import type { Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { full } from '../ops/creation/creation.js';
import { triu } from '../ops/shape/triangle.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { ModuleList } from './containers.js';
import { copyModule } from './copy.js';
import { through } from './discreet.js';
import { xavierUniform_ } from './init.js';
import type { Placement } from './layer.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';
import {
  type DecoderForward,
  type DecoderMasks,
  decoderParameters,
  type TransformerActivation,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from './transformerLayer.js';

/** A module from a sequence to a sequence, such as a layer norm. */
export interface Normalizer extends Module {
  forward(input: Tensor): Tensor;
}

/** Masks of an encoder. */
export interface EncoderMasks {
  /** (L, L) or (N nhead, L, L): true marks what does not take part; numbers are added. */
  mask?: Tensor | null;
  /** (N, L): true marks keys that do not count. */
  srcKeyPaddingMask?: Tensor | null;
  /** A hint that `mask` is the causal one. */
  isCausal?: boolean;
}

/** Copies of a layer with parameters of their own, all starting alike, as in PyTorch. */
function copies<M extends Module>(name: string, layer: M, count: number): ModuleList<M> {
  if (!(layer instanceof Module)) throw new ArgumentError(`${name}: expected a layer, got ${String(layer)}`);
  return new ModuleList(Array.from({ length: count }, () => copyModule(layer)));
}

/** `numLayers` copies of an encoder layer, one after the other, and a norm where given. PyTorch: torch.nn.TransformerEncoder. */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  readonly norm: Normalizer | null;

  constructor(
    ...args: Call<
      [encoderLayer: TransformerEncoderLayer, numLayers: number, norm?: Normalizer | null],
      { encoderLayer: TransformerEncoderLayer; numLayers: number; norm?: Normalizer | null }
    >
  ) {
    super();
    const { encoderLayer, numLayers, norm } = named<{
      encoderLayer: TransformerEncoderLayer;
      numLayers: number;
      norm: Normalizer | null;
    }>('TransformerEncoder(encoderLayer, numLayers, norm=null, enableNestedTensor=true, maskCheck=true)', args);
    this.layers = copies('TransformerEncoder', encoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = norm;
  }

  forward(
    ...args: ForwardCall<
      [src: Tensor, mask?: Tensor | null, srcKeyPaddingMask?: Tensor | null, isCausal?: boolean],
      EncoderMasks
    >
  ): Tensor {
    const { src, mask, srcKeyPaddingMask, isCausal } = named<Required<EncoderMasks> & { src: Tensor }>(
      'TransformerEncoder.forward(src, mask=null, srcKeyPaddingMask=null, isCausal=false)',
      args,
      1,
    );
    const x = through(this.layers, src, (layer, y) => layer.forward(y, mask, srcKeyPaddingMask, isCausal));
    return this.norm === null ? x : this.norm.forward(x);
  }
}

/** `numLayers` copies of a decoder layer, one after the other, and a norm where given. PyTorch: torch.nn.TransformerDecoder. */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  readonly norm: Normalizer | null;

  constructor(
    ...args: Call<
      [decoderLayer: TransformerDecoderLayer, numLayers: number, norm?: Normalizer | null],
      { decoderLayer: TransformerDecoderLayer; numLayers: number; norm?: Normalizer | null }
    >
  ) {
    super();
    const { decoderLayer, numLayers, norm } = named<{
      decoderLayer: TransformerDecoderLayer;
      numLayers: number;
      norm: Normalizer | null;
    }>('TransformerDecoder(decoderLayer, numLayers, norm=null)', args);
    this.layers = copies('TransformerDecoder', decoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = norm;
  }

  forward(...args: DecoderForward): Tensor {
    const { tgt, memory, ...masks } = named<Required<DecoderMasks> & { tgt: Tensor; memory: Tensor }>(
      `TransformerDecoder.forward(${decoderParameters})`,
      args,
      1,
    );
    const x = through(this.layers, tgt, (layer, y) => layer.forward(y, memory, masks));
    return this.norm === null ? x : this.norm.forward(x);
  }
}

/** What an encoder of your own must be able to do. */
export interface CustomEncoder extends Module {
  forward(src: Tensor, masks: EncoderMasks): Tensor;
}

/** What a decoder of your own must be able to do. */
export interface CustomDecoder extends Module {
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks): Tensor;
}

/** Arguments of `Transformer`. */
export interface TransformerOptions<E extends CustomEncoder, D extends CustomDecoder> extends Placement {
  /** Features of the sequences, 512 unless given. */
  dModel?: number;
  /** Heads of the attention, 8 unless given. */
  nhead?: number;
  /** 6 unless given. */
  numEncoderLayers?: number;
  /** 6 unless given. */
  numDecoderLayers?: number;
  /** Features between the two linear layers of each layer, 2048 unless given. */
  dimFeedforward?: number;
  /** Probability of dropping an element, while training; 0.1 unless given. */
  dropout?: number;
  /** 'relu' unless given. */
  activation?: TransformerActivation;
  /** Used instead of a `TransformerEncoder`. */
  customEncoder?: E | null;
  /** Used instead of a `TransformerDecoder`. */
  customDecoder?: D | null;
  /** Added to the variance, 1e-5 unless given. */
  layerNormEps?: number;
  /** Sequences are (N, L, E) rather than (L, N, E). */
  batchFirst?: boolean;
  /** Normalize before attention and linear layers rather than after. */
  normFirst?: boolean;
  /** Whether linear layers and norms have biases; true unless given. */
  bias?: boolean;
}

/** Masks of a transformer. */
export interface TransformerMasks extends DecoderMasks {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
  /** A hint that `srcMask` is the causal one. */
  srcIsCausal?: boolean;
}

/**
 * An encoder and a decoder (Vaswani et al. 2017): src (S, N, E) and tgt (T, N, E), with `batchFirst` (N, S, E) and (N, T, E), or without N.
 * Matrices start by Xavier's rule. PyTorch: torch.nn.Transformer.
 */
export class Transformer<
  E extends CustomEncoder = TransformerEncoder,
  D extends CustomDecoder = TransformerDecoder,
> extends Module {
  readonly encoder: E;
  readonly decoder: D;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(
    ...args: Call<
      [
        dModel?: number,
        nhead?: number,
        numEncoderLayers?: number,
        numDecoderLayers?: number,
        dimFeedforward?: number,
        dropout?: number,
        activation?: TransformerActivation,
        customEncoder?: E | null,
        customDecoder?: D | null,
        layerNormEps?: number,
        batchFirst?: boolean,
        normFirst?: boolean,
        bias?: boolean,
      ],
      TransformerOptions<E, D>
    >
  ) {
    super();
    const { customEncoder, customDecoder, numEncoderLayers, numDecoderLayers, ...layer } = named<
      TransformerOptions<E, D>
    >(
      'Transformer(dModel=512, nhead=8, numEncoderLayers=6, numDecoderLayers=6, dimFeedforward=2048, dropout=0.1, ' +
        "activation='relu', customEncoder=null, customDecoder=null, layerNormEps=1e-5, batchFirst=false, normFirst=false, " +
        'bias=true, device=null, dtype=null)',
      args,
    );
    const { dModel, layerNormEps: eps, bias, device, dtype } = layer;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps, bias, device, dtype });
    // Without a custom one the types are the defaults.
    const encoder =
      customEncoder ?? new TransformerEncoder(new TransformerEncoderLayer(layer), numEncoderLayers, norm());
    const decoder =
      customDecoder ?? new TransformerDecoder(new TransformerDecoderLayer(layer), numDecoderLayers, norm());
    this.encoder = encoder as E;
    this.decoder = decoder as D;
    this.dModel = dModel;
    this.nhead = layer.nhead;
    this.batchFirst = layer.batchFirst;
    for (const weight of this.parameters()) if (weight.shape.length > 1) xavierUniform_(weight);
  }

  forward(
    ...args: ForwardCall<
      [
        src: Tensor,
        tgt: Tensor,
        srcMask?: Tensor | null,
        tgtMask?: Tensor | null,
        memoryMask?: Tensor | null,
        srcKeyPaddingMask?: Tensor | null,
        tgtKeyPaddingMask?: Tensor | null,
        memoryKeyPaddingMask?: Tensor | null,
      ],
      TransformerMasks & { tgt?: Tensor }
    >
  ): Tensor {
    const given = named<Required<TransformerMasks> & { src: Tensor; tgt: Tensor }>(
      'Transformer.forward(src, tgt, srcMask=null, tgtMask=null, memoryMask=null, srcKeyPaddingMask=null, ' +
        'tgtKeyPaddingMask=null, memoryKeyPaddingMask=null, srcIsCausal=false, tgtIsCausal=false, memoryIsCausal=false)',
      args,
      1,
    );
    const { src, tgt, srcMask: mask, srcKeyPaddingMask, srcIsCausal: isCausal, ...masks } = given;
    this.checkSequences(src, tgt);
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal });
    return this.decoder.forward(tgt, memory, masks);
  }

  private checkSequences(src: Tensor, tgt: Tensor): void {
    const batch = this.batchFirst ? 0 : 1;
    const rank = src.shape.length;
    const fits = rank === tgt.shape.length && (rank === 2 || (rank === 3 && src.shape[batch] === tgt.shape[batch]));
    if (fits && src.shape.at(-1) === this.dModel && tgt.shape.at(-1) === this.dModel) return;
    throw new ShapeError(
      `Transformer: src ${showShape(src.shape)} and tgt ${showShape(tgt.shape)} must be sequences of ${this.dModel} features with one batch size`,
    );
  }

  /** The mask that lets a position see itself and those before it: 0 there, minus infinity elsewhere. PyTorch: Transformer.generate_square_subsequent_mask. */
  static generateSquareSubsequentMask(
    size: number,
    options: { device?: Device | null; dtype?: DType | null } = {},
  ): Tensor {
    return triu(full([size, size], Number.NEGATIVE_INFINITY, options), 1);
  }
}
