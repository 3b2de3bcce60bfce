import { kernels } from './kernels.js';
import { overhead } from './overhead.js';
import { trainingSteps } from './training.js';
import type { Workload } from './workload.js';

/** Every workload, in the peers' order. */
export const workloads: readonly Workload[] = [...overhead, ...kernels, ...trainingSteps];
