import * as reference from '../reference/softmax.js';
import type { View } from '../types.js';
import { softmaxBackwardVectors, softmaxVectors } from '../wasm/rows/softmax.js';
import { arePlain, dtypesKey, type Elements, elements, lines } from './rows.js';
import { specialize } from './specialize.js';

/** 2^(-k / 16) down to what float32 rounds to 0: with a short polynomial, exp to a few 1e-11 at a third of the cost of Math.exp. */
const powers: Float64Array = Float64Array.from({ length: 2432 }, (_, k) => 2 ** (-k / 16));

// Positions are cut to 32 bits: the engine then keeps them as integers, which is twice as fast.

function softmaxLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  size: number,
  logarithm: boolean,
  table: Float64Array | null,
): void {
  const { exp, log, LN2 } = Math;
  const perStep = 16 / LN2;
  const step = LN2 / 16;
  const third = 1 / 6;
  const fourth = 1 / 24;
  for (let line = 0; line < from.length; line++) {
    const start = from[line] | 0;
    const end = to[line] | 0;
    let largest = -Infinity;
    for (let i = 0, p = start; i < size; i++, p = (p + fromStride) | 0) {
      const x = input[p];
      if (x > largest) largest = x;
    }
    let total = 0;
    let p = start;
    let q = end;
    let i = 0;
    if (table !== null) {
      for (; i + 1 < size; i += 2, p = (p + 2 * fromStride) | 0, q = (q + 2 * toStride) | 0) {
        let x = input[p] - largest;
        let y = input[p + fromStride] - largest;
        if (x < -104) x = -104;
        if (y < -104) y = -104;
        const j = (0.5 - x * perStep) | 0;
        const k = (0.5 - y * perStep) | 0;
        const r = x + j * step;
        const s = y + k * step;
        const d = table[j] * (1 + r + r * r * (0.5 + r * third + r * r * fourth));
        const e = table[k] * (1 + s + s * s * (0.5 + s * third + s * s * fourth));
        output[q] = d;
        output[q + toStride] = e;
        total += d + e;
      }
    }
    for (; i < size; i++, p = (p + fromStride) | 0, q = (q + toStride) | 0) {
      const e = exp(input[p] - largest);
      output[q] = e;
      total += e;
    }
    q = end;
    if (logarithm) {
      const shift = log(total);
      p = start;
      for (i = 0; i < size; i++, p = (p + fromStride) | 0, q = (q + toStride) | 0) {
        output[q] = input[p] - largest - shift;
      }
    } else {
      const scale = 1 / total;
      for (i = 0; i < size; i++, q = (q + toStride) | 0) output[q] *= scale;
    }
  }
}

function softmaxBackwardLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  gradient: Elements,
  from: Float64Array,
  fromStride: number,
  result: Elements,
  at: Float64Array,
  atStride: number,
  size: number,
  logarithm: boolean,
  table: Float64Array | null,
): void {
  const { exp, LN2 } = Math;
  const perStep = 16 / LN2;
  const step = LN2 / 16;
  for (let line = 0; line < from.length; line++) {
    let total = 0;
    for (let i = 0, p = from[line] | 0, q = at[line] | 0; i < size; i++) {
      total += logarithm ? gradient[p] : gradient[p] * result[q];
      p = (p + fromStride) | 0;
      q = (q + atStride) | 0;
    }
    for (let i = 0, p = from[line] | 0, q = at[line] | 0, r = to[line] | 0; i < size; i++) {
      let y = result[q];
      if (!logarithm) output[r] = y * (gradient[p] - total);
      else if (table === null) output[r] = gradient[p] - exp(y) * total;
      else {
        if (y < -104) y = -104;
        const k = (0.5 - y * perStep) | 0;
        const s = y + k * step;
        output[r] = gradient[p] - table[k] * (1 + s + s * s * (0.5 + s / 6 + s * s * (1 / 24))) * total;
      }
      p = (p + fromStride) | 0;
      q = (q + atStride) | 0;
      r = (r + toStride) | 0;
    }
  }
}

const compiled = specialize(softmaxLoop);
const compiledBackward = specialize(softmaxBackwardLoop);

const tableFor = ({ dtype }: View): Float64Array | null => (dtype === 'float32' ? powers : null);

/** `Kernels.fused.softmax`: sums in double. */
export function softmax(output: View, input: View, dim: number, logarithm: boolean): void {
  if (softmaxVectors(output, input, dim, logarithm)) return;
  if (!arePlain(output, input)) return reference.softmax(output, input, dim, logarithm);
  const from = lines(input, dim);
  const to = lines(output, dim);
  compiled(dtypesKey(input))(
    elements(output),
    to.starts,
    to.stride,
    elements(input),
    from.starts,
    from.stride,
    from.size,
    logarithm,
    tableFor(input),
  );
}

/** `Kernels.fused.softmaxBackward`. */
export function softmaxBackward(output: View, gradient: View, result: View, dim: number, logarithm: boolean): void {
  if (softmaxBackwardVectors(output, gradient, result, dim, logarithm)) return;
  if (!arePlain(output, gradient, result)) {
    return reference.softmaxBackward(output, gradient, result, dim, logarithm);
  }
  const from = lines(gradient, dim);
  const at = lines(result, dim);
  const to = lines(output, dim);
  compiledBackward(dtypesKey(result))(
    elements(output),
    to.starts,
    to.stride,
    elements(gradient),
    from.starts,
    from.stride,
    elements(result),
    at.starts,
    at.stride,
    at.size,
    logarithm,
    tableFor(result),
  );
}
