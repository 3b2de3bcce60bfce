import { type Fn, fn, type None } from '../core/define.js';
import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';

type Cast = Fn<[input: Tensor], None, Tensor>;

function cast(name: string, dtype: DType): Cast {
  return fn(`${name}(input)`, (input) => input.to(dtype), {
    samples: (m) => [[m(2, 3)], [m.integers(5, 3)], [m.bools(3)]],
    gradcheck: dtype === 'float64' ? undefined : 'rounds or cuts',
  });
}

/** As float32. PyTorch: Tensor.float. */
export const float: Cast = cast('float', 'float32');

/** As float64. PyTorch: Tensor.double. */
export const double: Cast = cast('double', 'float64');

/** As float16. PyTorch: Tensor.half. */
export const half: Cast = cast('half', 'float16');

/** As int32; fractions are cut. PyTorch: Tensor.int. */
export const int: Cast = cast('int', 'int32');

/** As int32, the default integer type here; `to('int64')` gives 64 bits. PyTorch: Tensor.long. */
export const long: Cast = cast('long', 'int32');

/** As int16. PyTorch: Tensor.short. */
export const short: Cast = cast('short', 'int16');

/** As int8. PyTorch: Tensor.char. */
export const char: Cast = cast('char', 'int8');

/** As uint8. PyTorch: Tensor.byte. */
export const byte: Cast = cast('byte', 'uint8');

/** As bool: whatever is not zero is true. PyTorch: Tensor.bool. */
export const bool: Cast = cast('bool', 'bool');

/** As another tensor's dtype. PyTorch: Tensor.type_as. */
export const typeAs: Fn<[input: Tensor, other: Tensor], { other?: Tensor }, Tensor> = fn(
  'typeAs(input, other)',
  (input, other) => input.to(other.dtype),
  { samples: (m) => [[m(3), m(2)]] },
);
