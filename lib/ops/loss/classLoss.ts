import type { ClassLoss, FusedKernels } from '../../../kernels/types.js';
import { apply1, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { isDense, type Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { outOfRange } from '../indexing/indices.js';

/** Inputs: the gradient to the loss, what the loss kept, logits, indices of classes, and weights where there are any. */
const backwardRow: Row<ClassLoss> = {
  name: 'crossEntropyBackward',
  infer: ([, , x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel: (k, [to], [g, shifts, input, index, weight], options) =>
    (k.fused as FusedKernels).crossEntropyBackward(to, g, shifts, { input, index, weight: weight ?? null }, options),
};

/** The gradient in operations that record, for a gradient of this gradient. */
function composed(
  t: Operations,
  g: Tensor,
  x: Tensor,
  index: Tensor,
  weight: Tensor | null,
  options: ClassLoss,
): Tensor {
  const { dim, ignoreIndex, smoothing, reduction } = options;
  const size = x.shape[dim];
  const along = x.shape.map((n, d) => (d === dim ? n : 1));
  const weights = weight === null ? t.ones(along, { dtype: x.dtype, device: x.device }) : weight.reshape(along);
  const kept = index.ne(ignoreIndex).unsqueeze(dim);
  const target = index.unsqueeze(dim).where(kept, 0);
  const factor = t.takeAlong(weights.expand(x.shape), target, dim).where(kept, 0);
  const each = reduction === 'mean' ? g.div(factor.sum()) : g;
  const scale = (reduction === 'none' ? each.unsqueeze(dim) : each).where(kept, 0);
  const hit = t.spreadAlong(scale.mul(factor).mul(1 - smoothing), target, dim, x.shape);
  const share = smoothing / size;
  const both = factor.mul(1 - smoothing).add(weights.sum().mul(share));
  return t.mul(t.logSoftmax(x, dim).exp(), scale.mul(both)).sub(hit).sub(weights.mul(share).mul(scale));
}

/** Results: the loss, and what its gradient reads of each line. */
const lossRow: Row<ClassLoss> = {
  name: 'crossEntropy',
  infer: ([x, index], { reduction }) => [
    { shape: reduction === 'none' ? index.shape : [], dtype: x.dtype },
    { shape: [2, ...index.shape], dtype: x.dtype },
  ],
  kernel(k, [loss, shifts], [input, index, weight], options) {
    const { dim } = options;
    const operands = { input, index, weight: weight ?? null };
    const outside = (k.fused as FusedKernels).crossEntropy({ loss, shifts }, operands, options);
    if (outside !== null) throw outOfRange('crossEntropy: target', outside, input.shape[dim], dim, false);
  },
  saves: [0, 1, 2],
  savesResults: [1],
  grad(t, [g], [x, index, weight], [, shifts], options) {
    const given = weight === undefined ? [] : [weight];
    const to = modes.grad
      ? composed(t, g, x, index, weight ?? null, options)
      : apply1(backwardRow, [g, shifts, x, index, ...given], options);
    return [to, null, ...given.map(() => null)];
  },
};

/** Whether the device takes a loss of these in one launch. */
export function fuses(input: Tensor, weight: Tensor | null): boolean {
  const plain = input.dtype === 'float32' || input.dtype === 'float64';
  const fits =
    weight === null || (weight.dtype === input.dtype && weight.device === input.device && !weight.requiresGrad);
  return input.storage.kernels.fused !== undefined && plain && fits;
}

/** Cross entropy of logits with checked targets, one for each line along the dimension of classes. */
export function classLoss(input: Tensor, targets: Tensor, weight: Tensor | null, options: ClassLoss): Tensor {
  const last = input.shape.length - 1;
  if (options.dim < last && !isDense(input)) {
    // Classes that follow each other are read where they lie: logits (N, L, C), seen as (N, C, L).
    const moved = input.movedim(options.dim, last);
    if (isDense(moved)) return classLoss(moved, targets, weight, { ...options, dim: last });
  }
  return apply1(lossRow, weight === null ? [input, targets] : [input, targets, weight], options);
}
