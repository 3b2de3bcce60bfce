import { readFileSync } from 'node:fs';

const read = (name: string) => JSON.parse(readFileSync(name, 'utf8'));
const manifest = read('package.json');
const lock = read('package-lock.json');

test('is MIT, and the licence names the authors', () => {
  expect(manifest.license).toBe('MIT');
  expect(readFileSync('LICENSE', 'utf8')).toMatch(/^MIT License\n\nCopyright \(c\) the tapegrad authors\n/);
});

test('is ESM that CommonJS, bundlers and older TypeScript find too', () => {
  expect(manifest.type).toBe('module');
  expect(Object.keys(manifest.exports['.'])).toEqual(['types', 'default']);
  expect(manifest.main).toBe(manifest.exports['.'].default);
  expect(manifest.types).toBe(manifest.exports['.'].types);
});

test('runs nothing when it is installed', () => {
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'dependencies'];
  expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
});

test('installs without a GPU package, and takes the tested one where it is there', () => {
  expect(Object.keys(manifest.dependencies)).not.toContain('webgpu');
  expect(manifest.peerDependenciesMeta.webgpu).toEqual({ optional: true });
  expect(manifest.devDependencies.webgpu).toBe(manifest.peerDependencies.webgpu);
});

test('reaches the BLAS of the system through a package that may be missing', () => {
  expect(Object.keys(manifest.optionalDependencies)).toEqual(['koffi']);
  expect(Object.keys(manifest.dependencies)).not.toContain('koffi');
});

test('pins what it is built and tested with', () => {
  const { devDependencies, optionalDependencies, peerDependencies } = manifest;
  const versions = { ...devDependencies, ...optionalDependencies, ...peerDependencies };
  for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('locks every package for every platform, and no registry', () => {
  const locked = Object.entries<Record<string, never>>(lock.packages).filter(([path]) => path !== '');
  for (const [, entry] of locked) {
    expect(entry).not.toHaveProperty('resolved');
    expect(entry).toHaveProperty('integrity');
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      expect(locked.some(([path]) => path.endsWith(`node_modules/${name}`))).toBe(true);
    }
  }
});
