export { type Collated, defaultCollate } from './collate.js';
export { ConcatDataset, Dataset, IterableDataset, randomSplit, Subset, TensorDataset } from './dataset.js';
export { DataLoader, type DataLoaderOptions, type Source } from './loader.js';
export {
  BatchSampler,
  type BatchSamplerOptions,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  type Sized,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions,
} from './sampler.js';
