import { identity } from '../dag.js';
import { floatToHalf } from '../half.js';
import type { TypedArray, View } from '../types.js';
import { collapse, contiguousStrides, count, isContiguous } from '../view.js';
import { allocate } from './memory.js';
import { pointwise } from './pointwise.js';
import { dtypesKey } from './rows.js';
import { specialize } from './specialize.js';

/** Side of the squares in which a transposing copy goes: their lines of memory stay in the first cache. */
const side = 32;

/** Elements of a matrix, where the output has its columns side by side and the input its rows. */
const transposeLoop = specialize(
  (
    output: Float64Array,
    input: Float64Array,
    to: number,
    from: number,
    rows: number,
    columns: number,
    outputRow: number,
    inputColumn: number,
    side: number,
  ): void => {
    for (let top = 0; top < rows; top += side) {
      const bottom = Math.min(rows, top + side);
      for (let left = 0; left < columns; left += side) {
        const right = Math.min(columns, left + side);
        for (let i = top; i < bottom; i++) {
          const place = to + i * outputRow;
          for (let j = left, source = from + i + left * inputColumn; j < right; j++, source += inputColumn) {
            output[place + j] = input[source];
          }
        }
      }
    }
  },
);

/** A copy that is a transposed matrix of at least one square; false where it is none. */
function transpose(output: View, input: View): boolean {
  const { shape, strides } = collapse(output.shape, [output.strides, input.strides]);
  if (shape.length !== 2 || shape[0] < side || shape[1] < side) return false;
  const [[outputRow, outputColumn], [inputRow, inputColumn]] = strides;
  if (outputColumn !== 1 || inputRow !== 1) return false;
  const [to, from] = [output.buffer as Float64Array, input.buffer as Float64Array];
  const loop = transposeLoop(dtypesKey(output));
  loop(to, from, output.offset, input.offset, shape[0], shape[1], outputRow, inputColumn, side);
  return true;
}

/** `Kernels.copy`: one block move where layouts and dtypes allow, else the identity formula's loop. */
export function copy(output: View, input: View): void {
  const n = count(output.shape);
  if (n === 0) return;
  if (
    output.dtype === input.dtype &&
    isContiguous(output.shape, output.strides) &&
    isContiguous(input.shape, input.strides)
  ) {
    const from = input.buffer as Float32Array;
    (output.buffer as Float32Array).set(from.subarray(input.offset, input.offset + n), output.offset);
    return;
  }
  if (output.dtype === input.dtype && transpose(output, input)) return;
  // float16 and bool would otherwise take the arithmetic detour to the same bits.
  const bits = output.dtype === input.dtype && (input.dtype === 'float16' || input.dtype === 'bool');
  const as = bits ? (input.dtype === 'float16' ? 'int16' : 'uint8') : null;
  if (as !== null) pointwise(identity, as, [retype(output, as)], [retype(input, as)]);
  else pointwise(identity, input.dtype, [output], [input]);
}

function retype(view: View, dtype: View['dtype']): View {
  return { buffer: view.buffer, offset: view.offset, shape: view.shape, strides: view.strides, dtype };
}

/** `Kernels.fill`. */
export function fill(output: View, value: number | bigint): void {
  if (isContiguous(output.shape, output.strides)) {
    const array = output.buffer as TypedArray;
    const end = output.offset + count(output.shape);
    if (output.dtype === 'int64') (array as BigInt64Array).fill(BigInt(value), output.offset, end);
    else {
      const number = Number(value);
      const stored =
        output.dtype === 'bool' ? Number(number !== 0) : output.dtype === 'float16' ? floatToHalf(number) : number;
      (array as Float32Array).fill(stored, output.offset, end);
    }
  } else {
    pointwise(identity, output.dtype, [output], [Number(value)]);
  }
}

/** The same elements in one run: the view itself where they are. */
export function packed(view: View): View {
  const { shape, dtype } = view;
  if (isContiguous(shape, view.strides)) return view;
  const whole: View = {
    buffer: allocate(dtype, count(shape)),
    offset: 0,
    shape,
    strides: contiguousStrides(shape),
    dtype,
  };
  copy(whole, view);
  return whole;
}
