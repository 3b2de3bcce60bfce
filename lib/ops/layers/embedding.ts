import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { noGrad } from '../../autograd/modes.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { checkBounds, type Indices, indexTensor } from '../indexing/indices.js';

/** What the gradient of a look-up needs beside the indices. */
interface Lookup {
  /** The row that gets no gradient; -1 for none. */
  readonly padding: number;
  /** Divide each row's gradient by how often it was looked up. */
  readonly byFrequency: boolean;
}

const embeddingRow: Row<Lookup> = {
  name: 'embedding',
  infer: ([weight, index]) => [{ shape: [...index.shape, weight.shape[1]], dtype: weight.dtype }],
  kernel: (k, [y], [weight, index]) => k.index(y, weight, [index, null], 0),
  saves: [1],
  grad(t, [g], [weight, index], _y, { padding, byFrequency }) {
    const counted = padding < 0 ? g : g.where(index.ne(padding).unsqueeze(-1), 0);
    const rows = { dims: [0], position: 0 };
    if (!byFrequency) return [t.spreadIndexed(counted, [index], rows, weight.shape), null];
    const each = t.ones(index.shape, { dtype: g.dtype, device: g.device });
    const frequencies = t.takeIndexed(t.spreadIndexed(each, [index], rows, [weight.shape[0]]), [index], rows);
    return [t.spreadIndexed(counted.div(frequencies.unsqueeze(-1)), [index], rows, weight.shape), null];
  },
};

function checkWeight(name: string, weight: Tensor): void {
  checkTensor(name, weight);
  if (weight.shape.length === 2) return;
  throw new ShapeError(`${name}: the weight has shape ${showShape(weight.shape)}; it needs (entries, features)`);
}

function paddingOf(name: string, paddingIdx: number | null, rows: number): number {
  if (paddingIdx === null) return -1;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new ValueError(
      `${name}: paddingIdx ${paddingIdx} is none of the ${rows} entries; use ${-rows} to ${rows - 1}`,
    );
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** Shortens the rows that are about to be looked up to a norm of `maxNorm`, in place and outside the tape. */
function shorten(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const flat = index.flatten();
    const rows = weight.indexSelect(0, flat);
    const norms = rows.norm(normType, 1, true);
    const factor = norms.add(1e-7).reciprocal().mul(maxNorm).where(norms.gt(maxNorm), 1);
    weight.indexCopy_(0, flat, rows.mul(factor));
  });
}

/** Options of `embedding`. */
export interface EmbeddingOptions {
  weight?: Tensor;
  /** An entry whose row gets no gradient. */
  paddingIdx?: number | null;
  /** Rows that are looked up are first shortened to this norm, in place. */
  maxNorm?: number | null;
  /** The p of that norm. */
  normType?: number;
  /** Divide the gradient of a row by how often it is looked up. */
  scaleGradByFreq?: boolean;
  /** Sparse gradients are not offered. */
  sparse?: false;
}

function refuseSparse(name: string, sparse: boolean): void {
  if (sparse) throw new ArgumentError(`${name}: sparse gradients are not offered; leave sparse out`);
}

/**
 * The rows of `weight` (entries, features) that integers of any shape name: result [..., features]. IndexError out of range.
 * PyTorch: torch.nn.functional.embedding.
 * @example
 * tg.nn.functional.embedding(tg.tensor([1, 0], { dtype: 'int32' }), tg.eye(2)).tolist() // => [ [ 0, 1 ], [ 1, 0 ] ]
 */
export const embedding: Fn<
  [
    input: Tensor | Indices,
    weight: Tensor,
    paddingIdx?: number | null,
    maxNorm?: number | null,
    normType?: number,
    scaleGradByFreq?: boolean,
    sparse?: false,
  ],
  EmbeddingOptions,
  Tensor
> = fn(
  'embedding(input:any, weight, paddingIdx=null, maxNorm=null, normType=2, scaleGradByFreq=false, sparse=false)',
  (input, weight, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse) => {
    checkWeight('embedding', weight);
    refuseSparse('embedding', sparse);
    const index = indexTensor('embedding', input, weight);
    const padding = paddingOf('embedding', paddingIdx, weight.shape[0]);
    checkBounds('embedding', index, weight.shape[0], 0, false);
    if (maxNorm !== null) shorten(weight, index, maxNorm, normType);
    return apply1(embeddingRow, [weight, index], { padding, byFrequency: scaleGradByFreq });
  },
  {
    samples: (m) => [
      [m.integers(4, 2, 3), m(4, 2)],
      [[[0, 3]], m(4, 2)],
      [m.integers(4), m(4, 2)],
    ],
    errors: (m) => [
      [[[4], m(4, 2)], 'index 4 is out of range'],
      [[[0], m(4)], 'it needs (entries, features)'],
      [[[0], m(4, 2), 4], 'paddingIdx 4 is none of the 4 entries'],
      [[m(2), m(4, 2)], 'integers'],
    ],
  },
);

/** Bags as rows of equal length: which places of the flat input they hold, and which of those count. */
interface Bags {
  readonly places: Tensor;
  readonly counts: Tensor;
}

function bagsOf(
  input: Tensor,
  offsets: Tensor | readonly number[] | null,
  includeLastOffset: boolean,
  name: string,
): Bags {
  const total = input.numel();
  const starts = startsOf(input, offsets, name);
  const ends = starts.slice(1);
  if (!includeLastOffset || offsets === null) ends.push(total);
  const lengths = ends.map((end, i) => end - starts[i]);
  const longest = Math.max(1, ...lengths);
  const places: number[] = [];
  const counts: number[] = [];
  lengths.forEach((length, bag) => {
    for (let i = 0; i < longest; i++) {
      places.push(i < length ? starts[bag] + i : 0);
      counts.push(i < length ? 1 : 0);
    }
  });
  const shape = [lengths.length, longest];
  return {
    places: fromValues(places, shape, 'int32').to(input.device),
    counts: fromValues(counts, shape, 'bool').to(input.device),
  };
}

function startsOf(input: Tensor, offsets: Tensor | readonly number[] | null, name: string): number[] {
  const total = input.numel();
  if (input.shape.length === 2) {
    if (offsets !== null)
      throw new ArgumentError(`${name}: an input of two dimensions holds one bag per row; leave offsets out`);
    return Array.from({ length: input.shape[0] }, (_, i) => i * input.shape[1]);
  }
  if (input.shape.length !== 1) {
    throw new ShapeError(`${name}: the input has shape ${showShape(input.shape)}; it needs one or two dimensions`);
  }
  if (offsets === null)
    throw new ArgumentError(`${name}: an input of one dimension needs offsets: where each bag starts`);
  const starts = (indexTensor(name, offsets as Indices, input).tolist() as number[]).map(Number);
  const sorted = starts.every((start, i) => start >= (i === 0 ? 0 : starts[i - 1]) && start <= total);
  if (starts[0] === 0 && sorted) return starts;
  throw new ValueError(
    `${name}: offsets (${starts.join(', ')}) must start with 0 and rise to at most the ${total} elements of the input`,
  );
}

/** How the rows of a bag become one. */
export type BagMode = 'sum' | 'mean' | 'max';

/** Options of `embeddingBag`. */
export interface EmbeddingBagOptions extends Omit<EmbeddingOptions, 'paddingIdx'> {
  /** Where each bag starts in an input of one dimension. */
  offsets?: Tensor | readonly number[] | null;
  mode?: BagMode;
  /** Factors of the rows, in the input's shape; with mode 'sum' only. */
  perSampleWeights?: Tensor | null;
  /** The last offset is the end of the last bag. */
  includeLastOffset?: boolean;
  /** An entry that counts in no bag. */
  paddingIdx?: number | null;
}

/**
 * Sums, means or maxima of bags of rows of `weight`: a bag per row of an input of two dimensions, or per entry of `offsets`.
 * Empty bags give 0. PyTorch: torch.nn.functional.embedding_bag.
 */
export const embeddingBag: Fn<
  [
    input: Tensor | Indices,
    weight: Tensor,
    offsets?: Tensor | readonly number[] | null,
    maxNorm?: number | null,
    normType?: number,
    scaleGradByFreq?: boolean,
    mode?: BagMode,
    sparse?: false,
    perSampleWeights?: Tensor | null,
    includeLastOffset?: boolean,
    paddingIdx?: number | null,
  ],
  EmbeddingBagOptions,
  Tensor
> = fn(
  "embeddingBag(input:any, weight, offsets=null, maxNorm=null, normType=2, scaleGradByFreq=false, mode='mean', sparse=false, perSampleWeights=null, includeLastOffset=false, paddingIdx=null)",
  (input, weight, offsets, maxNorm, normType, byFrequency, mode, sparse, factors, includeLastOffset, paddingIdx) => {
    const name = 'embeddingBag';
    checkWeight(name, weight);
    refuseSparse(name, sparse);
    if (mode !== 'sum' && mode !== 'mean' && mode !== 'max') {
      throw new ArgumentError(`${name}: unknown mode '${String(mode)}'; use 'sum', 'mean' or 'max'`);
    }
    if (factors !== null && mode !== 'sum') {
      throw new ArgumentError(`${name}: perSampleWeights need mode 'sum', not '${mode}'`);
    }
    const index = indexTensor(name, input, weight);
    const { places, counts } = bagsOf(index, offsets, includeLastOffset, name);
    const padding = paddingOf(name, paddingIdx, weight.shape[0]);
    checkBounds(name, index, weight.shape[0], 0, false);
    if (maxNorm !== null) shorten(weight, index, maxNorm, normType);
    const flat = index.flatten();
    const rows = apply1(embeddingRow, [weight, flat], { padding, byFrequency });
    if (flat.numel() === 0) return weight.newZeros([places.shape[0], weight.shape[1]]);
    const inBag = padding < 0 ? counts : counts.logicalAnd(flat.take(places).ne(padding));
    const keep = inBag.unsqueeze(-1);
    const weighted = factors === null ? rows : rows.mul(factors.flatten().unsqueeze(-1));
    const bags = weighted.indexSelect(0, places.flatten()).reshape([...places.shape, weight.shape[1]]);
    const sizes = inBag.sum(1, true);
    if (mode === 'max') {
      return bags.where(keep, -Infinity).max(1).values.where(sizes.gt(0), 0);
    }
    const sums = bags.where(keep, 0).sum(1);
    return mode === 'sum' ? sums : sums.div(sizes.clampMin(1));
  },
  {
    samples: (m) => [
      [m.integers(4, 2, 3), m(4, 2)],
      [m.integers(4, 5), m(4, 2), [0, 2, 2], { mode: 'sum', perSampleWeights: m(5) }],
      [m.integers(4, 5), m(4, 2), { offsets: [0, 3, 5], includeLastOffset: true, mode: 'max' }],
      [
        [
          [0, 1, 2],
          [2, 2, 2],
        ],
        m(4, 2),
        { paddingIdx: 2 },
      ],
    ],
    errors: (m) => [
      [[[4], m(4, 2), [0]], 'index 4 is out of range'],
      [[[1, 2], m(4, 2)], 'needs offsets'],
      [[[[1, 2]], m(4, 2), [0]], 'leave offsets out'],
      [[[1, 2], m(4, 2), [1]], 'must start with 0'],
      [[[1, 2], m(4, 2), [0], { mode: 'min' }], "unknown mode 'min'"],
      [[[1, 2], m(4, 2), [0], { perSampleWeights: m(2) }], "perSampleWeights need mode 'sum'"],
    ],
  },
);
