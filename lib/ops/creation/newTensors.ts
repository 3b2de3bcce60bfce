import { type Described, type Fn, fn, typed } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { empty, emptyStrided, full, ones, type SizeArguments, type TensorOptions, tensor, zeros } from './creation.js';
import type { TensorData } from './values.js';

type Settled = Required<TensorOptions>;

/** The options with this tensor's dtype and device where none are given. */
function like(input: Tensor, { dtype, device, requiresGrad }: TensorOptions): Settled {
  return { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad: requiresGrad ?? false };
}

type New = ((input: Tensor, ...args: SizeArguments) => Tensor) & Described;

function maker(name: string, make: (size: readonly number[], options: TensorOptions) => Tensor): New {
  return typed(
    `${name}(input, *size, dtype=null, device=null, requiresGrad=false)`,
    (input: Tensor, size: readonly number[], options: TensorOptions) => make(size, like(input, options)),
    {
      samples: (m) => [
        [m(2), 2, 3],
        [m.integers(3, 2), [2, 3]],
      ],
      errors: (m) => [[[m(2), -1], 'negative']],
      gradcheck: false,
    },
  );
}

/** Zeros of this tensor's dtype and device. PyTorch: Tensor.new_zeros. */
export const newZeros: New = maker('newZeros', zeros);

/** Ones of this tensor's dtype and device. PyTorch: Tensor.new_ones. */
export const newOnes: New = maker('newOnes', ones);

/** Unset elements of this tensor's dtype and device. PyTorch: Tensor.new_empty. */
export const newEmpty: New = typed(
  'newEmpty(input, *size, dtype=null, device=null, requiresGrad=false)',
  (input: Tensor, size: readonly number[], options: TensorOptions) => empty(size, like(input, options)),
);

/** One value everywhere, in this tensor's dtype and on its device. PyTorch: Tensor.new_full. */
export const newFull: Fn<
  [input: Tensor, size: readonly number[], fillValue: number | boolean | bigint],
  TensorOptions & { size?: readonly number[]; fillValue?: number | boolean | bigint },
  Tensor
> = fn(
  'newFull(input, size, fillValue, *, dtype=null, device=null, requiresGrad=false)',
  (input, size, fillValue, options) => full(size, fillValue, like(input, options)),
  { samples: (m) => [[m(2), [2, 3], 5]], errors: (m) => [[[m(2), [-1], 5], 'negative']], gradcheck: false },
);

/** A tensor of the values given, in this tensor's dtype and on its device. PyTorch: Tensor.new_tensor. */
export const newTensor: Fn<[input: Tensor, data: TensorData], TensorOptions & { data?: TensorData }, Tensor> = fn(
  'newTensor(input, data, *, dtype=null, device=null, requiresGrad=false)',
  (input, data, options) => tensor(data, like(input, options)),
  { samples: (m) => [[m(2), [1, 2]]], gradcheck: false },
);

/** Unset elements with strides of one's own, in this tensor's dtype. PyTorch: Tensor.new_empty_strided. */
export const newEmptyStrided: Fn<
  [input: Tensor, size: readonly number[], stride: readonly number[]],
  TensorOptions & { size?: readonly number[]; stride?: readonly number[] },
  Tensor
> = fn(
  'newEmptyStrided(input, size, stride, *, dtype=null, device=null, requiresGrad=false)',
  (input, size, stride, options) => emptyStrided(size, stride, like(input, options)),
);
