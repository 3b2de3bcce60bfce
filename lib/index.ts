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
export { load, save } from './io/files.js';
export * as io from './io/index.js';
export * as linalg from './linalg.js';
export * as masked from './masked.js';
export * as nn from './nn/index.js';
export { celu, rrelu, selu, threshold } from './ops/activation.js';
export * from './ops/addmm.js';
export * from './ops/at.js';
export { nativeBatchNorm } from './ops/batchNorm.js';
export { channelShuffle } from './ops/channelShuffle.js';
export * from './ops/combine.js';
export * from './ops/compare.js';
export * from './ops/convert.js';
export * from './ops/counting.js';
export * from './ops/covariance.js';
export * from './ops/creation.js';
export * from './ops/diagonal.js';
export * from './ops/difference.js';
export { cdist, cosineSimilarity, pairwiseDistance, pdist } from './ops/distance.js';
export * from './ops/einsum.js';
export * from './ops/extreme.js';
export * from './ops/gather.js';
export * from './ops/gradient.js';
export * from './ops/grids.js';
export * from './ops/histogram.js';
export * from './ops/indexing.js';
export { isFloatingPoint, numel } from './ops/inspect.js';
export * from './ops/integrate.js';
export { nativeLayerNorm } from './ops/layerNorm.js';
export * from './ops/linalg/functions.js';
export * from './ops/linalg/methods.js';
export * from './ops/masked.js';
export * from './ops/matmul.js';
export * from './ops/matrix.js';
export * from './ops/median.js';
export * from './ops/nonzero.js';
export * from './ops/norm.js';
export { constantPadNd } from './ops/pad.js';
export * from './ops/pixel.js';
export * from './ops/pointwise.js';
export * from './ops/pointwiseFunctions.js';
export * from './ops/quantile.js';
export * from './ops/random.js';
export { bernoulli, multinomial, type Stream } from './ops/randomMethods.js';
export * from './ops/ranges.js';
export * from './ops/reduce.js';
export * from './ops/repeat.js';
export * from './ops/scan.js';
export * from './ops/scatter.js';
export * from './ops/scatterReduce.js';
export * from './ops/search.js';
export * from './ops/shape.js';
export * from './ops/softmax.js';
export * from './ops/sort.js';
export * as special from './ops/special.js';
export * from './ops/split.js';
export * from './ops/stacking.js';
export * from './ops/statistics.js';
export * from './ops/statisticsMean.js';
export * from './ops/triangle.js';
export * from './ops/unique.js';
export type { NdArrayLike, Nested, TensorData } from './ops/values.js';
export * from './ops/view.js';
export * from './ops/viewScatter.js';
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
export * as utils from './utils.js';
