import { arrayTypes } from '../../../kernels/cpu/memory.js';
import type { TypedArray } from '../../../kernels/types.js';
import { broadcastStrides, count } from '../../../kernels/view.js';
import { apply1, type Row, refuseInt64 } from '../../autograd/apply.js';
import type { Operand } from '../../autograd/define.js';
import { type DType, isFloat, resultType } from '../../core/dtype.js';
import { ArgumentError, DTypeError } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';

/** An operation that no formula says: its elements are made one at a time on the host, and a device is waited for. */
export interface Elementwise {
  readonly name: string;
  readonly value: (...x: number[]) => number;
  /** The same on int64, which is refused without it. */
  readonly exact?: (...x: bigint[]) => bigint;
  /** dtypes it does not take. */
  readonly refuses?: readonly DType[];
  readonly saves?: readonly number[];
  readonly grad?: Row<null>['grad'];
}

/** The elements of a tensor broadcast to a shape, in row-major order. */
export function elementsOf(x: Tensor, shape: readonly number[]): TypedArray {
  const strides = broadcastStrides(x.shape, x.strides, shape);
  return x.storage.kernels.read({ buffer: x.buffer, offset: x.offset, shape, strides, dtype: x.dtype });
}

/** The row of an operation on operands of one dtype. */
export function elementwiseRow({ name, value, exact, saves, grad }: Elementwise): Row<null> {
  return {
    name,
    infer: (inputs) => [{ shape: broadcastShapes(name, ...inputs.map((x) => x.shape)), dtype: inputs[0].dtype }],
    kernel(k, [y], inputs) {
      const arrays = inputs.map((x) => elementsOf(x, y.shape));
      const made = new arrayTypes[y.dtype](count(y.shape)) as TypedArray & (number | bigint)[];
      const act = (y.dtype === 'int64' ? exact : value) as (...x: (number | bigint)[]) => number | bigint;
      for (let i = 0; i < made.length; i++) made[i] = act(...arrays.map((array) => array[i]));
      k.upload(y.buffer, y.offset, made);
    },
    saves,
    grad,
  };
}

/** Brings operands to their common dtype and runs a row on them; float16 is calculated in float32. */
export function runElementwise(operation: Elementwise, row: Row<null>, operands: readonly Operand[]): Tensor {
  const { name } = operation;
  const tensors = operands.filter((x) => x instanceof Tensor);
  if (tensors.length === 0 || operands.some((x) => !(x instanceof Tensor) && typeof x !== 'number')) {
    throw new ArgumentError(`${name}: takes tensors and numbers, and at least one tensor`);
  }
  const dtype = resultType(operands);
  if (operation.exact === undefined) refuseInt64(name, dtype);
  if (operation.refuses?.includes(dtype)) throw new DTypeError(`${name}: does not take ${dtype}`);
  const inner: DType = dtype === 'float16' ? 'float32' : dtype;
  const inputs = operands.map((x) =>
    x instanceof Tensor ? x.to(inner) : numberLike(inner === 'int64' ? BigInt(x) : x, tensors[0].to(inner)),
  );
  const result = apply1(row, inputs, null);
  return isFloat(dtype) && dtype !== inner ? result.to(dtype) : result;
}
