import type { Operations } from '../ops/index.js';

let installed: Operations | null = null;

/** Hands the engine the operations that gradient rules are written in; `lib/tensor.ts` does it once. */
export function install(operations: Operations): void {
  installed = operations;
}

/** The operations, for gradient rules. */
export function table(): Operations {
  if (installed === null) throw new Error('the operations are not installed: import the library through its index');
  return installed;
}
