type Test = (name: string, body: jest.ProvidesCallback, timeoutMs?: number) => void;

/**
 * Gives `test` when `condition` holds, else a test that is skipped and says why in the summary of the run.
 *
 * @example
 * skipUnless(adapter !== null, 'no WebGPU adapter')('adds on the GPU', () => { ... });
 */
export function skipUnless(condition: boolean, reason: string): Test {
  return condition ? test : (name, body) => test.skip(`${name} [skipped: ${reason}]`, body);
}
