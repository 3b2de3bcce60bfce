import { noGrad } from '../autograd/modes.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../core/errors.js';
import type { Indices } from '../ops/indexing/indices.js';
import { type BagMode, embedding, embeddingBag } from '../ops/layers/embedding.js';
import type { Tensor } from '../tensor.js';
import { type Call, type ForwardCall, named } from './arguments.js';
import { normal_ } from './init.js';
import { type Placement, parameter, showOptions } from './layer.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Arguments that `Embedding` and `EmbeddingBag` share. */
interface LookupOptions extends Placement {
  numEmbeddings: number;
  embeddingDim: number;
  /** An entry whose row gets no gradient; it starts at 0. */
  paddingIdx?: number | null;
  /** Rows that are looked up are first shortened to this norm, in place. */
  maxNorm?: number | null;
  /** The p of that norm. */
  normType?: number;
  /** Divide the gradient of a row by how often it is looked up. */
  scaleGradByFreq?: boolean;
  /** Sparse gradients are not offered. */
  sparse?: false;
  /** Rows to start from, instead of normal numbers. */
  weight?: Tensor | null;
}

/** Arguments of `Embedding`. */
export type EmbeddingOptions = LookupOptions;

/** Arguments of `EmbeddingBag`. */
export interface EmbeddingBagOptions extends LookupOptions {
  /** How the rows of a bag become one. */
  mode?: BagMode;
  /** The last offset is the end of the last bag. */
  includeLastOffset?: boolean;
}

/** What the two layers share: a table of rows that are looked up. */
abstract class Lookup extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  /** (numEmbeddings, embeddingDim) */
  weight: Parameter;

  constructor(name: string, options: Required<LookupOptions>) {
    super();
    const { numEmbeddings, embeddingDim, paddingIdx, weight } = options;
    if (options.sparse) throw new ArgumentError(`${name}: sparse gradients are not offered; leave sparse out`);
    if (paddingIdx !== null && !(paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)) {
      throw new ValueError(`${name}: paddingIdx ${paddingIdx} is none of the ${numEmbeddings} entries`);
    }
    if (weight !== null && weight.shape.join() !== [numEmbeddings, embeddingDim].join()) {
      throw new ShapeError(
        `${name}: weight has shape ${showShape(weight.shape)}, expected (${numEmbeddings}, ${embeddingDim})`,
      );
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    this.maxNorm = options.maxNorm;
    this.normType = options.normType;
    this.scaleGradByFreq = options.scaleGradByFreq;
    this.weight = weight === null ? parameter([numEmbeddings, embeddingDim], options) : new Parameter(weight.detach());
    if (weight === null) this.resetParameters();
  }

  /** Draws the rows anew, standard normal; that of `paddingIdx` becomes 0. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  protected lookupRepr(more: object): string {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    const options = {
      paddingIdx,
      maxNorm,
      normType: normType === 2 ? null : normType,
      scaleGradByFreq: scaleGradByFreq ? true : null,
      ...more,
    };
    const shown = showOptions(options);
    return `${this.numEmbeddings}, ${this.embeddingDim}${shown === '' ? '' : `, ${shown}`}`;
  }
}

/** Options of `fromPretrained`, beside those of the layer. */
type PretrainedOptions<O> = Partial<Omit<O, 'numEmbeddings' | 'embeddingDim' | 'weight'>> & {
  /** Keep the rows as they are (default true). */
  freeze?: boolean;
};

/**
 * A table of vectors, looked up by integers of any shape: result [..., embeddingDim]. IndexError out of range. PyTorch: torch.nn.Embedding.
 * @example
 * new tg.nn.Embedding(10, 3).forward(tg.tensor([[1, 2], [4, 5]], { dtype: 'int32' })).shape // => [ 2, 2, 3 ]
 */
export class Embedding extends Lookup {
  constructor(
    ...args: Call<
      [
        numEmbeddings: number,
        embeddingDim: number,
        paddingIdx?: number | null,
        maxNorm?: number | null,
        normType?: number,
        scaleGradByFreq?: boolean,
      ],
      EmbeddingOptions
    >
  ) {
    super(
      'Embedding',
      named<EmbeddingOptions>(
        'Embedding(numEmbeddings, embeddingDim, paddingIdx=null, maxNorm=null, normType=2, scaleGradByFreq=false, ' +
          'sparse=false, weight=null, device=null, dtype=null)',
        args,
      ),
    );
  }

  /** A layer with given rows, which do not learn unless `freeze` is false. PyTorch: Embedding.from_pretrained. */
  static fromPretrained(embeddings: Tensor, options: PretrainedOptions<EmbeddingOptions> = {}): Embedding {
    const { freeze = true, ...rest } = options;
    const [numEmbeddings, embeddingDim] = rowsOf('Embedding', embeddings);
    const made = new Embedding({ ...rest, numEmbeddings, embeddingDim, weight: embeddings });
    made.weight.requiresGrad_(!freeze);
    return made;
  }

  forward(input: Indices): Tensor {
    const { weight, paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return embedding(input, weight, paddingIdx, maxNorm, normType, scaleGradByFreq);
  }

  override extraRepr(): string {
    return this.lookupRepr({});
  }
}

/** Where the bags of a flat input start, and factors of its rows. */
type BagForward = { offsets?: Tensor | readonly number[] | null; perSampleWeights?: Tensor | null };

/**
 * Sums, means or maxima of bags of rows: a bag per row of an input of two dimensions, or per entry of `offsets`. Empty bags give 0.
 * PyTorch: torch.nn.EmbeddingBag.
 */
export class EmbeddingBag extends Lookup {
  readonly mode: BagMode;
  readonly includeLastOffset: boolean;

  constructor(
    ...args: Call<
      [
        numEmbeddings: number,
        embeddingDim: number,
        maxNorm?: number | null,
        normType?: number,
        scaleGradByFreq?: boolean,
        mode?: BagMode,
      ],
      EmbeddingBagOptions
    >
  ) {
    const options = named<EmbeddingBagOptions>(
      'EmbeddingBag(numEmbeddings, embeddingDim, maxNorm=null, normType=2, scaleGradByFreq=false, ' +
        "mode='mean', sparse=false, weight=null, includeLastOffset=false, paddingIdx=null, device=null, dtype=null)",
      args,
    );
    super('EmbeddingBag', options);
    this.mode = options.mode;
    this.includeLastOffset = options.includeLastOffset;
  }

  /** A layer with given rows, which do not learn unless `freeze` is false. PyTorch: EmbeddingBag.from_pretrained. */
  static fromPretrained(embeddings: Tensor, options: PretrainedOptions<EmbeddingBagOptions> = {}): EmbeddingBag {
    const { freeze = true, ...rest } = options;
    const [numEmbeddings, embeddingDim] = rowsOf('EmbeddingBag', embeddings);
    const made = new EmbeddingBag({ ...rest, numEmbeddings, embeddingDim, weight: embeddings });
    made.weight.requiresGrad_(!freeze);
    return made;
  }

  forward(
    ...args: ForwardCall<
      [input: Indices, offsets?: Tensor | readonly number[] | null, perSampleWeights?: Tensor | null],
      BagForward
    >
  ): Tensor {
    const { input, offsets, perSampleWeights } = named<Required<BagForward> & { input: Indices }>(
      'EmbeddingBag.forward(input, offsets=null, perSampleWeights=null)',
      args,
      1,
    );
    const { weight, maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx } = this;
    return embeddingBag(input, weight, offsets, {
      maxNorm,
      normType,
      scaleGradByFreq,
      mode,
      perSampleWeights,
      includeLastOffset,
      paddingIdx,
    });
  }

  override extraRepr(): string {
    return this.lookupRepr({ mode: this.mode });
  }
}

function rowsOf(name: string, embeddings: Tensor): readonly number[] {
  if (embeddings.shape.length === 2) return embeddings.shape;
  throw new ShapeError(
    `${name}.fromPretrained: expected (entries, features), got shape ${showShape(embeddings.shape)}`,
  );
}
