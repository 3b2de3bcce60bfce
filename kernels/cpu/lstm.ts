import { lstmBy } from '../reference/lstm.js';
import type { FusedKernels } from '../types.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';

const composed = lstmBy(matmul, pointwise);

/** `FusedKernels.lstm`. */
export const lstm: FusedKernels['lstm'] = composed.lstm;

/** `FusedKernels.lstmBackward`. */
export const lstmBackward: FusedKernels['lstmBackward'] = composed.lstmBackward;
