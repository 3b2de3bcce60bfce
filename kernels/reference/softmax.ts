import type { View } from '../types.js';
import { lines, reader, writer } from './access.js';

/** The numbers of one line of a view. */
function line(read: (at: number) => unknown, start: number, size: number, stride: number): number[] {
  return Array.from({ length: size }, (_, i) => Number(read(start + i * stride)));
}

/** exp(x) over its sum along `dim`, or the logarithm of that. */
export function softmax(output: View, input: View, dim: number, logarithm: boolean): void {
  const read = reader(input);
  const write = writer(output);
  const from = lines(input, dim);
  const to = lines(output, dim);
  from.starts.forEach((start, k) => {
    const x = line(read, start, from.size, from.stride);
    const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = x.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    x.forEach((value, i) => {
      const shifted = value - largest;
      write(to.starts[k] + i * to.stride, logarithm ? shifted - Math.log(total) : Math.exp(shifted) / total);
    });
  });
}

/** The gradient to the input of `softmax`, from that to its result and the result. */
export function softmaxBackward(output: View, gradient: View, result: View, dim: number, logarithm: boolean): void {
  const readGradient = reader(gradient);
  const readResult = reader(result);
  const write = writer(output);
  const from = lines(gradient, dim);
  const at = lines(result, dim);
  const to = lines(output, dim);
  from.starts.forEach((start, k) => {
    const g = line(readGradient, start, from.size, from.stride);
    const y = line(readResult, at.starts[k], at.size, at.stride);
    const total = g.reduce((sum, value, i) => sum + (logarithm ? value : value * y[i]), 0);
    g.forEach((value, i) => {
      write(to.starts[k] + i * to.stride, logarithm ? value - Math.exp(y[i]) * total : y[i] * (value - total));
    });
  });
}
