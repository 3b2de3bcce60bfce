import { formula } from '../../../kernels/dag.js';
import type { Kernels } from '../../../kernels/types.js';
import { apply, apply1, checkTensor, type Row, refuseInt64 } from '../../autograd/apply.js';
import { type InplaceForm, withInplace } from '../../autograd/define.js';
import { type Fn, fn, results } from '../../core/define.js';
import { checkDType, type DType, isFloat } from '../../core/dtype.js';
import { wrapDim } from '../../core/shape.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import type { ValuesIndices } from './extreme.js';
import { productsBefore, recurrence } from './recurrence.js';
import { asVector, requireFloat, wholeSum } from './reduction.js';

interface Scan {
  readonly dim: number;
  readonly dtype: DType;
}

/** The same elements with a dimension read from its end. */
function backwards(x: Tensor, dim: number): Tensor {
  const last = Math.max(0, x.shape[dim] - 1) * x.strides[dim];
  return alias(x, x.offset + last, x.shape, x.strides.with(dim, -x.strides[dim]));
}

function sumRow(reverse: boolean): Row<Scan> {
  return {
    name: 'cumsum',
    infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
    kernel(k, [y], [x], { dim }) {
      if (reverse) k.scan('sum', backwards(y, dim), null, backwards(x, dim), dim);
      else k.scan('sum', y, null, x, dim);
    },
    grad: (_t, [g], _x, _y, { dim }) => [
      apply1(reverse ? sumRows.forward : sumRows.reverse, [g], { dim, dtype: g.dtype }),
    ],
  };
}

const sumRows: Record<'forward' | 'reverse', Row<Scan>> = { forward: sumRow(false), reverse: sumRow(true) };

/** A scan with one result; the elements may be converted first. */
export type RunningFold = Fn<[input: Tensor, dim: number], { dim?: number; dtype?: DType | null }, Tensor> &
  InplaceForm;

function runningFold(name: string, row: Row<Scan>): RunningFold {
  return withInplace(
    fn<[input: Tensor, dim: number], { dim?: number; dtype?: DType | null }, Tensor>(
      `${name}(input, dim, *, dtype=null)`,
      (input, dim, options) => {
        checkTensor(name, input);
        const dtype = options.dtype === null ? wholeSum(input.dtype) : checkDType(name, options.dtype as DType);
        refuseInt64(name, dtype);
        const cast = isFloat(input.dtype) && !isFloat(dtype) ? input.to(dtype) : input;
        const d = wrapDim(name, dim, input.shape.length);
        return asVector(cast, (x) => [apply1(row, [x], { dim: d, dtype })])[0];
      },
      {
        samples: (m) => [
          [m(3), 0],
          [m(2, 3), 1],
          [m(2, 3, 2), -2],
          [m(), 0],
          [m(0), 0],
          [m.integers(3, 4), 0],
        ],
        errors: (m) => [
          [[m(2), 1], 'dimension 1 is out of range'],
          [[m(2), 0, { dtype: 'int64' }], 'int64 holds values and indices'],
        ],
      },
    ),
  );
}

/**
 * Running sums along `dim`; integers and truth values sum to int32 unless `dtype` says otherwise. PyTorch: torch.cumsum.
 * @example
 * tg.tensor([1, 2, 3]).cumsum(0) // => tensor([1., 3., 6.])
 */
export const cumsum: RunningFold = runningFold('cumsum', sumRows.forward);

const productRow: Row<Scan> = {
  name: 'cumprod',
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  kernel: (k, [y], [x], { dim }) => k.scan('prod', y, null, x, dim),
  saves: [0],
  grad(t, [g], [x], _y, { dim }) {
    const n = x.shape[dim];
    if (n < 2) return [g];
    return [t.mul(productsBefore(t, x, dim), recurrence(t, x.narrow(dim, 1, n - 1), g, dim))];
  },
};

/** Running products along `dim`; integers give int32 unless `dtype` says otherwise. PyTorch: torch.cumprod. */
export const cumprod: RunningFold = runningFold('cumprod', productRow);

function extremeRow(kind: 'max' | 'min'): Row<number> {
  return {
    name: `cum${kind}`,
    infer: ([x]) => [
      { shape: x.shape, dtype: x.dtype },
      { shape: x.shape, dtype: 'int32' },
    ],
    kernel: (k, [values, indices], [x], dim) => k.scan(kind, values, indices, x, dim),
    savesResults: [1],
    grad: (t, [g], [x], [, indices], dim) => [t.spreadAlong(g, indices, dim, x.shape)],
  };
}

/** A running extreme and where it stands. */
export type RunningExtreme = Fn<[input: Tensor, dim: number], { dim?: number }, ValuesIndices>;

function runningExtreme(kind: 'max' | 'min'): RunningExtreme {
  const row = extremeRow(kind);
  return fn(
    `${row.name}(input, dim)`,
    (input, dim) => {
      checkTensor(row.name, input);
      const d = wrapDim(row.name, dim, input.shape.length);
      return results(
        ['values', 'indices'],
        asVector(input, (x) => apply(row, [x], d)),
      );
    },
    {
      samples: (m) => [
        [m(3), 0],
        [m(2, 3), 1],
        [m(), 0],
        [m.integers(9, 4), 0],
      ],
      errors: (m) => [[[m(2), 1], 'dimension 1 is out of range']],
    },
  );
}

/** Largest element so far along `dim`, and its (int32) index: the last one on ties; NaN stays. PyTorch: torch.cummax. */
export const cummax: RunningExtreme = runningExtreme('max');

/** Smallest element so far along `dim`, and its (int32) index: the last one on ties; NaN stays. PyTorch: torch.cummin. */
export const cummin: RunningExtreme = runningExtreme('min');

const logAddExp = formula(2, (s, a, b) => {
  const larger = s.maximum(a, b);
  const sum = s.add(larger, s.log1p(s.exp(s.neg(s.abs(s.sub(a, b))))));
  return s.where(s.eq(s.abs(larger), s.const(Infinity)), larger, sum);
});

function window(x: Tensor, dim: number, start: number, length: number): Tensor {
  return alias(x, x.offset + start * x.strides[dim], x.shape.with(dim, length), x.strides);
}

/** Running logarithms of sums: spans double, from one buffer into another and back. */
function scanLogs(k: Kernels, y: Tensor, x: Tensor, dim: number): void {
  const n = x.shape[dim];
  const rounds = Math.max(0, Math.ceil(Math.log2(n)));
  const other = emptyTensor(x.shape, x.dtype, x.device);
  let [from, to] = rounds % 2 === 0 ? [y, other] : [other, y];
  k.copy(from, x);
  for (let span = 1; span < n; span *= 2) {
    k.copy(window(to, dim, 0, span), window(from, dim, 0, span));
    const [late, early] = [window(from, dim, span, n - span), window(from, dim, 0, n - span)];
    k.pointwise2(logAddExp, x.dtype, window(to, dim, span, n - span), late, early);
    [from, to] = [to, from];
  }
}

const logRow: Row<number> = {
  name: 'logcumsumexp',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel: (k, [y], [x], dim) => scanLogs(k, y, x, dim),
  saves: [0],
  savesResults: [0],
  grad(t, [g], [x], [y], dim) {
    const n = x.shape[dim];
    // exp(a - b) where a is the smaller; -inf less -inf is no number and contributes nothing.
    const ratio = (a: Tensor, b: Tensor): Tensor => t.where(t.eq(a, -Infinity), 0, t.exp(t.sub(a, b)));
    if (n === 0) return [g];
    const steps = ratio(y.narrow(dim, 0, n - 1), y.narrow(dim, 1, n - 1));
    return [t.mul(ratio(x, y), recurrence(t, steps, g, dim))];
  },
};

/** Running logarithms of sums of exp along `dim`, without overflow. PyTorch: torch.logcumsumexp. */
export const logcumsumexp: Fn<[input: Tensor, dim: number], { dim?: number }, Tensor> = fn(
  'logcumsumexp(input, dim)',
  (input, dim) => {
    checkTensor('logcumsumexp', input);
    requireFloat('logcumsumexp', input.dtype);
    const d = wrapDim('logcumsumexp', dim, input.shape.length);
    return asVector(input, (x) => [apply1(logRow, [x], d)])[0];
  },
  {
    samples: (m) => [
      [m(3), 0],
      [m(2, 5), 1],
      [m(), 0],
      [m(0), 0],
    ],
    errors: (m) => [[[m.integers(9, 3), 0], 'needs floating-point elements']],
  },
);
