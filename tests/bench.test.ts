import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lines, table } from './bench/report.js';
import { workloads } from './bench/workloads.js';
import { skipUnless } from './helpers/skip.js';

interface Outcome {
  output: string;
  errors: string;
  status: number | null;
}

function bench(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tests/bench/main.ts', ...args]);
  const outcome: Outcome = { output: '', errors: '', status: null };
  child.stdout.setEncoding('utf8').on('data', (text) => (outcome.output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (outcome.errors += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...outcome, status })));
}

const installed = existsSync('tests/bench/peers/node_modules');

describe('arguments', () => {
  const refused = [
    [['--vs', 'pandas'], 1, /argument 'pandas' is invalid.*pytorch, tfjs-wasm, jax-js, processes/],
    [['--threads', '0'], 1, /argument '0' is invalid.*integer from 1/],
    [['--blas', 'maybe'], 1, /argument 'maybe' is invalid.*on, off/],
    [['--vs', 'none', '--only', 'overhead,krenel/'], 2, /^no workload starts with 'krenel\/'\n$/],
    [['--python', '/no/python'], 2, /^pytorch: \/no\/python cannot import torch; give --python PATH or --vs none\n$/],
  ] as const;

  test.concurrent.each(refused)(
    '%j: one line, and no run',
    async (args, status, message) => {
      const outcome = await bench(...args);
      expect(outcome.errors).toMatch(message);
      expect(outcome.errors.trimEnd()).not.toContain('\n');
      expect(outcome).toMatchObject({ output: '', status });
    },
    60_000,
  );

  skipUnless(!installed, 'the JavaScript peers are installed')(
    'a peer that is not installed says how to install it',
    async () => {
      const { errors, status } = await bench('--vs', 'jax-js');
      expect(errors).toBe('jax-js: not installed; run npm install in tests/bench/peers\n');
      expect(status).toBe(2);
    },
    60_000,
  );
});

test('every workload of the PyTorch side is one of ours, and the other way round', () => {
  const names: string[] = [];
  let sizes: number[] = [];
  for (const line of readFileSync('tests/bench/peers/pytorch.py', 'utf8').split('\n')) {
    const loop = /^for n in \((.*)\):/.exec(line);
    if (loop) sizes = loop[1].split(', ').map((n) => (n.startsWith('1 << ') ? 2 ** Number(n.slice(5)) : Number(n)));
    const call = /^\s*(bench|train)\(f?'([^']+)',/.exec(line);
    if (!call) continue;
    const name = call[1] === 'train' ? `train/${call[2]}` : call[2];
    names.push(...(name.includes('{n}') ? sizes.map((n) => name.replace('{n}', String(n))) : [name]));
  }
  expect(names.length).toBeGreaterThan(30);
  expect(workloads.map(({ name }) => name).sort()).toEqual(names.sort());
});

test('a small workload runs, prints a row and writes JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const json = join(folder, 'out.json');
  const only = 'overhead/add4_grad,kernel/add_4096';
  const { output, errors, status } = await bench(
    '--vs',
    'none',
    '--blas',
    'off',
    '--rounds',
    '1',
    '--only',
    only,
    '--json',
    json,
  );
  expect(errors).toBe('');
  expect(status).toBe(0);
  expect(output).toMatch(/^.*threads: 1, our BLAS: none\n/);
  expect(output).toMatch(/\| overhead\/add4_grad +\| +[\d.]+ \| +[\d.]+ \|/);
  const [overhead, kernel] = JSON.parse(readFileSync(json, 'utf8'));
  rmSync(folder, { recursive: true });
  expect(overhead).toEqual({
    workload: 'overhead/add4_grad',
    us: expect.any(Number),
    mean: expect.any(Number),
    work: null,
    unit: null,
    peers: {},
  });
  expect(overhead.us).toBeGreaterThan(0);
  expect(overhead.mean).toBeGreaterThanOrEqual(overhead.us);
  expect(kernel.work / ((3 * 4 * 4096) / kernel.us / 1e3)).toBeCloseTo(1, 3);
  expect(kernel.unit).toBe('GB/s');
}, 120_000);

test('the best of all rounds counts, on both sides; what a peer cannot do stays empty', () => {
  const chosen = workloads.filter(({ name }) => ['overhead/add4', 'kernel/matmul_64'].includes(name));
  const own = new Map([
    [
      'overhead/add4',
      [
        { workload: 'overhead/add4', us: 2, mean: 4 },
        { workload: 'overhead/add4', us: 1, mean: 2 },
      ],
    ],
    ['kernel/matmul_64', [{ workload: 'kernel/matmul_64', us: 4, mean: 4 }]],
  ]);
  const theirs = new Map([
    [
      'overhead/add4',
      [
        { workload: 'overhead/add4', us: 8 },
        { workload: 'overhead/add4', us: 9 },
      ],
    ],
    ['kernel/matmul_64', [{ workload: 'kernel/matmul_64', error: 'no' }]],
  ]);
  const rows = lines(chosen, own, new Map([['pytorch', theirs]]));
  expect(rows).toEqual([
    { workload: 'overhead/add4', us: 1, mean: 3, work: null, unit: null, peers: { pytorch: { us: 8, ratio: 8 } } },
    { workload: 'kernel/matmul_64', us: 4, mean: 4, work: 131.07, unit: 'GFLOP/s', peers: {} },
  ]);
  const [, , first, second] = table(rows, ['pytorch']).split('\n');
  expect(first.split('|').map((cell) => cell.trim())).toEqual(['', 'overhead/add4', '1', '3', '', '8', '8.00', '']);
  expect(second).toMatch(/\| 131\.07 GFLOP\/s \| +\| +\|$/);
});
