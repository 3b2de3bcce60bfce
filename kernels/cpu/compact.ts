import type { View } from '../types.js';
import { contiguousStrides, count, isContiguous } from '../view.js';
import { copy } from './copy.js';
import type { Floats } from './gemm.js';

/** The view, or a copy of it whose elements follow each other: of float32 or float64. */
export function compact(view: View): View {
  if (isContiguous(view.shape, view.strides)) return view;
  const Type = (view.buffer as Floats).BYTES_PER_ELEMENT === 4 ? Float32Array : Float64Array;
  const { shape, dtype } = view;
  const result = { buffer: new Type(count(shape)), offset: 0, shape, strides: contiguousStrides(shape), dtype };
  copy(result, view);
  return result;
}
