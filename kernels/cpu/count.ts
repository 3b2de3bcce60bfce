import * as reference from '../reference/count.js';
import { setElement } from '../reference/element.js';
import type { View } from '../types.js';
import { isContiguous } from '../view.js';
import { dtypesKey, type Elements, elements, lines, places, rows } from './rows.js';
import { specialize } from './specialize.js';
import { asWords } from './words.js';

/** Zero is what is falsy but not NaN: no comparison, because an int64 element is a bigint. */
function countLoop(input: Elements, starts: Float64Array, n: number, stride: number): number {
  let found = 0;
  for (let row = 0; row < starts.length; row++) {
    for (let j = 0, p = starts[row]; j < n; j++, p += stride) {
      const x = input[p];
      if (x || x !== x) found++;
    }
  }
  return found;
}

function nonzeroLoop(
  output: Int32Array,
  offset: number,
  end: number,
  input: Elements,
  starts: Float64Array,
  shape: readonly number[],
  stride: number,
): void {
  const last = shape.length - 1;
  const coordinates = new Int32Array(last);
  let q = offset;
  for (let row = 0; row < starts.length; row++) {
    for (let j = 0, p = starts[row]; j < shape[last]; j++, p += stride) {
      const x = input[p];
      if ((x || x !== x) && q < end) {
        for (let d = 0; d < last; d++) output[q++] = coordinates[d];
        output[q++] = j;
      }
    }
    for (let d = last - 1; d >= 0 && ++coordinates[d] === shape[d]; d--) coordinates[d] = 0;
  }
}

function bincountLoop(
  sums: Float64Array,
  input: Elements,
  offset: number,
  stride: number,
  n: number,
  weights: Elements | null,
  weightsOffset: number,
  weightsStride: number,
): void {
  const toNumber = Number;
  for (let i = 0, p = offset, q = weightsOffset; i < n; i++, p += stride, q += weightsStride) {
    const bin = toNumber(input[p]);
    if (bin >= 0 && bin < sums.length) sums[bin] += weights === null ? 1 : toNumber(weights[q]);
  }
}

function searchLoop(
  output: Int32Array,
  offset: number,
  sorted: Elements,
  lineStarts: Float64Array,
  size: number,
  stride: number,
  values: Elements,
  valueAt: Float64Array,
  right: boolean,
): void {
  const perLine = valueAt.length / lineStarts.length;
  for (let line = 0, i = 0; line < lineStarts.length; line++) {
    for (const end = (line + 1) * perLine; i < end; i++) {
      const value = values[valueAt[i]];
      let low = 0;
      let high = size;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const element = sorted[lineStarts[line] + middle * stride];
        if (right ? element > value : element >= value) high = middle;
        else low = middle + 1;
      }
      output[offset + i] = low;
    }
  }
}

const compiledCount = specialize(countLoop);
const compiledNonzero = specialize(nonzeroLoop);
const compiledBincount = specialize(bincountLoop);
const compiledSearch = specialize(searchLoop);

/** `Kernels.countNonzero`. */
export function countNonzero(input: View): number {
  if (input.dtype === 'float16') return reference.countNonzero(input);
  const { size, strides, starts } = rows(input.shape, input);
  return compiledCount(dtypesKey(input))(elements(input), starts[0], size, strides[0]);
}

/** `Kernels.nonzero`. */
export function nonzero(output: View, input: View): void {
  const last = input.shape.length - 1;
  const fast = last >= 0 && input.dtype !== 'float16' && output.dtype === 'int32';
  if (!fast || !isContiguous(output.shape, output.strides)) return reference.nonzero(output, input);
  compiledNonzero(dtypesKey(input))(
    output.buffer as Int32Array,
    output.offset,
    output.offset + output.shape[0] * output.shape[1],
    elements(input),
    lines(input, last).starts,
    input.shape,
    input.strides[last],
  );
}

/** `Kernels.bincount`. */
export function bincount(output: View, input: View, weights: View | null): void {
  if (weights?.dtype === 'float16') return reference.bincount(output, input, weights);
  const sums = new Float64Array(output.shape[0]);
  const bins = asWords(input);
  compiledBincount(weights === null ? dtypesKey(bins) : dtypesKey(bins, weights) + 256)(
    sums,
    elements(bins),
    bins.offset,
    bins.strides[0],
    bins.shape[0],
    weights && elements(weights),
    weights === null ? 0 : weights.offset,
    weights === null ? 0 : weights.strides[0],
  );
  sums.forEach((sum, bin) => {
    setElement(output, output.offset + bin * output.strides[0], sum);
  });
}

/** `Kernels.searchSorted`. */
export function searchSorted(output: View, sorted: View, values: View, right: boolean): void {
  const fast =
    sorted.dtype !== 'float16' &&
    values.dtype !== 'float16' &&
    output.dtype === 'int32' &&
    isContiguous(output.shape, output.strides);
  if (!fast) return reference.searchSorted(output, sorted, values, right);
  const { starts, size, stride } = lines(sorted, sorted.shape.length - 1);
  compiledSearch(dtypesKey(sorted, values))(
    output.buffer as Int32Array,
    output.offset,
    elements(sorted),
    starts,
    size,
    stride,
    elements(values),
    places(values.offset, values.shape, values.strides),
    right,
  );
}
