import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = join(process.cwd(), 'node_modules');

/** The compiler of this repository. */
export const tsc: string = join(modules, '.bin/tsc');

/** A new folder in which the package is installed as npm does it: as built, beside what it depends on. */
export function installedPackage(...optional: string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'tapegrad-package-'));
  const installed = join(home, 'node_modules', 'tapegrad');
  mkdirSync(installed, { recursive: true });
  mkdirSync(join(home, 'node_modules', '@types'));
  for (const name of ['ndarray', '@types/ndarray', ...optional])
    symlinkSync(join(modules, name), join(home, 'node_modules', name));
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')]);
  copyFileSync('package.json', join(installed, 'package.json'));
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }');
  return home;
}
