/** The package as programs get it: built, typed, imported, and in a bundle for pages. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { installedPackage, tsc } from './helpers/installed.js';

let home: string;

/** Trains one step, and touches what a user's types meet: options, named results, modules, arrays. */
const program = `
import * as tg from 'tapegrad';

class Model extends tg.nn.Module {
  hidden = new tg.nn.Linear(2, 3);
  head = new tg.nn.Linear(3, 1, { bias: false });
  forward(x: tg.Tensor): tg.Tensor {
    return this.head.forward(this.hidden.forward(x).tanh());
  }
}
const model = new Model();
for (const p of model.parameters()) tg.nn.init.constant_(p, 0.5);
const optimizer = new tg.optim.SGD(model.parameters(), { lr: 0.1 });
const x: tg.Tensor = tg.tensor([[1, 2], [3, 4]]);
const loss = tg.nn.functional.mseLoss(model.forward(x), tg.ones(2, 1));
loss.backward();
optimizer.step();
const { values, indices } = x.max(1);
const shape: readonly number[] = values.shape;
console.log(loss.item().toFixed(4), shape.join(), indices.tolist());
`;
const printed = /^\d+\.\d{4} 2 \[ 1, 1 \]\n$/;

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: home, encoding: 'utf8' });
}

beforeAll(() => {
  home = installedPackage();
  writeFileSync(join(home, 'program.ts'), program);
}, 120_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each(['nodenext', 'bundler'])('its declarations stand alone where modules resolve as in %s', (resolution) => {
  const module = resolution === 'bundler' ? 'esnext' : resolution;
  const options = ['--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', '', '--noEmit'];
  expect(run(tsc, 'program.ts', ...options, '--module', module, '--moduleResolution', resolution)).toBe('');
});

test('runs as it is built', () => {
  run(tsc, 'program.ts', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', '');
  expect(run(process.execPath, 'program.js')).toMatch(printed);
});

test('runs in one file for pages and older engines', async () => {
  const outfile = join(home, 'bundle.mjs');
  await build({
    entryPoints: [join(home, 'program.ts')],
    outfile,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2021',
    logLevel: 'error',
  });
  expect(run(process.execPath, outfile)).toMatch(printed);
});
