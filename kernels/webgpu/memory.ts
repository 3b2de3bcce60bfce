import type { Buffer, DType, TypedArray, View } from '../types.js';
import { contiguousStrides, count, isContiguous } from '../view.js';
import { copy } from './pointwise.js';
import { type Handle, handleOf, type WebgpuBuffer } from './pool.js';
import type { Context } from './shader.js';
import { elementCode } from './wgsl.js';

/** Bytes of an element, whatever its dtype. */
const wordBytes = 4;

/** A typed array's own bytes, but truth values a word each. Memory that threads share is copied: the addon crashes on it. */
function asWords(data: TypedArray): ArrayBufferView<ArrayBuffer> {
  const kind = data[Symbol.toStringTag];
  if (kind === 'Uint8Array') return Uint32Array.from(data as Uint8Array);
  if (kind !== 'Float32Array' && kind !== 'Int32Array')
    throw new TypeError(`webgpu holds float32, int32 and bool, not what is in a ${kind}`);
  const shared = Object.prototype.toString.call(data.buffer) === '[object SharedArrayBuffer]';
  return (shared ? data.slice() : data) as ArrayBufferView<ArrayBuffer>;
}

/** The elements in mapped bytes, in memory of their own. */
function fromWords(bytes: ArrayBuffer, dtype: DType): TypedArray {
  if (dtype === 'float32') return new Float32Array(new Float32Array(bytes));
  if (dtype === 'int32') return new Int32Array(new Int32Array(bytes));
  return Uint8Array.from(new Uint32Array(bytes));
}

/** `Kernels.allocate`. */
export function allocate({ pool }: Context, dtype: DType, n: number): WebgpuBuffer {
  elementCode(dtype);
  return pool.wrap(n * wordBytes);
}

/** `Kernels.upload`. */
export function upload({ queue }: Context, buffer: Buffer, offset: number, data: TypedArray): void {
  if (data.length > 0) queue.write(handleOf(buffer), offset * wordBytes, asWords(data));
}

/** Calls `use` with the place of the view's elements, row-major: where they are, or a copy that lives as long as the call. */
function inOrder<T>(context: Context, view: View, use: (handle: Handle, byteOffset: number) => T): T {
  const { shape, strides, dtype } = view;
  if (isContiguous(shape, strides)) return use(handleOf(view.buffer), view.offset * wordBytes);
  const buffer = context.pool.wrap(count(shape) * wordBytes);
  copy(context, { buffer, offset: 0, shape, strides: contiguousStrides(shape), dtype }, view);
  try {
    return use(handleOf(buffer), 0);
  } finally {
    context.pool.release(buffer);
  }
}

/** `Kernels.read`. */
export function read(context: Context, view: View): TypedArray {
  const { dtype } = view;
  const bytes = count(view.shape) * wordBytes;
  if (bytes === 0) return fromWords(new ArrayBuffer(0), dtype);
  return inOrder(context, view, (handle, at) =>
    context.queue.read(handle, at, bytes, (words) => fromWords(words, dtype)),
  );
}

/** `Kernels.readAsync`. */
export async function readAsync(context: Context, view: View): Promise<TypedArray> {
  const { dtype } = view;
  const bytes = count(view.shape) * wordBytes;
  if (bytes === 0) return fromWords(new ArrayBuffer(0), dtype);
  return inOrder(context, view, (handle, at) =>
    context.queue.readAsync(handle, at, bytes, (words) => fromWords(words, dtype)),
  );
}
