/** Notebooks: a real tslab kernel, driven as Jupyter does it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installedPackage } from './helpers/installed.js';
import { skipUnless } from './helpers/skip.js';

const answers = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const python = ['/usr/bin/python3', 'python3'].find((path) => answers(path, '-c', 'import jupyter_client, IPython'));
const testNotebook = skipUnless(
  python !== undefined && answers('tslab', '--version'),
  'needs tslab, and Python with jupyter_client and IPython',
);
let home = '';

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What each of the cells showed, and the status with which the kernel ended after a polite request. */
function notebook(cells: string[], blas: 'on' | 'off'): { shown: string[]; status: number } {
  const env = { ...process.env, TAPEGRAD_BLAS: blas === 'off' ? 'off' : '', JUPYTER_PATH: join(home, 'share/jupyter') };
  const script = resolve('tests/helpers/notebook.py');
  const input = JSON.stringify(cells);
  return JSON.parse(execFileSync(python as string, [script], { cwd: home, env, input, encoding: 'utf8' }));
}

testNotebook(
  'cells show tensors, see their types, train on two threads, and the kernel ends by itself',
  () => {
    home = installedPackage('koffi');
    execFileSync('tslab', ['install', `--python=${python}`, `--prefix=${home}`]);
    for (const blas of ['on', 'off'] as const) {
      const { shown, status } = notebook(
        [
          "import * as tg from 'tapegrad';\ntg.setNumThreads(2);\nconst x = tg.ones(2, 3, { requiresGrad: true });\nx",
          'x.mul(2).sum().backward();\nx.grad',
          'const model = new tg.nn.Linear(3, 1);\nconst optimizer = new tg.optim.SGD(model.parameters(), { lr: 0.1 });\nmodel',
          `const losses: number[] = [];
          for (let i = 0; i < 20; i++) {
            optimizer.zeroGrad();
            const loss = model.forward(x.detach()).sub(1).square().mean();
            loss.backward();
            optimizer.step();
            losses.push(loss.item());
          }
          losses[19] < 1e-3 * losses[0]`,
          'const a = tg.ones(512, 512);\nconst corner: number = a.matmul(a).at(0, 0).item();\ncorner',
          'tg.info().threads',
          'x.matmul(x)',
        ],
        blas,
      );
      expect(shown.slice(0, -1)).toEqual([
        'tensor([[1., 1., 1.],\n        [1., 1., 1.]], requiresGrad=true)\n',
        'tensor([[2., 2., 2.],\n        [2., 2., 2.]])\n',
        'Linear(inFeatures=3, outFeatures=1, bias=true)\n',
        'true\n',
        '512\n',
        '2\n',
      ]);
      expect(shown.at(-1)).toContain('ShapeError: matmul: (2, 3) @ (2, 3)');
      expect(status).toBe(0);
    }
    const { shown } = notebook(["import * as tg from 'tapegrad';", 'const text: string = tg.ones(2).sum();'], 'on');
    expect(shown[1]).toContain("Type 'Tensor' is not assignable to type 'string'");
  },
  180_000,
);
