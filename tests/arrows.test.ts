import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The layers, lowest first; an import may only go down, or stay within its layer. */
const layers: readonly RegExp[] = [
  /^kernels\//,
  /^lib\/core\//,
  /^lib\/(random|format)\.ts$/,
  /^lib\/autograd\//,
  /^lib\/ops\//,
  /^lib\/tensor\.ts$/,
  /^lib\/(nn|optim|data|io)\/|^lib\/(?!index)\w+\.ts$/,
  /^lib\/index\.ts$/,
];

/** Neighbours in one layer that must not know each other. */
const apart = ['nn', 'optim', 'data', 'io'];

function layerOf(file: string): number {
  const layer = layers.findIndex((pattern) => pattern.test(file));
  if (layer < 0) throw new Error(`${file} belongs to no layer`);
  return layer;
}

/** Every file below a folder, and what it imports at run time: type-only imports are no arrows. */
function imports(folder: string): Map<string, string[]> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts'))
    .map((file) => join(file.parentPath, file.name));
  return new Map(files.map((file) => [file, targets(file)]));
}

function targets(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const statements = [...text.matchAll(/^(?:import|export)\b([^;'"]*?)\bfrom\s*'(\.[^']+)'/gm)].filter(
    ([, names]) => !isTypeOnly(names),
  );
  const bare = [...text.matchAll(/^import\s*'(\.[^']+)'/gm)].map(([, path]) => path);
  const dynamic = [...text.matchAll(/\bimport\(\s*'(\.[^']+)'\s*\)/g)]
    .filter((match) => !isTypePosition(text, match.index))
    .map(([, path]) => path);
  return [...statements.map(([, , path]) => path), ...bare, ...dynamic].map((path) =>
    relative('.', join(dirname(file), path)).replace(/\.js$/, '.ts'),
  );
}

/** `import type ...`, or braces in which every name is a type. */
function isTypeOnly(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true;
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names);
  return braces?.[1].split(',').every((name) => name.trim() === '' || /^type\s/.test(name.trim())) ?? false;
}

/** `typeof import('...')` is a type. */
function isTypePosition(text: string, at: number): boolean {
  return /typeof\s*$/.test(text.slice(0, at));
}

const graph = new Map([...imports('kernels'), ...imports('lib')]);

test('there are files, and arrows between them', () => {
  expect(graph.size).toBeGreaterThan(50);
  expect([...graph.values()].flat().length).toBeGreaterThan(100);
  expect(graph.get('lib/autograd/edges.ts')).toContain('lib/core/node.ts');
});

test('every import points down the layers', () => {
  const upward = [...graph].flatMap(([file, list]) =>
    list.filter((to) => layerOf(to) > layerOf(file)).map((to) => `${file} -> ${to}`),
  );
  expect(upward).toEqual([]);
});

test('kernels import nothing from the library', () => {
  const wrong = [...graph]
    .filter(([file]) => file.startsWith('kernels/'))
    .flatMap(([file, list]) => list.filter((to) => !to.startsWith('kernels/')).map((to) => `${file} -> ${to}`));
  expect(wrong).toEqual([]);
});

test('nn, optim, data and io do not import each other', () => {
  const part = (file: string): string | undefined => apart.find((name) => file.startsWith(`lib/${name}/`));
  const wrong = [...graph].flatMap(([file, list]) =>
    list
      .filter((to) => part(file) !== undefined && part(to) !== undefined && part(to) !== part(file))
      .map((to) => `${file} -> ${to}`),
  );
  expect(wrong).toEqual([]);
});

test('no circle', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const to of graph.get(file) ?? []) visit(to, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

test('only the statement that adds methods has an effect on import, and package.json names its file', () => {
  const { sideEffects } = JSON.parse(readFileSync('package.json', 'utf8')) as { sideEffects: string[] };
  expect(sideEffects).toEqual(['./dist/lib/tensor.js', './lib/tensor.ts']);
});
