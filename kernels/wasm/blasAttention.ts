import { blasFor, policy as blasPolicy, multiply } from '../blas/gemm.js';
import type { Library } from '../blas/library.js';
import { type Matrix, turned } from '../cpu/matrix.js';
import { causalMask, isNothing } from '../reference/attention.js';
import type { Attention, FusedKernels, View } from '../types.js';
import { count } from '../view.js';
import { type Heap, linked } from './heap.js';
import { policy } from './policy.js';
import { copyRows } from './rows/rows.js';
import { type SoftmaxKernels, softmaxOn } from './rows/softmaxCode.js';
import { slack } from './rows/vectorRows.js';

const { floor, max, min } = Math;

/** Scores of a head that are taken at once, whole rows of them: half a megabyte stays in the second cache. */
const together = 2 ** 17;

const opened = linked(softmaxOn);

/** Where scores lie in the heap between two products, and what takes them from one to the other. */
interface Stage {
  readonly blas: Library;
  readonly heap: Heap;
  readonly softmax: SoftmaxKernels;
  /** Areas for rows of scores. */
  readonly first: number;
  readonly second: number;
  readonly third: number;
  /** Rows that are taken at once. */
  readonly rows: number;
}

/** Whether BLAS reads a view's matrices as they lie: elements of a row follow each other, and rows do not meet. */
function isReadable({ buffer, shape, strides }: View): boolean {
  return ArrayBuffer.isView(buffer) && strides[3] === 1 && strides[2] >= shape[3];
}

/** The stage for operands that the system's BLAS takes; null where that is not the way. */
function stageFor(weights: View, heads: readonly (View | null)[], { key, kept }: Attention): Stage | null {
  const { dtype, shape, buffer } = weights;
  const [, , length, size] = shape;
  if (dtype !== 'float32' || kept !== null || !(count(shape) >= policy.lines)) return null;
  if (!(length * size * key.shape[3] >= blasPolicy.products) || !heads.every((x) => x === null || isReadable(x))) {
    return null;
  }
  const array = buffer as Float32Array;
  const blas = blasFor(array, array, key.buffer as Float32Array);
  const found = blas && opened();
  if (blas === null || found === null) return null;
  const rows = min(length, max(1, floor(together / size)));
  const area = 4 * (4 * Math.ceil((rows * size) / 4) + slack);
  const first = found.heap.reserve(3 * area);
  const [second, third] = [first + area, first + 2 * area];
  return first === 0 ? null : { blas, heap: found.heap, softmax: found.functions[0], first, second, third, rows };
}

/** A matrix of a batch and a head, from a row on. */
function matrix({ buffer, offset, strides }: View, n: number, h: number, row: number): Matrix {
  const at = offset + n * strides[0] + h * strides[1] + row * strides[2];
  return { data: buffer as Float32Array, offset: at, row: strides[2], column: 1 };
}

/** Calls back for rows of all heads. */
function eachBlock(
  [batches, heads, length]: readonly number[],
  rows: number,
  visit: (n: number, h: number, row: number, count: number) => void,
): void {
  for (let n = 0; n < batches; n++) {
    for (let h = 0; h < heads; h++) {
      for (let row = 0; row < length; row += rows) visit(n, h, row, min(rows, length - row));
    }
  }
}

/** Copies rows of a mask to an address. */
function writeMask({ f32 }: Heap, at: number, mask: View, rows: readonly number[], size: number): void {
  const [n, h, row, m] = rows;
  const [, , down, along] = mask.strides;
  const { data, offset } = matrix(mask, n, h, row);
  if (along === 1) return copyRows(f32, at / 4, data as Float32Array, offset, down, m, size);
  for (let i = 0, to = at / 4; i < m; i++) {
    for (let j = 0; j < size; j++) f32[to++] = data[offset + i * down + j * along];
  }
}

/** `FusedKernels.attention` of float32 through the system's BLAS, with scores in the heap all the way; false, and nothing done, where that is not the way. */
export function attentionThroughBlas(...[to, operands, options]: Parameters<FusedKernels['attention']>): boolean {
  const { output, weights } = to;
  const { query, key, value } = operands;
  const stage = stageFor(weights, [output, query, key, value], operands);
  if (stage === null) return false;
  const { blas, heap, softmax, first, rows } = stage;
  const size = weights.shape[3];
  const [features, values] = [query.shape[3], value.shape[3]];
  // In place, where no row writes into the next: less of the first cache.
  const second = size % 4 === 0 ? first : stage.second;
  const mask = options.causal ? causalMask(weights) : operands.mask;
  const { f32 } = heap;
  const scores: Matrix = { data: f32, offset: first / 4, row: size, column: 1 };
  const probable: Matrix = { ...scores, offset: second / 4 };
  eachBlock(weights.shape, rows, (n, h, row, m) => {
    if (mask !== null) writeMask(heap, first, mask, [n, h, row, m], size);
    const keys = turned(matrix(key, n, h, 0));
    multiply(blas, m, size, features, scores, matrix(query, n, h, row), keys, mask !== null, options.scale);
    softmax.forward(first, second, m, 4 * size);
    heap.read(second, weights.buffer as Float32Array, matrix(weights, n, h, row).offset, m * size);
    multiply(blas, m, values, size, matrix(output, n, h, row), probable, matrix(value, n, h, 0), false);
  });
  return true;
}

/** `FusedKernels.attentionBackward` in the same way. */
export function attentionBackwardThroughBlas(
  ...[to, gradients, weights, operands, { scale }]: Parameters<FusedKernels['attentionBackward']>
): boolean {
  const { query, key, value } = operands;
  const { output } = gradients;
  if (!isNothing(gradients.weights)) return false;
  const stage = stageFor(weights, [output, query, key, value, to.query, to.key, to.value], operands);
  if (stage === null) return false;
  const { blas, heap, softmax, first, second, rows } = stage;
  const size = weights.shape[3];
  const third = size % 4 === 0 ? second : stage.third;
  const [features, values] = [query.shape[3], value.shape[3]];
  const probable: Matrix = { data: heap.f32, offset: first / 4, row: size, column: 1 };
  const toProbable: Matrix = { ...probable, offset: second / 4 };
  const toScores: Matrix = { ...probable, offset: third / 4 };
  eachBlock(weights.shape, rows, (n, h, row, m) => {
    const toOutput = matrix(output, n, h, row);
    heap.write(first, weights.buffer as Float32Array, matrix(weights, n, h, row).offset, m * size);
    if (to.value) multiply(blas, size, values, m, matrix(to.value, n, h, 0), turned(probable), toOutput, row > 0);
    if (to.query === null && to.key === null) return;
    multiply(blas, m, size, values, toProbable, toOutput, turned(matrix(value, n, h, 0)), false);
    softmax.backward(second, first, third, m, 4 * size);
    const [queries, keys] = [matrix(query, n, h, row), matrix(key, n, h, 0)];
    if (to.query) multiply(blas, m, features, size, matrix(to.query, n, h, row), toScores, keys, false, scale);
    if (to.key) multiply(blas, size, features, m, matrix(to.key, n, h, 0), turned(toScores), queries, row > 0, scale);
  });
  return true;
}
