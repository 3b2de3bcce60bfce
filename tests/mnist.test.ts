import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../docs/examples/mnist/errors.js';
import { parseCommandLine } from '../docs/examples/mnist/options.js';
import { NAMES, writeDigits } from './mnist/files.js';
import { runProgram } from './mnist/program.js';

const MINUTE = 60_000;
const FLAGS = ['--epochs', '--batch-size', '--lr', '--seed', '--device', '--data', '--out', '--limit', '--resume'];

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'mnist-'));
});
afterEach(() => rmSync(out, { recursive: true }));

const sha256 = (stdout: string) => stdout.match(/^weights sha256 ([0-9a-f]{64})$/m)?.[1];

test(
  'a run ends with the sha256 of the weights and the accuracy, and leaves a report that stands alone',
  async () => {
    const { code, stdout, stderr } = await runProgram(['--limit', '200', '--out', out]);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-2)).toMatch(/^weights sha256 [0-9a-f]{64}$/);
    expect(lines.at(-1)).toMatch(/^test accuracy: \d{1,3}\.\d\d %$/);
    expect(existsSync(join(out, 'checkpoint'))).toBe(true);

    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).not.toMatch(/https?:|<script|<link|@import|url\(/);
    for (const [, source] of report.matchAll(/src="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
    expect(report).toMatch(/<polyline class="raw" points="[\d., -]+"/);
    const counts = [
      ...(report.match(/<table id="confusion">.*?<\/table>/s)?.[0] ?? '').matchAll(/<td style[^>]*>(\d+)</g),
    ].map(([, count]) => Number(count));
    expect(counts).toHaveLength(100);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    const right = counts.filter((_, cell) => cell % 11 === 0).reduce((sum, count) => sum + count, 0);
    expect(lines.at(-1)).toBe(`test accuracy: ${(right / 2).toFixed(2)} %`);
    expect(report.match(/<figure>/g) ?? []).toHaveLength(Math.min(30, 200 - right));
    expect(report).toContain(sha256(stdout) as string);
  },
  MINUTE,
);

test(
  'interrupted twice and resumed, it ends with the weights of a run that was never stopped',
  async () => {
    const [data, otherData] = ['data', 'other data'].map((name) => join(out, name));
    for (const directory of [data, otherData]) mkdirSync(directory);
    writeDigits(data, 1250, 100);
    writeDigits(otherData, 1100, 100);
    const settings = ['--data', data, '--limit', '1200', '--batch-size', '48', '--epochs', '2', '--seed', '3'];
    const stopped = join(out, 'stopped');
    const checkpoint = join(stopped, 'checkpoint');
    const first = await runProgram([...settings, '--out', stopped], /^epoch 1\/2/m);
    expect([first.code, first.stderr]).toEqual([130, '']);
    expect(first.stdout).toContain(`npm start -- --resume ${checkpoint}`);
    expect(existsSync(join(stopped, 'report.html'))).toBe(false);

    const second = await runProgram(['--resume', checkpoint], /^epoch 2\/2/m);
    expect([second.code, second.stderr]).toEqual([130, '']);
    expect(second.stdout).toContain('interrupted in epoch 2');

    const otherwise = await runProgram(['--resume', checkpoint, '--data', otherData]);
    expect([otherwise.code, otherwise.stderr]).toEqual([
      2,
      expect.stringMatching(/^error: --data .* not the images .*\n$/),
    ]);
    const changed = await runProgram(['--resume', checkpoint, '--lr', '0.5']);
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringMatching(/^error: --lr 0.5: .*--lr 0.01.*\n$/)]);

    const last = await runProgram([...settings, '--out', stopped, '--resume']);
    const whole = await runProgram([...settings, '--out', join(out, 'whole')]);
    expect([last.code, whole.code]).toEqual([0, 0]);
    expect(sha256(whole.stdout)).toBeDefined();
    expect(last.stdout.split('\n').slice(-3)).toEqual(whole.stdout.split('\n').slice(-3));
  },
  3 * MINUTE,
);

test(
  'another seed gives other weights, and the same seed the same',
  async () => {
    writeDigits(out, 100, 20, true);
    const weights = async (seed: string) =>
      sha256((await runProgram(['--data', out, '--out', join(out, seed), '--seed', seed])).stdout);
    const [one, again, two] = [await weights('1'), await weights('1'), await weights('2')];
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toBe(one);
    expect(two).not.toBe(one);
  },
  MINUTE,
);

test(
  '--help explains every flag',
  async () => {
    const { code, stdout } = await runProgram(['--help']);
    expect(code).toBe(0);
    for (const flag of FLAGS) expect(stdout).toMatch(new RegExp(`^  ${flag}( [<[]\\w+[>\\]])? +\\w.{10}`, 'm'));
  },
  MINUTE,
);

test.each([
  ['--epochs', '0'],
  ['--batch-size', '1.5'],
  ['--lr', '-1'],
  ['--lr', ''],
  ['--seed', '-1'],
  ['--seed', '9007199254740993'],
  ['--device', 'abacus'],
  ['--limit', 'many'],
  ['--sed', '1'],
])('%s %s is an error that names the flag', (flag, value) => {
  expect(() => parseCommandLine(['node', 'mnist.ts', flag, value])).toThrow(UserError);
  expect(() => parseCommandLine(['node', 'mnist.ts', flag, value])).toThrow(new RegExp(`'${flag}\\b`));
});

test.each([
  ['--lr', '-1', /^error: option '--lr <RATE>' argument '-1' is invalid\. It must be a number above 0\.\n$/],
  ['--data', '/nowhere', /^error: \/nowhere: neither .*--data takes a directory.*\n$/],
  ['--resume', '/nowhere/checkpoint', /^error: cannot resume from \/nowhere\/checkpoint: .*\n$/],
  ['--out', '/dev/null/runs', /^error: --out \/dev\/null\/runs: .*\n$/],
] as [string, string, RegExp][])(
  'what the user can put right is one line and exit code 2: %s %s',
  async (flag, value, line) => {
    const { code, stdout, stderr } = await runProgram(['--out', out, flag, value]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
  },
  MINUTE,
);

test(
  'a damaged file is one line and exit code 2',
  async () => {
    writeDigits(out, 20, 20);
    truncateSync(join(out, NAMES[2]), 1000);
    const digits = await runProgram(['--data', out, '--out', out]);
    expect([digits.code, digits.stderr]).toEqual([
      2,
      expect.stringMatching(/^error: t10k-images-idx3-ubyte: truncated: .*\n$/),
    ]);
    writeFileSync(join(out, 'checkpoint'), 'no checkpoint');
    const resumed = await runProgram(['--out', out, '--resume']);
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringMatching(/^error: cannot resume from .*\n$/)]);
  },
  MINUTE,
);
