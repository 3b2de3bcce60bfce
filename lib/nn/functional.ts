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
} from '../ops/adaptivePool.js';
export { scaledDotProductAttention } from '../ops/attention.js';
export { avgPool1d, avgPool2d, avgPool3d, lpPool1d, lpPool2d } from '../ops/averagePool.js';
export { batchNorm, instanceNorm } from '../ops/batchNorm.js';
export { channelShuffle } from '../ops/channelShuffle.js';
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../ops/convolution.js';
export { ctcLoss } from '../ops/ctc.js';
export { cosineSimilarity, normalize, pairwiseDistance, pdist } from '../ops/distance.js';
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from '../ops/dropout.js';
export { embedding, embeddingBag } from '../ops/embedding.js';
export { fractionalMaxPool2d, fractionalMaxPool3d } from '../ops/fractionalPool.js';
export { affineGrid, gridSample } from '../ops/gridSample.js';
export { groupNorm, localResponseNorm } from '../ops/groupNorm.js';
export { gumbelSoftmax } from '../ops/gumbel.js';
export { interpolate, upsample, upsampleBilinear, upsampleNearest } from '../ops/interpolate.js';
export { layerNorm, rmsNorm } from '../ops/layerNorm.js';
export { bilinear, linear } from '../ops/linear.js';
export { crossEntropy, nllLoss } from '../ops/lossClasses.js';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  multilabelSoftMarginLoss,
} from '../ops/lossLikelihood.js';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  softMarginLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../ops/lossMargins.js';
export { multilabelMarginLoss, multiMarginLoss } from '../ops/lossMulti.js';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from '../ops/lossPairs.js';
export { gaussianNllLoss, poissonNllLoss } from '../ops/lossRates.js';
export { maxPool1d, maxPool2d, maxPool3d } from '../ops/maxPool.js';
export { multiHeadAttentionForward } from '../ops/multiHeadAttention.js';
export { oneHot } from '../ops/oneHot.js';
export { type PadMode, pad } from '../ops/pad.js';
export { fold, unfold } from '../ops/patches.js';
export { pixelShuffle, pixelUnshuffle } from '../ops/pixel.js';
export { logSoftmax, softmax } from '../ops/softmax.js';
export { softmin } from '../ops/softmin.js';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/unpool.js';
