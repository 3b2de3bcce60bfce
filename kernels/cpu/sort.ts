import * as reference from '../reference/sort.js';
import type { View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { copy } from './copy.js';
import { allocate, arrayTypes } from './memory.js';
import { dtypesKey, type Elements, elements, lines } from './rows.js';
import { specialize } from './specialize.js';

/** Merge sort of each line with the indices alongside: runs of eight by insertion, then merges to and fro between two scratches. */
function loop(
  values: Elements,
  toValue: Float64Array,
  valueStride: number,
  indices: Int32Array,
  toIndex: Float64Array,
  indexStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  size: number,
  descending: boolean,
  keysA: Elements,
  orderA: Int32Array,
  keysB: Elements,
  orderB: Int32Array,
): void {
  const run = 8;
  for (let line = 0; line < from.length; line++) {
    let keys = keysA;
    let order = orderA;
    let otherKeys = keysB;
    let otherOrder = orderB;
    let n = 0;
    for (let i = 0, p = from[line]; i < size; i++, p += fromStride) {
      const x = input[p];
      if (x === x) {
        keys[n] = x;
        order[n++] = i;
      }
    }
    for (let begin = 0; begin < n; begin += run) {
      const end = begin + run < n ? begin + run : n;
      for (let i = begin + 1; i < end; i++) {
        const key = keys[i];
        const index = order[i];
        let j = i;
        for (; j > begin && (descending ? keys[j - 1] < key : keys[j - 1] > key); j--) {
          keys[j] = keys[j - 1];
          order[j] = order[j - 1];
        }
        keys[j] = key;
        order[j] = index;
      }
    }
    for (let width = run; width < n; width *= 2) {
      for (let begin = 0; begin < n; begin += 2 * width) {
        const middle = begin + width < n ? begin + width : n;
        const end = middle + width < n ? middle + width : n;
        let left = begin;
        let right = middle;
        for (let k = begin; k < end; k++) {
          // The left one goes first among equals, which makes the sort stable.
          const takeLeft =
            right >= end || (left < middle && (descending ? keys[left] >= keys[right] : keys[left] <= keys[right]));
          const taken = takeLeft ? left++ : right++;
          otherKeys[k] = keys[taken];
          otherOrder[k] = order[taken];
        }
      }
      const freeKeys = keys;
      const freeOrder = order;
      keys = otherKeys;
      order = otherOrder;
      otherKeys = freeKeys;
      otherOrder = freeOrder;
    }
    const lead = descending ? size - n : 0;
    let q = toValue[line] + lead * valueStride;
    let r = toIndex[line] + lead * indexStride;
    for (let i = 0; i < n; i++, q += valueStride, r += indexStride) {
      values[q] = keys[i];
      indices[r] = order[i];
    }
    if (n === size) continue;
    q = toValue[line] + (descending ? 0 : n) * valueStride;
    r = toIndex[line] + (descending ? 0 : n) * indexStride;
    for (let i = 0, p = from[line]; i < size; i++, p += fromStride) {
      const x = input[p];
      if (x === x) continue;
      values[q] = x;
      indices[r] = i;
      q += valueStride;
      r += indexStride;
    }
  }
}

/** The first few elements in order of each line: kept in order while the line goes by. */
function selectLoop(
  values: Elements,
  toValue: Float64Array,
  valueStride: number,
  indices: Int32Array,
  toIndex: Float64Array,
  indexStride: number,
  input: Elements,
  from: Float64Array,
  fromStride: number,
  size: number,
  descending: boolean,
  keys: Elements,
  order: Int32Array,
): void {
  const most = keys.length;
  for (let line = 0; line < from.length; line++) {
    let n = 0;
    for (let i = 0, p = from[line]; i < size; i++, p += fromStride) {
      const x = input[p];
      // Better than the one before: NaN is the largest, and equal ones stay behind.
      let j = n;
      for (; j > 0; j--) {
        const y = keys[j - 1];
        if (!(descending ? x > y || (x !== x && y === y) : x < y || (y !== y && x === x))) break;
        if (j === most) continue;
        keys[j] = y;
        order[j] = order[j - 1];
      }
      if (j === most) continue;
      keys[j] = x;
      order[j] = i;
      if (n < most) n++;
    }
    for (let i = 0, q = toValue[line], r = toIndex[line]; i < n; i++, q += valueStride, r += indexStride) {
      values[q] = keys[i];
      indices[r] = order[i];
    }
  }
}

const compiled = specialize(loop);
const compiledSelect = specialize(selectLoop);

/** Up to how many elements selecting is faster than sorting all. */
const few = 128;

/** Sorts whole lines, and copies their beginnings. */
function sortAll(values: View, indices: View, input: View, dim: number, descending: boolean): void {
  const { shape } = input;
  const [all, order] = [values, indices].map(({ dtype }): View => {
    return { buffer: allocate(dtype, count(shape)), offset: 0, shape, strides: contiguousStrides(shape), dtype };
  });
  sort(all, order, input, dim, descending);
  copy(values, { ...all, shape: values.shape });
  copy(indices, { ...order, shape: indices.shape });
}

/** `Kernels.sort`. */
export function sort(values: View, indices: View, input: View, dim: number, descending: boolean): void {
  const fast = input.dtype !== 'float16' && values.dtype === input.dtype && indices.dtype === 'int32';
  if (!fast) return reference.sort(values, indices, input, dim, descending);
  const from = lines(input, dim);
  const toValue = lines(values, dim);
  const toIndex = lines(indices, dim);
  const Keys = arrayTypes[input.dtype];
  if (toValue.size < from.size) {
    if (toValue.size > few) return sortAll(values, indices, input, dim, descending);
    if (toValue.size === 0) return;
    return compiledSelect(dtypesKey(input))(
      elements(values),
      toValue.starts,
      toValue.stride,
      indices.buffer as Int32Array,
      toIndex.starts,
      toIndex.stride,
      elements(input),
      from.starts,
      from.stride,
      from.size,
      descending,
      new Keys(toValue.size) as Elements,
      new Int32Array(toValue.size),
    );
  }
  compiled(dtypesKey(input))(
    elements(values),
    toValue.starts,
    toValue.stride,
    indices.buffer as Int32Array,
    toIndex.starts,
    toIndex.stride,
    elements(input),
    from.starts,
    from.stride,
    from.size,
    descending,
    new Keys(from.size) as Elements,
    new Int32Array(from.size),
    new Keys(from.size) as Elements,
    new Int32Array(from.size),
  );
}
