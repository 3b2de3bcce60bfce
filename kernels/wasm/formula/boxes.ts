import { dtypeCodes } from '../../cpu/source.js';
import { specialize } from '../../cpu/specialize.js';
import type { DType } from '../../types.js';
import { contiguousStrides } from '../../view.js';
import { policy } from '../policy.js';
import { type Turner, transpose } from './transpose.js';

/** How the loops here see elements; copies are made for each type of array. */
type Elements = Float64Array;

/** From this length on the platform's copy is faster than a loop. */
const longRun = 32;
/** Lines of memory that a transposing loop keeps in the first cache. */
const side = 32;

/** Copies a matrix with any strides to one with others, `side` columns at a time. */
const copyLoop = specialize(
  (
    to: Elements,
    at: number,
    toRow: number,
    toColumn: number,
    from: Elements,
    offset: number,
    row: number,
    column: number,
    rows: number,
    columns: number,
    side: number,
  ): void => {
    for (let left = 0; left < columns; left += side) {
      const right = Math.min(columns, left + side);
      for (let i = 0; i < rows; i++) {
        let target = at + i * toRow + left * toColumn;
        let source = offset + i * row + left * column;
        for (let j = left; j < right; j++, target += toColumn, source += column) to[target] = from[source];
      }
    }
  },
);

const { abs } = Math;

/** Columns that go together: few where rows lie closer to each other than columns do. */
function columnsAtOnce(columns: number, row: number, column: number): number {
  return abs(row) < abs(column) ? side : columns;
}

/** Whether a matrix is worth transposing in vectors: large, and no line is short. */
function isLarge(rows: number, columns: number): boolean {
  return rows >= 8 && columns >= 8 && rows * columns >= policy.transposes;
}

/** Elements of one operand within a box of the loops, and how they are copied to a contiguous place or from it. */
export class Box {
  private readonly shape: readonly number[];
  private readonly strides: readonly number[];
  /** Elements below each dimension. */
  private readonly inner: readonly number[];
  private readonly key: number;
  private readonly turner: Turner | null;

  /** Matrices within the box are transposed by the turner where there is one. */
  constructor(shape: readonly number[], strides: readonly number[], dtype: DType, turner: Turner | null) {
    // As `collapse` does it, for one operand and without its lists: small launches feel them.
    const sizes: number[] = [];
    const steps: number[] = [];
    for (let d = 0; d < shape.length; d++) {
      if (shape[d] === 1) continue;
      const last = sizes.length - 1;
      if (last >= 0 && steps[last] === strides[d] * shape[d]) {
        sizes[last] *= shape[d];
        steps[last] = strides[d];
      } else {
        sizes.push(shape[d]);
        steps.push(strides[d]);
      }
    }
    this.shape = sizes;
    this.strides = steps;
    this.inner = contiguousStrides(sizes);
    this.key = dtypeCodes[dtype];
    this.turner = dtype === 'float32' || dtype === 'int32' ? turner : null;
  }

  /** Copies the box that starts at `offset` to the contiguous place `at`. */
  gather(to: Elements, at: number, from: Elements, offset: number): void {
    this.gatherFrom(0, to, at, from, offset);
  }

  /** Copies a contiguous place to the box that starts at `offset`. */
  scatter(to: Elements, offset: number, from: Elements, at: number): void {
    this.scatterFrom(0, to, offset, from, at);
  }

  private gatherFrom(d: number, to: Elements, at: number, from: Elements, offset: number): void {
    const { shape, strides, inner } = this;
    const rest = shape.length - d;
    if (rest === 0) {
      to[at] = from[offset];
      return;
    }
    const size = shape[d];
    const stride = strides[d];
    if (stride === 0) {
      // The first line, and then what is there twice as often each time.
      this.gatherFrom(d + 1, to, at, from, offset);
      const all = size * inner[d];
      if (inner[d] === 1) to.fill(to[at], at + 1, at + all);
      else for (let n = inner[d]; n < all; n *= 2) to.copyWithin(at + n, at, at + Math.min(n, all - n));
    } else if (rest === 1) {
      if (stride === 1 && size >= longRun) to.set(from.subarray(offset, offset + size), at);
      else copyLoop(this.key)(to, at, size, 1, from, offset, 0, stride, 1, size, size);
    } else if (rest === 2 && (strides[d + 1] > 1 || strides[d + 1] < 0 || shape[d + 1] < longRun)) {
      const [columns, column] = [shape[d + 1], strides[d + 1]];
      if (this.turner !== null && stride === 1 && column >= size && isLarge(size, columns)) {
        const { heap } = this.turner;
        const staged = this.key === dtypeCodes.int32 ? heap.i32 : heap.f32;
        return transpose(this.turner, staged as unknown as Elements, to, at, from, offset, columns, size, column);
      }
      const side = columnsAtOnce(columns, stride, column);
      copyLoop(this.key)(to, at, columns, 1, from, offset, stride, column, size, columns, side);
    } else {
      for (let i = 0; i < size; i++) this.gatherFrom(d + 1, to, at + i * inner[d], from, offset + i * stride);
    }
  }

  private scatterFrom(d: number, to: Elements, offset: number, from: Elements, at: number): void {
    const { shape, strides, inner } = this;
    const rest = shape.length - d;
    if (rest === 0) {
      to[offset] = from[at];
      return;
    }
    const size = shape[d];
    const stride = strides[d];
    if (rest === 1) {
      if (stride === 1 && size >= longRun) to.set(from.subarray(at, at + size), offset);
      else copyLoop(this.key)(to, offset, 0, stride, from, at, size, 1, 1, size, size);
    } else if (rest === 2 && (strides[d + 1] !== 1 || shape[d + 1] < longRun)) {
      const [columns, column] = [shape[d + 1], strides[d + 1]];
      const side = columnsAtOnce(columns, stride, column);
      copyLoop(this.key)(to, offset, stride, column, from, at, columns, 1, size, columns, side);
    } else {
      for (let i = 0; i < size; i++) this.scatterFrom(d + 1, to, offset + i * stride, from, at + i * inner[d]);
    }
  }
}
