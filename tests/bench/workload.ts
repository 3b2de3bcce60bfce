import type { Tensor } from '../../lib/index.js';

/** One thing that is timed, under the name that the peers know it by. */
export interface Workload {
  name: string;
  /** Floating-point operations or bytes of one call; without it no rate is shown. */
  work?: number;
  unit?: 'GFLOP/s' | 'GB/s';
  /** Makes the operands; what it returns is timed, and its result is read after each batch of calls. */
  prepare(): () => Tensor;
}
