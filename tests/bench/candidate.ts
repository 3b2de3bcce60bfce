import type { Timing } from './measure.js';

/** What a candidate says of one workload; the JavaScript peers name what they cannot do, and no peer gives a mean. */
export type Answer =
  | { workload: string; error: string }
  | ({ workload: string } & Pick<Timing, 'us'> & Partial<Timing>);

/** One side of the comparison. */
export interface Candidate {
  name: string;
  /** Times those of the workloads that it has. */
  run(workloads: readonly string[]): Promise<Answer[]>;
  close(): void;
}

/** What the user must change; shown as one line. */
export class BenchError extends Error {}
