import { type Described, type Fn, fn, type None, typed } from '../../core/define.js';
import type { Device } from '../../core/device.js';
import { checkDType, type DType, getDefaultDtype } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { checkSizes } from '../../core/shape.js';
import { alias, emptyTensor, Tensor } from '../../core/tensor.js';
import { build, dtypeOf, fillNew, type NdArrayLike, requireLeaf, sharing, type TensorData } from './values.js';

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

type Create = ((...args: SizeArguments) => Tensor) & Described;

function creator(name: string, value: number | null): Create {
  return typed<(...args: SizeArguments) => Tensor>(
    `${name}(*size, dtype=null, device=null, requiresGrad=false)`,
    (size: readonly number[], options: Required<TensorOptions>) => {
      const x = make(name, size, options, getDefaultDtype());
      return requireLeaf(name, value === null ? x : fillNew(name, x, value), options.requiresGrad);
    },
    {},
    0,
  );
}

/**
 * A tensor of zeros. PyTorch: torch.zeros.
 * @example
 * tg.zeros(2, 2) // => tensor([[0., 0.], [0., 0.]])
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
    return requireLeaf(
      'full',
      fillNew('full', x, typeof value === 'boolean' ? Number(value) : value),
      options.requiresGrad,
    );
  });

type LikeOptions = TensorOptions;
type Like = Fn<[input: Tensor], LikeOptions, Tensor>;

function likeCreator(name: string, value: number | null): Like {
  return fn(`${name}(input, *, dtype=null, device=null, requiresGrad=false)`, (input, options) => {
    const { dtype, device, requiresGrad } = options as Required<TensorOptions>;
    const x = make(name, input.shape, { dtype, device: device ?? input.device, requiresGrad }, input.dtype);
    return requireLeaf(name, value === null ? x : fillNew(name, x, value), requiresGrad);
  });
}

/** Zeros of another tensor's shape, dtype and device. PyTorch: torch.zeros_like. */
export const zerosLike: Like = likeCreator('zerosLike', 0);

/** Ones of another tensor's shape, dtype and device. PyTorch: torch.ones_like. */
export const onesLike: Like = likeCreator('onesLike', 1);

/** Unset elements in another tensor's shape, dtype and device. PyTorch: torch.empty_like. */
export const emptyLike: Like = likeCreator('emptyLike', null);

/** One value in another tensor's shape, dtype and device. PyTorch: torch.full_like. */
export const fullLike: Fn<
  [input: Tensor, fillValue: number | boolean | bigint],
  LikeOptions & { fillValue?: number | boolean | bigint },
  Tensor
> = fn(
  'fullLike(input, fillValue, *, dtype=null, device=null, requiresGrad=false)',
  (input, fillValue, { dtype, device, requiresGrad }) =>
    full(input.shape, fillValue, { dtype: dtype ?? input.dtype, device: device ?? input.device, requiresGrad }),
  { samples: (m) => [[m(2, 3), 5]], gradcheck: false },
);

/** Unset elements with strides of one's own; ShapeError where they do not fit the sizes. PyTorch: torch.empty_strided. */
export const emptyStrided: Fn<
  [size: readonly number[], stride: readonly number[]],
  TensorOptions & { size?: readonly number[]; stride?: readonly number[] },
  Tensor
> = fn(
  'emptyStrided(size:list, stride:list, *, dtype=null, device=null, requiresGrad=false)',
  (size, stride, options) => {
    const shape = checkSizes('emptyStrided', size);
    const strides = checkSizes('emptyStrided', stride);
    if (shape.length !== strides.length) {
      throw new ShapeError(
        `emptyStrided: ${strides.length} strides for ${shape.length} sizes ${showShape(shape)}; they must be as many`,
      );
    }
    const reach = shape.includes(0) ? 0 : shape.reduce((last, n, d) => last + (n - 1) * strides[d], 1);
    const memory = make('emptyStrided', [reach], options as Required<TensorOptions>, getDefaultDtype());
    return requireLeaf('emptyStrided', alias(memory, 0, shape, strides), options.requiresGrad);
  },
);

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

/**
 * The data as a tensor without a copy where that can be: a tensor stays itself, a typed array shares its memory, an `ndarray` too.
 * PyTorch: torch.as_tensor.
 */
export const asTensor: Fn<[data: TensorData], Omit<TensorOptions, 'requiresGrad'>, Tensor> = fn(
  'asTensor(data, *, dtype=null, device=null)',
  (data, { dtype, device }) => {
    const made = data instanceof Tensor ? data : (sharing(data) ?? build(data, null, dtype));
    const typed = dtype === null || dtype === made.dtype ? made : made.to(checkDType('asTensor', dtype));
    return device === null || device === typed.device ? typed : typed.to(device);
  },
);

/** The data of an `ndarray`, sharing its memory. PyTorch: torch.from_numpy. */
export const fromNumpy: Fn<[ndarray: NdArrayLike], None, Tensor> = fn('fromNumpy(ndarray)', (ndarray) => {
  const shared = sharing(ndarray);
  if (shared !== null) return shared;
  throw new ArgumentError('fromNumpy: the ndarray does not lie in a typed array that has a dtype; use tensor');
});
