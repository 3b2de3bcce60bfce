/** The namespace `tg.nn.functional`, under PyTorch's names. */
export * from '../ops/activation.js';
export {
  celu_,
  elu_,
  hardtanh_,
  leakyRelu_,
  relu_,
  rrelu_,
  selu_,
  threshold_,
} from '../ops/activationInplace.js';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from '../ops/convolution/adaptivePool.js';
export { avgPool1d, avgPool2d, avgPool3d, lpPool1d, lpPool2d } from '../ops/convolution/averagePool.js';
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../ops/convolution/convolution.js';
export { fractionalMaxPool2d, fractionalMaxPool3d } from '../ops/convolution/fractionalPool.js';
export { maxPool1d, maxPool2d, maxPool3d } from '../ops/convolution/maxPool.js';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/convolution/unpool.js';
export { oneHot } from '../ops/indexing/oneHot.js';
export { scaledDotProductAttention } from '../ops/layers/attention.js';
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from '../ops/layers/dropout.js';
export { embedding, embeddingBag } from '../ops/layers/embedding.js';
export { affineGrid, gridSample } from '../ops/layers/gridSample.js';
export { gumbelSoftmax } from '../ops/layers/gumbel.js';
export { interpolate, upsample, upsampleBilinear, upsampleNearest } from '../ops/layers/interpolate.js';
export { multiHeadAttentionForward } from '../ops/layers/multiHeadAttention.js';
export { ctcLoss } from '../ops/loss/ctc.js';
export { crossEntropy, nllLoss } from '../ops/loss/lossClasses.js';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
} from '../ops/loss/lossLikelihood.js';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../ops/loss/lossMargins.js';
export { multilabelMarginLoss, multiMarginLoss } from '../ops/loss/lossMulti.js';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from '../ops/loss/lossPairs.js';
export { gaussianNllLoss, poissonNllLoss } from '../ops/loss/lossRates.js';
export { batchNorm, instanceNorm } from '../ops/normalization/batchNorm.js';
export { groupNorm, localResponseNorm } from '../ops/normalization/groupNorm.js';
export { layerNorm, rmsNorm } from '../ops/normalization/layerNorm.js';
export { cosineSimilarity, normalize, pairwiseDistance, pdist } from '../ops/product/distance.js';
export { bilinear, linear } from '../ops/product/linear.js';
export { logSoftmax, softmax } from '../ops/reduction/softmax.js';
export { softmin } from '../ops/reduction/softmin.js';
export { channelShuffle } from '../ops/shape/channelShuffle.js';
export { type PadMode, pad } from '../ops/shape/pad.js';
export { fold, unfold } from '../ops/shape/patches.js';
export { pixelShuffle, pixelUnshuffle } from '../ops/shape/pixel.js';
