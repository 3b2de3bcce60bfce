import { canGenerate } from './source.js';

/**
 * Makes copies of a hand-written loop, one for each key that a caller forms from the codes of its operands' dtypes: the engine
 * optimises a source text for the typed arrays that have gone through it, and one that has seen five kinds is some twenty times slower.
 * The loop must be self-contained: parameters and globals only, no function inside. float16 goes through it staged as float32.
 * Where text may not become code, the loop itself serves all keys.
 */
export function specialize<F extends (...args: never[]) => unknown>(loop: F): (key: number) => F {
  const copies = new Map<number, F>();
  return (key) => {
    let copy = copies.get(key);
    if (copy === undefined) {
      copy = canGenerate ? copyOf(loop) : loop;
      copies.set(key, copy);
    }
    return copy;
  };
}

function copyOf<F>(loop: F): F {
  // Some compilers wrap functions in a call of `__name`, which they define at the top of the file.
  return new Function('__name', `'use strict'; return (${loop});`)((f: unknown) => f) as F;
}
