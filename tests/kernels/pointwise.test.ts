import { pointwise } from '../../kernels/cpu/pointwise.js';
import { type Build, formula } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import type { View } from '../../kernels/types.js';
import { contiguousStrides, count } from '../../kernels/view.js';
import { blank, stored } from './views.js';

function random(shape: readonly number[]): View {
  const buffer = Float64Array.from({ length: count(shape) }, (_, i) => Math.sin(i * i + shape.length));
  return { buffer, offset: 0, shape, strides: contiguousStrides(shape), dtype: 'float64' };
}

/** Sums of all inputs, each weighted by its number and the output's. */
const sums = (outputs: number): Build =>
  ((s, ...x) =>
    Array.from({ length: outputs }, (_, k) =>
      x.reduce((sum, value, i) => s.add(sum, s.mul(value, s.const(i + k + 1)))),
    )) as Build;

test.each([
  [1, 2],
  [4, 7],
  [5, 14],
])('%i outputs of %i inputs keep their layouts apart', (outputs, inputs) => {
  const f = formula(inputs, sums(outputs));
  const layouts = [
    [
      [3, 4],
      [3, 1],
    ],
    [
      [2, 3, 4],
      [1, 3, 1],
    ],
    [
      [2, 3, 2, 2],
      [1, 3, 1, 1],
    ],
    [
      [3, 4],
      [3, 4],
    ],
    [
      [3, 4],
      [1, 1],
    ],
  ];
  for (const [shape, small] of layouts) {
    const operands = Array.from({ length: inputs }, (_, i) => random(i % 2 === 0 ? shape : small));
    const run = (kernel: typeof pointwise): unknown => {
      const results = Array.from({ length: outputs }, () => blank('float64', shape));
      kernel(f, 'float64', results, operands);
      return results.map(stored);
    };
    expect(run(pointwise)).toEqual(run(reference.pointwise));
  }
});
