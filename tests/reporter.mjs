import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SKIPPED = /\[skipped: (.*)\]$/;

/** Ends a run with the notes of the tests, the skips by reason, and one line of counts. */
export default class SummaryOfCounts {
  #filtered;
  #error;
  #notes = mkdtempSync(join(tmpdir(), 'tapegrad-tests-'));

  constructor(globalConfig) {
    // With -t every test that the pattern leaves out counts as pending, which is no skip.
    this.#filtered = Boolean(globalConfig.testNamePattern);
    process.env.TAPEGRAD_TEST_NOTES = this.#notes;
  }

  onRunComplete(_contexts, results) {
    const reasons = skipReasons(results);
    const skipped = this.#filtered ? 0 : results.numPendingTests + results.numTodoTests;
    // A file that does not even load has no tests to count, and still is a failure.
    let failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const forbidden = process.env.TAPEGRAD_NO_SKIP === '1' && skipped > 0;
    const lines = readNotes(this.#notes);
    if (skipped > 0) {
      lines.push(forbidden ? 'skipped, which TAPEGRAD_NO_SKIP=1 makes a failure:' : 'skipped:');
      for (const [reason, count] of reasons) lines.push(`  ${count} x ${reason}`);
    }
    if (forbidden) {
      failed += skipped;
      this.#error = new Error(`${skipped} tests were skipped, and TAPEGRAD_NO_SKIP=1 allows none`);
    }
    lines.push(`tests: ${results.numPassedTests} passed, ${failed} failed, ${forbidden ? 0 : skipped} skipped`);
    // Jest prints its own summary after every reporter, so only the exit leaves our line the last.
    process.once('exit', () => process.stdout.write(`\n${lines.join('\n')}\n`));
  }

  /** Jest exits with 1 when a reporter has an error. */
  getLastError() {
    return this.#error;
  }
}

function skipReasons(results) {
  const counts = new Map();
  for (const file of results.testResults) {
    for (const { status, title } of file.testResults) {
      if (status !== 'pending' && status !== 'todo') continue;
      const reason = SKIPPED.exec(title)?.[1] ?? `${status === 'todo' ? 'to do' : 'no reason given'}: ${title}`;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return counts;
}

function readNotes(folder) {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
  rmSync(folder, { recursive: true });
  return lines.sort();
}
