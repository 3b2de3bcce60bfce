import { lstmBy } from '../reference/lstm.js';
import type { FusedKernels } from '../types.js';
import { lstmBackwardVectors, lstmVectors } from '../wasm/product/lstm.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';

const composed = lstmBy(matmul, pointwise);

/** `FusedKernels.lstm`. */
export const lstm: FusedKernels['lstm'] = (results, operands, reverse) => {
  if (!lstmVectors(results, operands, reverse)) composed.lstm(results, operands, reverse);
};

/** `FusedKernels.lstmBackward`. */
export const lstmBackward: FusedKernels['lstmBackward'] = (to, gradients, saved, reverse) => {
  if (!lstmBackwardVectors(to, gradients, saved, reverse)) composed.lstmBackward(to, gradients, saved, reverse);
};
