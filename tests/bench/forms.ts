/** The library in the forms in which programs get it: as the package is built, and in a bundle for older engines. */
import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

export type Form = 'package' | 'es2021';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the benchmark imports of the library comes from the built package, as it is there. */
const fromPackage: Plugin = {
  name: 'from the package',
  setup({ onResolve }) {
    onResolve({ filter: /^\.+\/.*\.js$/ }, ({ path, resolveDir }) => {
      const file = relative(root, join(resolveDir, path));
      return /^(lib|kernels)\//.test(file) ? { path: join(root, 'dist', file), external: true } : undefined;
    });
  },
};

/** Builds our side of the benchmark on a form of the library; gives the program's path. */
export async function programOn(form: Form): Promise<string> {
  // In dist, so that the optional packages are found from there.
  const outfile = join(root, 'dist', 'bench', `${form}.mjs`);
  if (form === 'package') execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  await build({
    entryPoints: [join(root, 'tests', 'bench', 'ours.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    ...(form === 'package' ? { plugins: [fromPackage] } : { target: 'es2021' }),
  });
  return outfile;
}
