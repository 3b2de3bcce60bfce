import { bind, parseSignature } from '../core/bind.js';
import { ArgumentError, ValueError } from '../core/errors.js';
import type { Generator as Stream } from '../random.js';
import { type Collated, defaultCollate } from './collate.js';
import { Dataset } from './dataset.js';
import { BatchSampler, batches, checkSize, RandomSampler, SequentialSampler, type Sized } from './sampler.js';

/** What a loader reads: samples by number, a list, or samples one after the other. */
export type Source<T> = Dataset<T> | readonly T[] | Iterable<T> | AsyncIterable<T>;

/** Options of `DataLoader`. */
export interface DataLoaderOptions<T, B> {
  /** Samples in a batch, 1 unless given; null gives the samples one by one, uncollated. */
  batchSize?: number | null;
  /** Another random order each time. */
  shuffle?: boolean;
  /** The order; instead of `shuffle`. */
  sampler?: (Iterable<number> & Partial<Sized>) | null;
  /** The samples of each batch; instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
  batchSampler?: (Iterable<readonly number[]> & Partial<Sized>) | null;
  /** Makes a batch of samples; `defaultCollate` unless given. */
  collateFn?: ((samples: T[]) => B) | null;
  /** Leave out a last batch that is not full. */
  dropLast?: boolean;
  /** The stream that shuffles; the default generator unless given. */
  generator?: Stream | null;
}

type Rest<T, B> =
  | [batchSize?: number | null, shuffle?: boolean, sampler?: (Iterable<number> & Partial<Sized>) | null]
  | [batchSize: number | null, shuffle: boolean, options: DataLoaderOptions<T, B>]
  | [batchSize: number | null, options: DataLoaderOptions<T, B>]
  | [options: DataLoaderOptions<T, B>];

const signature = parseSignature(
  'DataLoader(dataset, batchSize=1, shuffle=false, sampler=null, batchSampler=null, *, collateFn=null, dropLast=false, generator=null)',
);

/** Samples with numbers, from a dataset or a list. */
class Samples<T> {
  readonly length: () => number;
  readonly get: (index: number) => T | Promise<T>;
  readonly batch: ((indices: readonly number[]) => Collated<T>) | null;

  constructor(source: Dataset<T> | readonly T[]) {
    this.length = () => source.length;
    if (Array.isArray(source)) {
      this.get = (index) => source[index];
      this.batch = null;
    } else {
      const dataset = source as Dataset<T>;
      this.get = (index) => dataset.get(index);
      this.batch = dataset.batch === undefined ? null : dataset.batch.bind(dataset);
    }
  }
}

function isNumbered<T>(source: Source<T>): source is Dataset<T> | readonly T[] {
  return Array.isArray(source) || source instanceof Dataset || ('get' in source && 'length' in source);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null)?.then === 'function';
}

function notSync(what: string): never {
  throw new ArgumentError(`DataLoader: ${what}; read the loader with \`for await\``);
}

/**
 * Reads a dataset in batches, in order or shuffled, with `for (const [x, y] of loader)` or `for await`; datasets that answer with promises
 * take `for await`. Each loop starts anew. A `TensorDataset` and its subsets give whole batches at once.
 * ValueError and ArgumentError for options out of range or at odds with each other. PyTorch: torch.utils.data.DataLoader.
 * @example
 * const data = new tg.data.TensorDataset(tg.arange(3), tg.ones(3));
 * [...new tg.data.DataLoader(data, { batchSize: 2 })].map(([x, y]) => x.shape) // => [ [ 2 ], [ 1 ] ]
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: Source<T>;
  readonly batchSize: number | null;
  readonly dropLast: boolean;
  /** The order of the samples; null where the dataset has no numbers. */
  readonly sampler: (Iterable<number> & Partial<Sized>) | null;
  /** The numbers of each batch's samples; null without batches. */
  readonly batchSampler: (Iterable<readonly number[]> & Partial<Sized>) | null;
  readonly collateFn: ((samples: T[]) => B) | null;

  constructor(dataset: Source<T>, ...rest: Rest<T, B>) {
    const bound = bind(signature, [dataset, ...rest], 1);
    const [, batchSize, shuffle, sampler, batchSampler, named] = bound;
    const o = { batchSize, shuffle, sampler, batchSampler, ...(named as object) } as Required<DataLoaderOptions<T, B>>;
    if (typeof dataset !== 'object' || dataset === null) {
      throw new ArgumentError('DataLoader: expected a Dataset, a list or an iterable first');
    }
    checkOptions(o, isNumbered(dataset));
    this.dataset = dataset;
    this.batchSize = o.batchSampler === null ? o.batchSize : null;
    this.dropLast = o.dropLast;
    this.collateFn = o.collateFn;
    this.sampler = isNumbered(dataset) ? (o.sampler ?? orderOf(dataset, o)) : null;
    this.batchSampler =
      o.batchSampler ??
      (this.sampler === null || o.batchSize === null ? null : new BatchSampler(this.sampler, o.batchSize, o.dropLast));
  }

  /** How many batches a loop gives. ArgumentError where the dataset or the sampler has no length. */
  get length(): number {
    const sized: Partial<Sized> = this.batchSampler ?? this.sampler ?? (this.dataset as Partial<Sized>);
    if (sized.length === undefined) throw new ArgumentError('DataLoader: what it reads has no length');
    if (this.sampler !== null || this.batchSize === null) return sized.length;
    return this.dropLast ? Math.floor(sized.length / this.batchSize) : Math.ceil(sized.length / this.batchSize);
  }

  private collate(samples: T[]): B {
    return this.collateFn === null ? (defaultCollate(samples) as B) : this.collateFn(samples);
  }

  private single(sample: T): B {
    return this.collateFn === null ? (sample as unknown as B) : this.collateFn(sample as unknown as T[]);
  }

  *[Symbol.iterator](): IterableIterator<B> {
    const { dataset, batchSize, batchSampler, collateFn } = this;
    if (!isNumbered(dataset)) {
      if (!(Symbol.iterator in dataset)) notSync('the dataset can only be read asynchronously');
      if (batchSize === null) for (const sample of dataset) yield this.single(sample);
      else for (const samples of batches(dataset, batchSize, this.dropLast)) yield this.collate(samples);
      return;
    }
    const samples = new Samples(dataset);
    const get = (index: number): T => {
      const sample = samples.get(index);
      return isPromise(sample) ? notSync('the dataset answers with promises') : sample;
    };
    if (batchSampler === null) for (const index of this.sampler as Iterable<number>) yield this.single(get(index));
    else if (samples.batch !== null && collateFn === null) {
      for (const indices of batchSampler) yield samples.batch(indices) as B;
    } else for (const indices of batchSampler) yield this.collate(Array.from(indices, get));
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<B> {
    const { dataset, batchSize, batchSampler, collateFn } = this;
    if (!isNumbered(dataset)) {
      yield* this.gathered(dataset, batchSize);
      return;
    }
    const samples = new Samples(dataset);
    if (batchSampler === null) {
      for (const index of this.sampler as Iterable<number>) yield this.single(await samples.get(index));
    } else if (samples.batch !== null && collateFn === null) {
      for (const indices of batchSampler) yield samples.batch(indices) as B;
    } else {
      for (const indices of batchSampler) {
        yield this.collate(await Promise.all(Array.from(indices, (index) => samples.get(index))));
      }
    }
  }

  /** Batches of samples that come one after the other. */
  private async *gathered(source: Iterable<T> | AsyncIterable<T>, batchSize: number | null): AsyncIterableIterator<B> {
    let batch: T[] = [];
    for await (const sample of source) {
      if (batchSize === null) {
        yield this.single(sample);
        continue;
      }
      batch.push(sample);
      if (batch.length < batchSize) continue;
      yield this.collate(batch);
      batch = [];
    }
    if (batch.length > 0 && !this.dropLast) yield this.collate(batch);
  }
}

function orderOf<T>(
  dataset: Sized,
  { shuffle, generator }: Required<DataLoaderOptions<T, unknown>>,
): RandomSampler | SequentialSampler {
  return shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset);
}

function checkOptions<T, B>(o: Required<DataLoaderOptions<T, B>>, numbered: boolean): void {
  if (o.batchSize !== null) checkSize('DataLoader', 'batchSize', o.batchSize);
  if (o.sampler !== null && o.shuffle) throw new ValueError('DataLoader: sampler and shuffle exclude each other');
  if (o.batchSampler !== null && (o.batchSize !== 1 || o.shuffle || o.sampler !== null || o.dropLast)) {
    throw new ValueError('DataLoader: batchSampler excludes batchSize, shuffle, sampler and dropLast');
  }
  if (o.batchSize === null && o.dropLast) throw new ValueError('DataLoader: dropLast needs a batchSize');
  if (!numbered && (o.shuffle || o.sampler !== null || o.batchSampler !== null)) {
    throw new ValueError(
      'DataLoader: samples that come one after the other have no order to shuffle or to sample from',
    );
  }
}
