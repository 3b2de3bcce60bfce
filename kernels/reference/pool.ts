import type { DType, View, Window } from '../types.js';
import { contiguousStrides, count, positions } from '../view.js';
import { reader, writer } from './access.js';
import { type Element, setElement } from './element.js';

/** What every element of a dtype is at least. */
function lowest(dtype: DType): Element {
  switch (dtype) {
    case 'int64':
      return -(2n ** 63n);
    case 'int32':
      return -(2 ** 31);
    case 'int16':
      return -(2 ** 15);
    case 'int8':
      return -(2 ** 7);
    case 'uint8':
    case 'bool':
      return 0;
    default:
      return -Infinity;
  }
}

/** The coordinates of the i-th element of a shape in row-major order. */
function coordinates(i: number, shape: readonly number[], strides: readonly number[]): number[] {
  return shape.map((size, d) => Math.floor(i / strides[d]) % size);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, d) => sum + x * b[d], 0);
}

/**
 * `Kernels.maxPool`: for each output element, the taps of its window in row-major order. A window that lies in the padding as a whole
 * gives the lowest value and index 0.
 */
export function maxPool(values: View, indices: View, input: View, window: Window): void {
  const { size, stride, padding, dilation } = window;
  const read = reader(input);
  const plane = input.shape.slice(2);
  const planeStrides = contiguousStrides(plane);
  const tapStrides = contiguousStrides(size);
  const outputStrides = contiguousStrides(values.shape);
  for (let i = 0; i < count(values.shape); i++) {
    const [image, channel, ...place] = coordinates(i, values.shape, outputStrides);
    let best = lowest(input.dtype);
    let where = -1;
    for (let t = 0; t < count(size); t++) {
      const tap = coordinates(t, size, tapStrides);
      const at = tap.map((x, d) => place[d] * stride[d] + x * dilation[d] - padding[d]);
      if (at.some((x, d) => x < 0 || x >= plane[d])) continue;
      const value = read(input.offset + dot([image, channel, ...at], input.strides));
      if (where < 0 || value > best || Number.isNaN(value)) {
        best = value;
        where = dot(at, planeStrides);
      }
    }
    const to = [image, channel, ...place];
    setElement(values, values.offset + dot(to, values.strides), best);
    setElement(indices, indices.offset + dot(to, indices.strides), Math.max(where, 0));
  }
}

/** `Kernels.fused.addToPlanes`: what names no place of a plane is left out. */
export function addToPlanes(output: View, source: View, indices: View): void {
  const plane = count(output.shape.slice(2));
  const [read, readIndex, write] = [reader(source), reader(indices), writer(output)];
  const [from, at, to] = [positions(source), positions(indices), positions(output)];
  const sums = to.map(() => 0);
  const each = from.length / Math.max(1, to.length / Math.max(1, plane));
  from.forEach((place, k) => {
    const index = Number(readIndex(at[k]));
    if (index >= 0 && index < plane) sums[Math.floor(k / each) * plane + index] += Number(read(place));
  });
  to.forEach((place, k) => void write(place, sums[k]));
}
