import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { requestDevice } from '../kernels/webgpu/device.js';
import { Pool } from '../kernels/webgpu/pool.js';
import { Queue } from '../kernels/webgpu/queue.js';
import { testOnGpu } from './helpers/webgpu.js';

/** Runs a program that has the GPU's kernels as `webgpu`; its output and exit status. */
function run(body: string): { output: string; status: number | null } {
  const index = JSON.stringify(resolve('kernels/webgpu/index.ts'));
  const program = `import { webgpu } from ${index};\n${body}`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--expose-gc', '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { output: stdout.trim() || stderr, status };
}

const add = `
const { formula } = await import(${JSON.stringify(resolve('kernels/dag.ts'))});
const increment = formula(1, (s, a) => s.add(a, s.const(1)));
const view = (buffer, n) => ({ buffer, offset: 0, shape: [n], strides: [1], dtype: 'float32' });`;

describe('a process with a GPU', () => {
  testOnGpu('ends by itself, its timers and immediates untouched', () => {
    const { output, status } = run(`${add}
      const { kernels } = await webgpu();
      const x = view(kernels.allocate('float32', 1), 1);
      kernels.fill(x, 41);
      const seen = [];
      setImmediate(() => seen.push('immediate'));
      kernels.pointwise1(increment, 'float32', x, x);
      seen.push(kernels.read(x)[0]);
      process.on('exit', () => console.log(seen.join(' ')));`);
    expect(output).toBe('42 immediate');
    expect(status).toBe(0);
  });

  testOnGpu('gets memory back from the collector, and does not grow in one long turn', () => {
    const { output, status } = run(`${add}
      const { kernels, memory } = await webgpu();
      const n = 2 ** 16;
      const zeros = new Float32Array(n);
      const turn = (steps) => {
        const x = view(kernels.allocate('float32', n), n);
        for (let i = 0; i < steps; i++) {
          kernels.upload(x.buffer, 0, zeros);
          kernels.pointwise1(increment, 'float32', x, x);
        }
        return kernels.read(x)[n - 1];
      };
      turn(100);
      const before = process.memoryUsage().rss;
      console.log(turn(3000));
      console.log(process.memoryUsage().rss - before < 350e6);
      for (let i = 0; i < 300; i++) kernels.fill(view(kernels.allocate('float32', n), n), 1);
      gc();
      await new Promise((done) => setTimeout(done, 50));
      gc();
      await new Promise((done) => setTimeout(done, 50));
      console.log(memory().liveBuffers < 10);`);
    expect(output).toBe('1\ntrue\ntrue');
    expect(status).toBe(0);
  });
});

describe('where a thread cannot wait', () => {
  testOnGpu('a read names its Async twin, which works', async () => {
    const queue = new Queue({ ...(await requestDevice()), wait: null });
    const pool = new Pool(
      queue.largestBuffer,
      (bytes) => queue.createBuffer(bytes),
      () => queue.flush(),
    );
    const handle = pool.take(8);
    queue.write(handle, 0, Int32Array.of(5, 6));
    const take = (bytes: ArrayBuffer): number[] => [...new Int32Array(bytes)];
    expect(() => queue.read(handle, 0, 8, take)).toThrow(
      'webgpu: this thread cannot wait for the GPU; use the Async twin of this call (readAsync, itemAsync, ...)',
    );
    expect(await queue.readAsync(handle, 0, 8, take)).toEqual([5, 6]);
  });

  testOnGpu('code that the device refuses is an error that says why', async () => {
    const queue = new Queue(await requestDevice());
    expect(() => queue.compile('fn main( {', [])).toThrow(/^webgpu: Error while parsing WGSL/);
  });
});

describe('without memory', () => {
  test('the error says how much is in use and what to do', () => {
    const pool = new Pool(
      2 ** 30,
      () => {
        throw new Error('out of memory');
      },
      () => {},
    );
    expect(() => pool.take(2 ** 21)).toThrow(
      'webgpu: no memory for 2.0 MiB while 0 buffers hold 0.0 MiB; free tensors with a scope, or `await` now and then so that the collector can',
    );
  });
});
