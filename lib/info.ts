import { systemBlas } from '../kernels/blas/library.js';
import { canGenerate } from '../kernels/cpu/source.js';
import { wasmHeap } from '../kernels/wasm/heap.js';
import { type Device, knownDevices } from './core/device.js';
import { getNumThreads } from './threads.js';

const version = '0.1.0';

/** What the library runs on here. */
export interface Info {
  /** Of tapegrad. */
  readonly version: string;
  /**
   * The system's BLAS that products of matrices go through: its own name, the path as it was given to the system's loader, and how
   * many threads it takes (null where it decides); null where there is none.
   */
  readonly blas: { readonly name: string; readonly path: string; readonly threads: number | null } | null;
  /** How many threads large operations on the CPU take: see `setNumThreads`. */
  readonly threads: number;
  /** Whether the CPU's kernels may use WebAssembly's SIMD, and loops that are generated as JavaScript. */
  readonly cpu: { readonly simd: boolean; readonly generated: boolean };
  /** The devices that are there: 'webgpu' after `await tg.webgpu()`. */
  readonly devices: readonly Device[];
}

/**
 * Says what the library runs on here. The BLAS is looked for when it is first needed, in Node, where npm `koffi` is installed: OpenBLAS
 * on Linux and Windows, Accelerate on macOS, what the environment variable TAPEGRAD_BLAS names, or none where that is `off`. It
 * takes one thread unless `setNumThreads` is called, or OPENBLAS_NUM_THREADS or OMP_NUM_THREADS is set. PyTorch: torch.__config__.show.
 *
 * @example
 * tg.info().devices // => [ 'cpu' ]
 */
export function info(): Info {
  const blas = systemBlas();
  return {
    version,
    blas: blas && { name: blas.name, path: blas.path, threads: blas.threads() },
    threads: getNumThreads(),
    cpu: { simd: wasmHeap() !== null, generated: canGenerate },
    devices: knownDevices(),
  };
}
