/** Runs a corpus against a library: every scored sample of the index ends as passed, or as failed with a reason. */
import {
  type Entry,
  type Index,
  type IndexEntry,
  PARTS,
  type Part,
  readEntry,
  readIndex,
  type Sample,
} from './corpus.js';
import type { Library } from './library.js';
import { runModel } from './models.js';
import { runModule } from './modules.js';
import { type Progress, runOperation } from './operations.js';
import { runOptimizer } from './optimizers.js';
import { Decoder } from './values.js';

interface Verdict {
  passed: boolean;
  /** The outputs were right, whatever the gradients. */
  forward: boolean;
  reason?: string;
  /** Where the library or the runner threw. */
  stack?: string;
}

/** One scored sample. */
export interface Result extends Verdict {
  id: string;
  part: Part;
  name: string;
  category: string;
  tier: number;
  weight: number;
}

export interface Outcome {
  results: Result[];
  /** Samples with complex numbers, left out of the score. */
  complex: Record<Part, number>;
}

export interface Options {
  device?: string;
  /** Names of entries; all without it. */
  only?: string[];
  onResult?: (result: Result) => void;
}

type Runner = (entry: Entry, sample: Sample, decoder: Decoder, progress: Progress) => void;

const RUNNERS: Record<Part, Runner> = {
  ops: runOperation,
  modules: runModule,
  optim: runOptimizer,
  models: runModel,
};

/** Runs what the index of `directory` lists; throws a CorpusError when there is none to read. */
export function runCorpus(library: Library, directory: string, options: Options = {}): Outcome {
  const index = readIndex(directory);
  const outcome: Outcome = { results: [], complex: { ops: 0, modules: 0, optim: 0, models: 0 } };
  for (const part of PARTS) {
    for (const [name, listed] of Object.entries(index[part])) {
      if (options.only && !options.only.includes(name)) continue;
      outcome.complex[part] += listed.complex_samples;
      for (const result of runEntry(library, directory, part, name, listed, options)) {
        outcome.results.push(result);
        options.onResult?.(result);
      }
    }
  }
  return outcome;
}

/** The names in `only` that the index does not know. */
export function unknownNames(index: Index, only: string[]): string[] {
  return only.filter((name) => PARTS.every((part) => !Object.hasOwn(index[part], name)));
}

function* runEntry(
  library: Library,
  directory: string,
  part: Part,
  name: string,
  listed: IndexEntry,
  { device = 'cpu' }: Options,
): Generator<Result> {
  const { category, tier, weight } = listed;
  const common = { part, name, category, tier, weight };
  const scored = listed.samples - listed.complex_samples;
  let samples: Sample[] = [];
  let absent = 'the index lists this sample, the records do not hold it';
  try {
    const entry = readEntry(directory, part, name);
    const decoder = new Decoder(library, entry.blob, device);
    // A model's file is one sample as a whole.
    const held = part === 'models' ? [{ id: name } as Sample] : entry.samples;
    samples = held.filter((sample) => !sample?.complex);
    for (const [i, sample] of samples.entries()) {
      const id = sample?.id ?? `${name}/record ${i}`;
      yield { id, ...common, ...runSample(RUNNERS[part], entry, sample, decoder) };
    }
  } catch (error) {
    absent = `the records cannot be read: ${(error as Error).message}`;
  }
  for (let i = samples.length; i < scored; i++) {
    yield { id: `${name}/missing ${i}`, ...common, passed: false, forward: false, reason: absent };
  }
}

function runSample(run: Runner, entry: Entry, sample: Sample, decoder: Decoder): Verdict {
  const progress: Progress = { forward: false };
  try {
    run(entry, sample, decoder, progress);
    return { passed: true, forward: true };
  } catch (error) {
    const { message, stack } = error as Error;
    return { passed: false, forward: progress.forward, reason: message, stack };
  }
}
