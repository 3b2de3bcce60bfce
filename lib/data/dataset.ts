import { bind, parseSignature } from '../core/bind.js';
import { ArgumentError, IndexError, ShapeError, showShape, ValueError } from '../core/errors.js';
import { kindOf } from '../core/kinds.js';
import { tensor } from '../ops/creation/creation.js';
import { randperm } from '../ops/creation/random.js';
import type { Generator } from '../random.js';
import { Tensor } from '../tensor.js';
import type { Collated } from './collate.js';

/**
 * Samples by number: a subclass says how many there are and gives one of them, at once or as a promise. PyTorch: torch.utils.data.Dataset.
 * @example
 * class Squares extends tg.data.Dataset { length = 3; get(i) { return i * i; } }
 * [...new tg.data.DataLoader(new Squares(), { batchSize: 3 })] // => [ tensor([0., 1., 4.]) ]
 */
export abstract class Dataset<T = unknown> {
  /** How many samples there are. */
  abstract readonly length: number;

  /** One sample. */
  abstract get(index: number): T | Promise<T>;

  /** Several samples, collated: a faster way than one by one, where a dataset has it. */
  batch?(indices: readonly number[]): Collated<T>;
}

/** Samples one after the other, of a number that need not be known. PyTorch: torch.utils.data.IterableDataset. */
export abstract class IterableDataset<T = unknown> implements Iterable<T> {
  abstract [Symbol.iterator](): Iterator<T>;
}

/** Where a sample stands, counted from the end where negative. IndexError out of range. */
function place(name: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length) {
    throw new IndexError(`${name}: index ${String(index)} is out of range for ${length} samples`);
  }
  return index < 0 ? index + length : index;
}

/**
 * Rows of tensors: sample i is the list of every tensor's row i. Batches are taken with one `indexSelect` per tensor.
 * ShapeError where the first dimensions differ. PyTorch: torch.utils.data.TensorDataset.
 * @example
 * const data = new tg.data.TensorDataset(tg.zeros(4, 2), tg.arange(4));
 * data.get(3) // => [ tensor([0., 0.]), tensor(3) ]
 */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  readonly length: number;

  constructor(...tensors: readonly Tensor[] | [tensors: readonly Tensor[]]) {
    super();
    const list = tensors.flat() as Tensor[];
    if (list.length === 0 || list.some((x) => !(x instanceof Tensor))) {
      throw new ArgumentError('TensorDataset: expected at least one tensor, and tensors only');
    }
    if (list.some((x) => x.shape.length === 0 || x.shape[0] !== list[0].shape[0])) {
      throw new ShapeError(
        `TensorDataset: the first dimensions must be equal, got shapes ${list.map((x) => showShape(x.shape)).join(', ')}`,
      );
    }
    this.tensors = list;
    this.length = list[0].shape[0];
  }

  get(index: number): Tensor[] {
    const i = place('TensorDataset', index, this.length);
    return this.tensors.map((x) => x.select(0, i));
  }

  override batch(indices: readonly number[]): Tensor[] {
    const places = tensor(Int32Array.from(indices, (index) => place('TensorDataset', index, this.length)));
    return this.tensors.map((x) => x.indexSelect(0, places.to(x.device)));
  }
}

/** Some of a dataset's samples, in the order of `indices`. PyTorch: torch.utils.data.Subset. */
export class Subset<T> extends Dataset<T> {
  readonly dataset: Dataset<T>;
  readonly indices: readonly number[];

  constructor(dataset: Dataset<T>, indices: readonly number[]) {
    super();
    this.dataset = dataset;
    this.indices = indices;
    const { batch } = dataset;
    if (batch !== undefined) {
      this.batch = (places) =>
        batch.call(
          dataset,
          places.map((i) => this.indices[place('Subset', i, this.length)]),
        );
    }
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T | Promise<T> {
    return this.dataset.get(this.indices[place('Subset', index, this.length)]);
  }
}

/** Several datasets behind one another. PyTorch: torch.utils.data.ConcatDataset. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly datasets: readonly Dataset<T>[];

  constructor(datasets: readonly Dataset<T>[]) {
    super();
    if (datasets.length === 0) throw new ValueError('ConcatDataset: expected at least one dataset');
    this.datasets = datasets;
  }

  get length(): number {
    return this.datasets.reduce((sum, { length }) => sum + length, 0);
  }

  get(index: number): T | Promise<T> {
    let rest = place('ConcatDataset', index, this.length);
    for (const dataset of this.datasets) {
      if (rest < dataset.length) return dataset.get(rest);
      rest -= dataset.length;
    }
    throw new IndexError(`ConcatDataset: a dataset became shorter than it was when index ${index} was looked up`);
  }
}

/** Sizes of the parts: as given, or fractions of the whole with what rounding left over dealt out from the first on. */
function partSizes(total: number, lengths: readonly number[]): number[] {
  const sum = lengths.reduce((left, right) => left + right, 0);
  if (sum > 1 + 1e-9 || sum < 1 - 1e-9 || lengths.some((part) => part < 0 || part > 1)) return [...lengths];
  const sizes = lengths.map((part) => Math.floor(total * part));
  const rest = total - sizes.reduce((left, right) => left + right, 0);
  for (let i = 0; i < rest; i++) sizes[i % sizes.length]++;
  return sizes;
}

const splitSignature = parseSignature('randomSplit(dataset, lengths:array, generator=null)');

/**
 * Deals a dataset's samples at random into parts, by sizes or by fractions that sum to 1. ValueError where the sizes do not sum to the
 * dataset's. PyTorch: torch.utils.data.random_split.
 * @example
 * const [train, test] = tg.data.randomSplit(new tg.data.TensorDataset(tg.zeros(10)), [0.8, 0.2]);
 * [train.length, test.length] // => [ 8, 2 ]
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  ...rest:
    | [lengths: readonly number[], generator?: Generator | null]
    | [lengths: readonly number[], options: { generator?: Generator | null }]
    | [options: { lengths: readonly number[]; generator?: Generator | null }]
): Subset<T>[] {
  const bound = bind(splitSignature, [dataset, ...rest], 1);
  const [, lengths, generator] = bound as [unknown, readonly number[], Generator | null];
  if (!Number.isInteger(dataset?.length)) {
    throw new ArgumentError(`randomSplit: expected a dataset with a length, got ${kindOf(dataset)}`);
  }
  const sizes = partSizes(dataset.length, lengths);
  const sum = sizes.reduce((left, right) => left + right, 0);
  if (sum !== dataset.length || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ValueError(
      `randomSplit: the lengths ${lengths.join(', ')} must be sizes that sum to the dataset's ${dataset.length}, or fractions that sum to 1`,
    );
  }
  const order = randperm(dataset.length, { generator }).tolist() as number[];
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return new Subset(dataset, order.slice(end - size, end));
  });
}
