import * as reference from '../reference/index.js';
import type { View } from '../types.js';
import { broadcastStrides, count, isContiguous, isSingle, reshaped } from '../view.js';
import { moveRows, rowsPay } from '../wasm/rows/indexed.js';
import type { Way } from '../wasm/rows/indexedCode.js';
import { packed } from './copy.js';
import { areCounted, dtypesKey, type Elements, elements, places, rows } from './rows.js';
import { specialize } from './specialize.js';
import { asWords } from './words.js';

/** Adds what one index contributes to each position; NaN marks positions that an index out of range has spoilt. */
function stepLoop(bases: Float64Array, index: Elements, at: Float64Array, size: number, stride: number): void {
  const toNumber = Number;
  for (let k = 0; k < bases.length; k++) {
    let i = toNumber(index[at[k] | 0]);
    if (i < 0) i += size;
    bases[k] += i >= 0 && i < size ? i * stride : NaN;
  }
}

function moveLoop(
  part: Elements,
  partLead: Float64Array,
  partChosen: Float64Array,
  partTrail: Float64Array,
  partStride: number,
  whole: Elements,
  wholeLead: Float64Array,
  wholeChosen: Float64Array,
  wholeTrail: Float64Array,
  wholeStride: number,
  n: number,
  way: Way,
): void {
  // Positions are cut to 32 bits, as in `softmax`; a copy of a block pays from some length on.
  const together = partStride === 1 && wholeStride === 1;
  const block = way !== 'add' && n >= 32 && together;
  for (let l = 0; l < partLead.length; l++) {
    for (let c = 0; c < partChosen.length; c++) {
      const base = wholeChosen[c];
      if (base !== base) continue;
      for (let t = 0; t < partTrail.length; t++) {
        let p = (partLead[l] + partChosen[c] + partTrail[t]) | 0;
        let q = (wholeLead[l] + base + wholeTrail[t]) | 0;
        if (block) {
          if (way === 'read') part.set(whole.subarray(q, q + n), p);
          else whole.set(part.subarray(p, p + n), q);
        } else if (way === 'add' && together) {
          for (let j = 0; j < n; j++) whole[q + j] += part[p + j];
        } else if (way === 'read') {
          for (let j = 0; j < n; j++, p = (p + partStride) | 0, q = (q + wholeStride) | 0) part[p] = whole[q];
        } else if (way === 'write') {
          for (let j = 0; j < n; j++, p = (p + partStride) | 0, q = (q + wholeStride) | 0) whole[q] = part[p];
        } else {
          for (let j = 0; j < n; j++, p = (p + partStride) | 0, q = (q + wholeStride) | 0) whole[q] += part[p];
        }
      }
    }
  }
}

const compiledStep = specialize(stepLoop);
const compiledMove = specialize(moveLoop);

/** Moves in WebAssembly, where the indices stand side by side at `position`; false where JavaScript is the way. */
function moveVectors(whole: View, part: View, indices: readonly (View | null)[], position: number, way: Way): boolean {
  const given = indices.filter((index) => index !== null);
  if (given.length === 0) return false;
  const last = position + given.length;
  const width = count(whole.shape.slice(last));
  if (!rowsPay(count(part.shape) / width, width, way, whole)) return false;
  const together = indices.every((index, d) => (index !== null) === (d >= position && d < last));
  if (!together || !isContiguous(whole.shape, whole.strides)) return false;
  if (way === 'read' && !isContiguous(part.shape, part.strides)) return false;
  const shape = part.shape.slice(position, part.shape.length - (whole.shape.length - last));
  const lists = given.map((index) =>
    packed(reshaped(index, shape, broadcastStrides(index.shape, index.strides, shape))),
  );
  return moveRows(way, whole, isSingle(part) ? part : packed(part), position, lists);
}

/** Moves between `whole` and the elements that the indices choose in it, laid out as `part`. */
function move(whole: View, part: View, indices: readonly (View | null)[], position: number, way: Way): void {
  if (moveVectors(whole, part, indices, position, way)) return;
  const isKept = (_: number, d: number): boolean => (indices[d] ?? null) === null;
  const keptShape = whole.shape.filter(isKept);
  const keptStrides = whole.strides.filter(isKept);
  const end = position + part.shape.length - keptShape.length;
  const chosenShape = part.shape.slice(position, end);

  const bases = new Float64Array(count(chosenShape));
  indices.forEach((given, d) => {
    if (given === null) return;
    const index = asWords(given);
    const at = places(index.offset, chosenShape, broadcastStrides(index.shape, index.strides, chosenShape));
    compiledStep(dtypesKey(index))(bases, elements(index), at, whole.shape[d], whole.strides[d]);
  });

  const trail = rows(
    keptShape.slice(position),
    { offset: 0, strides: part.strides.slice(end) },
    { offset: 0, strides: keptStrides.slice(position) },
  );
  const leadShape = keptShape.slice(0, position);
  const wholeLead = places(whole.offset, leadShape, keptStrides);
  compiledMove(dtypesKey(whole))(
    elements(part),
    places(part.offset, leadShape, part.strides),
    places(0, chosenShape, part.strides.slice(position)),
    trail.starts[0],
    trail.strides[0],
    elements(whole),
    wholeLead,
    bases,
    trail.starts[1],
    trail.strides[1],
    trail.size,
    way,
  );
}

/** `Kernels.index`. */
export function index(output: View, input: View, indices: readonly (View | null)[], position: number): void {
  if (output.dtype !== input.dtype || !areCounted(output, input))
    return reference.index(output, input, indices, position);
  move(input, output, indices, position, 'read');
}

/** `Kernels.indexPut`. */
export function indexPut(
  output: View,
  source: View,
  indices: readonly (View | null)[],
  position: number,
  accumulate: boolean,
): void {
  const addable = output.dtype !== 'float16' && output.dtype !== 'bool';
  if (output.dtype !== source.dtype || (accumulate && !addable) || !areCounted(output, source)) {
    return reference.indexPut(output, source, indices, position, accumulate);
  }
  move(output, source, indices, position, accumulate ? 'add' : 'write');
}
