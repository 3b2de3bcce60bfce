/** Places of the numbers that caller and workers share. */
export const places = {
  /** How many kernels a worker must know for this job, and in the lowest `taskBits` bits how many tasks nobody has taken yet: workers sleep on it. */
  job: 0,
  /** Tasks that are not done yet: the caller sleeps on it. */
  pending: 1,
  /** Tasks of the job in all. */
  tasks: 2,
  /** Bytes between the threads' own areas. */
  distance: 3,
  /** Not zero after a task has thrown on another thread. */
  failed: 4,
} as const;

export const taskBits = 12;
/** Bytes in front of a job's calls: where each task starts and ends, then a kernel's number, how many arguments it has, which of them are in the thread's own area, and those. */
export const header = 64;

/**
 * What a worker runs: the text of a program, so that bundlers, test runners and notebooks leave it as it is. Its first message brings the
 * memories; each further one a module, whose functions it puts under their numbers. It takes a task only when it knows the job's kernels:
 * for the message that brings them, sent before the job was, it goes back to its event loop. One number says both which kernels and which
 * task, so that a worker which was away for long never takes one for the other. Where a task started, its worker leaves the sum of
 * what the kernels returned.
 */
export const program: string = `
const port = typeof require === 'function' ? require('node:worker_threads').parentPort : self;
const { load, compareExchange, store, sub, wait, notify } = Atomics;
const mask = (1 << ${taskBits}) - 1;
const kernels = [];
let shared, numbers, memory, spins, thread;
function run(task) {
  let sum = 0;
  const end = numbers[2 * task + 1];
  const distance = thread * shared[${places.distance}];
  try {
    for (let at = numbers[2 * task]; at < end; ) {
      const kernel = kernels[numbers[at]], count = numbers[at + 1], own = numbers[at + 2];
      const args = [];
      for (let k = 0; k < count; k++) args.push((own >> k) & 1 ? numbers[at + 3 + k] + distance : numbers[at + 3 + k]);
      sum += kernel(...args) ?? 0;
      at += 3 + count;
    }
  } catch {
    store(shared, ${places.failed}, 1);
  }
  numbers[2 * task] = sum;
  if (sub(shared, ${places.pending}, 1) === 1) notify(shared, ${places.pending});
}
function work() {
  for (let idle = 0; ; ) {
    const job = load(shared, ${places.job});
    const left = job & mask;
    if (left === 0) {
      if (++idle > spins) {
        wait(shared, ${places.job}, job);
        idle = 0;
      }
      continue;
    }
    if (kernels.length < job >> ${taskBits}) return;
    idle = 0;
    if (compareExchange(shared, ${places.job}, job, job - 1) === job) run(shared[${places.tasks}] - left);
  }
}
port.onmessage = ({ data }) => {
  if (data.memory) {
    ({ memory, spins, thread } = data);
    shared = new Int32Array(data.control, 0, ${header / 4});
    numbers = new Float64Array(data.control, ${header});
  } else {
    const { exports } = new WebAssembly.Instance(data.module, { env: { memory } });
    for (const name of data.names) kernels.push(exports[name]);
  }
  work();
};
`;
