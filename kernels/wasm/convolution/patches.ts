import type { Heap } from '../heap.js';
import { type Images, type Padded, padded, type Triple } from './images.js';
import type { Pass } from './passes.js';

const { floor, max, min } = Math;

/** What is the same for all three operands of a convolution with three spatial dimensions. */
export interface Steps {
  readonly images: number;
  readonly groups: number;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
}

export function product([a, b, c]: Triple): number {
  return a * b * c;
}

export function triple(make: (d: 0 | 1 | 2) => number): Triple {
  return [make(0), make(1), make(2)];
}

/** Calls back for all triples below a limit, in order. */
export function each(limit: Triple, visit: (at: Triple) => void): void {
  for (let z = 0; z < limit[0]; z++) {
    for (let y = 0; y < limit[1]; y++) for (let x = 0; x < limit[2]; x++) visit([z, y, x]);
  }
}

/** Offsets of a convolution's taps in the padded input and in the kernel. */
export function tapsOf(input: Padded, taps: Triple, dilation: Triple): [number, number][] {
  const found: [number, number][] = [];
  each(taps, ([z, y, x]) => {
    const along = x * dilation[2];
    const within = (along % input.phases) * input.part + floor(along / input.phases);
    found.push([z * dilation[0] * input.plane + y * dilation[1] * input.row + within, found.length]);
  });
  return found;
}

/** The input as its patches need it. */
export function patchedInput(input: Images, result: Images, taps: Triple, steps: Steps): Padded {
  const { groups, stride, padding, dilation } = steps;
  const reach = triple((d) => (result.plane[d] - 1) * stride[d] + (taps[d] - 1) * dilation[d] + 1);
  // All of the input, also what no patch reaches: then it may need no other layout.
  const extent = triple((d) => max(reach[d], input.plane[d] + padding[d]));
  return padded(groups, input, extent, padding, stride[2]);
}

/** The way from place to place in the padded input. */
export function walkOf(input: Padded, stride: Triple): Triple {
  return [stride[0] * input.plane, stride[1] * input.row, 1];
}

/** Writes a table of bytes to an address, filled up with its last entry. */
export function writeTable(heap: Heap, address: number, entries: readonly number[], whole: number): void {
  const { i32 } = heap;
  for (let i = 0; i < whole; i++) i32[address / 4 + i] = 4 * entries[min(i, entries.length - 1)];
}

/** Writes where the patches of places begin, image after image, filled up with the last one. */
export function writePlaces(
  { i32 }: Heap,
  address: number,
  images: number,
  image: number,
  { counts, start, walk }: Pick<Pass, 'counts' | 'start' | 'walk'>,
  whole: number,
): void {
  let to = address / 4;
  const end = to + whole;
  for (let n = 0; n < images; n++) {
    for (let z = 0; z < counts[0]; z++) {
      for (let y = 0; y < counts[1]; y++) {
        const row = n * image + start + z * walk[0] + y * walk[1];
        for (let x = 0; x < counts[2]; x++) i32[to++] = 4 * (row + x * walk[2]);
      }
    }
  }
  for (const last = i32[to - 1]; to < end; ) i32[to++] = last;
}

/** `inputs` times the taps, as offsets `channel` elements apart in the source and `kernel` elements apart in the kernels. */
export function perChannel(inputs: number, taps: Pass['taps'], which: 0 | 1, apart: number): number[] {
  const offsets: number[] = [];
  for (let c = 0; c < inputs; c++) for (const tap of taps) offsets.push(c * apart + tap[which]);
  return offsets;
}
