import * as reference from '../reference/pool.js';
import type { View, Window } from '../types.js';
import { count } from '../view.js';
import { addToPlanesVectors } from '../wasm/rows/addToPlanes.js';
import { maxPoolVectors } from '../wasm/rows/maxPool.js';
import { fill, packed } from './copy.js';
import type { Floats } from './gemm.js';
import { specialize } from './specialize.js';
import { staged, throughFloat32 } from './stage.js';

/** Pools one plane: sizes and strides are [height, width], the window's fields too. */
function planeLoop(
  values: Floats,
  valuesAt: number,
  indices: Int32Array,
  indicesAt: number,
  input: Floats,
  inputAt: number,
  strides: readonly number[],
  sizes: readonly number[],
  outputs: readonly number[],
  window: Window,
): void {
  const height = sizes[0];
  const width = sizes[1];
  const rowStride = strides[0];
  const columnStride = strides[1];
  const rows = outputs[0];
  const columns = outputs[1];
  const strideY = window.stride[0];
  const strideX = window.stride[1];
  const paddingY = window.padding[0];
  const paddingX = window.padding[1];
  const dilationY = window.dilation[0];
  const dilationX = window.dilation[1];
  const reachY = window.size[0] * dilationY;
  const reachX = window.size[1] * dilationX;
  const step = dilationX * columnStride;
  let to = 0;
  for (let i = 0; i < rows; i++) {
    let top = i * strideY - paddingY;
    let bottom = top + reachY;
    while (top < 0) top += dilationY;
    if (bottom > height) bottom = height;
    for (let j = 0; j < columns; j++, to++) {
      let left = j * strideX - paddingX;
      let right = left + reachX;
      while (left < 0) left += dilationX;
      if (right > width) right = width;
      let best = -Infinity;
      let where = top < bottom && left < right ? top * width + left : 0;
      for (let y = top; y < bottom; y += dilationY) {
        let at = inputAt + y * rowStride + left * columnStride;
        for (let x = left; x < right; x += dilationX, at += step) {
          const value = input[at];
          // NaN is on one side where this is true without `value` being larger: a NaN that is the best stays.
          if (!(value <= best) && (best === best || value !== value)) {
            best = value;
            where = y * width + x;
          }
        }
      }
      values[valuesAt + to] = best;
      indices[indicesAt + to] = where;
    }
  }
}

const planeFor = specialize(planeLoop);

/** `Kernels.maxPool`: one and two spatial dimensions of floats in a loop of their own, the rest through the reference. */
export function maxPool(values: View, indices: View, input: View, window: Window): void {
  const { dtype } = input;
  const spatial = input.shape.length - 2;
  const fast = dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
  if (!fast || values.dtype !== dtype || indices.dtype !== 'int32' || spatial < 1 || spatial > 2) {
    return reference.maxPool(values, indices, input, window);
  }
  if (dtype === 'float16') {
    return throughFloat32(values, (floats) => maxPool(floats, indices, staged(input), window));
  }
  const flat: Window = {
    size: two(window.size, 1),
    stride: two(window.stride, 1),
    padding: two(window.padding, 0),
    dilation: two(window.dilation, 1),
  };
  if (dtype === 'float32' && maxPoolVectors(inPlanes(values), inPlanes(indices), inPlanes(input), flat)) return;
  const strides = two(input.strides.slice(2), 0);
  const sizes = two(input.shape.slice(2), 1);
  const outputs = two(values.shape.slice(2), 1);
  const [images, channels] = input.shape;
  const plane = outputs[0] * outputs[1];
  const loop = planeFor((input.buffer as Floats).BYTES_PER_ELEMENT);
  const [v, w, x] = [values.buffer as Floats, indices.buffer as Int32Array, input.buffer as Floats];
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const to = (image * channels + channel) * plane;
      const from = input.offset + image * input.strides[0] + channel * input.strides[1];
      loop(v, values.offset + to, w, indices.offset + to, x, from, strides, sizes, outputs, flat);
    }
  }
}

/** The same view with two spatial dimensions. */
function inPlanes(view: View): View {
  if (view.shape.length === 4) return view;
  // Field by field: a view may be an object whose buffer is a getter, which a spread would leave behind.
  const { buffer, offset, shape, strides, dtype } = view;
  return { buffer, offset, shape: shape.toSpliced(2, 0, 1), strides: strides.toSpliced(2, 0, 0), dtype };
}

/** Puts `value` before the only entry of a one-dimensional list. */
function two(list: readonly number[], value: number): number[] {
  return list.length === 1 ? [value, list[0]] : [...list];
}

function addLoop(
  output: Floats,
  to: number,
  source: Floats,
  from: number,
  indices: Int32Array,
  at: number,
  planes: number,
  plane: number,
  each: number,
): void {
  for (let i = 0; i < planes; i++) {
    const base = to + i * plane;
    for (let k = i * each; k < (i + 1) * each; k++) {
      const index = indices[at + k];
      if (index >= 0 && index < plane) output[base + index] += source[from + k];
    }
  }
}

const addFor = specialize(addLoop);

/** `Kernels.fused.addToPlanes`. */
export function addToPlanes(output: View, source: View, indices: View): void {
  const float = output.dtype === 'float32' || output.dtype === 'float64';
  if (!float || source.dtype !== output.dtype || indices.dtype !== 'int32') {
    return reference.addToPlanes(output, source, indices);
  }
  const [from, places] = [packed(source), packed(indices)];
  if (addToPlanesVectors(output, from, places)) return;
  fill(output, 0);
  const planes = output.shape[0] * output.shape[1];
  const plane = count(output.shape.slice(2));
  addFor((output.buffer as Floats).BYTES_PER_ELEMENT)(
    output.buffer as Floats,
    output.offset,
    from.buffer as Floats,
    from.offset,
    places.buffer as Int32Array,
    places.offset,
    planes,
    plane,
    count(source.shape.slice(2)),
  );
}
