import { bind, parseSignature } from '../core/bind.js';
import type { Arguments } from '../core/define.js';
import { ArgumentError, ValueError } from '../core/errors.js';
import { tensor } from '../ops/creation/creation.js';
import { randint, randperm } from '../ops/creation/random.js';
import { multinomial } from '../ops/creation/randomMethods.js';
import type { Generator as Stream } from '../random.js';
import type { Tensor } from '../tensor.js';

/** In which order samples are taken: iterates their numbers, anew each time. PyTorch: torch.utils.data.Sampler. */
export interface Sampler<T = number> extends Iterable<T> {
  /** How many it gives. */
  readonly length: number;
}

/** What has a length: a dataset, a list. */
export interface Sized {
  readonly length: number;
}

/** Throws where a count is not an integer of at least 1. */
export function checkSize(name: string, option: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new ValueError(`${name}: ${option} must be an integer of at least 1, got ${String(value)}`);
}

/** From the first to the last. PyTorch: torch.utils.data.SequentialSampler. */
export class SequentialSampler implements Sampler {
  private readonly source: Sized;

  constructor(dataSource: Sized) {
    this.source = dataSource;
  }

  get length(): number {
    return this.source.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.source.length; i++) yield i;
  }
}

/** Options of `RandomSampler`. */
export interface RandomSamplerOptions {
  /** A sample may come more than once. */
  replacement?: boolean;
  /** How many are taken; as many as there are unless given. */
  numSamples?: number | null;
  /** The stream; the default generator unless given. */
  generator?: Stream | null;
}

const randomSignature = parseSignature('RandomSampler(dataSource, replacement=false, numSamples=null, generator=null)');

/** In random order, another one each time. PyTorch: torch.utils.data.RandomSampler. */
export class RandomSampler implements Sampler {
  private readonly source: Sized;
  private readonly replacement: boolean;
  private readonly numSamples: number | null;
  private readonly generator: Stream | null;

  constructor(
    ...args: Arguments<
      [dataSource: Sized, replacement?: boolean, numSamples?: number | null, generator?: Stream | null],
      RandomSamplerOptions
    >
  ) {
    const [source, replacement, numSamples, generator] = bind(randomSignature, args, 1);
    if (numSamples !== null) checkSize('RandomSampler', 'numSamples', numSamples);
    this.source = source as Sized;
    this.replacement = replacement as boolean;
    this.numSamples = numSamples as number | null;
    this.generator = generator as Stream | null;
  }

  get length(): number {
    return this.numSamples ?? this.source.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const n = this.source.length;
    const { generator } = this;
    if (n === 0) return;
    if (this.replacement) {
      yield* randint(n, [this.length], { generator }).tolist() as number[];
      return;
    }
    for (let rest = this.length; rest > 0; rest -= n) {
      yield* (randperm(n, { generator }).tolist() as number[]).slice(0, rest);
    }
  }
}

const subsetSignature = parseSignature('SubsetRandomSampler(indices, generator=null)');

/** Given indices in random order, another one each time. PyTorch: torch.utils.data.SubsetRandomSampler. */
export class SubsetRandomSampler implements Sampler {
  private readonly indices: readonly number[];
  private readonly generator: Stream | null;

  constructor(
    ...args: Arguments<[indices: readonly number[], generator?: Stream | null], { generator?: Stream | null }>
  ) {
    const [indices, generator] = bind(subsetSignature, args, 1);
    this.indices = indices as readonly number[];
    this.generator = generator as Stream | null;
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const order = randperm(this.indices.length, { generator: this.generator }).tolist() as number[];
    for (const i of order) yield this.indices[i];
  }
}

/** Options of `WeightedRandomSampler`. */
export interface WeightedRandomSamplerOptions {
  numSamples?: number;
  /** A sample may come more than once (default true). */
  replacement?: boolean;
  /** The stream; the default generator unless given. */
  generator?: Stream | null;
}

const weightedSignature = parseSignature(
  'WeightedRandomSampler(weights, numSamples, replacement=true, generator=null)',
);

/** Numbers drawn by weight, which need not sum to 1. PyTorch: torch.utils.data.WeightedRandomSampler. */
export class WeightedRandomSampler implements Sampler {
  readonly length: number;
  private readonly weights: Tensor;
  private readonly replacement: boolean;
  private readonly generator: Stream | null;

  constructor(
    ...args: Arguments<
      [weights: readonly number[], numSamples: number, replacement?: boolean, generator?: Stream | null],
      WeightedRandomSamplerOptions
    >
  ) {
    const [weights, numSamples, replacement, generator] = bind(weightedSignature, args, 1);
    checkSize('WeightedRandomSampler', 'numSamples', numSamples);
    this.weights = tensor(weights as number[], { dtype: 'float64' });
    this.length = numSamples as number;
    this.replacement = replacement as boolean;
    this.generator = generator as Stream | null;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const { weights, length, replacement, generator } = this;
    yield* multinomial(weights, length, replacement, { generator }).tolist() as number[];
  }
}

/** Options of `BatchSampler`. */
export interface BatchSamplerOptions {
  batchSize?: number;
  /** Leave out a last batch that is not full. */
  dropLast?: boolean;
}

const batchSignature = parseSignature('BatchSampler(sampler, batchSize, dropLast)');

/** Another sampler's numbers in lists of `batchSize`. PyTorch: torch.utils.data.BatchSampler. */
export class BatchSampler implements Sampler<number[]> {
  private readonly sampler: Iterable<number> & Partial<Sized>;
  private readonly batchSize: number;
  private readonly dropLast: boolean;

  constructor(
    ...args: Arguments<
      [sampler: Iterable<number> & Partial<Sized>, batchSize: number, dropLast: boolean],
      BatchSamplerOptions
    >
  ) {
    const [sampler, batchSize, dropLast] = bind(batchSignature, args, 1);
    checkSize('BatchSampler', 'batchSize', batchSize);
    this.sampler = sampler as Iterable<number> & Partial<Sized>;
    this.batchSize = batchSize as number;
    this.dropLast = dropLast as boolean;
  }

  get length(): number {
    const { length } = this.sampler;
    if (length === undefined) throw new ArgumentError('BatchSampler: its sampler has no length');
    return this.dropLast ? Math.floor(length / this.batchSize) : Math.ceil(length / this.batchSize);
  }

  *[Symbol.iterator](): IterableIterator<number[]> {
    yield* batches(this.sampler, this.batchSize, this.dropLast);
  }
}

/** Lists of `size` items one after the other; the last may be shorter unless `dropLast`. */
export function* batches<T>(items: Iterable<T>, size: number, dropLast: boolean): IterableIterator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0 && !dropLast) yield batch;
}
