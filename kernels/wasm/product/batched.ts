import type { Matrix } from '../../cpu/matrix.js';
import type { Nest } from '../../view.js';
import { policy } from '../policy.js';
import { threadPool, Work } from '../threads/threads.js';
import { openProducts, overhang, panelRows, panelWidth } from './gemm.js';
import { isSmall } from './product.js';
import { resultsOf } from './results.js';
import { lines, panels, slack } from './staging.js';

const { abs, ceil, min } = Math;

/** Elements of an operand, and of the result, that are in the heap at once. */
const most = 2 ** 19;
/** Memory is staged as it lies where it has at most so many times the elements that are read. */
const sparsest = 4;

// Which arguments are in an area that every thread has for itself: what `product` packs to, its result, and what `copyRows` reads.
const ownScratch = 1 << 11;
const ownResult = 1 << 7;
const ownSource = 1;

/** Memory of several matrices: `reach` elements, the first matrix's own first element behind `before` others. */
interface Extent {
  readonly before: number;
  readonly reach: number;
  /** Whether it is worth staging as it lies. */
  readonly fits: boolean;
}

function extentOf(sizes: readonly number[], steps: readonly number[]): Extent {
  let [before, reach, elements] = [0, 1, 1];
  for (let d = 0; d < sizes.length; d++) {
    if (steps[d] < 0) before -= (sizes[d] - 1) * steps[d];
    reach += (sizes[d] - 1) * abs(steps[d]);
    if (steps[d] !== 0) elements *= sizes[d];
  }
  return { before, reach, fits: reach <= min(most, sparsest * elements) };
}

/**
 * A batch of small products of floats, as many as `outer` says (its strides are those of c, a and b): operands are staged for many
 * matrices at once. False, with nothing that counts in c, where WebAssembly is not the way.
 */
export function batchedProduct(
  rows: number,
  columns: number,
  depth: number,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  { shape, strides: [cs, as, bs] }: Nest,
): boolean {
  const count = shape.reduce((n, extent) => n * extent, 1);
  const size = rows * columns;
  const bytes = c.data.BYTES_PER_ELEMENT;
  if (!(size * depth * count >= policy.products)) return false;
  if (shape.length === 0 || !isSmall(rows, columns, depth)) return false;
  const pool = size * depth * count >= policy.sharedProducts ? threadPool() : null;
  const linked = openProducts(bytes, pool?.heap);
  if (linked === null) return false;
  const { heap, functions } = linked;

  /** Memory of the left and the right matrices of so many indices of dimension d. */
  const extents = (d: number, n: number): readonly [Extent, Extent] => {
    const sizes = [n, ...shape.slice(d + 1)];
    return [
      extentOf([rows, depth, ...sizes], [a.row, a.column, ...as.slice(d)]),
      extentOf([depth, columns, ...sizes], [b.row, b.column, ...bs.slice(d)]),
    ];
  };

  /** Multiplies the matrices of so many indices of dimension d, all in the heap at once. */
  const together = (d: number, n: number, c0: number, a0: number, b0: number): boolean => {
    const [left, right] = extents(d, n);
    const sizes = [n, ...shape.slice(d + 1)];
    const { steps, inOrder, take } = resultsOf([...sizes, rows, columns], [...cs.slice(d), c.row, c.column]);
    const [row, column] = steps.slice(-2);
    if (column !== 1 || !(inOrder || count * size >= policy.scattered)) return false;
    // One thread writes matrix after matrix, each over what the one before left behind its end.
    const directly = pool === null && inOrder;
    const matrices = sizes.reduce((n, extent) => n * extent, 1);
    const result = lines(bytes * size + overhang(columns, bytes));
    const results = lines(bytes * matrices * size + overhang(columns, bytes));
    const first = lines(bytes * left.reach + slack);
    const second = lines(bytes * right.reach + slack);
    const packed = lines(bytes * depth * (panels(rows, panelRows) + panels(columns, panelWidth(bytes))));
    const own = packed + (directly ? 0 : result);
    const at = heap.reserve(results + first + second + own * (pool?.threads ?? 1));
    if (at === 0) return false;
    heap.write(at + results, a.data, a0 - left.before, left.reach);
    heap.write(at + results + first, b.data, b0 - right.before, right.reach);
    const scratch = at + results + first + second;
    const work = new Work(pool);
    const perTask = ceil(matrices / (4 * (pool?.threads ?? 1)));
    let made = 0;
    const multiply = (to: number, p: number, q: number): void => {
      if (made++ % perTask === 0) work.task();
      work.call(
        functions.product,
        directly ? ownScratch : ownScratch | ownResult,
        ...[p, bytes * a.row, bytes * a.column, q, bytes * b.row, bytes * b.column],
        ...[0, directly ? to : scratch + packed, rows, columns, depth, scratch],
      );
      if (!directly) work.call(functions.copyRows, ownSource, scratch + packed, to, bytes * row, rows, bytes * columns);
    };
    const walk = (e: number, to: number, p: number, q: number): void => {
      if (e === sizes.length) return multiply(to, p, q);
      for (let i = 0; i < sizes[e]; i++) {
        walk(e + 1, to + bytes * i * steps[e], p + bytes * i * as[d + e], q + bytes * i * bs[d + e]);
      }
    };
    walk(0, at, at + results + bytes * left.before, at + results + first + bytes * right.before);
    work.done(own);
    take(heap, at, c.data, c0);
    return true;
  };

  /** Multiplies all matrices of dimension d, for as many of its indices at a time as fit; where one is too much, by the next dimension. */
  const inParts = (d: number, c0: number, a0: number, b0: number): boolean => {
    const each = shape.slice(d + 1).reduce((n, extent) => n * extent, size);
    const areFew = (n: number): boolean => n * each <= most && extents(d, n).every(({ fits }) => fits);
    let n = shape[d];
    let few = areFew(n);
    while (n > 1 && !few) few = areFew((n = ceil(n / 2)));
    if (!few && d + 1 === shape.length) return false;
    for (let i = 0; i < shape[d]; i += n) {
      const [c1, a1, b1] = [c0 + i * cs[d], a0 + i * as[d], b0 + i * bs[d]];
      if (!(few ? together(d, min(n, shape[d] - i), c1, a1, b1) : inParts(d + 1, c1, a1, b1))) return false;
    }
    return true;
  };
  return inParts(0, c.offset, a.offset, b.offset);
}
