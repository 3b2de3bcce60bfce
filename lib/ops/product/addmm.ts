import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type InplaceForm, withInplace } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { bmm, mm, mv, outer } from './matmul.js';

type Scales = { beta?: number; alpha?: number };

/** beta * input + alpha * product. */
export type AddProduct<A extends string, B extends string> = Fn<
  [input: Tensor, a: Tensor, b: Tensor],
  { [name in A | B]?: Tensor } & Scales,
  Tensor
> &
  InplaceForm;

/** beta * input + alpha * product; where beta is 0 the input does not count, not even its NaN. */
function scaled(name: string, input: Tensor, y: Tensor, { beta, alpha }: Required<Scales>): Tensor {
  checkTensor(name, input);
  if (!sameShape(broadcastShapes(name, input.shape, y.shape), y.shape)) {
    throw new ShapeError(
      `${name}: the input of shape ${showShape(input.shape)} does not expand to the product's ${showShape(y.shape)}`,
    );
  }
  if (input.dtype !== y.dtype) {
    throw new DTypeError(
      `${name}: the input is ${input.dtype}, the product ${y.dtype}; they must agree. Convert one with to(dtype)`,
    );
  }
  if (!isFloat(y.dtype) && !(Number.isInteger(beta) && Number.isInteger(alpha))) {
    throw new DTypeError(
      `${name}: beta ${beta} and alpha ${alpha} must be integers for ${y.dtype}; convert the tensors to float32`,
    );
  }
  const right = alpha === 1 ? y : y.mul(alpha);
  if (beta === 0) return right;
  return (beta === 1 ? input : input.mul(beta)).add(right);
}

function addProduct<A extends string, B extends string>(
  name: string,
  names: readonly [A, B],
  multiply: (a: Tensor, b: Tensor) => Tensor,
  samples: NonNullable<Parameters<typeof fn>[2]>['samples'],
): AddProduct<A, B> {
  return withInplace(
    fn<[input: Tensor, a: Tensor, b: Tensor], { [name in A | B]?: Tensor } & Scales, Tensor>(
      `${name}(input, ${names.join(', ')}, *, beta=1, alpha=1)`,
      (input, a, b, scales) => scaled(name, input, multiply(a, b), scales as Required<Scales>),
      { samples },
    ),
  );
}

/** beta * input + alpha * (mat1 @ mat2); the input expands to the product's shape. PyTorch: torch.addmm. */
export const addmm: AddProduct<'mat1', 'mat2'> = addProduct('addmm', ['mat1', 'mat2'], mm, (m) => [
  [m(2, 4), m(2, 3), m(3, 4)],
  [m(4), m(2, 3), m(3, 4), { beta: 0.5, alpha: 2 }],
  [m(2, 4), m(2, 3), m(3, 4), { beta: 0 }],
]);

/** beta * input + alpha * (mat @ vec). PyTorch: torch.addmv. */
export const addmv: AddProduct<'mat', 'vec'> = addProduct('addmv', ['mat', 'vec'], mv, (m) => [
  [m(2), m(2, 3), m(3)],
  [m(), m(2, 3), m(3), { beta: 0.5, alpha: 2 }],
]);

/** beta * input + alpha * outer(vec1, vec2). PyTorch: torch.addr. */
export const addr: AddProduct<'vec1', 'vec2'> = addProduct('addr', ['vec1', 'vec2'], outer, (m) => [
  [m(2, 3), m(2), m(3)],
  [m(), m(2), m(3), { beta: 0.5, alpha: 2 }],
]);

/** beta * input + alpha * (batch1 @ batch2), matrix by matrix. PyTorch: torch.baddbmm. */
export const baddbmm: AddProduct<'batch1', 'batch2'> = addProduct('baddbmm', ['batch1', 'batch2'], bmm, (m) => [
  [m(2, 2, 4), m(2, 2, 3), m(2, 3, 4)],
  [m(4), m(2, 2, 3), m(2, 3, 4), { beta: 0.5, alpha: 2 }],
]);

/** beta * input + alpha * (the sum of the products of the pairs of matrices). PyTorch: torch.addbmm. */
export const addbmm: AddProduct<'batch1', 'batch2'> = addProduct(
  'addbmm',
  ['batch1', 'batch2'],
  (a, b) => bmm(a, b).sum(0, false, { dtype: a.dtype }),
  (m) => [
    [m(2, 4), m(2, 2, 3), m(2, 3, 4)],
    [m(4), m(2, 2, 3), m(2, 3, 4), { beta: 0.5, alpha: 2 }],
  ],
);
