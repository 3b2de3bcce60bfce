import { sameShape } from '../../kernels/view.js';
import { noGrad } from '../autograd/modes.js';
import { ArgumentError, StateDictError, showShape } from '../core/errors.js';
import { Tensor } from '../tensor.js';

/** Names and tensors: what `stateDict` gives and `loadStateDict` takes. */
export type StateDict = Record<string, Tensor>;

/** Which names a state dict and a module did not share. */
export interface LoadResult {
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];
}

/** Copies a state dict into a module's tensors, given by name; everything is checked before the first is written. */
export function loadState(
  name: string,
  entries: readonly [string, Tensor][],
  state: StateDict,
  strict: boolean,
): LoadResult {
  if (typeof state !== 'object' || state === null || state instanceof Tensor) {
    throw new ArgumentError('loadStateDict: expected an object of names and tensors, as stateDict() gives');
  }
  const own = new Map(entries);
  const missingKeys = [...own.keys()].filter((key) => !Object.hasOwn(state, key));
  const unexpectedKeys = Object.keys(state).filter((key) => !own.has(key));
  const problems = strict
    ? [...missingKeys.map((key) => `missing key ${key}`), ...unexpectedKeys.map((key) => `unexpected key ${key}`)]
    : [];
  const shared = [...own].filter(([key]) => Object.hasOwn(state, key));
  for (const [key, x] of shared) {
    const given: unknown = state[key];
    if (!(given instanceof Tensor)) problems.push(`${key} is not a tensor`);
    else if (!sameShape(given.shape, x.shape))
      problems.push(`${key} has shape ${showShape(given.shape)}, the module's ${showShape(x.shape)}`);
  }
  if (problems.length > 0) {
    throw new StateDictError(`loadStateDict: the state dict does not fit ${name}: ${problems.join('; ')}`);
  }
  noGrad(() => {
    for (const [key, x] of shared) x.copy_(state[key].to(x.device));
  });
  return { missingKeys, unexpectedKeys };
}
