import type { Heap } from './heap.js';
import type { Planes } from './planes.js';

const { ceil, max, min } = Math;

/** Bytes of images that are staged at a time, if not one image alone is more. */
const chunkBytes = 1 << 20;

/** Images in memory, one behind the other; `channels` in a group. */
export interface Images {
  readonly data: Float32Array;
  readonly offset: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Images in the heap: as they are, or with rows and columns of zeros around them. */
export interface Padded {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
  /** Elements of one image. */
  readonly size: number;
  /** Whether that is another layout. */
  readonly copied: boolean;
}

/** Elements of an image, of all its groups. */
export function elements(groups: number, { channels, height, width }: Omit<Images, 'data' | 'offset'>): number {
  return groups * channels * height * width;
}

export function padded(
  groups: number,
  images: Images,
  height: number,
  width: number,
  top: number,
  left: number,
): Padded {
  const copied = height !== images.height || width !== images.width || top !== 0 || left !== 0;
  return { height, width, top, left, size: groups * images.channels * height * width, copied };
}

/** How many images to take at a time, of this many elements each. */
export function chunkOf(images: number, size: number): number {
  return max(1, min(images, Math.floor(chunkBytes / 4 / max(1, size))));
}

/** Addresses of areas of so many bytes; null where the heap cannot hold them. */
export function areas(heap: Heap, sizes: readonly number[]): number[] | null {
  const whole = sizes.map((size) => 64 * ceil(size / 64) + 64);
  let at = heap.reserve(whole.reduce((a, b) => a + b));
  if (at === 0) return null;
  return whole.map((size) => {
    at += size;
    return at - size;
  });
}

/** Copies images to `raw`, and where they need zeros around them from there into those at `zeros`. Gives the address of the result. */
export function stageImages(
  heap: Heap,
  { copy }: Planes,
  from: Images,
  groups: number,
  first: number,
  count: number,
  raw: number,
  to: Padded,
  zeros: number,
): number {
  const size = elements(groups, from);
  const at = from.offset + first * size;
  heap.write(raw, from.data, at, count * size);
  if (!to.copied) return raw;
  const { height, width } = from;
  const rows = min(height, to.height - to.top);
  const columns = min(width, to.width - to.left);
  const start = zeros + 4 * (to.top * to.width + to.left);
  const planes = count * groups * from.channels;
  copy(start, 4 * to.height * to.width, 4 * to.width, raw, 4 * height * width, 4 * width, planes, rows, columns);
  return zeros;
}

/** Fills an area of the heap. */
export function blank(heap: Heap, address: number, count: number): void {
  heap.f32.fill(0, address / 4, address / 4 + count);
}
