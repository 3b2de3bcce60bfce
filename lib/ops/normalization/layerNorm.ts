import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { affine } from '../shape/affine.js';
import { normalized } from './normalized.js';

/** The last dimensions that a normalized shape names. */
function lastDims(name: string, input: Tensor, normalizedShape: number | readonly number[]): number[] {
  checkTensor(name, input);
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  if (!Array.isArray(shape)) throw new ArgumentError(`${name}: normalizedShape must be a size or a list of sizes`);
  const lead = input.shape.length - shape.length;
  if (shape.length > 0 && lead >= 0 && sameShape(input.shape.slice(lead), shape)) return shape.map((_, d) => lead + d);
  throw new ShapeError(
    `${name}: the input of shape ${showShape(input.shape)} does not end in normalizedShape ${showShape(shape)}`,
  );
}

function checkAffine(name: string, input: Tensor, dims: readonly number[], given: Record<string, Tensor | null>): void {
  const shape = dims.map((d) => input.shape[d]);
  for (const [what, v] of Object.entries(given)) {
    if (v === null) continue;
    checkTensor(name, v);
    if (!sameShape(v.shape, shape))
      throw new ShapeError(`${name}: ${what} has shape ${showShape(v.shape)}; normalizedShape is ${showShape(shape)}`);
  }
}

/**
 * Mean 0 and variance 1 over the last dimensions, which have `normalizedShape`, then times `weight` plus `bias` of that shape
 * (J. L. Ba et al., 2016). PyTorch: torch.nn.functional.layer_norm.
 * @example
 * tg.nn.functional.layerNorm(tg.tensor([[1, 3]]), [2], { eps: 0 }).tolist() // => [ [ -1, 1 ] ]
 */
export const layerNorm: Fn<
  [
    input: Tensor,
    normalizedShape: number | readonly number[],
    weight?: Tensor | null,
    bias?: Tensor | null,
    eps?: number,
  ],
  { normalizedShape?: number | readonly number[]; weight?: Tensor | null; bias?: Tensor | null; eps?: number },
  Tensor
> = fn(
  'layerNorm(input, normalizedShape, weight=null, bias=null, eps=1e-5)',
  (input, normalizedShape, weight, bias, eps) => {
    const dims = lastDims('layerNorm', input, normalizedShape);
    checkAffine('layerNorm', input, dims, { weight, bias });
    return normalized('layerNorm', input, dims, eps, weight, bias)[0];
  },
  {
    samples: (m) => [
      [m(3, 4), [4]],
      [m(2, 3, 4), [3, 4], m(3, 4), m(3, 4), 0.1],
      [m(3, 4), 4, { bias: m(4) }],
    ],
    errors: (m) => [
      [[m(3, 4), [3]], 'does not end in normalizedShape (3,)'],
      [[m(3, 4), [4], m(3)], 'weight has shape (3,)'],
    ],
  },
);

/**
 * The last dimensions divided by their root mean square, then times `weight` (B. Zhang and R. Sennrich, 2019). `eps` of null is
 * the dtype's rounding unit. PyTorch: torch.nn.functional.rms_norm.
 */
export const rmsNorm: Fn<
  [input: Tensor, normalizedShape: number | readonly number[], weight?: Tensor | null, eps?: number | null],
  { normalizedShape?: number | readonly number[]; weight?: Tensor | null; eps?: number | null },
  Tensor
> = fn(
  'rmsNorm(input, normalizedShape, weight=null, eps=null)',
  (input, normalizedShape, weight, eps) => {
    const dims = lastDims('rmsNorm', input, normalizedShape);
    checkAffine('rmsNorm', input, dims, { weight });
    const rounding = { float64: 2 ** -52, float16: 2 ** -10 }[input.dtype as string] ?? 2 ** -23;
    const y = input.mul(
      input
        .mul(input)
        .mean(dims, true)
        .add(eps ?? rounding)
        .rsqrt(),
    );
    return affine(y, weight, null);
  },
  {
    samples: (m) => [
      [m(3, 4), [4]],
      [m(2, 3, 4), [3, 4], m(3, 4), 0.1],
    ],
    errors: (m) => [[[m(3, 4), [3]], 'does not end in normalizedShape (3,)']],
  },
);

/**
 * `layerNorm` that also returns mean and 1 / sqrt(variance + eps) as [output, mean, scale], with the normalized dimensions of size 1.
 * PyTorch: torch.native_layer_norm.
 */
export const nativeLayerNorm: Fn<
  [input: Tensor, normalizedShape: readonly number[], weight: Tensor | null, bias: Tensor | null, eps: number],
  { normalizedShape?: readonly number[]; weight?: Tensor | null; bias?: Tensor | null; eps?: number },
  [Tensor, Tensor, Tensor]
> = fn(
  'nativeLayerNorm(input, normalizedShape, weight, bias, eps)',
  (input, normalizedShape, weight, bias, eps) => {
    const dims = lastDims('nativeLayerNorm', input, normalizedShape);
    checkAffine('nativeLayerNorm', input, dims, { weight, bias });
    const [y, mean, variance] = normalized('nativeLayerNorm', input, dims, eps, weight, bias);
    return [y, mean, variance.add(eps).rsqrt()];
  },
  {
    samples: (m) => [
      [m(3, 4), [4], m(4), m(4), 1e-5],
      [m(2, 3, 4), [3, 4], null, null, 0.1],
    ],
    errors: (m) => [[[m(3, 4), [3], null, null, 1e-5], 'does not end in normalizedShape (3,)']],
  },
);
