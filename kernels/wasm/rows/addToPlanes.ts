import type { View } from '../../types.js';
import { count } from '../../view.js';
import { type FunctionBuilder, i32, type Local, load, ModuleBuilder, op, plus } from '../assembler.js';
import { type Heap, linked } from '../heap.js';
import { policy } from '../policy.js';

const { ceil, floor, max, min } = Math;

/** Elements of planes that are staged at once. */
const tile = 8192;

/** add(to, source, indices, bytes, size): adds each element of a source to the one of `size` that its index names, if there is one. */
function writeAdd(b: FunctionBuilder, [to, source, indices, bytes, size]: Local<'i32'>[]): void {
  const [i, index, at] = [b.local('i32'), b.local('i32'), b.local('i32')];
  b.count(i, bytes, 4, () => {
    b.set(index, load('i32.load', plus(indices, i)));
    b.when(op('i32.lt_u', index, size), () => {
      b.set(at, plus(to, op('i32.shl', index, i32(2))));
      b.store('f32.store', at, op('f32.add', load('f32.load', at), load('f32.load', plus(source, i))));
    });
  });
}

const opened = linked((heap: Heap) => {
  const module = new ModuleBuilder();
  module.function('add', ['i32', 'i32', 'i32', 'i32', 'i32'], null, writeAdd);
  return heap.compile(module);
});

/** `Kernels.fused.addToPlanes` of float32, all operands in one run; false where JavaScript is the way. */
export function addToPlanesVectors(output: View, source: View, indices: View): boolean {
  const elements = count(source.shape);
  if (output.dtype !== 'float32' || !(elements >= policy.windows)) return false;
  const linkedFunctions = opened();
  if (linkedFunctions === null) return false;
  const { heap, functions } = linkedFunctions;
  const plane = count(output.shape.slice(2));
  const each = count(source.shape.slice(2));
  const planes = elements / each;
  const block = min(planes, max(1, floor(tile / max(plane, each))));
  const [wholeBytes, partBytes] = [plane, each].map((n) => 16 * ceil((block * n) / 4));
  const to = heap.reserve(wholeBytes + 2 * partBytes);
  if (to === 0) return false;
  const from = to + wholeBytes;
  const at = from + partBytes;
  const { f32, i32: ints } = heap;
  const [target, given] = [output, source].map((view) => view.buffer as Float32Array);
  const places = indices.buffer as Int32Array;
  for (let first = 0; first < planes; first += block) {
    const m = min(block, planes - first);
    const [start, n] = [first * each, m * each];
    f32.set(given.subarray(source.offset + start, source.offset + start + n), from / 4);
    ints.set(places.subarray(indices.offset + start, indices.offset + start + n), at / 4);
    f32.fill(0, to / 4, to / 4 + m * plane);
    for (let k = 0; k < m; k++) {
      functions.add(to + 4 * k * plane, from + 4 * k * each, at + 4 * k * each, 4 * each, plane);
    }
    target.set(f32.subarray(to / 4, to / 4 + m * plane), output.offset + first * plane);
  }
  return true;
}
