import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { transformSync } from '@swc/core';
import * as tg from '../../lib/index.js';

/** A piece of code that readers are shown, and what it prints where that is shown too. */
export interface Example {
  readonly where: string;
  readonly code: string;
  readonly output: string | null;
}

/** The `ts` and `js` fences of a page; a `text` fence right after one is what it prints. */
export function fences(page: string): Example[] {
  const text = readFileSync(page, 'utf8');
  const found = [...text.matchAll(/```(?:ts|js)\n([\s\S]*?)```(?:\s*```text\n([\s\S]*?)```)?/g)];
  return found.map((match) => ({
    where: `${page}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1],
    output: match[2] ?? null,
  }));
}

/** The `@example` blocks of the docstrings below a folder. */
export function docstrings(folder: string): Example[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts'))
    .flatMap((file) => {
      const path = join(file.parentPath, file.name);
      const text = readFileSync(path, 'utf8');
      return [...text.matchAll(/@example\n((?:\s*\* .*\n)+)/g)].map((match) => ({
        where: `${path}:${text.slice(0, match.index).split('\n').length}`,
        code: match[1].replace(/^\s*\* ?/gm, ''),
        output: null,
      }));
    });
}

const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : inspect(value));

/** Layout does not count: a docstring has one line where a print has several. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Runs an example: `tg` is the library, a line `expression // => value` is compared with how the value prints. */
export async function run({ code, output, where }: Example): Promise<void> {
  const checked = code.replace(/^(.*?);?\s*\/\/ => (.*)$/gm, (_line, expression: string, value: string) =>
    /^\s*(const|let)\s/.test(expression) ? `${expression};` : `__check(${expression}, ${JSON.stringify(value)});`,
  );
  const { code: script } = transformSync(checked.replace(/^import .* from 'tapegrad';$/gm, ''), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
    isModule: true,
  });
  const printed: string[] = [];
  const console = {
    log: (...values: unknown[]) => printed.push(values.map((v) => (typeof v === 'string' ? v : inspect(v))).join(' ')),
  };
  const check = (value: unknown, expected: string): void => {
    if (plain(shown(value)) !== plain(expected)) throw new Error(`${where}: expected ${expected}, got ${shown(value)}`);
  };
  const AsyncFunction = (async () => undefined).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<void>;
  tg.manualSeed(0);
  await new AsyncFunction('tg', 'console', '__check', script.replace(/^export /gm, ''))(tg, console, check);
  if (output !== null && plain(printed.join('\n')) !== plain(output)) {
    throw new Error(`${where}: expected the output\n${output}\ngot\n${printed.join('\n')}`);
  }
}
