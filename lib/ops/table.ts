export * from './convert.js';
export * from './creation.js';
export * from './matmul.js';
export * from './pointwise.js';
export * from './reduce.js';
export * from './regions.js';
export * from './view.js';
