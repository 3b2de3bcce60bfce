import type { View } from '../types.js';
import { arithmetic, reader } from './access.js';
import { setElement } from './element.js';
import { matmul } from './matmul.js';

function turned({ buffer, offset, shape, strides, dtype }: View): View {
  return { buffer, offset, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]], dtype };
}

/** `FusedKernels.linear`: the product, then the bias row by row. */
export function linear(output: View, input: View, weight: View, bias: View | null): void {
  matmul(output, input, turned(weight));
  if (bias === null) return;
  const { add } = arithmetic(output.dtype);
  const [read, readBias] = [reader(output), reader(bias)];
  for (let i = 0; i < output.shape[0]; i++) {
    for (let j = 0; j < output.shape[1]; j++) {
      const at = output.offset + i * output.strides[0] + j * output.strides[1];
      setElement(output, at, add(read(at), readBias(bias.offset + j * bias.strides[0])));
    }
  }
}

/** `FusedKernels.linearBackward`: two products, and sums of columns. */
export function linearBackward(
  to: { readonly input: View | null; readonly weight: View | null; readonly bias: View | null },
  gradient: View,
  input: View,
  weight: View,
): void {
  if (to.input !== null) matmul(to.input, gradient, weight);
  if (to.weight !== null) matmul(to.weight, turned(gradient), input);
  if (to.bias === null) return;
  const read = reader(gradient);
  for (let j = 0; j < gradient.shape[1]; j++) {
    let sum = 0;
    for (let i = 0; i < gradient.shape[0]; i++) {
      sum += Number(read(gradient.offset + i * gradient.strides[0] + j * gradient.strides[1]));
    }
    setElement(to.bias, to.bias.offset + j * to.bias.strides[0], sum);
  }
}
