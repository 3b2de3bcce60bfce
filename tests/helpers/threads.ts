import { i32, load, ModuleBuilder, op } from '../../kernels/wasm/assembler.js';
import type { Kernel, Pool, Task } from '../../kernels/wasm/threads/pool.js';
import { setThreads, threadPool } from '../../kernels/wasm/threads/threads.js';

/** Where the kernels below leave their marks, behind the area that kernels reserve. */
interface Marks {
  readonly meet: Kernel;
  readonly hold: Kernel;
}

/**
 * `meet(mine, other, result, turns)` writes to `mine` and waits for so many turns until another call has written to `other`; then it
 * writes to `result`. `hold(turns)` only waits.
 */
export function marks(pool: Pool): Marks {
  const module = new ModuleBuilder();
  module.function('meet', ['i32', 'i32', 'i32', 'i32'], null, (f, [mine, other, result, turns]) => {
    const k = f.local('i32');
    f.store('i32.store', mine, i32(1));
    f.block((end) => {
      f.count(k, turns, 1, () => {
        f.when(load('i32.load', other), () => {
          f.store('i32.store', result, i32(1));
          f.branch(end);
        });
      });
    });
  });
  module.function('hold', ['i32'], null, (f, [turns]) => {
    const k = f.local('i32');
    f.count(k, turns, 1, () => f.store('i32.store', i32(0), op('i32.add', k, i32(1))));
  });
  return pool.heap.compile(module) as unknown as Marks;
}

/** A task of one call for each list of arguments. */
export function tasksOf(kernel: Kernel, lists: readonly (readonly number[])[]): Task[] {
  return lists.map((args) => [[kernel, 0, ...args]]);
}

/** Starts two threads and returns once both of them take tasks. */
export function twoThreads(): Pool {
  setThreads(2);
  const pool = threadPool() as Pool;
  const at = pool.heap.reserve(32);
  const { meet } = marks(pool);
  const end = Date.now() + 60_000;
  for (;;) {
    pool.heap.i32.fill(0, at / 4, at / 4 + 4);
    const both = [
      [at, at + 4, at + 8, 1e6],
      [at + 4, at, at + 12, 1e6],
    ];
    pool.run(tasksOf(meet, both));
    // One thread alone does one after the other, and the first of them meets nobody.
    if (pool.heap.i32[at / 4 + 2] !== 0 && pool.heap.i32[at / 4 + 3] !== 0) return pool;
    if (Date.now() > end) throw new Error('the second thread has not come up in a minute');
  }
}
