import { formula } from '../../../kernels/dag.js';
import type { FusedKernels, Kernels } from '../../../kernels/types.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { checkDType, type DType, getDefaultDtype, isFloat } from '../../core/dtype.js';
import { type Dims, reducedShape, wrapDim, wrapDims } from '../../core/shape.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { reductions } from './extremes.js';
import { addition, reduceKernel, requireFloat, restored } from './reduction.js';

const shiftedExp = formula(2, (s, x, m) => s.exp(s.sub(x, m)));
const ratio = formula(2, (s, x, sum) => s.div(x, sum));
const shifted = formula(3, (s, x, m, sum) => s.sub(s.sub(x, m), s.log(sum)));
const finite = formula(1, (s, m) => s.where(s.eq(s.abs(m), s.const(Infinity)), s.const(0), m));
const logPlus = formula(2, (s, sum, m) => s.add(s.log(sum), m));

/** exp(x - largest of each line) into `y`, and the lines' largest and sum, with their dimensions kept. */
function exponentials(k: Kernels, y: Tensor, x: Tensor, dims: readonly number[], guard: boolean): [Tensor, Tensor] {
  const line = reducedShape(x.shape, dims, true);
  const [largest, total] = [emptyTensor(line, x.dtype, x.device), emptyTensor(line, x.dtype, x.device)];
  reduceKernel(k, reductions.max.float, largest, x, dims);
  // Infinity less infinity is no number; a line of -inf then sums to 0, and one with +inf to inf.
  if (guard) k.pointwise1(finite, x.dtype, largest, largest);
  k.pointwise2(shiftedExp, x.dtype, y, x, largest);
  reduceKernel(k, addition, total, y, dims);
  return [largest, total];
}

/** One dimension, or none where the tensor has none. */
type Line = readonly number[];

/** A row over the lines along a dimension; the backward row's second input is the forward row's result. */
function lineRow(
  name: string,
  kernel: Row<Line>['kernel'],
  rest: Pick<Row<Line>, 'grad' | 'saves' | 'savesResults'>,
): Row<Line> {
  return { name, infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }], kernel, ...rest };
}

const softmaxBackward: Row<Line> = lineRow(
  'softmaxBackward',
  (k, [to], [g, y], dims) => (k.fused as FusedKernels).softmaxBackward(to, g, y, dims[0] ?? 0, false),
  {
    saves: [0, 1],
    grad: (t, [h], [g, y], _results, dims) => [
      alongLine(t, softmaxBackward, softmaxGradient, h, y, dims),
      t.sub(t.mul(h, t.sub(g, t.sum(t.mul(g, y), dims, true))), t.mul(g, t.sum(t.mul(h, y), dims, true))),
    ],
  },
);

const softmaxGradient = (t: Operations, g: Tensor, y: Tensor, dims: Line): Tensor =>
  t.mul(y, t.sub(g, t.sum(t.mul(g, y), dims, true)));

const logSoftmaxBackward: Row<Line> = lineRow(
  'logSoftmaxBackward',
  (k, [to], [g, y], dims) => (k.fused as FusedKernels).softmaxBackward(to, g, y, dims[0] ?? 0, true),
  {
    saves: [0, 1],
    grad: (t, [h], [g, y], _results, dims) => {
      const p = t.exp(y);
      return [t.sub(h, t.sum(t.mul(h, p), dims, true)), t.neg(t.mul(t.mul(h, p), t.sum(g, dims, true)))];
    },
  },
);

const logSoftmaxGradient = (t: Operations, g: Tensor, y: Tensor, dims: Line): Tensor =>
  t.sub(g, t.mul(t.exp(y), t.sum(g, dims, true)));

/** A gradient in one launch where the device has that, else composed. */
function alongLine(
  t: Operations,
  row: Row<Line>,
  composed: typeof softmaxGradient,
  g: Tensor,
  y: Tensor,
  dims: Line,
): Tensor {
  return y.storage.kernels.fused === undefined ? composed(t, g, y, dims) : apply1(row, [g, y], dims);
}

const softmaxRow = lineRow(
  'softmax',
  (k, [y], [x], dims) => {
    if (k.fused !== undefined) return k.fused.softmax(y, x, dims[0] ?? 0, false);
    const [, total] = exponentials(k, y, x, dims, false);
    k.pointwise2(ratio, x.dtype, y, y, total);
  },
  { savesResults: [0], grad: (t, [g], _x, [y], dims) => [alongLine(t, softmaxBackward, softmaxGradient, g, y, dims)] },
);

const logSoftmaxRow = lineRow(
  'logSoftmax',
  (k, [y], [x], dims) => {
    if (k.fused !== undefined) return k.fused.softmax(y, x, dims[0] ?? 0, true);
    const [largest, total] = exponentials(k, y, x, dims, false);
    k.pointwise(shifted, x.dtype, [y], [x, largest, total]);
  },
  {
    savesResults: [0],
    grad: (t, [g], _x, [y], dims) => [alongLine(t, logSoftmaxBackward, logSoftmaxGradient, g, y, dims)],
  },
);

/** Runs on float16 in float32, rounding once at the end. */
function widened(x: Tensor, body: (x: Tensor) => Tensor): Tensor {
  return x.dtype === 'float16' ? body(x.to('float32')).to('float16') : body(x);
}

type SoftmaxOptions = { dim?: number; dtype?: DType | null };

/** A function that makes a distribution of each line along `dim`. */
export type Softmax = Fn<[input: Tensor, dim: number], SoftmaxOptions, Tensor>;

function softmaxFn(name: string, row: Row<Line>): Softmax {
  return fn(
    `${name}(input, dim, *, dtype=null)`,
    (input, dim, { dtype }) => {
      checkTensor(name, input);
      const x = dtype === null ? input : input.to(checkDType(name, dtype));
      requireFloat(name, x.dtype);
      const d = wrapDim(name, dim, x.shape.length);
      return widened(x, (wide) => apply1(row, [wide], x.shape.length === 0 ? [] : [d]));
    },
    {
      samples: (m) => [
        [m(3), 0],
        [m(2, 3), 1],
        [m(2, 3, 4), { dim: 1 }],
        [m(), 0],
        [m.integers(9, 3), 0, { dtype: 'float32' }],
      ],
      errors: (m) => [
        [[m.integers(9, 3), 0], 'needs floating-point elements'],
        [[m(2, 3), 2], 'dimension 2 is out of range'],
      ],
    },
  );
}

/**
 * exp(x) over its sum along `dim`: positive numbers that add up to 1. Integers need a floating-point `dtype`. PyTorch: torch.softmax.
 * @example
 * tg.tensor([0, 0]).softmax(0) // => tensor([0.5000, 0.5000])
 */
export const softmax: Softmax = softmaxFn('softmax', softmaxRow);

/** Logarithm of `softmax`, exact where a probability is too small to be a number. PyTorch: torch.log_softmax. */
export const logSoftmax: Softmax = softmaxFn('logSoftmax', logSoftmaxRow);

/** A contiguous tensor under the shape of another with as many elements. */
const like = (x: Tensor, y: Tensor): Tensor => alias(x, x.offset, y.shape, y.strides);

interface Lines {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

const logsumexpRow: Row<Lines> = {
  name: 'logsumexp',
  infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: x.dtype }],
  kernel(k, [y], [x], { dims }) {
    const [largest, total] = exponentials(k, emptyTensor(x.shape, x.dtype, x.device), x, dims, true);
    k.pointwise2(logPlus, x.dtype, y, like(total, y), like(largest, y));
  },
  saves: [0],
  savesResults: [0],
  grad: (t, [g], [x], [y], lines) => [t.mul(restored(g, x, lines), t.exp(t.sub(x, restored(y, x, lines))))],
};

/**
 * Logarithm of the sum of exp over `dim` (one, several, or null for all), without overflow; of no elements it is -inf.
 * PyTorch: torch.logsumexp.
 */
export const logsumexp: Fn<
  [input: Tensor, dim: Dims | null, keepdim?: boolean],
  { dim?: Dims | null; keepdim?: boolean },
  Tensor
> = fn(
  'logsumexp(input, dim, keepdim=false)',
  (input, dim, keepdim) => {
    checkTensor('logsumexp', input);
    const dims = wrapDims('logsumexp', dim, input.shape.length);
    const floating = isFloat(input.dtype) ? input : input.to(getDefaultDtype());
    return widened(floating, (x) => apply1(logsumexpRow, [x], { dims, keepdim }));
  },
  {
    samples: (m) => [
      [m(3), 0],
      [m(2, 3), [0, 1]],
      [m(2, 3, 4), 1, true],
      [m(), 0],
      [m.integers(9, 3), 0],
    ],
    errors: (m) => [[[m(3), 1], 'dimension 1 is out of range']],
  },
);
