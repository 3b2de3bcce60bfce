/** The corpus on disk: its index, and one entry's records and tensors at a time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Blob, readBlob } from './blob.js';
import type { Tolerance } from './compare.js';
import type { Json } from './values.js';

export const PARTS = ['ops', 'modules', 'optim', 'models'] as const;
export type Part = (typeof PARTS)[number];

/** The corpus itself cannot be read, as opposed to one record of it. */
export class CorpusError extends Error {}

export interface IndexEntry {
  category: string;
  tier: number;
  weight: number;
  samples: number;
  complex_samples: number;
}

export type Index = Record<Part, Record<string, IndexEntry>>;

type JsonObject = { [key: string]: Json };

/** What a record of any part may hold; the runners of the parts read what is theirs. */
export interface Sample {
  id: string;
  complex?: boolean;
  tol_scale: { out: number; grad?: number };
  unstable?: string[];
  args: Json[];
  kwargs: JsonObject;
  output: Json;
  cotangents?: (JsonObject | null)[];
  grads?: Record<string, { $t: string } | null>;
}

export interface Call {
  kind: 'function' | 'method' | 'attr' | 'expr';
  path: string;
}

/** An entry's file: its head and its samples. */
export interface Entry {
  part: Part;
  name: string;
  tol: Tolerance;
  call: Call;
  samples: Sample[];
  blob: Blob;
  /** The file as written, for what only one part has. */
  head: JsonObject;
}

export function readIndex(directory: string): Index {
  const path = join(directory, 'index.json');
  let index: Partial<Index>;
  try {
    index = JSON.parse(readFileSync(path, 'utf8')) as Partial<Index>;
  } catch (error) {
    throw new CorpusError(`cannot read the corpus: ${path}: ${(error as Error).message}`);
  }
  if (typeof index?.ops !== 'object') throw new CorpusError(`cannot read the corpus: ${path} lists no 'ops'`);
  return { ops: index.ops, modules: index.modules ?? {}, optim: index.optim ?? {}, models: index.models ?? {} };
}

export function readEntry(directory: string, part: Part, name: string): Entry {
  const head = JSON.parse(readFileSync(join(directory, part, `${name}.json`), 'utf8'));
  const blob = readBlob(join(directory, part, head.blob));
  return { part, name, tol: head.tol, call: head.call, samples: head.samples, blob, head };
}
