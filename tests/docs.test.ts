import { readdirSync, readFileSync } from 'node:fs';
import { docstrings, type Example, fences, run } from './helpers/examples.js';

const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe.each([
  ['fences of README and docs', pages.flatMap(fences)],
  ['examples of docstrings', docstrings('lib')],
])('%s', (_name, examples: Example[]) => {
  test('there are some', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(examples.map((example): [string, Example] => [example.where, example]))('%s', async (_where, example) => {
    await run(example);
  });
});

test('the diffs that are shown are what stands in the files', () => {
  const diffs = pages.flatMap((page) => [
    ...readFileSync(page, 'utf8').matchAll(/```diff\n[\s\S]*?\+\+\+ b\/(\S+)\n([\s\S]*?)```/g),
  ]);
  expect(diffs.length).toBeGreaterThan(0);
  for (const [, file, lines] of diffs) expect(readFileSync(file, 'utf8')).toContain(lines.replace(/^\+/gm, ''));
});
