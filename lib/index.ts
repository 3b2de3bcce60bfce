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
export * from './ops/compare.js';
export * from './ops/convert.js';
export * from './ops/creation/creation.js';
export * from './ops/creation/random.js';
export { bernoulli, multinomial, type Stream } from './ops/creation/randomMethods.js';
export * from './ops/creation/ranges.js';
export type { NdArrayLike, Nested, TensorData } from './ops/creation/values.js';
export * from './ops/indexing/at.js';
export * from './ops/indexing/gather.js';
export * from './ops/indexing/indexing.js';
export * from './ops/indexing/masked.js';
export * from './ops/indexing/nonzero.js';
export * from './ops/indexing/scatter.js';
export * from './ops/indexing/scatterReduce.js';
export * from './ops/indexing/search.js';
export * from './ops/indexing/sort.js';
export * from './ops/indexing/unique.js';
export { isFloatingPoint, numel } from './ops/inspect.js';
export * from './ops/linalg/functions.js';
export * from './ops/linalg/methods.js';
export { nativeBatchNorm } from './ops/normalization/batchNorm.js';
export { nativeLayerNorm } from './ops/normalization/layerNorm.js';
export * from './ops/pointwise.js';
export * from './ops/pointwiseFunctions.js';
export * from './ops/product/addmm.js';
export { cdist, cosineSimilarity, pairwiseDistance, pdist } from './ops/product/distance.js';
export * from './ops/product/einsum.js';
export * from './ops/product/matmul.js';
export * from './ops/product/matrix.js';
export * from './ops/reduction/counting.js';
export * from './ops/reduction/covariance.js';
export * from './ops/reduction/difference.js';
export * from './ops/reduction/extreme.js';
export * from './ops/reduction/gradient.js';
export * from './ops/reduction/histogram.js';
export * from './ops/reduction/integrate.js';
export * from './ops/reduction/median.js';
export * from './ops/reduction/norm.js';
export * from './ops/reduction/quantile.js';
export * from './ops/reduction/reduce.js';
export * from './ops/reduction/scan.js';
export * from './ops/reduction/softmax.js';
export * from './ops/reduction/statistics.js';
export * from './ops/reduction/statisticsMean.js';
export { channelShuffle } from './ops/shape/channelShuffle.js';
export * from './ops/shape/combine.js';
export * from './ops/shape/diagonal.js';
export * from './ops/shape/grids.js';
export { constantPadNd } from './ops/shape/pad.js';
export * from './ops/shape/pixel.js';
export * from './ops/shape/repeat.js';
export * from './ops/shape/shape.js';
export * from './ops/shape/split.js';
export * from './ops/shape/stacking.js';
export * from './ops/shape/triangle.js';
export * from './ops/shape/view.js';
export * from './ops/shape/viewScatter.js';
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
export * as utils from './utils.js';
