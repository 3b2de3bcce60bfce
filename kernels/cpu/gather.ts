import { setElement } from '../reference/element.js';
import * as reference from '../reference/gather.js';
import type { Operand, ScatterMode, View } from '../types.js';
import { arrayTypes } from './memory.js';
import { dtypesKey, type Elements, elements, rows } from './rows.js';
import { specialize } from './specialize.js';

function gatherLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  index: Elements,
  indexAt: Float64Array,
  indexStride: number,
  n: number,
  size: number,
  stride: number,
): void {
  const toNumber = Number;
  for (let row = 0; row < to.length; row++) {
    let p = from[row];
    let q = to[row];
    let r = indexAt[row];
    for (let j = 0; j < n; j++) {
      let i = toNumber(index[r]);
      if (i < 0) i += size;
      if (i >= 0 && i < size) output[q] = input[p + i * stride];
      p += fromStride;
      q += toStride;
      r += indexStride;
    }
  }
}

function scatterLoop(
  output: Elements,
  to: Float64Array,
  toStride: number,
  source: Elements,
  from: Float64Array,
  fromStride: number,
  index: Elements,
  indexAt: Float64Array,
  indexStride: number,
  n: number,
  size: number,
  stride: number,
  add: boolean,
): void {
  const toNumber = Number;
  for (let row = 0; row < to.length; row++) {
    let p = from[row];
    let q = to[row];
    let r = indexAt[row];
    for (let j = 0; j < n; j++) {
      let i = toNumber(index[r]);
      if (i < 0) i += size;
      if (i >= 0 && i < size) {
        if (add) output[q + i * stride] += source[p];
        else output[q + i * stride] = source[p];
      }
      p += fromStride;
      q += toStride;
      r += indexStride;
    }
  }
}

const compiledGather = specialize(gatherLoop);
const compiledScatter = specialize(scatterLoop);

/** A view whose steps along `dim` are left to the indices. */
function fixed(view: View, dim: number): Pick<View, 'offset' | 'strides'> {
  return { offset: view.offset, strides: view.strides.map((stride, d) => (d === dim ? 0 : stride)) };
}

/** `Kernels.gather`. */
export function gather(output: View, input: View, dim: number, index: View): void {
  if (output.dtype !== input.dtype) return reference.gather(output, input, dim, index);
  const { size, strides, starts } = rows(index.shape, output, fixed(input, dim), index);
  compiledGather(dtypesKey(input, index))(
    elements(output),
    starts[0],
    strides[0],
    elements(input),
    starts[1],
    strides[1],
    elements(index),
    starts[2],
    strides[2],
    size,
    input.shape[dim] ?? 1,
    input.strides[dim] ?? 0,
  );
}

/** One number as a view that can be walked in any shape of `rank` dimensions. */
function spread(value: number, like: View): View {
  const strides = like.shape.map(() => 0);
  const view = { buffer: new arrayTypes[like.dtype](1), offset: 0, shape: like.shape, strides, dtype: like.dtype };
  setElement(view, 0, value);
  return view;
}

/** `Kernels.scatter`. */
export function scatter(output: View, dim: number, index: View, source: Operand, mode: ScatterMode): void {
  const from = typeof source === 'number' ? spread(source, output) : source;
  const adds = mode === 'add' && output.dtype !== 'float16' && output.dtype !== 'bool';
  if (from.dtype !== output.dtype || !(adds || mode === 'set')) {
    return reference.scatter(output, dim, index, source, mode);
  }
  const { size, strides, starts } = rows(index.shape, fixed(output, dim), from, index);
  compiledScatter(dtypesKey(output, index))(
    elements(output),
    starts[0],
    strides[0],
    elements(from),
    starts[1],
    strides[1],
    elements(index),
    starts[2],
    strides[2],
    size,
    output.shape[dim] ?? 1,
    output.strides[dim] ?? 0,
    adds,
  );
}
