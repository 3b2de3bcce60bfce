import type { View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { copy } from './copy.js';

/** A float16 view in float32 memory of its own, for loops that know no float16; dimensions of stride 0 stay so. */
export function staged(view: View): View {
  const shape = view.shape.map((size, d) => (view.strides[d] === 0 ? Math.min(size, 1) : size));
  const strides = contiguousStrides(shape).map((stride, d) => (view.strides[d] === 0 ? 0 : stride));
  const floats: View = { buffer: new Float32Array(count(shape)), offset: 0, shape, strides, dtype: 'float32' };
  copy(floats, { buffer: view.buffer, offset: view.offset, shape, strides: view.strides, dtype: view.dtype });
  return { ...floats, shape: view.shape };
}

/** Runs a kernel on float32 memory in place of a float16 output, and rounds what it leaves there into the output. */
export function throughFloat32(output: View, kernel: (floats: View) => void): void {
  const { shape } = output;
  const floats: View = {
    ...output,
    buffer: new Float32Array(count(shape)),
    offset: 0,
    strides: contiguousStrides(shape),
    dtype: 'float32',
  };
  kernel(floats);
  copy(output, floats);
}
