import { checkTensor } from '../autograd/apply.js';
import { noGrad } from '../autograd/modes.js';
import { type Fn, fn } from '../core/define.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../core/errors.js';
import { tensor } from '../ops/creation/creation.js';
import { normOver } from '../ops/reduction/vectorNorm.js';
import { cat, stack } from '../ops/shape/combine.js';
import { Tensor } from '../tensor.js';

/** What clipping takes: one tensor or several. */
export type Tensors = Tensor | readonly Tensor[];

function tensorsOf(name: string, parameters: Tensors): readonly Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : parameters;
  if (!Array.isArray(list) || list.some((x) => !(x instanceof Tensor))) {
    throw new ArgumentError(`${name}: expected a tensor or a list of tensors, as model.parameters() gives`);
  }
  return list;
}

function gradientsOf(name: string, parameters: Tensors): Tensor[] {
  return tensorsOf(name, parameters).flatMap(({ deposited }) => (deposited === null ? [] : [deposited.detach()]));
}

function order(normType: number | 'inf'): number {
  if (normType === 'inf') return Number.POSITIVE_INFINITY;
  if (typeof normType === 'number') return normType;
  throw new ValueError(`clipGradNorm_: normType must be a number or 'inf', got '${String(normType)}'`);
}

function total(gradients: readonly Tensor[], p: number): Tensor {
  if (gradients.length === 0) return tensor(0);
  const { device } = gradients[0];
  const norms = gradients.map((g) => normOver('clipGradNorm_', g, p, null, false).to(device));
  return norms.length === 1 ? norms[0] : normOver('clipGradNorm_', stack(norms), p, null, false);
}

type ClipNormOptions = { maxNorm?: number; normType?: number | 'inf'; errorIfNonfinite?: boolean };

/**
 * Scales the gradients of all parameters together so that their norm, as of one vector, is at most `maxNorm`, and returns the norm
 * before. ValueError for a norm that is not finite, where `errorIfNonfinite` asks for it. PyTorch: torch.nn.utils.clip_grad_norm_.
 * @example
 * const w = tg.tensor([1], { requiresGrad: true });
 * w.mul(4).sum().backward();
 * tg.nn.utils.clipGradNorm_([w], 2) // => tensor(4.)
 */
export const clipGradNorm_: Fn<
  [parameters: Tensors, maxNorm: number, normType?: number | 'inf', errorIfNonfinite?: boolean],
  ClipNormOptions,
  Tensor
> = fn(
  'clipGradNorm_(parameters, maxNorm, normType=2, errorIfNonfinite=false)',
  (parameters, maxNorm, normType, errorIfNonfinite) => {
    const gradients = gradientsOf('clipGradNorm_', parameters);
    const norm = total(gradients, order(normType));
    if (errorIfNonfinite && !Number.isFinite(norm.item())) {
      throw new ValueError(
        `clipGradNorm_: the norm of the gradients is ${norm.item()}; set errorIfNonfinite to false to scale them all the same`,
      );
    }
    // Multiplied even where nothing is clipped: asking first would wait for the device.
    const factor = norm.add(1e-6).reciprocal().mul(maxNorm).clamp({ max: 1 });
    for (const g of gradients) g.mul_(factor.to(g.device));
    return norm;
  },
);

/** Clips every gradient's elements to [-clipValue, clipValue]. PyTorch: torch.nn.utils.clip_grad_value_. */
export const clipGradValue_: Fn<[parameters: Tensors, clipValue: number], { clipValue?: number }, void> = fn(
  'clipGradValue_(parameters, clipValue)',
  (parameters, clipValue) => {
    for (const g of gradientsOf('clipGradValue_', parameters)) g.clamp_(-clipValue, clipValue);
  },
);

/** All parameters in one vector; gradients pass through. PyTorch: torch.nn.utils.parameters_to_vector. */
export function parametersToVector(parameters: readonly Tensor[]): Tensor {
  return cat(tensorsOf('parametersToVector', parameters).map((x) => x.reshape(-1)));
}

/** Copies a vector's elements into parameters, one after the other. ShapeError where it has not as many. PyTorch: torch.nn.utils.vector_to_parameters. */
export function vectorToParameters(vector: Tensor, parameters: readonly Tensor[]): void {
  checkTensor('vectorToParameters', vector);
  const sizes = tensorsOf('vectorToParameters', parameters).map((x) => x.numel());
  const all = sizes.reduce((sum, n) => sum + n, 0);
  if (vector.shape.length !== 1 || vector.shape[0] !== all) {
    throw new ShapeError(
      `vectorToParameters: the parameters take a vector of ${all} elements, got shape ${showShape(vector.shape)}`,
    );
  }
  noGrad(() => {
    let at = 0;
    parameters.forEach((x, i) => {
      x.copy_(vector.detach().narrow(0, at, sizes[i]).reshape(x.shape));
      at += sizes[i];
    });
  });
}

export { removeWeightNorm, type WeightNormOptions, weightNorm } from './weightNorm.js';
