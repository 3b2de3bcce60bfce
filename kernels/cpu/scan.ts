import * as reference from '../reference/scan.js';
import type { DType, View } from '../types.js';
import { scanVectors } from '../wasm/rows/scan.js';
import { dtypesKey, type Elements, elements, lines } from './rows.js';
import { specialize } from './specialize.js';

function foldLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  size: number,
  product: boolean,
  whole: boolean,
): void {
  const { imul } = Math;
  for (let line = 0; line < from.length; line++) {
    let running = product ? 1 : 0;
    for (let i = 0, p = from[line], q = to[line]; i < size; i++, p += fromStride, q += toStride) {
      const x = input[p];
      if (whole) running = product ? imul(running, x) : (running + x) | 0;
      else running = product ? running * x : running + x;
      output[q] = running;
    }
  }
}

function extremeLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  indices: Int32Array | null,
  toIndex: Float64Array,
  indexStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  size: number,
  largest: boolean,
): void {
  for (let line = 0; line < from.length; line++) {
    let best = input[from[line]];
    let index = 0;
    for (let i = 0, p = from[line], q = to[line], r = toIndex[line]; i < size; i++, p += fromStride, q += toStride) {
      const x = input[p];
      if ((largest ? x >= best : x <= best) || x !== x) {
        best = x;
        index = i;
      }
      output[q] = best;
      if (indices !== null) indices[r] = index;
      r += indexStride;
    }
  }
}

const compiledFold = specialize(foldLoop);
const compiledExtreme = specialize(extremeLoop);

const isWhole = (dtype: DType): boolean => dtype.includes('int') || dtype === 'bool';
const isPlain = (dtype: DType): boolean => dtype !== 'float16' && dtype !== 'int64';

/** `Kernels.scan`. */
export function scan(
  kind: 'sum' | 'prod' | 'max' | 'min',
  output: View,
  indices: View | null,
  input: View,
  dim: number,
): void {
  if (scanVectors(kind, output, indices, input, dim)) return;
  const from = lines(input, dim);
  const to = lines(output, dim);
  if (kind === 'sum' || kind === 'prod') {
    const whole = isWhole(output.dtype);
    const fast =
      isPlain(input.dtype) && isPlain(output.dtype) && output.dtype !== 'bool' && (!whole || isWhole(input.dtype));
    if (!fast) return reference.scan(kind, output, indices, input, dim);
    compiledFold(dtypesKey(input, output))(
      elements(output),
      to.starts,
      to.stride,
      elements(input),
      from.starts,
      from.stride,
      from.size,
      kind === 'prod',
      whole,
    );
  } else {
    const fast =
      input.dtype !== 'float16' && output.dtype === input.dtype && (indices === null || indices.dtype === 'int32');
    if (!fast) return reference.scan(kind, output, indices, input, dim);
    const toIndex = indices === null ? to : lines(indices, dim);
    compiledExtreme(dtypesKey(input))(
      elements(output),
      to.starts,
      to.stride,
      indices && (indices.buffer as Int32Array),
      toIndex.starts,
      toIndex.stride,
      elements(input),
      from.starts,
      from.stride,
      from.size,
      kind === 'max',
    );
  }
}
