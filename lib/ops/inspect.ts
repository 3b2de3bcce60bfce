import { isContiguous as contiguousIn, count } from '../../kernels/view.js';
import { type Described, type Fn, fn, type None, typed } from '../core/define.js';
import { isFloat, itemSize } from '../core/dtype.js';
import { wrapDim } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';

type Count = Fn<[input: Tensor], None, number>;

/** How many elements it has. PyTorch: torch.numel. */
export const numel: Count = fn('numel(input)', (input) => count(input.shape));

/** How many elements it has. PyTorch: Tensor.nelement. */
export const nelement: Count = fn('nelement(input)', (input) => count(input.shape));

/** How many dimensions it has. PyTorch: Tensor.dim. */
export const dim: Count = fn('dim(input)', (input) => input.shape.length);

/** How many dimensions it has. PyTorch: Tensor.ndimension. */
export const ndimension: Count = fn('ndimension(input)', (input) => input.shape.length);

/** Bytes of one element. PyTorch: Tensor.element_size. */
export const elementSize: Count = fn('elementSize(input)', (input) => itemSize(input.dtype));

/** Bytes of all elements, as if they lay dense. PyTorch: Tensor.nbytes. */
export const nbytes: Count = fn('nbytes(input)', (input) => count(input.shape) * itemSize(input.dtype));

/** Where its first element lies in its storage, in elements. PyTorch: Tensor.storage_offset. */
export const storageOffset: Count = fn('storageOffset(input)', (input) => input.offset);

/** Its shape, or one size of it. */
export interface Sizes {
  (input: Tensor): number[];
  (input: Tensor, dim: number): number;
}

function entries(name: string, list: (input: Tensor) => readonly number[]): Sizes & Described {
  return typed<Sizes>(`${name}(input, dim=null)`, ((input: Tensor, at: number | null) => {
    const all = list(input);
    return at === null ? [...all] : all[wrapDim(name, at, all.length)];
  }) as never);
}

/** Its shape, or one size of it. PyTorch: Tensor.size. */
export const size: Sizes & Described = entries('size', (input) => input.shape);

/** How many elements of the storage lie between neighbours, for every dimension or one. PyTorch: Tensor.stride. */
export const stride: Sizes & Described = entries('stride', (input) => input.strides);

type Question = Fn<[input: Tensor], None, boolean>;

/** Whether its elements lie one after another in row-major order. PyTorch: Tensor.is_contiguous. */
export const isContiguous: Question = fn('isContiguous(input)', (input) => contiguousIn(input.shape, input.strides));

/** Whether its dtype is float16, float32 or float64. PyTorch: torch.is_floating_point. */
export const isFloatingPoint: Question = fn('isFloatingPoint(input)', (input) => isFloat(input.dtype));

/** Whether its dtype has a sign. PyTorch: Tensor.is_signed. */
export const isSigned: Question = fn('isSigned(input)', (input) => input.dtype !== 'bool' && input.dtype !== 'uint8');
