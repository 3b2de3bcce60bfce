export { backward, type GradOptions, grad, type Tensors } from './grad.js';
export { detectAnomaly } from './modes.js';
