/** Places of the numbers that caller and workers share. */
export const places = {
  /** The job's kernel, and how many tasks nobody has taken yet in the lowest `taskBits` bits: workers sleep on it. */
  job: 0,
  /** Tasks that are not done yet: the caller sleeps on it. */
  pending: 1,
  /** Tasks of the job in all, and arguments of each. */
  tasks: 2,
  arity: 3,
  /** Not zero after a task has thrown on another thread. */
  failed: 4,
} as const;

export const taskBits = 12;
/** Bytes in front of the arguments. */
export const header = 64;

/**
 * What a worker runs: the text of a program, so that bundlers, test runners and notebooks leave it as it is. Its first message brings the
 * memories; each further one a module, whose functions it puts under their numbers. It takes a task only of a kernel that it knows: for the message
 * that brings another, sent before the job was, it goes back to its event loop. Whoever takes the last task of a job learns from the same
 * number which kernel it was, so that a worker which was away for long never mixes two jobs up.
 */
export const program: string = `
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self;
const { load, compareExchange, store, sub, wait, notify } = Atomics;
const mask = (1 << ${taskBits}) - 1;
const kernels = [];
let shared, numbers, memory, spins;
function run(kernel, index) {
  const from = index * shared[${places.arity}];
  try {
    kernel(...numbers.subarray(from, from + shared[${places.arity}]));
  } catch {
    store(shared, ${places.failed}, 1);
  }
  if (sub(shared, ${places.pending}, 1) === 1) notify(shared, ${places.pending});
}
function work() {
  for (let idle = 0; ; ) {
    const job = load(shared, ${places.job});
    if ((job & mask) === 0) {
      if (++idle > spins) {
        wait(shared, ${places.job}, job);
        idle = 0;
      }
      continue;
    }
    const kernel = kernels[job >> ${taskBits}];
    if (kernel === undefined) return;
    idle = 0;
    if (compareExchange(shared, ${places.job}, job, job - 1) === job) run(kernel, shared[${places.tasks}] - (job & mask));
  }
}
port.onmessage = ({ data }) => {
  if (data.memory) {
    ({ memory, spins } = data);
    shared = new Int32Array(data.control, 0, ${header / 4});
    numbers = new Float64Array(data.control, ${header});
  } else {
    const { exports } = new WebAssembly.Instance(data.module, { env: { memory } });
    for (const name in data.numbers) kernels[data.numbers[name]] = exports[name];
  }
  work();
};
`;
