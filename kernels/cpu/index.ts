import { philox } from '../reference/philox.js';
import type { Kernels, TypedArray, View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { argreduce } from './argreduce.js';
import { attention, attentionBackward } from './attention.js';
import { convolution, convolutionInput, convolutionWeight } from './convolution.js';
import { copy, fill } from './copy.js';
import { bincount, countNonzero, nonzero, searchSorted } from './count.js';
import { crossEntropy, crossEntropyBackward } from './crossEntropy.js';
import { gather, scatter } from './gather.js';
import { index, indexPut } from './indexing.js';
import { linear, linearBackward } from './linear.js';
import { matmul } from './matmul.js';
import { meanPool, meanPoolBackward } from './meanPool.js';
import { allocate, recycle } from './memory.js';
import { normalize } from './normalize.js';
import { normalizeBackward } from './normalizeBackward.js';
import { flat1, flat2, flatEach, pointwise, pointwise1, pointwise2 } from './pointwise.js';
import { addToPlanes, maxPool } from './pool.js';
import { recurrence, recurrenceBackward } from './recurrence.js';
import { reduce } from './reduce.js';
import { scan } from './scan.js';
import { softmax, softmaxBackward } from './softmax.js';
import { sort } from './sort.js';

function read(view: View): TypedArray {
  const result = allocate(view.dtype, count(view.shape));
  copy(
    { buffer: result, offset: 0, shape: view.shape, strides: contiguousStrides(view.shape), dtype: view.dtype },
    view,
  );
  return result;
}

/** The CPU: generated loops and hand-written families over typed arrays. */
export const cpu: Kernels = {
  allocate,
  recycle,
  upload: (buffer, offset, data) => (buffer as Float32Array).set(data as Float32Array, offset),
  read,
  readAsync: (view) => Promise.resolve(read(view)),
  copy,
  fill,
  pointwise,
  pointwise1,
  pointwise2,
  flat1,
  flat2,
  flatEach,
  reduce,
  argreduce,
  scan,
  sort,
  matmul,
  convolution,
  convolutionInput,
  convolutionWeight,
  maxPool,
  gather,
  scatter,
  index,
  indexPut,
  countNonzero,
  nonzero,
  bincount,
  searchSorted,
  philox,
  fused: {
    addToPlanes,
    meanPool,
    meanPoolBackward,
    crossEntropy,
    crossEntropyBackward,
    linear,
    linearBackward,
    softmax,
    softmaxBackward,
    normalize,
    normalizeBackward,
    recurrence,
    recurrenceBackward,
    attention,
    attentionBackward,
  },
};
