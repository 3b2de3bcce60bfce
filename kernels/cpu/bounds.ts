import type { View } from '../types.js';
import { count, reshaped } from '../view.js';
import { policy } from '../wasm/policy.js';
import { areInside } from '../wasm/rows/indices.js';
import { packed } from './copy.js';
import { dtypesKey, type Elements, elements, rows } from './rows.js';
import { specialize } from './specialize.js';

function boundsLoop(
  index: Elements,
  starts: Float64Array,
  n: number,
  stride: number,
  low: number,
  high: number,
): number | null {
  const toNumber = Number;
  for (let row = 0; row < starts.length; row++) {
    for (let j = 0, p = starts[row]; j < n; j++, p += stride) {
      const i = toNumber(index[p]);
      if (i < low || i >= high) return i;
    }
  }
  return null;
}

const compiled = specialize(boundsLoop);

/** The first index outside [0, size), or null; with `negative`, those down to -size are inside. */
export function firstOutside(index: View, size: number, negative: boolean): number | null {
  // What is seen many times is looked at once.
  const shape = index.shape.map((length, d) => (index.strides[d] === 0 ? Math.min(length, 1) : length));
  const distinct = reshaped(index, shape, index.strides);
  if (count(shape) >= policy.indices && areInside(packed(distinct), size, negative)) return null;
  const { size: n, strides, starts } = rows(shape, index);
  return compiled(dtypesKey(index))(elements(index), starts[0], n, strides[0], negative ? -size : 0, size);
}
