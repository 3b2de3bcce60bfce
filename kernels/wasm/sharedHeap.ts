import type { ModuleBuilder } from './assembler.js';
import { type Functions, GrowingHeap, type Platform } from './heap.js';

/** A kernel as other threads know it: the compiled module it stands in, and the numbers of that module's functions by name. */
export interface Origin {
  readonly module: object;
  readonly numbers: Readonly<Record<string, number>>;
  readonly number: number;
}

/** Elements that cross at a time between memories that do not lie alike: an even number. */
const most = 4096;
const crossing = new Float32Array(most + 1);

const { min } = Math;

/** A heap that the pool's workers see. */
export class SharedHeap extends GrowingHeap {
  private readonly origins = new Map<unknown, Origin>();

  constructor(platform: Platform) {
    super(platform, true);
  }

  /** Where a kernel that was compiled here comes from. */
  origin(kernel: unknown): Origin {
    return this.origins.get(kernel) as Origin;
  }

  override compile(module: ModuleBuilder): Functions {
    const compiled = this.translate(module);
    const functions = this.instantiate(compiled);
    const first = this.origins.size;
    const names = Object.keys(functions);
    const numbers = Object.fromEntries(names.map((name, k) => [name, first + k]));
    for (const name of names) this.origins.set(functions[name], { module: compiled, numbers, number: numbers[name] });
    return functions;
  }

  // The engine copies between shared and private memory in words of eight bytes where both addresses have the same remainder, and byte by
  // byte else, at an eighth of the speed: then the elements go through private memory that lies as the shared one does.
  override write(address: number, source: Float32Array, from: number, count: number): void {
    const shift = (address / 4) % 2;
    if ((source.byteOffset / 4 + from) % 2 === shift) return super.write(address, source, from, count);
    for (let i = 0; i < count; i += most) {
      const size = min(most, count - i);
      crossing.set(source.subarray(from + i, from + i + size), shift);
      super.write(address + 4 * i, crossing, shift, size);
    }
  }

  override read(address: number, target: Float32Array, to: number, count: number): void {
    const shift = (address / 4) % 2;
    if ((target.byteOffset / 4 + to) % 2 === shift) return super.read(address, target, to, count);
    for (let i = 0; i < count; i += most) {
      const size = min(most, count - i);
      super.read(address + 4 * i, crossing, shift, size);
      target.set(crossing.subarray(shift, shift + size), to + i);
    }
  }
}
