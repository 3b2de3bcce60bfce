import { giveBack, making, type Owner, type Storage, tape } from '../core/storage.js';
import { Tensor } from '../core/tensor.js';

/**
 * Runs code of the library's own that shows nobody what it makes on the way: that memory belongs to the tape, which gives it back when
 * the last node that saved it has been walked, or to no one if none saved it. Code of the user's (hooks, callbacks, modules) must not run inside.
 */
export class Hidden {
  private readonly outside: Owner | null = making.owner;
  private made: Storage[] = [];

  /** Runs one stage; all that stages before it made, but for its own result, has now been used. */
  run<R>(stage: () => R): R {
    const start = tape.made.length;
    making.owner = tape;
    let result: R;
    try {
      result = stage();
    } finally {
      making.owner = this.outside;
      this.made.push(...tape.made.splice(start));
    }
    if (this.made.length > 0) this.settle(storagesOf(result));
    return result;
  }

  /** From now on others know the result of the last stage. */
  show(): void {
    for (const storage of this.made) {
      storage.owner = this.outside;
      this.outside?.made.push(storage);
    }
    this.made = [];
  }

  /** Gives back what nothing saved, and leaves what something did to the tape; the results wait. */
  private settle(results: readonly Storage[]): void {
    const waiting: Storage[] = [];
    for (const storage of this.made) {
      if (results.includes(storage)) waiting.push(storage);
      else giveBack(storage, tape);
    }
    this.made = waiting;
  }
}

function storagesOf(result: unknown): Storage[] {
  if (result instanceof Tensor) return [result.storage];
  return typeof result === 'object' && result !== null ? Object.values(result).flatMap(storagesOf) : [];
}

/** Runs code that shows nobody but its result. */
export function hidden<R>(work: () => R): R {
  const stage = new Hidden();
  const result = stage.run(work);
  stage.show();
  return result;
}
