/** The activations of torch.nn.functional. */
export * from './activation/piecewise.js';
export * from './activation/smooth.js';
export { sigmoid } from './pointwise/exponential.js';
export { hardshrink, prelu, relu } from './pointwise/rectify.js';
export { tanh } from './pointwise/trigonometric.js';
