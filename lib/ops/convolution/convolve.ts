import type { Convolution } from '../../../kernels/types.js';
import { apply1, checkTensor, type Row, refuseInt64 } from '../../autograd/apply.js';
import { ArgumentError, DTypeError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type Size, spread } from '../shape/window.js';

/** What the three kernels of the family share; `shape` is the shape of the operand that is computed. */
interface Taps extends Convolution {
  readonly shape: readonly number[];
}

/** All dimensions of a result but its channels. */
const besideChannels = ({ shape }: Tensor): number[] => shape.map((_, d) => d).filter((d) => d !== 1);

/**
 * Each of input, weight and output from the other two: their gradients are each other, so every order differentiates. What is computed
 * may begin with a bias, one number for each of its channels.
 */
export const convolutionRow: Row<Taps> = {
  name: 'convolution',
  infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  kernel: (k, [y], [x, w, bias], taps) => k.convolution(y, x, w, taps, bias),
  saves: [0, 1],
  grad: (t, [g], [x, w], _y, taps, wanted) => [
    wanted[0] ? apply1(convolutionInputRow, [g, w], { ...taps, shape: x.shape }) : null,
    wanted[1] ? apply1(convolutionWeightRow, [g, x], { ...taps, shape: w.shape }) : null,
    wanted[2] ? t.sum(g, besideChannels(g)) : null,
  ],
};

/** The gradient of a convolution to its input; a transposed convolution is this. */
export const convolutionInputRow: Row<Taps> = {
  name: 'convolutionInput',
  infer: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  kernel: (k, [x], [g, w, bias], taps) => k.convolutionInput(x, g, w, taps, bias),
  saves: [0, 1],
  grad: (t, [h], [g, w], _x, taps, wanted) => [
    wanted[0] ? apply1(convolutionRow, [h, w], { ...taps, shape: g.shape }) : null,
    wanted[1] ? apply1(convolutionWeightRow, [g, h], { ...taps, shape: w.shape }) : null,
    wanted[2] ? t.sum(h, besideChannels(h)) : null,
  ],
};

const convolutionWeightRow: Row<Taps> = {
  name: 'convolutionWeight',
  infer: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  kernel: (k, [w], [g, x], taps) => k.convolutionWeight(w, g, x, taps),
  saves: [0, 1],
  grad: (_t, [h], [g, x], _w, taps, wanted) => [
    wanted[0] ? apply1(convolutionRow, [x, h], { ...taps, shape: g.shape }) : null,
    wanted[1] ? apply1(convolutionInputRow, [g, h], { ...taps, shape: x.shape }) : null,
  ],
};

/** Throws where dtypes differ or the weight is no kernel. */
export function checkOperands(name: string, input: Tensor, weight: Tensor, bias: Tensor | null, rank: number): void {
  checkTensor(name, input);
  checkTensor(name, weight);
  if (bias !== null) checkTensor(name, bias);
  for (const x of bias === null ? [weight] : [weight, bias]) {
    if (x.dtype === input.dtype) continue;
    throw new DTypeError(
      `${name}: the input is ${input.dtype}, but ${x === weight ? 'the weight' : 'the bias'} ${x.dtype}; convert one with to(dtype)`,
    );
  }
  refuseInt64(name, input.dtype);
  if (weight.shape.length !== rank + 2) {
    throw new ShapeError(
      `${name}: the weight has shape ${showShape(weight.shape)}; it needs ${rank + 2} dimensions: two for channels, then the kernel`,
    );
  }
  if (weight.shape.slice(2).some((size) => size === 0)) {
    throw new ShapeError(`${name}: the weight's kernel is empty: shape ${showShape(weight.shape)}`);
  }
}

/** Throws where the groups do not divide the channels. */
export function checkGroups(name: string, groups: unknown, channels: number, of: string): void {
  if (typeof groups !== 'number' || !Number.isInteger(groups) || groups < 1) {
    throw new ValueError(`${name}: groups must be a positive integer, got ${String(groups)}`);
  }
  if (channels % groups !== 0) {
    throw new ShapeError(`${name}: ${channels} ${of} cannot be dealt to ${groups} groups; groups must divide them`);
  }
}

/** Throws where the input has not the channels that the weight takes. */
export function checkChannels(name: string, input: Tensor, weight: Tensor, expected: number, groups: number): void {
  if (input.shape[1] === expected) return;
  throw new ShapeError(
    `${name}: the input of shape ${showShape(input.shape)} has ${input.shape[1]} channels, ` +
      `the weight of shape ${showShape(weight.shape)} in ${groups} groups takes ${expected}`,
  );
}

/** The operands of a row: with the bias if there is one. Throws where that has not one entry for each of the output's channels. */
export function operands(name: string, x: Tensor, weight: Tensor, bias: Tensor | null, channels: number): Tensor[] {
  if (bias === null) return [x, weight];
  if (bias.shape.length !== 1 || bias.shape[0] !== channels) {
    throw new ShapeError(
      `${name}: the bias has shape ${showShape(bias.shape)}; it needs one entry for each of the ${channels} output channels`,
    );
  }
  return [x, weight, bias];
}

/** Padding on both sides spatial dimension, and how much more comes after it: 'same' of an even kernel is lopsided. */
interface Padding {
  readonly before: number[];
  readonly extra: number[];
}

/** The padding that an argument means. */
export function paddingOf(
  name: string,
  padding: Size | string,
  kernel: readonly number[],
  dilation: readonly number[],
  stride: readonly number[],
): Padding {
  const none = kernel.map(() => 0);
  if (typeof padding !== 'string') return { before: spread(name, 'padding', padding, kernel.length, 0), extra: none };
  if (padding === 'valid') return { before: none, extra: none };
  if (padding !== 'same') {
    throw new ArgumentError(`${name}: unknown padding '${padding}'; use 'same', 'valid' or sizes`);
  }
  if (stride.some((step) => step !== 1)) {
    throw new ArgumentError(`${name}: padding 'same' needs stride 1, got (${stride.join(', ')})`);
  }
  const total = kernel.map((size, d) => dilation[d] * (size - 1));
  return { before: total.map((n) => Math.floor(n / 2)), extra: total.map((n) => n % 2) };
}
