/** Reductions and normalizations of the elements that a mask lets through, under PyTorch's names: `tg.masked`. */
export * from './ops/masked/maskedLines.js';
export * from './ops/masked/maskedReduce.js';
