/** The namespace `tg.nn.functional`, under PyTorch's names. */
export {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../ops/convolution.js';
export { crossEntropy, nllLoss } from '../ops/lossClasses.js';
export { maxPool1d, maxPool2d, maxPool3d } from '../ops/maxPool.js';
