/** The corpus's scoring rule over results. */
import { PARTS, type Part } from './corpus.js';
import type { Result } from './run.js';

export interface Score {
  /** sum(weight * score of an entry) / sum(weight), in [0, 1]. */
  score: number;
  passed: number;
  samples: number;
}

export interface PartScore extends Score {
  tiers: Record<string, Score>;
  categories: Record<string, Score>;
  entries: Record<string, Score>;
}

export interface Failure {
  id: string;
  part: Part;
  name: string;
  tier: number;
  reason: string;
}

export interface Report extends Record<Part, PartScore> {
  total: PartScore;
  failures: Failure[];
}

function groupBy(results: Result[], key: (result: Result) => string): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const name = key(result);
    const group = groups.get(name);
    if (group) group.push(result);
    else groups.set(name, [result]);
  }
  return groups;
}

function entryName({ part, name }: Result): string {
  return `${part}/${name}`;
}

/** The weighted mean of the entries' scores; a weight of 0 leaves an entry out of it, not out of the counts. */
export function scoreOf(results: Result[]): Score {
  let weighted = 0;
  let weights = 0;
  for (const entry of groupBy(results, entryName).values()) {
    const { weight } = entry[0];
    weighted += (weight * entry.filter(({ passed }) => passed).length) / entry.length;
    weights += weight;
  }
  return {
    score: weights > 0 ? weighted / weights : 0,
    passed: results.filter(({ passed }) => passed).length,
    samples: results.length,
  };
}

/** The score of an entry alone is its fraction, whatever its weight. */
function fraction(results: Result[]): Score {
  const passed = results.filter((result) => result.passed).length;
  return { score: passed / results.length, passed, samples: results.length };
}

function table(results: Result[], key: (result: Result) => string, score: (group: Result[]) => Score) {
  return Object.fromEntries([...groupBy(results, key)].map(([name, group]) => [name, score(group)]));
}

function partScore(results: Result[], entry: (result: Result) => string): PartScore {
  return {
    ...scoreOf(results),
    tiers: table(results, ({ tier }) => String(tier), scoreOf),
    categories: table(results, ({ category }) => category, scoreOf),
    entries: table(results, entry, fraction),
  };
}

/** Scores every part and all of them together, where an entry is named with its part (`ops/add`). */
export function report(results: Result[]): Report {
  const parts = PARTS.map((part) => {
    const own = results.filter((result) => result.part === part);
    return [part, partScore(own, ({ name }) => name)];
  });
  const failures = results
    .filter(({ passed }) => !passed)
    .map(({ id, part, name, tier, reason = '' }) => ({ id, part, name, tier, reason }));
  return { total: partScore(results, entryName), ...(Object.fromEntries(parts) as Record<Part, PartScore>), failures };
}
