import type { Formula } from '../dag.js';
import { lstmSequenceBackward, lstmStepOfParts } from '../lstm.js';
import type { DType, FusedKernels, Kernels, TypedArray, View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';

/** An element of the first dimension. */
function at({ buffer, offset, shape, strides, dtype }: View, index: number): View {
  return { buffer, offset: offset + index * strides[0], shape: shape.slice(1), strides: strides.slice(1), dtype };
}

/** A matrix with rows and columns exchanged. */
function transposed({ buffer, offset, shape, strides, dtype }: View): View {
  return { buffer, offset, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]], dtype };
}

/** The four parts of (N, 4 H), side by side. */
function parts({ buffer, offset, shape, strides, dtype }: View): View[] {
  const size = shape[1] / 4;
  const part = (k: number): View => ({
    buffer,
    offset: offset + k * size * strides[1],
    shape: [shape[0], size],
    strides,
    dtype,
  });
  return [0, 1, 2, 3].map(part);
}

/** The four gates of (4, N, H). */
const gatesOf = (view: View): View[] => [0, 1, 2, 3].map((k) => at(view, k));

function blank(like: View, shape: readonly number[]): View {
  const Type = (like.buffer as TypedArray).constructor as new (count: number) => TypedArray;
  return { buffer: new Type(count(shape)), offset: 0, shape, strides: contiguousStrides(shape), dtype: like.dtype };
}

/** The steps in the order in which they are taken. */
function steps(length: number, reverse: boolean): number[] {
  return Array.from({ length }, (_, s) => (reverse ? length - 1 - s : s));
}

/** An LSTM over time, and its gradient, as products and formulas of a device. */
export function lstmBy(
  multiply: Kernels['matmul'],
  run: (f: Formula, compute: DType, outputs: readonly View[], inputs: readonly View[]) => void,
): Pick<FusedKernels, 'lstm' | 'lstmBackward'> {
  return {
    lstm({ output, cells, gates }, { sums, h, c, weight }, reverse) {
      const products = blank(h, [h.shape[0], weight.shape[0]]);
      let [oldH, oldC] = [h, c];
      for (const t of steps(sums.shape[0], reverse)) {
        multiply(products, oldH, transposed(weight));
        const [newH, newC] = [at(output, t), at(cells, t)];
        const inputs = [...parts(at(sums, t)), ...parts(products), oldC];
        run(lstmStepOfParts, h.dtype, [newH, newC, ...gatesOf(at(gates, t))], inputs);
        [oldH, oldC] = [newH, newC];
      }
    },
    lstmBackward(to, gradients, { c, weight, cells, gates }, reverse) {
      const toH = to.h ?? blank(c, c.shape);
      (toH.buffer as Float64Array).fill(0, toH.offset, toH.offset + count(toH.shape));
      (to.c.buffer as Float64Array).fill(0, to.c.offset, to.c.offset + count(to.c.shape));
      const order = steps(cells.shape[0], reverse);
      for (let s = order.length - 1; s >= 0; s--) {
        const t = order[s];
        const oldC = s === 0 ? c : at(cells, order[s - 1]);
        const toSums = at(to.sums, t);
        run(
          lstmSequenceBackward,
          c.dtype,
          [...parts(toSums), to.c],
          [at(gradients.output, t), toH, at(gradients.cells, t), to.c, ...gatesOf(at(gates, t)), oldC, at(cells, t)],
        );
        multiply(toH, toSums, weight);
      }
    },
  };
}

const plain: Pick<FusedKernels, 'lstm' | 'lstmBackward'> = lstmBy(matmul, pointwise);

/** `FusedKernels.lstm`. */
export const lstm: FusedKernels['lstm'] = plain.lstm;

/** `FusedKernels.lstmBackward`. */
export const lstmBackward: FusedKernels['lstmBackward'] = plain.lstmBackward;
