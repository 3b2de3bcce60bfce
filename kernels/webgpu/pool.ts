import type { Buffer, DeviceBuffer } from '../types.js';

/** GPU memory as the queue sees it. */
export interface Handle {
  readonly buffer: GPUBuffer;
  readonly byteLength: number;
  readonly id: number;
  /** The batch of commands that used it last. */
  batch: number;
}

/**
 * GPU memory as a view sees it. The collector knows nothing of the GPU's bytes: `ballast` is ordinary memory of the same size, never
 * touched and so never backed by anything, that lets it feel them.
 */
export class WebgpuBuffer implements DeviceBuffer {
  declare readonly byteLength: number;
  declare readonly ballast: ArrayBuffer;
  /** Null once it has been released. */
  declare handle: Handle | null;

  constructor(byteLength: number, handle: Handle, ballast: ArrayBuffer) {
    this.byteLength = byteLength;
    this.handle = handle;
    this.ballast = ballast;
  }
}

/** The device's memory behind a buffer; an error once it has been released. */
export function handleOf(buffer: Buffer): Handle {
  const { handle } = buffer as WebgpuBuffer;
  if (handle === null) throw new Error('webgpu: the memory of this tensor has been released');
  return handle;
}

const smallest = 256;
const megabyte = 2 ** 20;
/** Smaller array buffers come from the heap, where they would cost real memory: those share one. */
const smallestBallast = 128 * 1024;
/** The pool may hold as much as is in use, and this much more. */
const slack = 64 * megabyte;

/** Sizes are rounded up to a quarter of the power of two below them. */
function sizeClass(bytes: number): number {
  if (bytes <= smallest) return smallest;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** Buffers on a GPU: given back ones are handed out again by size class. */
export class Pool {
  readonly #create: (byteLength: number) => GPUBuffer;
  readonly #beforeDestroy: () => void;
  readonly #largest: number;
  readonly #free: Map<number, Handle[]> = new Map();
  readonly #finalizers: FinalizationRegistry<Handle>;
  #ids = 0;
  #liveBytes = 0;
  #liveCount = 0;
  #pooledBytes = 0;
  #slab: ArrayBuffer = new ArrayBuffer(megabyte);
  #slabUsed = 0;

  /**
   * `largest` is the device's limit in bytes; `create` throws when there is no memory; `beforeDestroy` must submit what has been
   * recorded: commands may not name a destroyed buffer.
   */
  constructor(largest: number, create: (byteLength: number) => GPUBuffer, beforeDestroy: () => void) {
    this.#largest = largest;
    this.#create = create;
    this.#beforeDestroy = beforeDestroy;
    this.#finalizers = new FinalizationRegistry((handle) => this.put(handle));
  }

  /** Memory of at least so many bytes that goes back by `put`. */
  take(byteLength: number): Handle {
    if (byteLength > this.#largest) {
      throw new RangeError(`webgpu: a tensor of ${byteLength} bytes is above this device's limit of ${this.#largest}`);
    }
    const size = Math.min(sizeClass(byteLength), this.#largest);
    let handle = this.#free.get(size)?.pop();
    if (handle === undefined) handle = { buffer: this.#make(size), byteLength: size, id: this.#ids++, batch: -1 };
    else this.#pooledBytes -= size;
    this.#liveBytes += size;
    this.#liveCount++;
    return handle;
  }

  /** Gives memory back. Commands that are recorded already still run before whatever its next owner does. */
  put(handle: Handle): void {
    const size = handle.byteLength;
    this.#liveBytes -= size;
    this.#liveCount--;
    if (this.#pooledBytes + size > this.#liveBytes + slack) this.trim();
    const row = this.#free.get(size);
    if (row === undefined) this.#free.set(size, [handle]);
    else row.push(handle);
    this.#pooledBytes += size;
  }

  /** Memory that goes back when its wrapper is released or collected. */
  wrap(byteLength: number): WebgpuBuffer {
    const handle = this.take(byteLength);
    const buffer = new WebgpuBuffer(byteLength, handle, this.#ballast(handle.byteLength));
    this.#finalizers.register(buffer, handle, buffer);
    return buffer;
  }

  /** Gives a wrapper's memory back now; a second time does nothing. */
  release(buffer: WebgpuBuffer): void {
    if (buffer.handle === null) return;
    this.#finalizers.unregister(buffer);
    this.put(buffer.handle);
    buffer.handle = null;
  }

  /** Hands everything that is not in use back to the driver. */
  trim(): void {
    this.#beforeDestroy();
    for (const row of this.#free.values()) for (const handle of row) handle.buffer.destroy();
    this.#free.clear();
    this.#pooledBytes = 0;
  }

  /** Bytes and buffers in use, and bytes kept for the next ones. */
  report(): { liveBytes: number; liveBuffers: number; pooledBytes: number } {
    return { liveBytes: this.#liveBytes, liveBuffers: this.#liveCount, pooledBytes: this.#pooledBytes };
  }

  #make(size: number): GPUBuffer {
    try {
      return this.#create(size);
    } catch (error) {
      this.trim();
      try {
        return this.#create(size);
      } catch {
        const mebibytes = (bytes: number): string => `${(bytes / megabyte).toFixed(1)} MiB`;
        throw new Error(
          `webgpu: no memory for ${mebibytes(size)} while ${this.#liveCount} buffers hold ${mebibytes(this.#liveBytes)}; ` +
            'free tensors with a scope, or `await` now and then so that the collector can',
          { cause: error },
        );
      }
    }
  }

  #ballast(bytes: number): ArrayBuffer {
    if (bytes >= smallestBallast) return new ArrayBuffer(bytes);
    if (this.#slabUsed + bytes > megabyte) {
      this.#slab = new ArrayBuffer(megabyte);
      this.#slabUsed = 0;
    }
    this.#slabUsed += bytes;
    return this.#slab;
  }
}
