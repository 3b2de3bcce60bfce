import { setElement } from '../reference/element.js';
import * as reference from '../reference/gather.js';
import type { Operand, ScatterMode, View } from '../types.js';
import { count, isContiguous, isSingle, reshaped, sameShape } from '../view.js';
import { elementsPay, moveAlong } from '../wasm/rows/indexed.js';
import { packed } from './copy.js';
import { indexPut, index as takeSlices } from './indexing.js';
import { arrayTypes } from './memory.js';
import { areCounted, dtypesKey, type Elements, elements, rows } from './rows.js';
import { specialize } from './specialize.js';
import { asWords } from './words.js';

// Positions are cut to 32 bits, as in `softmax`.

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
  const { imul } = Math;
  for (let row = 0; row < to.length; row++) {
    let p = from[row] | 0;
    let q = to[row] | 0;
    let r = indexAt[row] | 0;
    for (let j = 0; j < n; j++) {
      let i = toNumber(index[r]);
      if (i < 0) i += size;
      if (i >= 0 && i < size) output[q] = input[(p + imul(i, stride)) | 0];
      p = (p + fromStride) | 0;
      q = (q + toStride) | 0;
      r = (r + indexStride) | 0;
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
  const { imul } = Math;
  for (let row = 0; row < to.length; row++) {
    let p = from[row] | 0;
    let q = to[row] | 0;
    let r = indexAt[row] | 0;
    for (let j = 0; j < n; j++) {
      let i = toNumber(index[r]);
      if (i < 0) i += size;
      if (i >= 0 && i < size) {
        const at = (q + imul(i, stride)) | 0;
        if (add) output[at] += source[p];
        else output[at] = source[p];
      }
      p = (p + fromStride) | 0;
      q = (q + toStride) | 0;
      r = (r + indexStride) | 0;
    }
  }
}

const compiledGather = specialize(gatherLoop);
const compiledScatter = specialize(scatterLoop);

/** A view whose steps along `dim` are left to the indices. */
function fixed(view: View, dim: number): Pick<View, 'offset' | 'strides'> {
  return { offset: view.offset, strides: view.strides.map((stride, d) => (d === dim ? 0 : stride)) };
}

/** From so many elements on a slice goes as a whole where all of its elements have one index. */
const longSlice = 16;

/** The indices of whole slices of `whole` along `dim`, as `Kernels.index` takes them; null where an index is not one slice's alone. */
function ofSlices(whole: View, dim: number, index: View): (View | null)[] | null {
  const { shape, strides } = index;
  if (shape.length === 0 || count(shape.slice(dim + 1)) < longSlice) return null;
  for (let d = 0; d < shape.length; d++) {
    if (d !== dim && (shape[d] !== whole.shape[d] || (strides[d] !== 0 && shape[d] !== 1))) return null;
  }
  const list = reshaped(index, [shape[dim]], [strides[dim]]);
  return shape.map((_, d) => (d === dim ? list : null));
}

/** The part of `whole` that an index along `dim` reaches: what lies behind the index's other sizes is left out. */
function reached(whole: View, dim: number, index: View): View {
  const shape = index.shape.map((size, d) => (d === dim ? whole.shape[d] : size));
  return reshaped(whole, shape, whole.strides);
}

/** Gathers in WebAssembly; false where JavaScript is the way. */
function gatherVectors(output: View, input: View, dim: number, index: View): boolean {
  if (index.shape.length === 0 || !elementsPay(count(index.shape), 'read', input)) return false;
  if (!isContiguous(output.shape, output.strides)) return false;
  return moveAlong('read', packed(reached(input, dim, index)), output, dim, packed(index));
}

/** Scatters in WebAssembly; false where JavaScript is the way. */
function scatterVectors(output: View, dim: number, index: View, source: View, adds: boolean): boolean {
  const way = adds ? 'add' : 'write';
  if (index.shape.length === 0 || !elementsPay(count(index.shape), way, output)) return false;
  const whole = reached(output, dim, index);
  if (!sameShape(whole.shape, output.shape) || !isContiguous(whole.shape, whole.strides)) return false;
  const part = reshaped(source, index.shape, source.strides);
  return moveAlong(way, whole, isSingle(part) ? part : packed(part), dim, packed(index));
}

/** `Kernels.gather`. */
export function gather(output: View, input: View, dim: number, index: View): void {
  if (output.dtype !== input.dtype || !areCounted(output, input, index))
    return reference.gather(output, input, dim, index);
  const slices = ofSlices(input, dim, index);
  if (slices !== null) return takeSlices(output, input, slices, dim);
  if (gatherVectors(output, input, dim, index)) return;
  const at = asWords(index);
  const { size, strides, starts } = rows(index.shape, output, fixed(input, dim), at);
  compiledGather(dtypesKey(input, at))(
    elements(output),
    starts[0],
    strides[0],
    elements(input),
    starts[1],
    strides[1],
    elements(at),
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
  if (from.dtype !== output.dtype || !(adds || mode === 'set') || !areCounted(output, from, index)) {
    return reference.scatter(output, dim, index, source, mode);
  }
  const slices = ofSlices(output, dim, index);
  if (slices !== null) {
    return indexPut(output, reshaped(from, index.shape, from.strides), slices, dim, adds);
  }
  if (scatterVectors(output, dim, index, from, adds)) return;
  const at = asWords(index);
  const { size, strides, starts } = rows(index.shape, fixed(output, dim), from, at);
  compiledScatter(dtypesKey(output, at))(
    elements(output),
    starts[0],
    strides[0],
    elements(from),
    starts[1],
    strides[1],
    elements(at),
    starts[2],
    strides[2],
    size,
    output.shape[dim] ?? 1,
    output.strides[dim] ?? 0,
    adds,
  );
}
