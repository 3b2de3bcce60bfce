import { mkdirSync } from 'node:fs';
import * as tg from '../../../lib/index.js';
import { messageOf, UserError } from './errors.js';
import type { CommandLine, Options } from './options.js';

/** All that changes while training: what a checkpoint holds. */
export interface Run {
  model: tg.nn.Sequential;
  optimizer: tg.optim.Optimizer;
  scheduler: tg.optim.lrScheduler.LRScheduler;
  /** The epoch under way, from 0, and the next batch in it. */
  epoch: number;
  batch: number;
  /** The loss of each batch so far. */
  losses: number[];
}

/** A checkpoint as it stands in its file. */
export type Checkpoint = {
  program: 'mnist';
  settings: Record<Setting, string | number | null>;
  /** The `--data` directory, null for the digits that come with npm. */
  directory: string | null;
  /** The fingerprint of the training digits. */
  digits: string;
  epoch: number;
  batch: number;
  losses: number[];
  model: Record<string, tg.Tensor>;
  optimizer: ReturnType<tg.optim.Optimizer['stateDict']>;
  scheduler: ReturnType<tg.optim.lrScheduler.LRScheduler['stateDict']>;
  generator: ReturnType<typeof tg.getRngState>;
};

const SETTINGS = ['epochs', 'batchSize', 'lr', 'seed', 'device', 'limit'] as const;
type Setting = (typeof SETTINGS)[number];

/** Writes the run so far; a process killed meanwhile leaves the old file or the new one. */
export function saveCheckpoint(path: string, run: Run, options: Options, digits: string): void {
  const { model, optimizer, scheduler, epoch, batch, losses } = run;
  const checkpoint: Checkpoint = {
    program: 'mnist',
    settings: {
      epochs: options.epochs,
      batchSize: options.batchSize,
      lr: options.lr,
      seed: options.seed,
      device: options.device,
      limit: options.limit ?? null,
    },
    directory: options.data ?? null,
    digits,
    epoch,
    batch,
    losses,
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: scheduler.stateDict(),
    generator: tg.getRngState(),
  };
  tg.save(checkpoint, path);
}

/** Reads a checkpoint. */
export function readCheckpoint(path: string): Checkpoint {
  let checkpoint: Partial<Checkpoint> | null;
  try {
    checkpoint = tg.load(path) as Partial<Checkpoint> | null;
  } catch (error) {
    throw new UserError(`cannot resume from ${path}: ${messageOf(error)}`);
  }
  if (checkpoint?.program !== 'mnist') throw new UserError(`cannot resume from ${path}: another program wrote it`);
  return checkpoint as Checkpoint;
}

/** Puts a new run where the saved one was. */
export function restore(run: Run, checkpoint: Checkpoint): void {
  run.model.loadStateDict(checkpoint.model);
  run.optimizer.loadStateDict(checkpoint.optimizer);
  run.scheduler.loadStateDict(checkpoint.scheduler);
  tg.setRngState(checkpoint.generator);
  run.epoch = checkpoint.epoch;
  run.batch = checkpoint.batch;
  run.losses = checkpoint.losses;
}

/** The options to go on with: the checkpoint's, which those on the command line must not contradict. */
export function resumedOptions({ options, given }: CommandLine, checkpoint: Checkpoint): Options {
  const { settings } = checkpoint;
  for (const name of SETTINGS) {
    if (!given.has(name) || options[name] === settings[name]) continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const trained = settings[name] === null ? `without ${flag}` : `with ${flag} ${settings[name]}`;
    throw new UserError(
      `${flag} ${options[name]}: the checkpoint was trained ${trained}. Leave it out, or leave out --resume.`,
    );
  }
  const kept = { ...settings, limit: settings.limit ?? undefined } as Pick<Options, Setting>;
  return { ...options, ...kept, data: given.has('data') ? options.data : (checkpoint.directory ?? undefined) };
}

/** Creates the directory that results go to. */
export function createDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UserError(`--out ${path}: ${messageOf(error)}`);
  }
}
