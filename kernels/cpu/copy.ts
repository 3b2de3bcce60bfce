import { identity } from '../dag.js';
import { floatToHalf } from '../half.js';
import type { TypedArray, View } from '../types.js';
import { contiguousStrides, count, isContiguous } from '../view.js';
import { Box } from '../wasm/formula/boxes.js';
import { turnerBehind } from '../wasm/formula/transpose.js';
import { policy } from '../wasm/policy.js';
import { allocate } from './memory.js';
import { pointwise } from './pointwise.js';

/** Moves elements of one dtype where the output or the input lies in one piece; false where neither does. */
function move(output: View, input: View): boolean {
  const { shape, dtype } = output;
  const [to, from] = [output.buffer, input.buffer] as unknown as Float64Array[];
  if (isContiguous(shape, output.strides)) {
    const turner = count(shape) >= policy.transposes ? turnerBehind(0) : null;
    new Box(shape, input.strides, dtype, turner).gather(to, output.offset, from, input.offset);
    return true;
  }
  if (!isContiguous(shape, input.strides)) return false;
  new Box(shape, output.strides, dtype, null).scatter(to, output.offset, from, input.offset);
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
  if (output.dtype === input.dtype && move(output, input)) return;
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
