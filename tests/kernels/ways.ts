import { policy } from '../../kernels/wasm/policy.js';

/** The tests of `body` twice: choice by index in JavaScript, and in WebAssembly wherever it can be. */
export function inBothWays(body: () => void): void {
  describe.each([
    ['JavaScript', Infinity],
    ['WebAssembly', 1],
  ])('in %s', (_name, least) => {
    const usual = policy.indices;
    beforeEach(() => {
      policy.indices = least;
    });
    afterEach(() => {
      policy.indices = usual;
    });
    body();
  });
}
