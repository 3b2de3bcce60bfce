import { trust } from './core/own.js';
import * as modules from './nn/index.js';
import * as optimizers from './optim/index.js';

export * as autograd from './autograd/index.js';
export {
  detectAnomaly,
  enableGrad,
  inferenceMode,
  isGradEnabled,
  type ModeGuard,
  type ModeSwitch,
  noGrad,
  setGradEnabled,
} from './autograd/modes.js';
export type { Device } from './core/device.js';
export {
  bool,
  type DType,
  float16,
  float32,
  float64,
  getDefaultDtype,
  int8,
  int16,
  int32,
  int64,
  promoteTypes,
  setDefaultDtype,
  uint8,
} from './core/dtype.js';
export {
  ArgumentError,
  AutogradError,
  DeviceError,
  DTypeError,
  FormatError,
  IndexError,
  LinAlgError,
  ShapeError,
  StateDictError,
  TapegradError,
  ValueError,
} from './core/errors.js';
export { type Gpu, webgpu } from './core/webgpu.js';
export * as data from './data/index.js';
export { type PrintOptions, setPrintoptions } from './format.js';
export { type Info, info } from './info.js';
export { load, save } from './io/files.js';
export * as io from './io/index.js';
export * as linalg from './linalg.js';
export * as masked from './masked.js';
export * as nn from './nn/index.js';
export { celu, rrelu, selu, threshold } from './ops/activation.js';
export { bernoulli, multinomial, type Stream } from './ops/creation/randomMethods.js';
export type { NdArrayLike, Nested, TensorData } from './ops/creation/values.js';
export * from './ops/functions.js';
export { isFloatingPoint, numel } from './ops/inspect.js';
export * from './ops/methods.js';
export { nativeBatchNorm } from './ops/normalization/batchNorm.js';
export { nativeLayerNorm } from './ops/normalization/layerNorm.js';
export { cdist, cosineSimilarity, pairwiseDistance, pdist } from './ops/product/distance.js';
export { channelShuffle } from './ops/shape/channelShuffle.js';
export { constantPadNd } from './ops/shape/pad.js';
export * as special from './ops/special.js';
export * as optim from './optim/index.js';
export {
  Generator,
  type GeneratorState,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from './random.js';
export { Tensor } from './tensor.js';
export * as testing from './testing.js';
export { getNumThreads, setNumThreads } from './threads.js';
export * as utils from './utils.js';

for (const ours of [modules, modules.functional, optimizers]) trust(Object.values(ours));
