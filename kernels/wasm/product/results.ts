import type { Floats } from '../../cpu/matrix.js';
import { collapse, isContiguous } from '../../view.js';
import type { Heap } from '../heap.js';
import { unstage } from './staging.js';

/** Results of several products in the heap: in the order in which they lie in the caller's memory, without what lies between. */
export interface Results {
  /** Elements from one to the next along each dimension. */
  readonly steps: readonly number[];
  /** Whether dimension by dimension, the last one's elements next to each other. */
  readonly inOrder: boolean;
  /** Copies them from an address into the caller's memory, where the first one lies at an offset. */
  take(heap: Heap, at: number, data: Floats, offset: number): void;
}

/** Where results go that the caller has at the given strides. */
export function resultsOf(sizes: readonly number[], strides: readonly number[]): Results {
  return isContiguous(sizes, strides) ? together(sizes, strides) : apart(sizes, strides);
}

function together(sizes: readonly number[], steps: readonly number[]): Results {
  const count = sizes.reduce((n, size) => n * size, 1);
  return { steps, inOrder: true, take: (heap, at, data, offset) => heap.read(at, data, offset, count) };
}

function apart(sizes: readonly number[], strides: readonly number[]): Results {
  const given = sizes.map((_, d) => d).filter((d) => sizes[d] > 1);
  // From the largest stride to the smallest: the order in memory.
  const order = given.toSorted((d, e) => strides[e] - strides[d]);
  const steps = sizes.map(() => 1);
  for (let i = order.length - 1, step = 1; i >= 0; step *= sizes[order[i--]]) steps[order[i]] = step;
  const [ordered, ...both] = [sizes, strides, steps].map((row) => order.map((d) => row[d]));
  const nest = collapse(ordered, both);
  return {
    steps,
    inOrder: order.every((d, i) => d === given[i]),
    take(heap, at, data, offset) {
      // The two last dimensions are copied as matrices: one may be missing.
      const shape = [1, ...nest.shape];
      const [outside, inside] = nest.strides.map((row) => [0, ...row]);
      const last = shape.length - 1;
      const bytes = data.BYTES_PER_ELEMENT;
      const walk = (d: number, from: number, to: number): void => {
        if (d + 1 === last) {
          const m = { data, offset: to, row: outside[d], column: outside[last] };
          unstage(heap, from, inside[d], m, shape[d], shape[last]);
        } else for (let i = 0; i < shape[d]; i++) walk(d + 1, from + bytes * i * inside[d], to + i * outside[d]);
      };
      walk(0, at, offset);
    },
  };
}
