import { cpu } from '../../kernels/cpu/index.js';
import { argreduce } from '../../kernels/reference/argreduce.js';
import { attention, attentionBackward } from '../../kernels/reference/attention.js';
import { convolution, convolutionInput, convolutionWeight } from '../../kernels/reference/convolution.js';
import { bincount, countNonzero, nonzero, searchSorted } from '../../kernels/reference/count.js';
import { crossEntropy, crossEntropyBackward } from '../../kernels/reference/crossEntropy.js';
import { gather, scatter } from '../../kernels/reference/gather.js';
import { index, indexPut } from '../../kernels/reference/index.js';
import { linear, linearBackward } from '../../kernels/reference/linear.js';
import { matmul } from '../../kernels/reference/matmul.js';
import { meanPool, meanPoolBackward } from '../../kernels/reference/meanPool.js';
import { normalize, normalizeBackward } from '../../kernels/reference/normalize.js';
import { philox } from '../../kernels/reference/philox.js';
import { copy, fill, pointwise } from '../../kernels/reference/pointwise.js';
import { addToPlanes, maxPool } from '../../kernels/reference/pool.js';
import { recurrence, recurrenceBackward } from '../../kernels/reference/recurrence.js';
import { reduce } from '../../kernels/reference/reduce.js';
import { scan } from '../../kernels/reference/scan.js';
import { softmax, softmaxBackward } from '../../kernels/reference/softmax.js';
import { sort } from '../../kernels/reference/sort.js';
import type { Kernels } from '../../kernels/types.js';

/** The oracle as a device: plain loops for every family, over the CPU's memory. */
export const reference: Kernels = {
  allocate: cpu.allocate,
  upload: cpu.upload,
  read: cpu.read,
  readAsync: cpu.readAsync,
  copy,
  fill,
  pointwise,
  pointwise1: (formula, compute, output, a) => pointwise(formula, compute, [output], [a]),
  pointwise2: (formula, compute, output, a, b) => pointwise(formula, compute, [output], [a, b]),
  flat1: (formula, compute, _size, output, a) => pointwise(formula, compute, [output], [a]),
  flat2: (formula, compute, _size, output, a, b) => pointwise(formula, compute, [output], [a, b]),
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
