import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import type { Tensor } from '../../core/tensor.js';

const nonzeroRow: Row<number> = {
  name: 'nonzero',
  infer: ([x], found) => [{ shape: [found, x.shape.length], dtype: 'int32' }],
  kernel: (k, [y], [x]) => k.nonzero(y, x),
};

/** The coordinates of what is not zero, one row for each; counts first, which waits for the device. */
export function coordinateTable(input: Tensor): Tensor {
  checkTensor('nonzero', input);
  return apply1(nonzeroRow, [input], input.storage.kernels.countNonzero(input));
}

/** The same, one index tensor for each dimension. */
export function coordinates(input: Tensor): Tensor[] {
  const table = coordinateTable(input);
  return input.shape.map((_, d) => table.select(1, d));
}
