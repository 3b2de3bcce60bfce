import { checkTensor } from '../../autograd/apply.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

/** `x weight + bias`, either of which may be missing; both are broadcast. */
export function affine(x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  if (weight !== null && bias !== null) return bias.addcmul(x, weight);
  const y = weight === null ? x : x.mul(weight);
  return bias === null ? y : y.add(bias);
}

/** One entry per channel, to be broadcast against [N, C, ...]. */
export const perChannel = (v: Tensor, x: Tensor): Tensor => v.reshape([-1, ...x.shape.slice(2).map(() => 1)]);

/** What becomes of a tensor that may be missing. */
export const orNull = (v: Tensor | null, change: (v: Tensor) => Tensor): Tensor | null =>
  v === null ? null : change(v);

/** Throws unless each tensor that is given has one entry per channel. */
export function checkChannels(name: string, x: Tensor, channels: number, given: Record<string, Tensor | null>): void {
  for (const [what, v] of Object.entries(given)) {
    if (v === null) continue;
    checkTensor(name, v);
    if (v.shape.length === 1 && v.shape[0] === channels) continue;
    throw new ShapeError(
      `${name}: ${what} has shape ${showShape(v.shape)}; the input of shape ${showShape(x.shape)} needs (${channels},)`,
    );
  }
}

/** Throws where a tensor has too few dimensions. */
export function checkRank(name: string, x: Tensor, least: number): void {
  checkTensor(name, x);
  if (x.shape.length >= least) return;
  throw new ShapeError(`${name}: the input has shape ${showShape(x.shape)}; it needs at least ${least} dimensions`);
}
