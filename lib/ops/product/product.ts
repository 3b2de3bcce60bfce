import type { View } from '../../../kernels/types.js';
import { count } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row, refuseInt64 } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import { emptyTensor, type Tensor } from '../../core/tensor.js';

function checkProduct(name: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(
      `${name}: ${showShape(a.shape)} is ${a.dtype} and ${showShape(b.shape)} is ${b.dtype}; they must agree. Convert one with to(dtype)`,
    );
  }
  refuseInt64(name, a.dtype);
}

/** Matrices with equal batch dimensions: the kernel's own form. */
const matmulRow: Row<string> = {
  name: 'matmul',
  infer([a, b], name) {
    checkProduct(name, a, b);
    const shape = a.shape.slice();
    shape[shape.length - 1] = b.shape[shape.length - 1];
    return [{ shape, dtype: a.dtype }];
  },
  kernel: (k, [y], [a, b]) => k.matmul(y, a, b),
  saves: [0, 1],
  grad: (t, [g], [a, b], _y, _attributes, wanted) =>
    modes.grad
      ? [wanted[0] ? t.matmul(g, b.transpose(-1, -2)) : null, wanted[1] ? t.matmul(a.transpose(-1, -2), g) : null]
      : [wanted[0] ? multiplied(a, g, turned(b)) : null, wanted[1] ? multiplied(b, turned(a), g) : null],
};

/** The product of two views, for no gradient of its own, shaped like `x`. */
function multiplied(x: Tensor, a: View, b: View): Tensor {
  const y = emptyTensor(x.shape, x.dtype, x.storage.device);
  y.storage.kernels.matmul(y, a, b);
  return y;
}

/** A view with its last two dimensions exchanged. */
function turned({ buffer, offset, shape, strides, dtype }: View): View {
  const swap = (all: readonly number[]): number[] => {
    const result = all.slice();
    [result[all.length - 2], result[all.length - 1]] = [all[all.length - 1], all[all.length - 2]];
    return result;
  };
  return { buffer, offset, shape: swap(shape), strides: swap(strides), dtype };
}

/** Whether two shapes are matrices, or equal batches of them, that multiply without a view in between. */
function fitAsTheyAre(a: readonly number[], b: readonly number[]): boolean {
  const rank = a.length;
  if (rank < 2 || b.length !== rank || a[rank - 1] !== b[rank - 2]) return false;
  for (let d = 0; d < rank - 2; d++) if (a[d] !== b[d]) return false;
  return true;
}

/** `matmul` under the name of the operation that called it. */
export function product(name: string, input: Tensor, other: Tensor): Tensor {
  checkTensor(name, input);
  checkTensor(name, other);
  if (input.shape.length === 0 || other.shape.length === 0) {
    throw new ShapeError(
      `${name}: ${showShape(input.shape)} @ ${showShape(other.shape)}: both need at least one dimension; use mul for scalars`,
    );
  }
  if (fitAsTheyAre(input.shape, other.shape)) return apply1(matmulRow, [input, other], name);
  const a = input.shape.length === 1 ? input.unsqueeze(0) : input;
  const b = other.shape.length === 1 ? other.unsqueeze(1) : other;
  const [m, k, n] = [a.shape.at(-2) as number, a.shape.at(-1) as number, b.shape.at(-1) as number];
  if (k !== b.shape.at(-2)) {
    throw new ShapeError(
      `${name}: ${showShape(input.shape)} @ ${showShape(other.shape)}: ${k} columns meet ${b.shape.at(-2)} rows; they must be equal. Transpose one?`,
    );
  }
  const batch = broadcastShapes(name, a.shape.slice(0, -2), b.shape.slice(0, -2));
  let y: Tensor;
  if (b.shape.length === 2 && a.shape.length > 2) {
    // One big product instead of a batch with a repeated right-hand side.
    y = apply1(matmulRow, [a.reshape(count(batch) * m, k), b], name).reshape([...batch, m, n]);
  } else {
    y = apply1(matmulRow, [a.expand([...batch, m, k]), b.expand([...batch, k, n])], name);
  }
  if (input.shape.length === 1) y = y.squeeze(-2);
  return other.shape.length === 1 ? y.squeeze(-1) : y;
}

/** Checks that each tensor has the number of dimensions that its place asks for. */
export function checkRanks(name: string, tensors: readonly Tensor[], ranks: readonly number[]): void {
  for (const x of tensors) checkTensor(name, x);
  if (tensors.every((x, i) => x.shape.length === ranks[i])) return;
  throw new ShapeError(
    `${name}: expected ${ranks.map((rank) => `${rank} dimension${rank === 1 ? '' : 's'}`).join(' and ')}, got the shapes ` +
      `${tensors.map((x) => showShape(x.shape)).join(' and ')}; matmul takes any`,
  );
}
