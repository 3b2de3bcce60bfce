import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARTS, readIndex } from './conformance/corpus.js';
import type { Report } from './conformance/score.js';
import { note } from './helpers/note.js';

const FIXTURES = join(process.cwd(), 'tests/fixtures');
const CORPUS = join(FIXTURES, 'pytorch');

/** Reason by sample (`"add/3"`) or by whole entry (`"add/*"`). */
const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected-failures.json'), 'utf8')) as Record<string, string>;

let report: Report;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-conformance-'));
  const json = join(folder, 'report.json');
  // A process of its own: inside jest every look-up of a global goes through an interceptor.
  const main = join(process.cwd(), 'tests/conformance/main.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, CORPUS, '--json', json], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`the conformance run ended with ${status}: ${stderr}`);
  report = JSON.parse(readFileSync(json, 'utf8')) as Report;
  rmSync(folder, { recursive: true });
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

test('what is not listed as an expected failure passes', () => {
  const surprises = report.failures.filter((failure) => !listed(failure));
  expect(surprises.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
});

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
