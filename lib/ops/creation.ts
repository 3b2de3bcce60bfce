import { type Described, type Fn, fn, typed } from '../core/define.js';
import type { Device } from '../core/device.js';
import { checkDType, type DType, getDefaultDtype } from '../core/dtype.js';
import { checkSizes } from '../core/shape.js';
import { emptyTensor, Tensor } from '../core/tensor.js';
import { build, dtypeOf, requireLeaf, type TensorData } from './values.js';

/** Where and as what a tensor is made. */
export interface TensorOptions {
  /** float32 unless `setDefaultDtype` or the data say otherwise. */
  dtype?: DType | null;
  /** 'cpu' unless said otherwise. */
  device?: Device | null;
  /** Record operations on it (default false). */
  requiresGrad?: boolean;
}

/** Sizes as a list or spread, then options. */
export type SizeArguments =
  | number[]
  | [...size: number[], options: TensorOptions]
  | [size: readonly number[], options?: TensorOptions];

function make(name: string, size: readonly unknown[], options: Required<TensorOptions>, dtype: DType): Tensor {
  const shape = checkSizes(name, size);
  return emptyTensor(shape, options.dtype === null ? dtype : checkDType(name, options.dtype), options.device ?? 'cpu');
}

function filled(x: Tensor, value: number | bigint): Tensor {
  x.storage.kernels.fill(x, value);
  return x;
}

type Create = ((...args: SizeArguments) => Tensor) & Described;

function creator(name: string, value: number | null): Create {
  return typed<(...args: SizeArguments) => Tensor>(
    `${name}(*size, dtype=null, device=null, requiresGrad=false)`,
    (size: readonly number[], options: Required<TensorOptions>) => {
      const x = make(name, size, options, getDefaultDtype());
      return requireLeaf(name, value === null ? x : filled(x, value), options.requiresGrad);
    },
    {},
    0,
  );
}

/**
 * A tensor of zeros. PyTorch: torch.zeros.
 * @example
 * tg.zeros(2, 2) // => tensor([[0., 0.],
 */
export const zeros: Create = creator('zeros', 0);

/** A tensor of ones. PyTorch: torch.ones. */
export const ones: Create = creator('ones', 1);

/** A tensor whose elements are not set. PyTorch: torch.empty. */
export const empty: Create = creator('empty', null);

type FullOptions = TensorOptions & { size?: readonly number[]; fillValue?: number | boolean | bigint };

/** A tensor with one value everywhere; numbers make float32, truth values bool, BigInts int64. PyTorch: torch.full. */
export const full: Fn<[size: readonly number[], fillValue: number | boolean | bigint | Tensor], FullOptions, Tensor> =
  fn('full(size, fillValue, *, dtype=null, device=null, requiresGrad=false)', (size, fillValue, options) => {
    const value = fillValue instanceof Tensor ? fillValue.item() : fillValue;
    const x = make('full', size, options, fillValue instanceof Tensor ? fillValue.dtype : dtypeOf(value));
    return requireLeaf('full', filled(x, typeof value === 'bigint' ? value : Number(value)), options.requiresGrad);
  });

type LikeOptions = TensorOptions;
type Like = Fn<[input: Tensor], LikeOptions, Tensor>;

function likeCreator(name: string, value: number | null): Like {
  return fn(`${name}(input, *, dtype=null, device=null, requiresGrad=false)`, (input, options) => {
    const { dtype, device, requiresGrad } = options as Required<TensorOptions>;
    const x = make(name, input.shape, { dtype, device: device ?? input.device, requiresGrad }, input.dtype);
    return requireLeaf(name, value === null ? x : filled(x, value), requiresGrad);
  });
}

/** Zeros of another tensor's shape, dtype and device. PyTorch: torch.zeros_like. */
export const zerosLike: Like = likeCreator('zerosLike', 0);

/** Ones of another tensor's shape, dtype and device. PyTorch: torch.ones_like. */
export const onesLike: Like = likeCreator('onesLike', 1);

/** Unset elements in another tensor's shape, dtype and device. PyTorch: torch.empty_like. */
export const emptyLike: Like = likeCreator('emptyLike', null);

type DataOptions = TensorOptions & { shape?: readonly number[] | null };

/**
 * A tensor of the values given, copied: nested lists, numbers, booleans, BigInts, typed arrays (flat unless `shape`), `ndarray` objects.
 * Numbers make the default dtype (float32), booleans bool, BigInts int64, typed arrays their own. ShapeError for ragged lists.
 * PyTorch: torch.tensor.
 * @example
 * tg.tensor([[1, 2], [3, 4]]).shape // => [ 2, 2 ]
 */
export const tensor: Fn<[data: TensorData], DataOptions, Tensor> = fn(
  'tensor(data, *, shape=null, dtype=null, device=null, requiresGrad=false)',
  (data, { shape, dtype, device, requiresGrad }) => {
    if (dtype !== null) checkDType('tensor', dtype);
    const made = build(data, shape === null ? null : checkSizes('tensor', shape), dtype);
    const placed = device === null || device === 'cpu' ? made : made.to(device);
    return requireLeaf('tensor', placed, requiresGrad);
  },
);
