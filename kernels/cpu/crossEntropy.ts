import * as reference from '../reference/crossEntropy.js';
import type { Classified, ClassLoss, View } from '../types.js';
import { count } from '../view.js';
import { gradientVectors, totalVectors } from '../wasm/rows/crossEntropy.js';
import { packed } from './copy.js';
import { arePlain, dtypesKey, type Elements, elements } from './rows.js';
import { scratch } from './scratch.js';
import { specialize } from './specialize.js';

/** Lines of logits `inner` apart; positions are cut to 32 bits, as in `softmax`. */
function totalsLoop(
  input: Elements,
  from: number,
  rows: number,
  size: number,
  inner: number,
  totals: Float64Array,
): void {
  const { exp } = Math;
  for (let row = 0; row < rows; row++) {
    const lane = row % inner;
    const start = (from + (row - lane) * size + lane) | 0;
    let largest = -Infinity;
    for (let i = 0, p = start; i < size; i++, p = (p + inner) | 0) if (input[p] > largest) largest = input[p];
    let total = 0;
    for (let i = 0, p = start; i < size; i++, p = (p + inner) | 0) total += exp(input[p] - largest);
    totals[row] = largest;
    totals[rows + row] = total;
  }
}

/** Losses from the largest elements and sums of all rows, whose logarithms take the sums' place; returns the losses' and weights' sums. */
function lossLoop(
  input: Elements,
  from: number,
  index: Elements,
  at: number,
  weight: Elements | null,
  weightAt: number,
  totals: Float64Array,
  losses: Elements | null,
  lossAt: number,
  rows: number,
  size: number,
  inner: number,
  ignored: number,
  smoothing: number,
): [number, number] {
  const toNumber = Number;
  const { log } = Math;
  let sum = 0;
  let weights = 0;
  for (let row = 0; row < rows; row++) {
    const lane = row % inner;
    const start = (from + (row - lane) * size + lane) | 0;
    const shift = log(totals[rows + row]);
    totals[rows + row] = shift;
    const target = toNumber(index[at + row]);
    let loss = 0;
    if (target !== ignored) {
      const factor = weight === null ? 1 : weight[weightAt + target];
      loss = -factor * (input[start + target * inner] - totals[row] - shift);
      if (smoothing > 0) {
        let spread = 0;
        for (let c = 0; c < size; c++) {
          const value = input[start + c * inner] - totals[row] - shift;
          spread += weight === null ? value : value * weight[weightAt + c];
        }
        loss = (1 - smoothing) * loss - (smoothing / size) * spread;
      }
      weights += factor;
    }
    sum += loss;
    if (losses !== null) losses[lossAt + row] = loss;
  }
  return [sum, weights];
}

function outsideLoop(index: Elements, at: number, rows: number, size: number, ignored: number): number | null {
  const toNumber = Number;
  for (let row = 0; row < rows; row++) {
    const target = toNumber(index[at + row]);
    if ((target < 0 || target >= size) && target !== ignored) return target;
  }
  return null;
}

/** The sum of the weights of the targets that count. */
function weightsLoop(
  index: Elements,
  at: number,
  rows: number,
  ignored: number,
  weight: Elements | null,
  weightAt: number,
): number {
  const toNumber = Number;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const target = toNumber(index[at + row]);
    if (target !== ignored) sum += weight === null ? 1 : weight[weightAt + target];
  }
  return sum;
}

/** Writes factor of the probabilities, what is taken off everywhere per unit of weight, and what is taken off at the target, for each row. */
function factorsLoop(
  factors: Float64Array,
  gradient: Elements,
  gradientAt: number,
  step: number,
  scale: number,
  index: Elements,
  at: number,
  weight: Elements | null,
  weightAt: number,
  rows: number,
  size: number,
  allWeights: number,
  ignored: number,
  smoothing: number,
): void {
  const toNumber = Number;
  const share = smoothing / size;
  for (let row = 0; row < rows; row++) {
    const target = toNumber(index[at + row]);
    const g = target === ignored ? 0 : gradient[gradientAt + row * step] * scale;
    const factor = target === ignored || weight === null ? 1 : weight[weightAt + target];
    factors[row] = g * ((1 - smoothing) * factor + share * allWeights);
    factors[rows + row] = g * share;
    factors[2 * rows + row] = g * (1 - smoothing) * factor;
  }
}

function gradientLoop(
  output: Elements,
  to: number,
  input: Elements,
  from: number,
  shifts: Elements,
  shiftAt: number,
  factors: Float64Array,
  weight: Elements | null,
  weightAt: number,
  rows: number,
  size: number,
  inner: number,
): void {
  const { exp } = Math;
  for (let row = 0; row < rows; row++) {
    const lane = row % inner;
    const line = ((row - lane) * size + lane) | 0;
    const largest = shifts[shiftAt + row];
    const shift = shifts[shiftAt + rows + row];
    const off = factors[rows + row];
    for (let c = 0, p = line; c < size; c++, p = (p + inner) | 0) {
      const share = weight === null ? off : off * weight[weightAt + c];
      output[to + p] = exp(input[from + p] - largest - shift) * factors[row] - share;
    }
  }
}

function pickLoop(
  output: Elements,
  to: number,
  index: Elements,
  at: number,
  factors: Float64Array,
  rows: number,
  size: number,
  inner: number,
  ignored: number,
): void {
  const toNumber = Number;
  for (let row = 0; row < rows; row++) {
    const target = toNumber(index[at + row]);
    const lane = row % inner;
    if (target !== ignored) output[to + (row - lane) * size + lane + target * inner] -= factors[2 * rows + row];
  }
}

const [totalsFor, lossFor, outsideFor, weightsFor] = [
  specialize(totalsLoop),
  specialize(lossLoop),
  specialize(outsideLoop),
  specialize(weightsLoop),
];
const [factorsFor, gradientFor, pickFor] = [specialize(factorsLoop), specialize(gradientLoop), specialize(pickLoop)];
const [totalsScratch, factorsScratch] = [scratch(), scratch()];

/** Rows of logits, classes, and how far apart a row's logits lie. */
function sizesOf({ input, index }: Classified, dim: number): [rows: number, size: number, inner: number] {
  const size = input.shape[dim];
  let inner = 1;
  for (let d = dim + 1; d < input.shape.length; d++) inner *= input.shape[d];
  return [count(index.shape), size, inner];
}

/** `Kernels.fused.crossEntropy`: sums in double. */
export function crossEntropy(
  to: { loss: View; shifts: View },
  operands: Classified,
  options: ClassLoss,
): number | null {
  const { ignoreIndex, smoothing, reduction } = options;
  if (!arePlain(operands.input, operands.weight, to.loss)) return reference.crossEntropy(to, operands, options);
  const [input, index] = [packed(operands.input), packed(operands.index)];
  const weight = operands.weight && packed(operands.weight);
  const [rows, size, inner] = sizesOf(operands, options.dim);
  const targets = elements(index);
  const byIndex = dtypesKey(index);
  const outside = outsideFor(byIndex)(targets, index.offset, rows, size, ignoreIndex);
  if (outside !== null) return outside;
  const totals = totalsScratch(2 * rows);
  const [x, w, wAt] = [elements(input), weight && elements(weight), weight === null ? 0 : weight.offset];
  if (!totalVectors(totals, input, rows, size, inner)) {
    totalsFor(dtypesKey(input))(x, input.offset, rows, size, inner, totals);
  }
  const { loss, shifts } = to;
  const each = reduction === 'none' ? elements(loss) : null;
  const [sum, weights] = lossFor(dtypesKey(input, index))(
    x,
    input.offset,
    targets,
    index.offset,
    w,
    wAt,
    totals,
    each,
    loss.offset,
    rows,
    size,
    inner,
    ignoreIndex,
    smoothing,
  );
  if (each === null) elements(loss)[loss.offset] = reduction === 'mean' ? sum / weights : sum;
  const kept = elements(shifts);
  for (let k = 0; k < 2 * rows; k++) kept[shifts.offset + k] = totals[k];
  return null;
}

/** `Kernels.fused.crossEntropyBackward`. */
export function crossEntropyBackward(
  to: View,
  gradient: View,
  shifts: View,
  operands: Classified,
  options: ClassLoss,
): void {
  const { ignoreIndex, smoothing, reduction } = options;
  if (!arePlain(to, gradient, shifts, operands.input, operands.weight)) {
    return reference.crossEntropyBackward(to, gradient, shifts, operands, options);
  }
  const [input, index, g] = [packed(operands.input), packed(operands.index), packed(gradient)];
  const weight = operands.weight && packed(operands.weight);
  const [rows, size, inner] = sizesOf(operands, options.dim);
  const [x, targets] = [elements(input), elements(index)];
  const [w, wAt] = [weight && elements(weight), weight === null ? 0 : weight.offset];
  const byIndex = dtypesKey(input, index);
  const mean = reduction === 'mean';
  const scale = mean ? 1 / weightsFor(byIndex)(targets, index.offset, rows, ignoreIndex, w, wAt) : 1;
  let allWeights = size;
  if (w !== null && smoothing > 0) {
    allWeights = 0;
    for (let c = 0; c < size; c++) allWeights += w[wAt + c];
  }
  const factors = factorsScratch(3 * rows);
  factorsFor(byIndex)(
    factors,
    elements(g),
    g.offset,
    reduction === 'none' ? 1 : 0,
    scale,
    targets,
    index.offset,
    w,
    wAt,
    rows,
    size,
    allWeights,
    ignoreIndex,
    smoothing,
  );
  const result = elements(to);
  const uneven = w !== null && smoothing > 0;
  if (uneven || !gradientVectors(to, input, shifts, factors, rows, size, inner)) {
    const loop = gradientFor(dtypesKey(input));
    loop(result, to.offset, x, input.offset, elements(shifts), shifts.offset, factors, w, wAt, rows, size, inner);
  }
  pickFor(byIndex)(result, to.offset, targets, index.offset, factors, rows, size, inner, ignoreIndex);
}
