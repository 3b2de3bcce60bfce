import { makeHeap } from '../heap.js';
import { type Call, type Kernel, Pool } from './pool.js';
import { SharedHeap } from './sharedHeap.js';

const { ceil, min } = Math;

let pool: Pool | null = null;

/** The threads that large work is shared out among; null where there is only this one. */
export function threadPool(): Pool | null {
  return pool;
}

export function threads(): number {
  return pool === null ? 1 : pool.threads;
}

/** Stops the threads that there are, and starts others. Stays at one where a platform has no memory that threads share, or no threads. */
export function setThreads(count: number): void {
  if (count === threads()) return;
  pool?.stop();
  pool = null;
  if (count === 1) return;
  const heap = makeHeap((platform) => new SharedHeap(platform));
  if (heap === null) return;
  try {
    pool = new Pool(heap, count, () => setThreads(1));
  } catch {
    // A platform without workers or without shared memory.
  }
}

/** More than one, or who is interrupted keeps the others waiting. */
const piecesPerThread = 4;

/** Tasks for a pool, collected and then done together; where there is none, each call is made at once. */
export class Work {
  private readonly pool: Pool | null;
  private tasks: Call[][] = [];
  private sum = 0;

  constructor(pool: Pool | null) {
    this.pool = pool;
  }

  /** Begins a task: what is called from here on one thread does, one after the other. */
  task(): void {
    if (this.pool !== null) this.tasks.push([]);
  }

  call(kernel: Kernel, own: number, ...args: number[]): void {
    if (this.pool === null) this.sum += kernel(...args) ?? 0;
    else this.tasks[this.tasks.length - 1].push([kernel, own, ...args]);
  }

  /**
   * Calls a kernel over a range: once, or in tasks for pieces of whole units. `piece` gives the kernel's arguments for a part of the range.
   */
  share(kernel: Kernel, count: number, unit: number, piece: (first: number, size: number) => number[]): void {
    const pieces = this.pool === null ? 1 : piecesPerThread * this.pool.threads;
    const size = unit * ceil(count / unit / pieces);
    for (let first = 0; first < count; first += size) {
      this.task();
      this.call(kernel, 0, ...piece(first, min(size, count - first)));
    }
  }

  /** Waits until all is done, with `distance` bytes between the threads' own areas; gives the sum of what the kernels returned. */
  done(distance: number = 0): number {
    if (this.pool === null) return this.taken();
    const tasks = this.tasks;
    this.tasks = [];
    return this.pool.run(tasks, distance);
  }

  /** Has it begun, and leaves the caller time for what no kernel needs; the function that it gives does the rest like `done`. */
  begin(distance: number = 0): () => number {
    if (this.pool === null) return () => this.taken();
    const tasks = this.tasks;
    this.tasks = [];
    return this.pool.start(tasks, distance);
  }

  private taken(): number {
    const { sum } = this;
    this.sum = 0;
    return sum;
  }
}
