import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes, type Dims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { quotient } from '../reduction/quotient.js';
import { normOver } from '../reduction/vectorNorm.js';

type CosineOptions = { x2?: Tensor; dim?: number; eps?: number };

/** Cosine of the angle between the vectors of two tensors along `dim`. PyTorch: torch.nn.functional.cosine_similarity. */
export const cosineSimilarity: Fn<[x1: Tensor, x2: Tensor, dim?: number, eps?: number], CosineOptions, Tensor> = fn(
  'cosineSimilarity(x1, x2, dim=1, eps=1e-8)',
  (x1, x2, dim, eps) => {
    checkTensor('cosineSimilarity', x1);
    checkTensor('cosineSimilarity', x2);
    const shape = broadcastShapes('cosineSimilarity', x1.shape, x2.shape);
    const unit = (x: Tensor): Tensor => x.div(normOver('cosineSimilarity', x, 2, dim, true).clampMin(eps));
    return unit(x1.expand(shape))
      .mul(unit(x2.expand(shape)))
      .sum(dim);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(1, 2, 3), m(2, 1, 3), { dim: -1 }],
    ],
  },
);

type PairwiseOptions = { x2?: Tensor; p?: number; eps?: number; keepdim?: boolean };

/** Distance of corresponding vectors along the last dimension; `eps` is added to every difference. PyTorch: torch.nn.functional.pairwise_distance. */
export const pairwiseDistance: Fn<
  [x1: Tensor, x2: Tensor, p?: number, eps?: number, keepdim?: boolean],
  PairwiseOptions,
  Tensor
> = fn(
  'pairwiseDistance(x1, x2, p=2, eps=1e-6, keepdim=false)',
  (x1, x2, p, eps, keepdim) => {
    checkTensor('pairwiseDistance', x1);
    checkTensor('pairwiseDistance', x2);
    return normOver('pairwiseDistance', x1.sub(x2).add(eps), p, -1, keepdim);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(3), m(3), { p: 1, keepdim: true }],
    ],
  },
);

/** Euclidean distances through one product of matrices: |a|^2 + |b|^2 - 2ab. */
const euclidRow: Row<null> = {
  name: 'cdist',
  infer: ([a, b]) => [{ shape: [...a.shape.slice(0, -1), b.shape.at(-2) as number], dtype: a.dtype }],
  kernel(k, [y], [a, b]) {
    const squares = (x: Tensor): Tensor => x.mul(x).sum(-1, true);
    const sum = squares(a)
      .add(squares(b).transpose(-1, -2))
      .sub(a.matmul(b.transpose(-1, -2)).mul(2));
    k.copy(y, sum.clampMin(0).sqrt());
  },
  saves: [0, 1],
  savesResults: [0],
  grad(t, [g], [a, b], [y]) {
    // Points that coincide have no direction.
    const weight = quotient(t, g, y);
    const back = weight.transpose(-1, -2);
    return [
      t.sub(t.mul(a, t.sum(weight, -1, true)), t.matmul(weight, b)),
      t.sub(t.mul(b, t.sum(back, -1, true)), t.matmul(back, a)),
    ];
  },
};

/** How Euclidean distances are computed. */
export type ComputeMode =
  | 'use_mm_for_euclid_dist_if_necessary'
  | 'use_mm_for_euclid_dist'
  | 'donot_use_mm_for_euclid_dist';

type CdistOptions = { x2?: Tensor; p?: number; computeMode?: ComputeMode };

/**
 * p-norm distance of every row of x1 (..., P, M) to every row of x2 (..., R, M): (..., P, R). Above 25 rows Euclidean distances come from
 * a product of matrices, which loses digits where rows are close. PyTorch: torch.cdist.
 */
export const cdist: Fn<[x1: Tensor, x2: Tensor, p?: number, computeMode?: ComputeMode], CdistOptions, Tensor> = fn(
  "cdist(x1, x2, p=2, computeMode='use_mm_for_euclid_dist_if_necessary')",
  (x1, x2, p, mode) => {
    checkTensor('cdist', x1);
    checkTensor('cdist', x2);
    const [a, b] = [x1.shape, x2.shape];
    if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-1)) {
      throw new ShapeError(
        `cdist: ${showShape(a)} and ${showShape(b)}: both need at least two dimensions, and equally many columns`,
      );
    }
    const many = (a.at(-2) as number) > 25 || (b.at(-2) as number) > 25;
    const product = mode === 'use_mm_for_euclid_dist' || (mode === 'use_mm_for_euclid_dist_if_necessary' && many);
    if (p !== 2 || !product) return normOver('cdist', x1.unsqueeze(-2).sub(x2.unsqueeze(-3)), p, -1, false);
    const batch = broadcastShapes('cdist', a.slice(0, -2), b.slice(0, -2));
    const [left, right] = [x1.expand([...batch, ...a.slice(-2)]), x2.expand([...batch, ...b.slice(-2)])];
    return apply1(euclidRow, [left, right], null);
  },
  {
    samples: (m) => [
      [m(2, 3), m(4, 3)],
      [m(2, 2, 3), m(4, 3), { p: 1 }],
      [m(2, 3), m(4, 3), 2, 'use_mm_for_euclid_dist'],
      [m(2, 3), m(4, 3), { p: Infinity }],
    ],
    errors: (m) => [[[m(2, 3), m(2, 4)], 'equally many columns']],
  },
);

/** p-norm distances of all pairs of rows of a matrix, those of row 0 first. PyTorch: torch.nn.functional.pdist. */
export const pdist: Fn<[input: Tensor, p?: number], { p?: number }, Tensor> = fn(
  'pdist(input, p=2)',
  (input, p) => {
    checkTensor('pdist', input);
    if (input.shape.length !== 2) throw new ShapeError(`pdist: ${showShape(input.shape)} is not a matrix`);
    const pairs: [number, number][] = [];
    for (let i = 0; i < input.shape[0]; i++) for (let j = i + 1; j < input.shape[0]; j++) pairs.push([i, j]);
    const rows = (side: 0 | 1): Tensor =>
      input.indexSelect(
        0,
        pairs.map((pair) => pair[side]),
      );
    return normOver('pdist', rows(0).sub(rows(1)), p, -1, false);
  },
  { samples: (m) => [[m(4, 3)], [m(4, 3), 1]], errors: (m) => [[[m(3)], '(3,) is not a matrix']] },
);

type NormalizeOptions = { p?: number; dim?: Dims; eps?: number };

/** Divides each line along `dim` by its p-norm, or by `eps` where that is larger. PyTorch: torch.nn.functional.normalize. */
export const normalize: Fn<[input: Tensor, p?: number, dim?: Dims, eps?: number], NormalizeOptions, Tensor> = fn(
  'normalize(input, p=2, dim=1, eps=1e-12)',
  (input, p, dim, eps) => input.div(normOver('normalize', input, p, dim, true).clampMin(eps)),
  { samples: (m) => [[m(2, 3)], [m(3), { dim: 0, p: 1 }]] },
);
