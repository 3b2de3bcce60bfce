/** Methods of the tensor that are no functions. */
export * from './casts.js';
export * from './creation/newTensors.js';
export * from './creation/randomMethods.js';
export * from './inspect.js';
export * from './pointwiseMethods.js';
export * from './shape/interchange.js';
export * from './shape/resize.js';
