import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';

/** How elements along one dimension are made of others: per tap, an index and a weight for every result. */
export interface Taps {
  readonly indices: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

/** Weighted sums of elements along a dimension. */
export function resample(x: Tensor, dim: number, { indices, weights }: Taps): Tensor {
  const along = new Array<number>(x.shape.length - dim).fill(1);
  const parts = indices.map((index, tap) => {
    const part = x.indexSelect(dim, index);
    const weight = weights[tap];
    return weight.every((w) => w === 1)
      ? part
      : part.mul(fromValues(weight, along.with(0, weight.length), x.dtype).to(x.device));
  });
  return parts.reduce((sum, part) => sum.add(part));
}
