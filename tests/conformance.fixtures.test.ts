import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARTS, readIndex } from './conformance/corpus.js';
import type { Report } from './conformance/score.js';
import { note } from './helpers/note.js';
import { pathNames } from './helpers/paths.js';

const FIXTURES = join(process.cwd(), 'tests/fixtures');
const CORPUS = join(FIXTURES, 'pytorch');

function readJson(name: string): Record<string, string> {
  return JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as Record<string, string>;
}

/** Reason by sample (`"add/3"`) or by whole entry (`"add/*"`). */
const expected = readJson('expected-failures.json');

/** Scores the corpus in a process of its own: inside jest every look-up of a global goes through an interceptor. */
function score(...flags: string[]): Report {
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-conformance-'));
  const json = join(folder, 'report.json');
  const main = join(process.cwd(), 'tests/conformance/main.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, CORPUS, '--json', json, ...flags], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`the conformance run ended with ${status}: ${stderr}`);
  const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
  rmSync(folder, { recursive: true });
  return report;
}

/** What may fail where small operands are sent a way that is not theirs, with the reason. */
const forced = readJson('forced-paths.json');

let report: Report;

beforeAll(() => {
  report = score();
}, 120_000);

function listed({ id, name }: { id: string; name: string }): boolean {
  return Object.hasOwn(expected, id) || Object.hasOwn(expected, `${name}/*`);
}

test('every sample of the index is scored', () => {
  const index = readIndex(CORPUS);
  for (const part of PARTS) {
    const entries = Object.values(index[part]);
    const scored = entries.reduce((sum, { samples, complex_samples }) => sum + samples - complex_samples, 0);
    expect(report[part].samples).toBe(scored);
  }
});

/** What fails and is not listed. */
const surprises = ({ failures }: Report): string[] =>
  failures.filter((failure) => !listed(failure)).map(({ id, reason }) => `${id}: ${reason}`);

test('what is not listed as an expected failure passes', () => {
  expect(surprises(report)).toEqual([]);
});

test.each(pathNames)(
  'the same where every operation goes the way of %s',
  (name) => {
    const found = surprises(score('--path', name)).filter((line) => !Object.hasOwn(forced, line.split(':')[0]));
    expect(found).toEqual([]);
  },
  120_000,
);

test('every expected failure names a known entry and says why; those that pass now are reported', () => {
  const index = readIndex(CORPUS);
  const names = new Set(PARTS.flatMap((part) => Object.keys(index[part])));
  const failing = new Set(report.failures.flatMap(({ id, name }) => [id, `${name}/*`]));
  for (const [key, reason] of Object.entries(expected)) {
    expect(names).toContain(key.slice(0, key.lastIndexOf('/')));
    expect(reason).not.toBe('');
  }
  const passing = Object.keys(expected).filter((key) => !failing.has(key));
  const { passed, samples, score } = report.total;
  note(`conformance: ${passed} of ${samples} recorded samples pass, score ${score.toFixed(4)}`);
  note(
    `conformance: ${report.failures.length} expected failures, listed with reasons in tests/fixtures/expected-failures.json`,
  );
  if (passing.length > 0) note(`conformance: listed as failing but passing now: ${passing.join(', ')}`);
});
