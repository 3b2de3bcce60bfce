export { Adam, type AdamOptions, AdamW } from './adam.js';
export {
  type Closure,
  Optimizer,
  type OptimizerState,
  type ParameterState,
  type ParamGroup,
  type Params,
} from './optimizer.js';
export { SGD, type SGDOptions } from './sgd.js';
