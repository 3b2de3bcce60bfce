/** Scores a corpus of recorded PyTorch results: `npm run -s conformance -- DIR`. */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { type Path, pathNames, paths } from '../helpers/paths.js';
import { CorpusError, readIndex } from './corpus.js';
import { loadLibrary } from './library.js';
import { format } from './report.js';
import { type Result, runCorpus, unknownNames } from './run.js';
import { report } from './score.js';

interface Flags {
  device: string;
  path?: Path;
  json?: string;
  only?: string[];
  verbose?: boolean;
}

const CANNOT_READ = 2;

function printResult({ id, part, passed, stack }: Result): void {
  console.log(`${passed ? 'pass' : 'FAIL'} ${part} ${id}`);
  if (stack) console.log(stack);
}

async function main(directory: string, { device, path, json, only, verbose }: Flags): Promise<void> {
  if (path) paths[path]();
  for (const name of unknownNames(readIndex(directory), only ?? [])) console.error(`the index has no entry '${name}'`);
  const library = await loadLibrary(device);
  const outcome = runCorpus(library, directory, { device, only, onResult: verbose ? printResult : undefined });
  console.log(format(outcome));
  if (json) writeFileSync(json, `${JSON.stringify(report(outcome.results), null, 1)}\n`);
}

const program = new Command('conformance')
  .description('Scores a corpus of recorded PyTorch results: operations, modules, optimizers, models.')
  .argument('<dir>', 'the corpus: index.json, ops/, modules/, optim/, models/')
  .option('--device <device>', 'where the inputs are made', 'cpu')
  .addOption(new Option('--path <name>', 'send operands of every size one way on the CPU').choices(pathNames))
  .option('--json <file>', 'write the scores and failures there')
  .option('--only <names>', 'only these entries, separated by commas', (names: string) => names.split(','))
  .option('--verbose', 'print every sample as it ends, and where a failure was thrown')
  .action(main);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CorpusError)) throw error;
  console.error(error.message);
  process.exitCode = CANNOT_READ;
}
