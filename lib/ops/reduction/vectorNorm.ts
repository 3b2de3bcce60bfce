import { formula } from '../../../kernels/dag.js';
import type { Scalar } from '../../../kernels/scalar.js';
import type { Reduction } from '../../../kernels/types.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { checkNumber } from '../../autograd/define.js';
import { checkDType, type DType } from '../../core/dtype.js';
import { type Dims, reducedShape, wrapDims } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { checkNotEmpty, evenly } from './extremes.js';
import { quotient } from './quotient.js';
import { adding, reduceKernel, reduction, requireFloat, restored } from './reduction.js';

interface Norm {
  readonly order: number;
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/** A norm as a reduction, from Math.pow in general and something simpler where there is. */
function normOf(order: number): Reduction {
  const name = 'vectorNorm';
  const size = formula(1, (s, x) => s.abs(x));
  if (order === Infinity) return reduction({ name, before: size, combine: formula(2, (s, a, x) => s.maximum(a, x)) });
  if (order === -Infinity) {
    return reduction({ name, init: Infinity, before: size, combine: formula(2, (s, a, x) => s.minimum(a, x)) });
  }
  if (order === 1) return reduction({ name, before: size, combine: adding });
  if (order === 0) {
    const present = formula(1, (s, x) => s.where(s.ne(x, s.const(0)), s.const(1), s.const(0)));
    return reduction({ name, before: present, combine: adding });
  }
  if (order === 2) {
    const square = formula(1, (s, x) => s.mul(x, x));
    return reduction({ name, before: square, combine: adding, after: formula(2, (s, a) => s.sqrt(a)) });
  }
  return reduction({
    name,
    before: formula(1, (s, x) => s.pow(s.abs(x), s.const(order))),
    combine: adding,
    after: formula(2, <V>(s: Scalar<V>, a: V) => s.pow(a, s.const(1 / order))),
  });
}

const norms = new Map<number, Reduction>();

/** One reduction an order, so that its compiled code is found again. */
function reductionOf(order: number): Reduction {
  let found = norms.get(order);
  if (found === undefined) {
    found = normOf(order);
    norms.set(order, found);
  }
  return found;
}

const normRow: Row<Norm> = {
  name: 'vectorNorm',
  infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: x.dtype }],
  kernel: (k, [y], [x], { order, dims }) => reduceKernel(k, reductionOf(order), y, x, dims),
  saves: [0],
  savesResults: [0],
  grad(t, [gradient], [x], [y], over) {
    const { order } = over;
    const [g, norm] = [restored(gradient, x, over), restored(y, x, over)];
    if (order === 0) return [t.zerosLike(x)];
    if (order === 1) return [t.mul(g, t.sign(x))];
    if (order === 2) return [t.mul(x, quotient(t, g, norm))];
    if (Math.abs(order) === Infinity) return [t.mul(t.sign(x), evenly(t, gradient, t.abs(x), y, over))];
    if (order < 1) {
      const slope = t.where(t.eq(x, 0), 0, t.mul(t.sign(x), t.pow(t.abs(x), order - 1)));
      return [t.mul(slope, t.mul(g, t.pow(norm, 1 - order)))];
    }
    const slope = order < 2 ? t.mul(t.sign(x), t.pow(t.abs(x), order - 1)) : t.mul(x, t.pow(t.abs(x), order - 2));
    return [t.mul(slope, quotient(t, g, t.pow(norm, order - 1)))];
  },
};

/** The norm of order `order` of each line over `dim`, under the name of the operation that asked for it. */
export function normOver(
  name: string,
  input: Tensor,
  order: number,
  dim: Dims | null,
  keepdim: boolean,
  dtype: DType | null = null,
): Tensor {
  checkTensor(name, input);
  checkNumber(name, 'the order of the norm', order);
  const x = dtype === null ? input : input.to(checkDType(name, dtype));
  requireFloat(name, x.dtype);
  const dims = wrapDims(name, dim, x.shape.length);
  if (order < 0 || order === Infinity) checkNotEmpty(name, x, dims);
  return apply1(normRow, [x], { order, dims, keepdim });
}
