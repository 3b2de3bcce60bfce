import type { FusedKernels, Normalization, Normalized, View } from '../../types.js';
import { count, isContiguous, sameShape } from '../../view.js';
import { policy } from '../policy.js';
import { normalizePlanes, normalizePlanesBackward } from './normalizePlanes.js';
import { normalizeRows, normalizeRowsBackward } from './normalizeRows.js';
import { type Pieces, piecesOf } from './pieces.js';

type Backward = FusedKernels['normalizeBackward'];

/** Whether the first are large enough, and all that are there hold float32, the first ones in one run. */
function isPlain(whole: readonly View[], others: readonly (View | null)[]): boolean {
  return (
    count(whole[0].shape) >= policy.lines &&
    whole.every((x) => x.dtype === 'float32' && isContiguous(x.shape, x.strides)) &&
    others.every((x) => x === null || x.dtype === 'float32')
  );
}

/** The pieces for weights, biases or their gradients; null where these are not of one shape, or nothing is worth staging. */
function piecesFor({ input, mean }: Normalized, others: readonly (View | null)[]): Pieces | null {
  const shapes = others.flatMap((x) => (x === null ? [] : [x.shape]));
  if (shapes.some((shape) => !sameShape(shape, shapes[0]))) return null;
  return piecesOf(input.shape, mean, shapes.length > 0 ? shapes[0] : null);
}

/** `Kernels.fused.normalize` of float32 in vectors; false where JavaScript is the way. */
export function normalizeVectors(output: View, operands: Normalized, { eps }: Normalization): boolean {
  const { input, weight, bias, mean, variance } = operands;
  if (!isPlain([input, output, mean, variance], [weight, bias])) return false;
  const pieces = piecesFor(operands, [weight, bias]);
  if (pieces === null) return false;
  const normalize = pieces.byRows ? normalizeRows : normalizePlanes;
  return normalize(output, operands, pieces, eps);
}

/** `Kernels.fused.normalizeBackward` of float32 in vectors; false where JavaScript is the way. */
export function normalizeBackwardVectors(
  to: Parameters<Backward>[0],
  gradients: Parameters<Backward>[1],
  operands: Normalized,
  eps: number,
): boolean {
  const { input, weight, mean, variance } = operands;
  const whole = [input, gradients.output, to.input, mean, variance, gradients.mean, gradients.variance];
  if (!isPlain(whole, [weight, to.weight, to.bias])) return false;
  const pieces = piecesFor(operands, [weight, to.weight, to.bias]);
  if (pieces === null) return false;
  const backward = pieces.byRows ? normalizeRowsBackward : normalizePlanesBackward;
  return backward(to, gradients, operands, pieces, eps);
}
