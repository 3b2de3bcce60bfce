/** Functions that are no methods of the tensor. */
export * from './creation/creation.js';
export * from './creation/random.js';
export * from './creation/ranges.js';
export * from './indexing/search.js';
export * from './linalg/functions.js';
export * from './pointwiseFunctions.js';
export * from './product/einsum.js';
export * from './reduction/gradient.js';
export * from './reduction/integrate.js';
export * from './reduction/statisticsMean.js';
export * from './shape/combine.js';
export * from './shape/grids.js';
export * from './shape/pixel.js';
export * from './shape/stacking.js';
