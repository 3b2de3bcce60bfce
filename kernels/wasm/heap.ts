import type { ModuleBuilder } from './assembler.js';
import { policy } from './policy.js';

/** Bytes in a page, the unit in which the memory grows. */
const page = 65536;
/** The memory's limit: 1 GiB in pages. */
const limit = 16384;
/** Nothing lies at the first addresses: 0 is no address. */
const base = 64;

/** What is used here of a platform's WebAssembly; Node's types leave it to the DOM's. */
export interface Platform {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => Memory;
}

/** Its buffer is a SharedArrayBuffer where it is shared. */
export interface Memory {
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
  readonly i64: BigInt64Array;
  readonly u8: Uint8Array;
  /** The address, a multiple of 64, of at least so many bytes; 0 when the memory cannot grow to hold them. */
  reserve(bytes: number): number;
  /** Compiles a module over this memory. */
  compile(module: ModuleBuilder): Functions;
  /** Copies elements to an address. */
  write(address: number, source: Float32Array | Float64Array, from: number, count: number): void;
  /** Copies elements from an address. */
  read(address: number, target: Float32Array | Float64Array, to: number, count: number): void;
}

/** A heap over a memory of its own. */
export class GrowingHeap implements Heap {
  private readonly platform: Platform;
  private readonly shared: boolean;
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  i64: BigInt64Array;
  u8: Uint8Array;
  readonly memory: Memory;
  private bytes: number;

  constructor(platform: Platform, shared: boolean) {
    const memory = new platform.Memory({ initial: 1, maximum: limit, shared });
    this.platform = platform;
    this.shared = shared;
    this.memory = memory;
    this.bytes = memory.buffer.byteLength;
    this.f32 = new Float32Array(memory.buffer);
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.i64 = new BigInt64Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
  }

  reserve(bytes: number): number {
    if (!(base + bytes <= policy.memory)) return 0;
    return base + bytes <= this.bytes || this.grow(base + bytes) ? base : 0;
  }

  compile(module: ModuleBuilder): Functions {
    return this.instantiate(this.translate(module));
  }

  write(address: number, source: Float32Array | Float64Array, from: number, count: number): void {
    // A window costs twice the copy itself where that is small.
    const window = count === source.length ? source : source.subarray(from, from + count);
    if (source.BYTES_PER_ELEMENT === 4) this.f32.set(window, address / 4);
    else this.f64.set(window, address / 8);
  }

  read(address: number, target: Float32Array | Float64Array, to: number, count: number): void {
    if (target.BYTES_PER_ELEMENT === 4) target.set(this.f32.subarray(address / 4, address / 4 + count), to);
    else target.set(this.f64.subarray(address / 8, address / 8 + count), to);
  }

  protected translate(module: ModuleBuilder): object {
    return new this.platform.Module(module.encode(limit, this.shared));
  }

  protected instantiate(compiled: object): Functions {
    return new this.platform.Instance(compiled, { env: { memory: this.memory } }).exports as Functions;
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
    this.i64 = new BigInt64Array(buffer);
    this.u8 = new Uint8Array(buffer);
    return true;
  }
}

let heap: Heap | null | undefined;

/** The heap of this thread alone, made at the first call; null where there is no WebAssembly with vectors. */
export function wasmHeap(): Heap | null {
  if (heap === undefined) heap = makeHeap((platform) => new GrowingHeap(platform, false));
  return heap;
}

// (func (drop (v128.const 0))), to see whether vectors are known.
const probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12];
const probeBytes = Uint8Array.from([...probe, ...new Array<number>(16).fill(0), 26, 11]);

/** Makes a heap; null where there is no WebAssembly with vectors, or no such memory. */
export function makeHeap<H extends Heap>(make: (platform: Platform) => H): H | null {
  try {
    return platform?.validate(probeBytes) ? make(platform) : null;
  } catch {
    return null;
  }
}

/** A module's functions, and the heap that they work on. */
export interface Linked<F> {
  readonly heap: Heap;
  readonly functions: F;
}

/**
 * Gives a module's functions on a heap, this thread's own unless another is named, compiled at the first call; null where there is no
 * WebAssembly, or where it refuses to compile.
 */
export function linked<F>(make: (heap: Heap) => F): (heap?: Heap | null) => Linked<F> | null {
  let own: Linked<F> | null | undefined;
  const elsewhere = new WeakMap<Heap, Linked<F> | null>();
  return (heap) => {
    if (heap) {
      let made = elsewhere.get(heap);
      if (made === undefined) elsewhere.set(heap, (made = link(heap, make)));
      return made;
    }
    if (own === undefined) own = link(wasmHeap(), make);
    return own;
  };
}

function link<F>(heap: Heap | null, make: (heap: Heap) => F): Linked<F> | null {
  if (heap === null) return null;
  try {
    return { heap, functions: make(heap) };
  } catch {
    return null;
  }
}
