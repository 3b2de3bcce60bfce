import type { ModuleBuilder } from './assembler.js';
import { policy } from './policy.js';

/** Bytes in a page, the unit in which the memory grows. */
const page = 65536;
/** The memory's limit: 1 GiB in pages. */
const limit = 16384;
/** Nothing lies at the first addresses: 0 is no address. */
const base = 64;

/** What is used here of a platform's WebAssembly; Node's types leave it to the DOM's. */
interface Platform {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number; maximum: number }) => Memory;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const { WebAssembly: platform } = globalThis as { WebAssembly?: Platform };

/** Functions of a compiled module. */
export type Functions = Readonly<Record<string, (...args: number[]) => number>>;

/**
 * The WebAssembly memory that kernels stage their operands in. All of it is scratch that the next kernel overwrites: a kernel
 * reserves what it needs in one piece, divides it up, and leaves nothing behind.
 */
export interface Heap {
  /** The memory as elements, until it grows: read them after `reserve`. */
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  /** The address, a multiple of 64, of at least so many bytes; 0 when the memory cannot grow to hold them. */
  reserve(bytes: number): number;
  /** Compiles a module over this memory. */
  compile(module: ModuleBuilder): Functions;
}

class GrowingHeap implements Heap {
  private readonly platform: Platform;
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  private readonly memory: Memory;
  private bytes: number;

  constructor(platform: Platform, memory: Memory) {
    this.platform = platform;
    this.memory = memory;
    this.bytes = memory.buffer.byteLength;
    this.f32 = new Float32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
  }

  reserve(bytes: number): number {
    if (!(base + bytes <= policy.memory)) return 0;
    return base + bytes <= this.bytes || this.grow(base + bytes) ? base : 0;
  }

  compile(module: ModuleBuilder): Functions {
    const compiled = new this.platform.Module(module.encode(limit));
    const instance = new this.platform.Instance(compiled, { env: { memory: this.memory } });
    return instance.exports as Functions;
  }

  /** Grows to hold so many bytes, by half at least. */
  private grow(bytes: number): boolean {
    const pages = this.bytes / page;
    const wanted = Math.ceil(bytes / page);
    if (!(wanted <= limit)) return false;
    try {
      this.memory.grow(Math.min(Math.max(wanted, Math.ceil(1.5 * pages)), limit) - pages);
    } catch {
      return false;
    }
    const { buffer } = this.memory;
    this.bytes = buffer.byteLength;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    return true;
  }
}

let heap: Heap | null | undefined;

/** The one heap, made at the first call; null where there is no WebAssembly with vectors. */
export function wasmHeap(): Heap | null {
  if (heap === undefined) heap = makeHeap();
  return heap;
}

// (func (drop (v128.const 0))), to see whether vectors are known.
const probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12];
const probeBytes = Uint8Array.from([...probe, ...new Array<number>(16).fill(0), 26, 11]);

function makeHeap(): Heap | null {
  try {
    if (!platform?.validate(probeBytes)) return null;
    return new GrowingHeap(platform, new platform.Memory({ initial: 1, maximum: limit }));
  } catch {
    return null;
  }
}

/** A module's functions, and the heap that they work on. */
export interface Linked<F> {
  readonly heap: Heap;
  readonly functions: F;
}

/** Gives a module's functions, compiled at the first call; null where there is no WebAssembly, or where it refuses to compile. */
export function linked<F>(make: (heap: Heap) => F): () => Linked<F> | null {
  let made: Linked<F> | null | undefined;
  return () => {
    if (made === undefined) made = link(make);
    return made;
  };
}

function link<F>(make: (heap: Heap) => F): Linked<F> | null {
  const heap = wasmHeap();
  if (heap === null) return null;
  try {
    return { heap, functions: make(heap) };
  } catch {
    return null;
  }
}
