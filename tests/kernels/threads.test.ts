import fc from 'fast-check';
import { i32, load, ModuleBuilder, plus, times } from '../../kernels/wasm/assembler.js';
import { policy } from '../../kernels/wasm/policy.js';
import type { Kernel, Pool, Task } from '../../kernels/wasm/threads/pool.js';
import { setThreads, threadPool, threads, Work } from '../../kernels/wasm/threads/threads.js';
import { marks, tasksOf, twoThreads } from '../helpers/threads.js';

const usual = { ...policy };

afterEach(() => {
  Object.assign(policy, usual);
  setThreads(1);
});

/** `add(address, value)`: adds a whole number to what lies at an address, and returns that number. */
function adder(pool: Pool): Kernel {
  const module = new ModuleBuilder();
  module.function('add', ['i32', 'i32'], 'i32', (f, [address, value]) => {
    f.store('i32.store', address, plus(load('i32.load', address), value));
    f.result(value);
  });
  return pool.heap.compile(module).add;
}

test('one thread at first, without a pool', () => {
  expect(threads()).toBe(1);
  expect(threadPool()).toBe(null);
});

test('two threads work at the same time', () => {
  expect(twoThreads().workers.length).toBe(1);
  expect(threads()).toBe(2);
});

test.each([1, 2, 5000, 20_000])('each of %d tasks is done once', (count) => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(4 * count);
  pool.heap.i32.fill(0);
  for (let round = 0; round < 3; round++) {
    const lists = Array.from({ length: count }, (_, k) => [at + 4 * k, k]);
    expect(pool.run(tasksOf(add, lists))).toBe((count * (count - 1)) / 2);
  }
  expect([...pool.heap.i32.subarray(at / 4, at / 4 + count)]).toEqual(Array.from({ length: count }, (_, k) => 3 * k));
});

test('many short jobs of several kernels, right after each other', () => {
  const pool = twoThreads();
  const kernels = Array.from({ length: 5 }, () => adder(pool));
  const at = pool.heap.reserve(64);
  pool.heap.i32.fill(0);
  for (let round = 0; round < 20_000; round++) {
    const lists = [
      [at, 1],
      [at + 16, 2],
      [at + 32, 3],
    ];
    pool.run(tasksOf(kernels[round % 5], lists));
  }
  expect([0, 4, 8].map((k) => pool.heap.i32[at / 4 + k])).toEqual([20_000, 40_000, 60_000]);
});

test('a task makes its calls one after the other', () => {
  const pool = twoThreads();
  const module = new ModuleBuilder();
  // What lies at the address, times ten, plus a digit.
  module.function('digit', ['i32', 'i32'], null, (f, [address, value]) => {
    f.store('i32.store', address, plus(times(load('i32.load', address), i32(10)), value));
  });
  const digit = pool.heap.compile(module).digit as Kernel;
  const add = adder(pool);
  const at = pool.heap.reserve(400);
  pool.heap.i32.fill(0);
  const tasks = Array.from({ length: 100 }, (_, k): Task => {
    const to = at + 4 * k;
    return [
      [digit, 0, to, 1],
      [digit, 0, to, 2],
      [add, 0, to, 100 * k],
      [digit, 0, to, 3],
    ];
  });
  pool.run(tasks);
  const wanted = Array.from({ length: 100 }, (_, k) => 10 * (12 + 100 * k) + 3);
  expect([...pool.heap.i32.subarray(at / 4, at / 4 + 100)]).toEqual(wanted);
});

test('tasks are done while the caller does something else', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(400);
  pool.heap.i32.fill(0);
  const finish = pool.start(tasksOf(add, [[at, 5]]));
  const end = Date.now() + 60_000;
  while (pool.heap.i32[at / 4] === 0 && Date.now() < end);
  expect(pool.heap.i32[at / 4]).toBe(5);
  expect(finish()).toBe(5);
  expect(pool.start([])()).toBe(0);
});

test('each thread has an area of its own', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const { meet } = marks(pool);
  const at = pool.heap.reserve(400);
  const [first, second, met, own] = [0, 4, 8, 64].map((offset) => at + offset);
  const both = 12 + at;
  const { i32 } = pool.heap;
  const end = Date.now() + 60_000;
  // Until each thread has taken one of the two tasks.
  do {
    i32.fill(0);
    const task = (mine: number, other: number, result: number): Task => [
      [meet, 0, mine, other, result, 1e6],
      [add, 1, own, 1],
    ];
    pool.run([task(first, second, met), task(second, first, both)], 128);
  } while ((i32[met / 4] === 0 || i32[both / 4] === 0) && Date.now() < end);
  expect([i32[own / 4], i32[own / 4 + 32]]).toEqual([1, 1]);
});

test('collected work is done with and without a pool, with the same result', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(64);
  for (const threads of [pool, null]) {
    pool.heap.i32.fill(0);
    const work = new Work(threads);
    for (let round = 1; round < 3; round++) {
      for (let k = 0; k < 9; k++) {
        work.task();
        work.call(add, 0, at + 4 * k, k);
        work.call(add, 0, at + 4 * k, round);
      }
      expect(work.done()).toBe(36 + 9 * round);
      expect(work.done()).toBe(0);
    }
    const seen = [...pool.heap.i32.subarray(at / 4, at / 4 + 9)];
    expect(seen).toEqual(Array.from({ length: 9 }, (_, k) => 2 * k + 3));
  }
});

test('no tasks are no work; a task of more calls than fit is the caller’s', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(64);
  pool.heap.i32.fill(0);
  expect(pool.run([])).toBe(0);
  const long: Task = new Array(50_000).fill([add, 0, at, 1]);
  expect(pool.run([[[add, 0, at, 1]], long, [[add, 0, at + 4, 7]]])).toBe(50_008);
  expect([0, 1].map((k) => pool.heap.i32[at / 4 + k])).toEqual([50_001, 7]);
});

test('before the other threads are up the caller does all of it', () => {
  setThreads(3);
  const pool = threadPool() as Pool;
  const add = adder(pool);
  const at = pool.heap.reserve(4);
  const lists = [
    [at, 1],
    [at, 2],
  ];
  pool.run(tasksOf(add, lists));
  expect(pool.heap.i32[at / 4]).toBe(3);
});

test('all threads see memory that has grown', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(2 ** 24) + 2 ** 24;
  const lists = Array.from({ length: 64 }, (_, k) => [at - 256 + 4 * k, 1]);
  pool.run(tasksOf(add, lists));
  expect([...pool.heap.i32.subarray(at / 4 - 64, at / 4)]).toEqual(new Array(64).fill(1));
});

test.each([false, true])('a worker that is killed leaves its work to the caller; awaited: %s', async (awaited) => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(4 * 100);
  pool.heap.i32.fill(0);
  // Asleep: whoever is killed with a task in hand has its caller wait.
  await new Promise((done) => setTimeout(done, 20));
  const ended = pool.workers[0].terminate();
  if (awaited) await ended;
  const lists = Array.from({ length: 100 }, (_, k) => [at + 4 * k, k]);
  pool.run(tasksOf(add, lists));
  expect([...pool.heap.i32.subarray(at / 4, at / 4 + 100)]).toEqual(Array.from({ length: 100 }, (_, k) => k));
});

test('an error of a kernel is the caller’s, on whichever thread it was; the pool works on', () => {
  const pool = twoThreads();
  const module = new ModuleBuilder();
  module.function('trap', ['i32'], null, (f, [address]) => f.store('i32.store', address, i32(0)));
  const { trap } = pool.heap.compile(module);
  for (let round = 0; round < 100; round++) {
    expect(() => pool.run(tasksOf(trap, [[-4], [-4], [-4], [-4]]))).toThrow(/bounds|on another thread/);
    pool.run(tasksOf(trap, [[0], [0], [0]]));
  }
});

test('a thread that does not finish is given up with an error, and one thread goes on', () => {
  const pool = twoThreads();
  const { meet, hold } = marks(pool);
  const at = pool.heap.reserve(64);
  policy.patience = 1;
  // Who takes the long task is chance: until it is the other thread.
  const tries = (): void => {
    for (let round = 0; round < 500; round++) {
      pool.heap.i32.fill(0);
      pool.run([
        [[meet, 0, at, at + 4, at + 8, 1e6]],
        [
          [meet, 0, at + 4, at, at + 12, 1e6],
          [hold, 0, 2 ** 26],
        ],
      ]);
    }
  };
  expect(tries).toThrow(/stopped in the middle of its work/);
  expect(threads()).toBe(1);
  expect(threadPool()).toBe(null);
});

test('copies between private and shared memory, however they lie', () => {
  setThreads(2);
  const { heap } = threadPool() as Pool;
  const at = heap.reserve(4 * 20_000);
  fc.assert(
    fc.property(
      fc.nat(3),
      fc.nat(3),
      fc.oneof(fc.nat(40), fc.integer({ min: 4090, max: 9000 })),
      (shift, from, count) => {
        const source = Float32Array.from({ length: from + count + 1 }, (_, k) => k + 1);
        heap.f32.fill(-1, at / 4, at / 4 + count + 8);
        heap.write(at + 4 * shift, source, from, count);
        const inside = [...heap.f32.subarray(at / 4, at / 4 + shift + count + 1)];
        expect(inside).toEqual([...new Array(shift).fill(-1), ...source.subarray(from, from + count), -1]);
        const back = new Float32Array(from + count + 1);
        heap.read(at + 4 * shift, back, from, count);
        expect([...back]).toEqual([...new Array(from).fill(0), ...source.subarray(from, from + count), 0]);
      },
    ),
  );
});

test('pieces of a range cover it once, in whole units', () => {
  const pool = twoThreads();
  const add = adder(pool);
  const at = pool.heap.reserve(4 * 1000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 10 }), (units, unit) => {
      const seen: number[] = [];
      const work = new Work(pool);
      work.share(add, units * unit, unit, (first, size) => {
        expect(first % unit).toBe(0);
        for (let k = 0; k < size; k++) seen.push(first + k);
        return [at, size];
      });
      expect(work.done()).toBe(units * unit);
      expect(seen).toEqual(Array.from({ length: units * unit }, (_, k) => k));
    }),
  );
});
