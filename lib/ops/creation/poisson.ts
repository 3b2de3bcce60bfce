import { lgamma } from '../../../kernels/special.js';
import type { Tensor } from '../../core/tensor.js';
import type { Generator } from '../../random.js';

const { abs, exp, floor, log, sqrt } = Math;

/** Words are taken from the stream in pieces: how many a number needs is not known before. */
const piece = 256;

/** Numbers between 0 and 1, one after the other. */
function stream(generator: Generator): () => number {
  let words: Int32Array = new Int32Array(0);
  let next = 0;
  return () => {
    if (next === words.length) {
      words = generator.words([piece], 'cpu').buffer as Int32Array;
      next = 0;
    }
    return ((words[next++] >>> 0) + 0.5) * 2 ** -32;
  };
}

/** Counts how many uniform numbers can be multiplied before the product falls below exp(-rate). */
function small(rate: number, uniform: () => number): number {
  const limit = exp(-rate);
  let k = 0;
  for (let product = uniform(); product > limit; product *= uniform()) k++;
  return k;
}

/** Transformed rejection, for rates from 10 on (Hörmann 1993: The transformed rejection method for generating Poisson random variables). */
function large(rate: number, uniform: () => number): number {
  const b = 0.931 + 2.53 * sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const distance = 0.5 - abs(u);
    const k = floor(((2 * a) / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= quick) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const density = k * log(rate) - rate - lgamma(k + 1);
    if (log(v) + log(inverseAlpha) - log(a / (distance * distance) + b) <= density) return k;
  }
}

/** Poisson numbers of rates in row-major order. */
export function poissons(rates: Tensor, n: number, generator: Generator): Float64Array {
  const values = rates.buffer as Float64Array;
  const uniform = stream(generator);
  return Float64Array.from({ length: n }, (_, i) => {
    const rate = values[rates.offset + i];
    return rate < 10 ? small(rate, uniform) : large(rate, uniform);
  });
}
