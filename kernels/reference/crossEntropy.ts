import type { Classified, ClassLoss, View } from '../types.js';
import { positions } from '../view.js';
import { lines, reader, writer } from './access.js';

interface Line {
  /** Logarithms of the classes' probabilities. */
  readonly logs: readonly number[];
  readonly largest: number;
  readonly target: number;
  /** The factor of the target's class; 0 where it counts nothing. */
  readonly factor: number;
}

function linesOf({ input, index, weight }: Classified, { dim, ignoreIndex }: ClassLoss): Line[] {
  const { starts, size, stride } = lines(input, dim);
  const [read, readIndex] = [reader(input), reader(index)];
  const weights = weightsOf(weight, size);
  const at = positions(index);
  return [...starts].map((start, k) => {
    const x = Array.from({ length: size }, (_, i) => Number(read(start + i * stride)));
    const largest = Math.max(...x);
    const total = Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    const target = Number(readIndex(at[k]));
    const factor = target === ignoreIndex ? 0 : weights[target];
    return { logs: x.map((value) => value - largest - total), largest, target, factor };
  });
}

function weightsOf(weight: View | null, size: number): number[] {
  if (weight === null) return new Array<number>(size).fill(1);
  const read = reader(weight);
  return positions(weight).map((at) => Number(read(at)));
}

const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

/** `Kernels.fused.crossEntropy`, as its definition reads. */
export function crossEntropy(
  to: { loss: View; shifts: View },
  operands: Classified,
  options: ClassLoss,
): number | null {
  const { dim, ignoreIndex, smoothing, reduction } = options;
  const size = operands.input.shape[dim];
  const read = reader(operands.index);
  const targets = positions(operands.index).map((at) => Number(read(at)));
  const outside = targets.find((t) => t !== ignoreIndex && (t < 0 || t >= size));
  if (outside !== undefined) return outside;
  const weights = weightsOf(operands.weight, size);
  const all = linesOf(operands, options);
  const losses = all.map(({ logs, target, factor }) => {
    if (target === ignoreIndex) return 0;
    const spread = sum(logs.map((log, c) => log * weights[c]));
    return -(1 - smoothing) * factor * logs[target] - (smoothing === 0 ? 0 : (smoothing / size) * spread);
  });
  const [write, at] = [writer(to.loss), positions(to.loss)];
  const total = sum(losses);
  if (reduction === 'none') losses.forEach((loss, k) => void write(at[k], loss));
  else write(at[0], reduction === 'sum' ? total : total / sum(all.map(({ factor }) => factor)));
  const [writeShift, shiftAt] = [writer(to.shifts), positions(to.shifts)];
  all.forEach(({ largest, logs }, k) => {
    const start = lines(operands.input, dim).starts[k];
    writeShift(shiftAt[k], largest);
    writeShift(shiftAt[all.length + k], Number(reader(operands.input)(start)) - largest - logs[0]);
  });
  return null;
}

/** `Kernels.fused.crossEntropyBackward`, as its definition reads. */
export function crossEntropyBackward(
  to: View,
  gradient: View,
  _shifts: View,
  operands: Classified,
  options: ClassLoss,
): void {
  const { dim, ignoreIndex, smoothing, reduction } = options;
  const { starts, size, stride } = lines(to, dim);
  const weights = weightsOf(operands.weight, size);
  const all = linesOf(operands, options);
  const [read, at] = [reader(gradient), positions(gradient)];
  const scale = reduction === 'mean' ? 1 / sum(all.map(({ factor }) => factor)) : 1;
  const write = writer(to);
  all.forEach(({ logs, target, factor }, k) => {
    const g = target === ignoreIndex ? 0 : Number(read(at[reduction === 'none' ? k : 0])) * scale;
    const share = smoothing / size;
    const both = (1 - smoothing) * factor + share * sum(weights);
    logs.forEach((log, c) => {
      const hit = c === target ? (1 - smoothing) * factor : 0;
      write(starts[k] + c * stride, g * (Math.exp(log) * both - hit - share * weights[c]));
    });
  });
}
