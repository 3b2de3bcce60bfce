import type { ModuleBuilder } from '../assembler.js';
import { type Functions, GrowingHeap, type Platform } from '../heap.js';

/** A module as other threads need it: its functions take the numbers that follow those of the modules before it. */
export interface Compiled {
  readonly module: object;
  readonly names: readonly string[];
}

/** Elements that cross at a time between memories that do not lie alike: an even number. */
const most = 4096;
const crossing = new Float32Array(most + 1);

const { min } = Math;

/** A heap that the pool's workers see. */
export class SharedHeap extends GrowingHeap {
  /** In the order in which they were compiled. */
  readonly modules: Compiled[] = [];
  private readonly numbers = new Map<unknown, number>();

  constructor(platform: Platform) {
    super(platform, true);
  }

  /** The number of a kernel that was compiled here. */
  numberOf(kernel: unknown): number {
    return this.numbers.get(kernel) as number;
  }

  /** How many kernels were compiled here. */
  get kernels(): number {
    return this.numbers.size;
  }

  override compile(builder: ModuleBuilder): Functions {
    const module = this.translate(builder);
    const functions = this.instantiate(module);
    const names = Object.keys(functions);
    for (const name of names) this.numbers.set(functions[name], this.numbers.size);
    this.modules.push({ module, names });
    return functions;
  }

  // The engine copies between shared and private memory in words of eight bytes where both addresses have the same remainder, and byte by
  // byte else, at an eighth of the speed: then the elements go through private memory that lies as the shared one does.
  override write(address: number, source: Float32Array | Float64Array, from: number, count: number): void {
    const shift = (address / 4) % 2;
    if (source.BYTES_PER_ELEMENT === 8 || (source.byteOffset / 4 + from) % 2 === shift)
      return super.write(address, source, from, count);
    for (let i = 0; i < count; i += most) {
      const size = min(most, count - i);
      crossing.set(source.subarray(from + i, from + i + size), shift);
      super.write(address + 4 * i, crossing, shift, size);
    }
  }

  override read(address: number, target: Float32Array | Float64Array, to: number, count: number): void {
    const shift = (address / 4) % 2;
    if (target.BYTES_PER_ELEMENT === 8 || (target.byteOffset / 4 + to) % 2 === shift)
      return super.read(address, target, to, count);
    for (let i = 0; i < count; i += most) {
      const size = min(most, count - i);
      super.read(address + 4 * i, crossing, shift, size);
      target.set(crossing.subarray(shift, shift + size), to + i);
    }
  }
}
