import type { Workload } from './workload.js';

/** Microseconds per call: of the best batch, and over all batches. */
export interface Timing {
  us: number;
  mean: number;
}

const BATCHES = 7;
const BATCH_MS = 150;
const WARM_CALLS = 3;
/** A workload of seconds per call is not worth seven batches. */
const LIMIT_MS = 4000;
const FEWEST_BATCHES = 2;

/** Times a workload as the peers do: some calls to warm up, then batches of about 150 ms; each batch's result is read. */
export function measure({ name, prepare }: Workload): Timing {
  const call = prepare();
  const started = performance.now();
  for (let i = 0; i < WARM_CALLS && (i === 0 || performance.now() - started < LIMIT_MS); i++) call();
  const once = performance.now();
  call();
  const calls = Math.max(1, Math.floor(BATCH_MS / (performance.now() - once)));
  const batches: number[] = [];
  while (batches.length < BATCHES && (batches.length < FEWEST_BATCHES || performance.now() - started < LIMIT_MS)) {
    const start = performance.now();
    for (let i = 1; i < calls; i++) call();
    const last = call();
    batches.push(((performance.now() - start) * 1e3) / calls);
    const value = last.detach().reshape(-1).at(0).item();
    if (!Number.isFinite(value)) throw new Error(`${name}: the result is ${value}`);
  }
  return { us: Math.min(...batches), mean: batches.reduce((sum, us) => sum + us, 0) / batches.length };
}
