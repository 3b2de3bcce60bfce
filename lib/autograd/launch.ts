import type { Formula } from '../../kernels/dag.js';
import { sameShape } from '../../kernels/view.js';
import type { DType } from '../core/dtype.js';
import { isDense, sizeOf, type Tensor } from '../core/tensor.js';

/** Whether an operand lies just like a dense result: its elements one after another, in the same shape and dtype. */
function liesLike(x: Tensor, result: Tensor): boolean {
  return (x.shape === result.shape || sameShape(x.shape, result.shape)) && isDense(x);
}

/** result = f(a): the short way where all lies alike. */
export function launch1(f: Formula, compute: DType, result: Tensor, a: Tensor): void {
  const { kernels } = result.storage;
  if (a.dtype === compute && isDense(result) && liesLike(a, result))
    kernels.flat1(f, compute, sizeOf(result), result, a);
  else kernels.pointwise1(f, compute, result, a);
}

/** result = f(a, b): the short way where all lies alike. */
export function launch2(f: Formula, compute: DType, result: Tensor, a: Tensor, b: Tensor | number): void {
  const { kernels } = result.storage;
  const alike =
    a.dtype === compute &&
    isDense(result) &&
    liesLike(a, result) &&
    (typeof b === 'number' || (b.dtype === compute && liesLike(b, result)));
  if (alike) kernels.flat2(f, compute, sizeOf(result), result, a, b);
  else kernels.pointwise2(f, compute, result, a, b);
}
