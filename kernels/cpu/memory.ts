import type { Buffer, DType, TypedArray } from '../types.js';

/** A typed array's constructor. */
export interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (count: number): TypedArray;
  new (memory: ArrayBufferLike, offset: number, count: number): TypedArray;
}

/** The typed array that holds each dtype. */
export const arrayTypes: Readonly<Record<DType, ArrayType>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  bool: Uint8Array,
};

const smallest = 64;
const largest = 16384;
const perSlab = 8;

/** Open slabs by power of two: one size class a slab, so that a survivor keeps at most seven neighbours alive. */
const slabs: ({ memory: ArrayBufferLike; used: number } | null)[] = new Array(15).fill(null);

const { Buffer: platform, process } = globalThis as {
  Buffer?: { allocUnsafeSlow(bytes: number): { buffer: ArrayBufferLike } };
  process?: { getBuiltinModule?(id: string): unknown };
};

let primed = false;

/**
 * Drops a block of almost 32 MiB that nobody touched: once it has been collected, glibc keeps freed blocks up to that size for the next
 * ones, and a result no longer pays for fresh pages, which cost more than most kernels. Elsewhere this is a block that never becomes memory.
 */
function prime(): void {
  primed = true;
  platform?.allocUnsafeSlow(2 ** 25 - 2 ** 14);
}

/** Bytes of new results after which the dropped ones among them are collected: at first fewer than the caches hold. */
const nursery = { least: 2 ** 22, most: 2 ** 24, bytes: 2 ** 22 };
let young = 0;
let collectYoung: (() => number) | null | undefined;

/**
 * Counts new memory, and collects what is young and dropped before it has left the caches. Node itself would wait for 32 MiB, so that every
 * result came in memory that is no longer in any cache; to collect costs 0.1 ms where little is alive. Where most is, as in the middle of a
 * training step, the next collection waits twice as long.
 */
function noteYoung(bytes: number): void {
  if (!primed) prime();
  young += bytes;
  if (young < nursery.bytes) return;
  if (collectYoung === undefined) collectYoung = youngCollector();
  if (collectYoung !== null) {
    const { least, most, bytes } = nursery;
    nursery.bytes = collectYoung() < young / 2 ? Math.min(most, 2 * bytes) : Math.max(least, bytes / 2);
  }
  young = 0;
}

/**
 * Node's collector of young objects, which it gives to contexts that are made while it is exposed; null where there is none. It tells how many
 * bytes of arrays it has freed.
 */
function youngCollector(): (() => number) | null {
  try {
    const v8 = process?.getBuiltinModule?.('node:v8') as typeof import('node:v8');
    const vm = process?.getBuiltinModule?.('node:vm') as typeof import('node:vm');
    const find = (): unknown => vm.runInNewContext('globalThis.gc');
    let collect = find();
    if (collect === undefined) {
      v8.setFlagsFromString('--expose-gc');
      collect = find();
      v8.setFlagsFromString('--no-expose-gc');
    }
    const options = { type: 'minor' };
    if (typeof collect !== 'function') return null;
    return () => {
      // By a thread of the engine's own the memory would come back some time later, when the next result has already taken other memory;
      // and little is alive, so that to wait for a second thread, on a busy machine for long, gains nothing.
      const before = v8.getHeapStatistics().external_memory;
      v8.setFlagsFromString('--no-concurrent-array-buffer-sweeping --no-parallel-scavenge');
      collect(options);
      v8.setFlagsFromString('--concurrent-array-buffer-sweeping --parallel-scavenge');
      return before - v8.getHeapStatistics().external_memory;
    };
  } catch {
    return null;
  }
}

function slice(bytes: number): { memory: ArrayBufferLike; offset: number } {
  const level = 32 - Math.clz32(bytes - 1);
  let slab = slabs[level];
  if (slab === null || slab.used === perSlab) {
    const size = perSlab << level;
    // Smaller results bring so many objects that the engine collects often enough by itself.
    if (size >= 2 ** 16) noteYoung(size);
    slab = { memory: platform ? platform.allocUnsafeSlow(size).buffer : new ArrayBuffer(size), used: 0 };
    slabs[level] = slab;
  }
  return { memory: slab.memory, offset: slab.used++ << level };
}

/** Memory that was given back, by its size; the most that is kept, and how much there is now. */
const kept = new Map<number, ArrayBufferLike[]>();
const mostKept = 2 ** 28;
let keptBytes = 0;

/** `Kernels.recycle`: results of equal size, of which a training loop makes many, take it before they ask the platform. */
export function recycle(buffer: Buffer): void {
  const { byteLength } = buffer as TypedArray;
  if (byteLength <= largest || keptBytes + byteLength > mostKept) return;
  // The engine moves a little array out of its own heap when somebody asks for its buffer.
  const { buffer: memory } = buffer as TypedArray;
  if (memory.byteLength !== byteLength) return;
  const same = kept.get(byteLength);
  if (same === undefined) kept.set(byteLength, [memory]);
  else same.push(memory);
  keptBytes += byteLength;
}

function takeKept(bytes: number): ArrayBufferLike | undefined {
  const memory = kept.get(bytes)?.pop();
  if (memory !== undefined) keptBytes -= bytes;
  return memory;
}

/** `Kernels.allocate`: uninitialised where that is cheaper; a slice of a slab for middling sizes, where a buffer of its own costs more. */
export function allocate(dtype: DType, count: number): TypedArray {
  // A constructor that is known where it is called costs a third of one that is looked up.
  if (dtype === 'float32' && 4 * count <= smallest) return new Float32Array(count);
  const Type = arrayTypes[dtype];
  const bytes = count * Type.BYTES_PER_ELEMENT;
  if (bytes <= smallest) return new Type(count);
  if (bytes <= largest) {
    const { memory, offset } = slice(bytes);
    return new Type(memory, offset, count);
  }
  const memory = keptBytes > 0 ? takeKept(bytes) : undefined;
  if (memory !== undefined) return new Type(memory, 0, count);
  if (platform === undefined) return new Type(count);
  noteYoung(bytes);
  return new Type(platform.allocUnsafeSlow(bytes).buffer, 0, count);
}
