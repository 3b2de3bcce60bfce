import { policy } from '../policy.js';
import type { SharedHeap } from './sharedHeap.js';
import { header, places, program, taskBits } from './worker.js';

const { load, store, sub, compareExchange, wait, notify } = Atomics;
const { max, min } = Math;

/** A function of a module on the pool's heap. */
export type Kernel = (...args: number[]) => number | void;

/**
 * A kernel and its arguments. Bit k of `own` says that argument k is an address in an area that every thread has for itself: it is the
 * caller's, and each further thread adds its distance.
 */
export type Call = readonly [kernel: Kernel, own: number, ...args: number[]];

/** Calls that one thread makes one after the other. */
export type Task = readonly Call[];

/** The little that is used of a worker, of Node or of a browser. */
interface Worker {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

interface Platform {
  readonly process?: { getBuiltinModule?(id: string): unknown };
  readonly Worker?: new (url: string) => Worker & { onerror: unknown };
  readonly URL: { createObjectURL(blob: object): string };
  readonly Blob: new (parts: string[], options: { type: string }) => object;
}

/** Starts a worker that keeps no process alive; if it fails to start, or dies, the caller does its share. */
function start(): Worker {
  const { process, Worker, URL, Blob } = globalThis as unknown as Platform;
  const node = process?.getBuiltinModule?.('node:worker_threads') as typeof import('node:worker_threads') | undefined;
  if (node) {
    // Nothing of what the process was started with is for a worker: neither hooks of module loaders nor a debugger.
    const worker = new node.Worker(program, { eval: true, execArgv: [], env: {} });
    worker.on('error', () => {});
    worker.unref();
    return worker;
  }
  const worker = new Worker!(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
  worker.onerror = (event: { preventDefault(): void }) => event.preventDefault();
  return worker;
}

/** Whether this thread may sleep: a page's own thread may not. */
function maySleep(): boolean {
  try {
    wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

const taskMask = 2 ** taskBits - 1;
/** Numbers that a job may consist of. */
const capacity = 2 ** 16;
/**
 * Turns of a loop in which a thread looks out for work, or for the others, before it sleeps: some 200 us. Waking one takes 10 to 50, and callers
 * stage operands between two jobs.
 */
const spins = 100_000;

/** Threads that work on one heap. The caller takes tasks like the others: where none of them is up yet, it does all of them. */
export class Pool {
  readonly heap: SharedHeap;
  readonly workers: readonly Worker[];
  private readonly shared: Int32Array;
  private readonly numbers: Float64Array;
  /** Modules that the workers have been sent. */
  private sent = 0;
  private readonly sleeps: boolean = maySleep();
  private readonly lost: () => void;

  /** `lost` is called when a worker has stopped in the middle of a task: it may still write to the heap, which nobody may use again. */
  constructor(heap: SharedHeap, threads: number, lost: () => void) {
    const control = new SharedArrayBuffer(header + 8 * capacity);
    this.heap = heap;
    this.lost = lost;
    this.shared = new Int32Array(control, 0, header / 4);
    this.numbers = new Float64Array(control, header);
    this.workers = Array.from({ length: threads - 1 }, start);
    this.workers.forEach((worker, k) => {
      worker.postMessage({ memory: heap.memory, control, spins, thread: k + 1 });
    });
  }

  /** The caller and its workers. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /**
   * Does tasks of calls of the heap's kernels, in any order and at the same time, with `distance` bytes between the threads' own areas;
   * returns the sum of what the kernels returned when all is done.
   */
  run(tasks: readonly Task[], distance: number = 0): number {
    // What one thread does is not worth waking another for.
    return tasks.length === 1 ? perform(tasks[0]) : this.start(tasks, distance)();
  }

  /**
   * Begins to do tasks, and leaves the caller time for something else, which no kernel may need; the function that it gives must be called
   * before other tasks begin, and does what `run` does.
   */
  start(tasks: readonly Task[], distance: number = 0): () => number {
    let count = tasks.length === 0 ? 0 : this.publish(tasks, 0, distance);
    return () => {
      let sum = 0;
      for (let first = 0; first < tasks.length; ) {
        sum += count === 0 ? perform(tasks[first]) : this.work(tasks, first, count);
        first += max(count, 1);
        count = first < tasks.length ? this.publish(tasks, first, distance) : 0;
      }
      return sum;
    };
  }

  stop(): void {
    for (const worker of this.workers) worker.terminate();
  }

  /** Hands out as many tasks as fit into a job; says how many. */
  private publish(tasks: readonly Task[], first: number, distance: number): number {
    const { shared, numbers, heap } = this;
    // Nothing is pending, unless an error came between a start and its end.
    this.settle();
    let last = min(tasks.length, first + taskMask);
    let to = 2 * (last - first);
    for (let k = first; k < last; k++) {
      const start = to;
      for (const call of tasks[k]) {
        if (to + 1 + call.length > capacity) {
          last = k;
          break;
        }
        numbers[to++] = heap.numberOf(call[0]);
        numbers[to++] = call.length - 2;
        for (let a = 1; a < call.length; a++) numbers[to++] = call[a] as number;
      }
      numbers[2 * (k - first)] = start;
      numbers[2 * (k - first) + 1] = to;
    }
    const count = last - first;
    if (count === 0) return 0;
    for (; this.sent < heap.modules.length; this.sent++) {
      for (const worker of this.workers) worker.postMessage(heap.modules[this.sent]);
    }
    shared[places.tasks] = count;
    shared[places.distance] = distance;
    shared[places.failed] = 0;
    store(shared, places.pending, count);
    store(shared, places.job, heap.kernels * 2 ** taskBits + count);
    notify(shared, places.job, count);
    return count;
  }

  /** The caller's part of a job: what the others leave it, and to wait for them. */
  private work(tasks: readonly Task[], first: number, count: number): number {
    const { shared, numbers } = this;
    const failures: unknown[] = [];
    for (let index = this.take(); index >= 0; index = this.take()) {
      try {
        numbers[2 * index] = perform(tasks[first + index]);
      } catch (error) {
        failures.push(error);
      }
      sub(shared, places.pending, 1);
    }
    this.settle();
    if (failures.length > 0) throw failures[0];
    if (shared[places.failed] !== 0) throw new Error('A kernel failed on another thread');
    let sum = 0;
    for (let k = 0; k < count; k++) sum += numbers[2 * k];
    return sum;
  }

  /** The index of a task that nobody else does; -1 when there is none left. */
  private take(): number {
    const { shared } = this;
    for (;;) {
      const job = load(shared, places.job);
      const left = job & taskMask;
      if (left === 0) return -1;
      if (compareExchange(shared, places.job, job, job - 1) === job) return shared[places.tasks] - left;
    }
  }

  /** Waits for the tasks that others took. */
  private settle(): void {
    const { shared } = this;
    for (let i = 0; i < spins; i++) if (load(shared, places.pending) === 0) return;
    const end = performance.now() + policy.patience;
    for (let left = load(shared, places.pending); left !== 0; left = load(shared, places.pending)) {
      if (this.sleeps) wait(shared, places.pending, left, policy.patience);
      if (performance.now() >= end && load(shared, places.pending) !== 0) {
        this.lost();
        throw new Error('A thread stopped in the middle of its work; from here on one thread does all of it');
      }
    }
  }
}

/** Makes a task's calls on this thread. */
function perform(task: Task): number {
  let sum = 0;
  for (const [kernel, , ...args] of task) sum += kernel(...args) ?? 0;
  return sum;
}
