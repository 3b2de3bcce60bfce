import { recurrenceBy } from '../reference/recurrence.js';
import type { FusedKernels } from '../types.js';
import { recurrenceBackwardVectors } from '../wasm/recurrence/backward.js';
import { recurrenceVectors } from '../wasm/recurrence/forward.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';

const composed = recurrenceBy(matmul, pointwise);

/** `FusedKernels.recurrence`. */
export const recurrence: FusedKernels['recurrence'] = (...launch) => {
  if (!recurrenceVectors(...launch)) composed.recurrence(...launch);
};

/** `FusedKernels.recurrenceBackward`. */
export const recurrenceBackward: FusedKernels['recurrenceBackward'] = (...launch) => {
  if (!recurrenceBackwardVectors(...launch)) composed.recurrenceBackward(...launch);
};
