export { Function, type FunctionClass, FunctionContext } from './function.js';
export { backward, type GradOptions, grad, type Tensors } from './grad.js';
export { type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck.js';
export { detectAnomaly } from './modes.js';
