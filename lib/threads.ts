import { setBlasThreads } from '../kernels/blas/library.js';
import { setThreads, threads } from '../kernels/wasm/threads/threads.js';
import { ValueError } from './core/errors.js';

const most = 1024;

/**
 * Sets how many threads large operations on the CPU take, the system's BLAS included: one, unless this is called. More do not change any
 * result of the library's own kernels. Stays at one where threads cannot share memory: a page needs the headers
 * `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`. PyTorch: torch.set_num_threads.
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new ValueError(
      `setNumThreads: the number of threads must be an integer from 1 to ${most}, got ${String(count)}`,
    );
  }
  setThreads(count);
  setBlasThreads(count);
}

/** How many threads large operations on the CPU take. PyTorch: torch.get_num_threads. */
export function getNumThreads(): number {
  return threads();
}
