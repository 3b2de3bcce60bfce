import { attentionBy } from '../reference/attention.js';
import type { FusedKernels } from '../types.js';
import { attentionBackwardThroughBlas, attentionThroughBlas } from '../wasm/blasAttention.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';
import { softmax, softmaxBackward } from './softmax.js';

/** Half a megabyte of scores stays in the second cache from one step to the next. */
const together = 2 ** 17;

const composed = attentionBy({ matmul, pointwise, softmax, softmaxBackward, together });

/** `FusedKernels.attention`. */
export const attention: FusedKernels['attention'] = (...given) => {
  if (!attentionThroughBlas(...given)) composed.attention(...given);
};

/** `FusedKernels.attentionBackward`. */
export const attentionBackward: FusedKernels['attentionBackward'] = (...given) => {
  if (!attentionBackwardThroughBlas(...given)) composed.attentionBackward(...given);
};
