import type { FusedKernels } from '../../../kernels/types.js';
import { apply, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { reducedShape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { foldedCount, requireFloat } from '../reduction/reduction.js';
import { affine } from '../shape/affine.js';
import { type Standard, standardGradient, standardize } from './standardize.js';

/** The bias is not read by the gradient: its shape is enough. */
interface Affine extends Standard {
  readonly biasShape: readonly number[] | null;
}

/** Gradients to input, weight and bias. Inputs: gradients to the three results, mean, variance, input, weight. */
const backwardRow: Row<Affine> = {
  name: 'normalizeBackward',
  infer([, , , , , ...given], { biasShape }) {
    const shapes = [...given.map(({ shape }) => shape), ...(biasShape === null ? [] : [biasShape])];
    return shapes.map((shape) => ({ shape, dtype: given[0].dtype }));
  },
  kernel(k, [toInput, toWeight, toBias], [output, toMean, toVariance, mean, variance, input, weight], attributes) {
    (k.fused as FusedKernels).normalizeBackward(
      { input: toInput, weight: toWeight ?? null, bias: toBias ?? null },
      { output, mean: toMean, variance: toVariance },
      { input, weight: weight ?? null, bias: null, mean, variance },
      attributes,
    );
  },
};

/** Results: the normalized input times weight plus bias, the mean, the (biased) variance; the last two keep their dimensions. */
const normalizeRow: Row<Affine> = {
  name: 'normalize',
  infer([x], { name, dims }) {
    requireFloat(name, x.dtype);
    const small = { shape: reducedShape(x.shape, dims, true), dtype: x.dtype };
    return [{ shape: x.shape, dtype: x.dtype }, small, small];
  },
  kernel(k, [y, mean, variance], [input, weight, bias], attributes) {
    const operands = { input, weight: weight ?? null, bias: bias ?? null, mean, variance };
    (k.fused as FusedKernels).normalize(y, operands, attributes);
  },
  saves: [0, 1],
  savesResults: [1, 2],
  grad(t, g, [input, weight], [, mean, variance], attributes) {
    if (!modes.grad) {
      return apply(backwardRow, [...g, mean, variance, input, ...(weight === undefined ? [] : [weight])], attributes);
    }
    // A gradient of this gradient is wanted: it goes through the composition.
    const { name, dims, eps } = attributes;
    const [y, , spread] = standardize(name, input, dims, eps);
    const [to, toMean, toVariance] = g;
    const weighted = weight === undefined ? to : t.mul(to, weight);
    const n = foldedCount(input.shape, dims);
    return [standardGradient(weighted, toMean, toVariance, y, spread, n, attributes), t.mul(to, y), to];
  },
};

/**
 * `(x - mean) / sqrt(variance + eps) weight + bias` with mean and variance over `dims`, then these two; weight and bias
 * broadcast to the input. One launch where the device has it and all have one dtype.
 */
export function normalized(
  name: string,
  x: Tensor,
  dims: readonly number[],
  eps: number,
  weight: Tensor | null,
  bias: Tensor | null,
): readonly Tensor[] {
  if (weight === null && bias !== null) {
    const [y, ...statistics] = normalized(name, x, dims, eps, null, null);
    return [y.add(bias), ...statistics];
  }
  const given = [weight, bias].filter((v) => v !== null);
  const fits = given.every((v) => v.dtype === x.dtype && v.device === x.device);
  if (x.storage.kernels.fused !== undefined && fits && (x.dtype === 'float32' || x.dtype === 'float64')) {
    return apply(normalizeRow, [x, ...given], { name, dims, eps, biasShape: bias === null ? null : bias.shape });
  }
  const [y, mean, variance] = standardize(name, x, dims, eps);
  return [affine(y, weight, bias), mean, variance];
}
