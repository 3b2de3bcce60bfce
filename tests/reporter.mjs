export default class Reporter {
  onRunComplete(_, r) {
    process.stdout.write(
      `tests: ${r.numPassedTests} passed, ${r.numFailedTests} failed, ${r.numPendingTests} skipped\n`,
    );
  }
}
