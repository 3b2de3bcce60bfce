/** Our side, a process of its own: `ours.ts THREADS`; says which BLAS it has, then answers names of workloads with their times. */
import * as tg from '../../lib/index.js';
import type { Answer } from './candidate.js';
import { measure } from './measure.js';
import { warmUp } from './warm.js';
import { workloads } from './workloads.js';

function answer(name: string): Answer {
  try {
    const workload = workloads.find((candidate) => candidate.name === name);
    if (!workload) throw new Error(`there is no workload ${name}`);
    return { workload: name, ...measure(workload) };
  } catch (error) {
    return { workload: name, error: error instanceof Error ? error.message : String(error) };
  }
}

tg.setNumThreads(Number(process.argv[2]));
tg.manualSeed(0);
warmUp();
process.on('message', (name: string) => process.send!(answer(name)));
process.send!(tg.info().blas?.name ?? 'none');
