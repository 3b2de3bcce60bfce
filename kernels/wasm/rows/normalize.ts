import type { Normalization, Normalized, View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { type Linked, linked } from '../heap.js';
import { policy } from '../policy.js';
import { type NormalizeKernels, normalizeOn } from './normalizeCode.js';
import { eachBlock, type Pieces, piecesOf } from './pieces.js';
import { slack } from './vectorRows.js';

const { ceil, sqrt } = Math;

/** The kernels of normalization, compiled at the first call. */
export const opening: () => Linked<NormalizeKernels> | null = linked(normalizeOn);

/** Whether the first are large enough, and all that are there hold float32, the first ones in one run. */
export function isPlain(whole: readonly View[], others: readonly (View | null)[]): boolean {
  return (
    count(whole[0].shape) >= policy.lines &&
    whole.every((x) => x.dtype === 'float32' && isContiguous(x.shape, x.strides)) &&
    others.every((x) => x === null || x.dtype === 'float32')
  );
}

/** Bytes of an operand's block, with what may be read behind it. */
export const blockBytes = ({ block, size }: Pieces): number => 16 * Math.ceil((block * size) / 4) + slack;

export const floats = (view: View): Float32Array => view.buffer as Float32Array;

/** Puts a vector that stands along the pieces in memory, or one number everywhere. */
export function stageAlong(memory: Float32Array, at: number, view: View | null, size: number, otherwise: number): void {
  if (view === null) memory.fill(otherwise, at, at + size);
  else memory.set(floats(view).subarray(view.offset, view.offset + size), at);
}

/** Mean and sum of squared deviations of each line, taken together from those of pieces as they come, as many for each. */
class Lines {
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  /** 1 / sqrt(variance + eps), of those that are complete. */
  readonly scale: Float64Array;
  private readonly seen: Uint32Array;
  private readonly inverses: Float64Array;

  constructor(n: number, pieces: number) {
    this.mean = new Float64Array(n);
    this.squares = new Float64Array(n);
    this.scale = new Float64Array(n);
    this.seen = new Uint32Array(n);
    this.inverses = Float64Array.from({ length: pieces + 1 }, (_, k) => 1 / k);
  }

  /** T. Chan, G. Golub and R. LeVeque (1979), for parts of one size. */
  add(line: number, mean: number, squares: number, size: number): void {
    const parts = ++this.seen[line];
    const off = mean - this.mean[line];
    const step = off * this.inverses[parts];
    this.mean[line] += step;
    this.squares[line] += squares + off * step * size * (parts - 1);
  }

  /** Some lines of n elements are complete. */
  complete(first: number, m: number, n: number, eps: number): void {
    for (let k = first; k < first + m; k++) this.scale[k] = 1 / sqrt(this.squares[k] / n + eps);
  }
}

/** Writes center, what float32 leaves of it, factor and shift of some pieces. */
function writeNumbers(
  f32: Float32Array,
  at: number,
  { lines, along, others }: Pieces,
  [first, m]: readonly [number, number],
  { mean, scale }: Lines,
  { weight, bias }: Normalized,
): void {
  const weights = along ? null : weight && floats(weight);
  const biases = along ? null : bias && floats(bias);
  const weightPlaces = others[0];
  const biasPlaces = others[others.length - 1];
  for (let k = first; k < first + m; k++, at += 4) {
    const line = lines[k];
    const center = mean[line];
    const factor = scale[line];
    f32[at] = center;
    f32[at + 1] = center - f32[at];
    f32[at + 2] = weights === null ? factor : factor * weights[weightPlaces[k]];
    f32[at + 3] = biases === null ? 0 : biases[biasPlaces[k]];
  }
}

/** `Kernels.fused.normalize` of float32 in vectors; false where JavaScript is the way. */
export function normalizeVectors(output: View, operands: Normalized, { eps }: Normalization): boolean {
  const { input, weight, bias, mean, variance } = operands;
  if (!isPlain([input, output, mean, variance], [weight, bias])) return false;
  const pieces = piecesOf(
    input.shape,
    mean,
    [weight, bias].filter((x) => x !== null),
  );
  const opened = pieces && opening();
  if (pieces === null || opened === null) return false;
  const { heap, functions: kernels } = opened;
  const { size, number, along, block, lineCount, lines: lineOf } = pieces;
  const bytes = blockBytes(pieces);
  const row = 16 * ceil(size / 4) + slack;
  const from = heap.reserve(2 * bytes + 2 * row + 32 * block);
  if (from === 0) return false;
  // In place, where no row writes into the next: less of the first cache.
  const to = size % 4 === 0 ? from : from + bytes;
  const weightAt = from + 2 * bytes;
  const biasAt = weightAt + row;
  const sums = biasAt + row;
  const numbers = sums + 16 * block;
  const { f32, f64 } = heap;
  if (along) {
    stageAlong(f32, weightAt / 4, weight, size, 1);
    stageAlong(f32, biasAt / 4, bias, size, 0);
  }
  const several = number > lineCount;
  const lines = new Lines(lineCount, number / lineCount);
  const n = (number * size) / lineCount;
  const load = (first: number, m: number): void => {
    const at = input.offset + first * size;
    f32.set(floats(input).subarray(at, at + m * size), from / 4);
  };
  const measure = (first: number, m: number): void => {
    kernels.statistics(from, m, 4 * size, sums);
    for (let k = first, p = sums / 8; k < first + m; k++, p += 2) {
      if (several) lines.add(lineOf[k], f64[p], f64[p + 1], size);
      else {
        lines.mean[k] = f64[p];
        lines.squares[k] = f64[p + 1];
      }
    }
  };
  const write = (first: number, m: number): void => {
    if (!several) lines.complete(first, m, n, eps);
    else if (first === 0) lines.complete(0, lineCount, n, eps);
    writeNumbers(f32, numbers / 4, pieces, [first, m], lines, operands);
    if (along) kernels.applyAlong(from, to, m, 4 * size, numbers, weightAt, biasAt);
    else kernels.apply(from, to, m, 4 * size, numbers);
    floats(output).set(f32.subarray(to / 4, to / 4 + m * size), output.offset + first * size);
  };
  eachBlock(pieces, load, measure, write);
  floats(mean).set(lines.mean, mean.offset);
  const variances = floats(variance);
  for (let k = 0; k < lineCount; k++) variances[variance.offset + k] = lines.squares[k] / n;
  return true;
}
