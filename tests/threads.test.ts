import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { systemBlas } from '../kernels/blas/library.js';
import * as tg from '../lib/index.js';

afterEach(() => tg.setNumThreads(1));

test('one thread, unless more are asked for', () => {
  expect(tg.getNumThreads()).toBe(1);
  tg.setNumThreads(3);
  expect(tg.getNumThreads()).toBe(3);
  expect(tg.info().threads).toBe(3);
  tg.setNumThreads(2);
  expect(tg.getNumThreads()).toBe(2);
  tg.setNumThreads(1);
  expect(tg.getNumThreads()).toBe(1);
});

test('the BLAS takes as many threads', () => {
  const blas = systemBlas();
  if (blas === null || blas.threads() === null) return;
  tg.setNumThreads(2);
  expect(tg.info().blas?.threads).toBe(2);
  tg.setNumThreads(1);
  expect(tg.info().blas?.threads).toBe(1);
});

test.each([0, -1, 1.5, NaN, Infinity, 1025, '2', null, undefined])('%p threads are refused', (count) => {
  expect(() => tg.setNumThreads(count as number)).toThrow(
    new tg.ValueError(`setNumThreads: the number of threads must be an integer from 1 to 1024, got ${String(count)}`),
  );
  expect(tg.getNumThreads()).toBe(1);
});

/** Runs a program that has the library as `tg` and two threads; gives its output and exit status. */
function run(body: string): Promise<{ output: string; status: number | null }> {
  const index = JSON.stringify(resolve('lib/index.ts'));
  const program = `import * as tg from ${index};
    tg.setNumThreads(2);
    const [x, y] = [tg.randn(256, 256), tg.randn(256, 256)];
    const product = () => x.matmul(y).sum().isfinite().item();
    ${body}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    env: { ...process.env, TAPEGRAD_BLAS: 'off' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((done) => child.on('close', (status) => done({ output, status })));
}

test.concurrent.each([
  ['after work', 'console.log(product());', 0],
  ['without work', 'console.log(1);', 0],
  ['by process.exit', 'console.log(product()); process.exit(3);', 3],
  ['by process.exit while its threads start', 'console.log(1); process.exit(3);', 3],
  ['after a while', 'setTimeout(() => console.log(product()), 300);', 0],
  ['with an error', 'console.log(product()); setTimeout(() => { throw 1; });', 1],
  ['after going back to one', 'product(); tg.setNumThreads(1); console.log(product());', 0],
])(
  'a process ends by itself: %s',
  async (_name, body, wanted) => {
    const { output, status } = await run(body);
    expect(output).toMatch(/^1\n/);
    expect(status).toBe(wanted);
  },
  60_000,
);

test.concurrent('the threads come up though the program never waits', async () => {
  const threads = JSON.stringify(resolve('tests/helpers/threads.ts'));
  // Imported before anything starts: what follows is one turn of the event loop.
  const { output } = await run(`
    const { twoThreads } = await import(${threads});
    console.log(twoThreads().workers.length);`);
  expect(output).toBe('1\n');
}, 60_000);
