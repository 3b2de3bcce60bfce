import type { Answer } from './candidate.js';
import type { Workload } from './workload.js';

/** What `--json` writes of one workload: microseconds per call, best and mean; the rate; peers' time over ours. */
export interface Line {
  workload: string;
  us: number;
  mean: number;
  work: number | null;
  unit: string | null;
  peers: Record<string, { us: number; ratio: number }>;
}

const rounded = (value: number): number => Number(value.toPrecision(5));

/** The answers of one candidate to one workload, over all rounds. */
export type Answers = Map<string, Answer[]>;

const best = (answers: readonly Answer[] = []): number =>
  Math.min(...answers.flatMap((answer) => ('error' in answer ? [] : [answer.us])));

function mean(answers: readonly Answer[]): number {
  const means = answers.flatMap((answer) => ('error' in answer ? [] : [answer.mean ?? answer.us]));
  return means.reduce((sum, us) => sum + us, 0) / means.length;
}

/** One line for each workload that we ran. */
export function lines(workloads: readonly Workload[], own: Answers, peers: ReadonlyMap<string, Answers>): Line[] {
  return workloads.flatMap(({ name, work, unit }) => {
    const answers = own.get(name) ?? [];
    const us = best(answers);
    if (!Number.isFinite(us)) return [];
    const times = [...peers].map(([peer, theirs]): [string, number] => [peer, best(theirs.get(name))]);
    return {
      workload: name,
      us: rounded(us),
      mean: rounded(mean(answers)),
      work: work === undefined ? null : rounded(work / us / 1e3),
      unit: unit ?? null,
      peers: Object.fromEntries(
        times
          .filter(([, time]) => Number.isFinite(time))
          .map(([peer, time]) => [peer, { us: rounded(time), ratio: rounded(time / us) }]),
      ),
    };
  });
}

/** The lines as a table in Markdown; a ratio above 1 says that we are faster. */
export function table(rows: readonly Line[], peers: readonly string[]): string {
  const heads = ['workload', 'us', 'mean', 'rate', ...peers.flatMap((peer) => [`${peer} us`, `${peer} / ours`])];
  const cells = rows.map(({ workload, us, mean, work, unit, peers: others }) => [
    workload,
    String(us),
    String(mean),
    work === null ? '' : `${work} ${unit}`,
    ...peers.flatMap((peer) => (others[peer] ? [String(others[peer].us), others[peer].ratio.toFixed(2)] : ['', ''])),
  ]);
  const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(heads), rule, ...cells.map(line)].join('\n');
}
