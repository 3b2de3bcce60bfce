export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export * as lrScheduler from './lrScheduler/index.js';
export {
  type Closure,
  type GroupOptions,
  Optimizer,
  type OptimizerState,
  type ParameterState,
  type ParamGroup,
  type Params,
  type Plain,
} from './optimizer.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { SGD, type SGDOptions } from './sgd.js';
export * as swaUtils from './swaUtils.js';
