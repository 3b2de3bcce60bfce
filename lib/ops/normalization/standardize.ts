import { formula } from '../../../kernels/dag.js';
import { apply, type Row } from '../../autograd/apply.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { reducedShape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { adding, average, foldedCount, reduceKernel, reduction, requireFloat } from '../reduction/reduction.js';

/** What standardizing remembers: the dimensions that share a mean, and what is added to the variance. */
export interface Standard {
  readonly name: string;
  readonly dims: readonly number[];
  readonly eps: number;
}

const meanSquare = reduction({
  name: 'meanSquare',
  before: formula(1, (s, x) => s.mul(x, x)),
  combine: adding,
  after: formula(2, (s, a, n) => s.div(a, n)),
});
const difference = formula(2, (s, x, mean) => s.sub(x, mean));
const scaled = formula(3, (s, x, variance, eps) => s.div(x, s.sqrt(s.add(variance, eps))));

/** `scale (g - a - y b)`: the gradient of standardizing, in one kernel. Inputs: g, y, scale, a, b. */
const gradientRow: PointwiseRow = pointwiseRow('standardizeBackward', 5, 0, {
  forward: (s, g, y, scale, a, b) => s.mul(scale, s.sub(s.sub(g, a), s.mul(y, b))),
  grad: [
    (s, h, _g, _y, scale) => s.mul(h, scale),
    (s, h, _g, _y, scale, _a, b) => s.neg(s.mul(h, s.mul(scale, b))),
    (s, h, g, y, _scale, a, b) => s.mul(h, s.sub(s.sub(g, a), s.mul(y, b))),
    (s, h, _g, _y, scale) => s.neg(s.mul(h, scale)),
    (s, h, _g, y, scale) => s.neg(s.mul(h, s.mul(scale, y))),
  ],
});

/** Results: (x - mean) / sqrt(variance + eps), the mean, the variance over the number of elements; the last two keep their dimensions. */
const standardizeRow: Row<Standard> = {
  name: 'standardize',
  infer([x], { name, dims }) {
    requireFloat(name, x.dtype);
    const small = { shape: reducedShape(x.shape, dims, true), dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, small, small];
  },
  kernel(k, [y, mean, variance], [x], { dims, eps }) {
    reduceKernel(k, average, mean, x, dims);
    k.pointwise2(difference, y.dtype, y, x, mean);
    reduceKernel(k, meanSquare, variance, y, dims);
    k.pointwise(scaled, y.dtype, [y], [y, variance, eps]);
  },
  savesResults: [0, 2],
  grad: (_t, [g, toMean, toVariance], [x], [y, , variance], standard) => [
    standardGradient(g, toMean, toVariance, y, variance, foldedCount(x.shape, standard.dims), standard),
  ],
};

/** The gradient to the input from those to the three results; `n` elements share a mean. */
export function standardGradient(
  g: Tensor,
  toMean: Tensor,
  toVariance: Tensor,
  y: Tensor,
  variance: Tensor,
  n: number,
  { dims, eps }: Standard,
): Tensor {
  const scale = variance.add(eps).rsqrt();
  const a = g.mean(dims, true).sub(toMean.div(scale.mul(n)));
  const b = g
    .mul(y)
    .mean(dims, true)
    .sub(toVariance.mul(2 / n).div(scale.mul(scale)));
  return pointwise(gradientRow, [g, y, scale, a, b], [], null);
}

/** A tensor with mean 0 and variance 1 over `dims`, and the mean and the (biased) variance that it had. */
export function standardize(name: string, x: Tensor, dims: readonly number[], eps: number): Tensor[] {
  return apply(standardizeRow, [x], { name, dims, eps });
}
