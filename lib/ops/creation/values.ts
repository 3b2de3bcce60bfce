import { floatToHalf } from '../../../kernels/half.js';
import type { TypedArray } from '../../../kernels/types.js';
import { contiguousStrides, count } from '../../../kernels/view.js';
import { kernelsOf } from '../../core/device.js';
import { type DType, dtypes, getDefaultDtype, isFloat } from '../../core/dtype.js';
import { ArgumentError, AutogradError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { Storage } from '../../core/storage.js';
import { emptyTensor, Tensor } from '../../core/tensor.js';

/** A nested list of values of one kind. */
export type Nested<T> = readonly (T | Nested<T>)[];

/** An n-dimensional array of the `ndarray` package. */
export interface NdArrayLike {
  readonly data: unknown;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly dtype: string;
  get(...index: number[]): unknown;
}

/** What `tg.tensor` takes. */
export type TensorData =
  | number
  | boolean
  | bigint
  | Nested<number>
  | Nested<boolean>
  | Nested<bigint>
  | ArrayBufferView
  | NdArrayLike
  | Tensor;

/** Marks a new tensor as a leaf that asks for a gradient. */
export function requireLeaf(name: string, x: Tensor, requiresGrad: boolean | undefined): Tensor {
  if (requiresGrad !== true) return x;
  if (!isFloat(x.dtype))
    throw new AutogradError(`${name}: only floating-point tensors can require a gradient, not ${x.dtype}`);
  x.leaf = true;
  return x;
}

/** The dtype of one value: truth values bool, BigInts int64, numbers the default. */
export function dtypeOf(value: unknown): DType {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int64';
  return getDefaultDtype();
}

/** A typed array's dtype, by its tag: arrays of other realms are no instances of this one's classes. */
function arrayDType(array: ArrayBufferView): DType {
  const tag = Object.prototype.toString.call(array).slice(8, -6).toLowerCase();
  if (tag === 'bigint64' || tag === 'biguint64') return 'int64';
  if (tag === 'uint8clamped') return 'uint8';
  if (dtypes.includes(tag as DType)) return tag as DType;
  throw new ArgumentError(
    `tensor: a ${tag} array has no dtype of its own here; convert it to a Float32Array or an Int32Array first`,
  );
}

function flatten(data: unknown, shape: number[], depth: number, into: unknown[]): void {
  if (!Array.isArray(data)) {
    if (depth !== shape.length)
      throw new ShapeError(
        `tensor: the nested lists are ragged: a value stands at depth ${depth}, where a list of ${shape[depth]} was expected`,
      );
    into.push(data);
    return;
  }
  if (depth === shape.length)
    throw new ShapeError(
      `tensor: the nested lists are ragged: a list stands at depth ${depth}, where a value was expected`,
    );
  if (data.length !== shape[depth]) {
    throw new ShapeError(
      `tensor: the nested lists are ragged: lists of ${shape[depth]} and ${data.length} stand beside each other at depth ${depth}`,
    );
  }
  for (const item of data) flatten(item, shape, depth + 1, into);
}

function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** A number as an int64 holds it, its fraction cut. */
function toInt64(operation: string, value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (!Number.isFinite(value)) throw new ValueError(`${operation}: ${value} cannot be an int64`);
  return BigInt(Math.trunc(value));
}

/** Writes one value into a new tensor, everywhere. */
export function fillNew(operation: string, x: Tensor, value: number | bigint): Tensor {
  x.storage.kernels.fill(x, x.dtype === 'int64' ? toInt64(operation, value) : value);
  return x;
}

function convert(value: unknown, dtype: DType): number | bigint {
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw new ArgumentError(
      `tensor: expected numbers, booleans or BigInts, got ${value === null ? 'null' : typeof value}`,
    );
  }
  if (dtype === 'int64') {
    return toInt64('tensor', typeof value === 'boolean' ? Number(value) : value);
  }
  const number = Number(value);
  if (dtype === 'bool') return number === 0 ? 0 : 1;
  return dtype === 'float16' ? floatToHalf(number) : number;
}

/** A tensor on the CPU over values in row-major order. */
export function fromValues(values: ArrayLike<unknown>, shape: readonly number[], dtype: DType): Tensor {
  const x = emptyTensor(shape, dtype, 'cpu');
  const array = x.buffer as unknown as (number | bigint)[];
  for (let i = 0; i < values.length; i++) array[i] = convert(values[i], dtype);
  return x;
}

function fromArray(array: ArrayBufferView, dtype: DType | null, shape: readonly number[] | null): Tensor {
  const own = arrayDType(array);
  const values = array as unknown as ArrayLike<number> & { length: number };
  const sizes = shape === null ? [values.length] : shape;
  if (count(sizes) !== values.length)
    throw new ShapeError(`tensor: ${values.length} elements do not fit the shape ${showShape(sizes)}`);
  if (dtype !== null && dtype !== own) return fromValues(values, sizes, dtype);
  const x = emptyTensor(sizes, own, 'cpu');
  if (own === 'float16') return fromValues(values, sizes, own);
  (x.buffer as Float32Array).set(values as ArrayLike<number>);
  return x;
}

function isNdArray(data: unknown): data is NdArrayLike {
  return typeof data === 'object' && data !== null && 'stride' in data && 'offset' in data && 'get' in data;
}

function fromNdArray(data: NdArrayLike, dtype: DType | null): Tensor {
  const values: unknown[] = [];
  const walk = (index: number[]): void => {
    if (index.length === data.shape.length) values.push(data.get(...index));
    else for (let i = 0; i < data.shape[index.length]; i++) walk([...index, i]);
  };
  walk([]);
  const own = dtypes.includes(data.dtype as DType)
    ? (data.dtype as DType)
    : data.dtype === 'bigint64'
      ? 'int64'
      : getDefaultDtype();
  return fromValues(values, [...data.shape], dtype ?? own);
}

/** A tensor of any data, on the CPU and copied. */
export function build(data: TensorData, shape: readonly number[] | null, dtype: DType | null): Tensor {
  if (data instanceof Tensor) {
    const copy = data.detach().clone();
    return dtype === null ? copy : copy.to(dtype);
  }
  if (ArrayBuffer.isView(data)) return fromArray(data, dtype, shape);
  if (isNdArray(data)) return fromNdArray(data, dtype);
  const sizes = shapeOf(data);
  const values: unknown[] = [];
  flatten(data, sizes, 0, values);
  const made = fromValues(values, sizes, dtype ?? kindOf(values));
  if (shape === null) return made;
  if (count(shape) !== values.length)
    throw new ShapeError(`tensor: ${values.length} elements do not fit the shape ${showShape(shape)}`);
  return new Tensor(made.storage, 0, shape, contiguousStrides(shape), made.dtype);
}

function kindOf(values: readonly unknown[]): DType {
  if (values.length === 0) return getDefaultDtype();
  const kinds = new Set(values.map((value) => typeof value));
  if (kinds.size > 1 && kinds.has('bigint'))
    throw new ArgumentError(
      `tensor: ${[...kinds].join(' and ')} values are mixed; give a dtype, or values of one kind`,
    );
  return kinds.size > 1 ? getDefaultDtype() : dtypeOf(values[0]);
}

/** A tensor of one dtype of nested lists; `check` throws for values that are not wanted. */
export function fromNested(data: unknown, dtype: DType, check: (value: unknown) => void): Tensor {
  const sizes = shapeOf(data);
  const values: unknown[] = [];
  flatten(data, sizes, 0, values);
  values.forEach(check);
  return fromValues(values, sizes, dtype);
}

/** A number as a tensor without dimensions that another tensor can take up. */
export function numberLike(value: number | bigint, like: Tensor): Tensor {
  return fillNew('fill', emptyTensor([], like.dtype, like.device), value);
}

/** A typed array, or an `ndarray` over one, as a tensor in the same memory; null where no dtype has that memory. */
export function sharing(data: unknown): Tensor | null {
  const array = isNdArray(data) ? data.data : data;
  if (!ArrayBuffer.isView(array)) return null;
  const dtype = arrayDType(array);
  // Half floats of other libraries are not stored as bits.
  if (dtype === 'float16') return null;
  const buffer = array as TypedArray;
  const storage = new Storage(buffer, dtype, 'cpu', kernelsOf('cpu'), buffer.length);
  if (!isNdArray(data)) return new Tensor(storage, 0, [buffer.length], [1], dtype);
  return new Tensor(storage, data.offset, [...data.shape], [...data.stride], dtype);
}
