import { floatToHalf, halfToFloat } from '../half.js';
import type { TypedArray, View } from '../types.js';

/** A number, or a bigint where the dtype is int64. */
export type Element = number | bigint;

const lowest64 = -(2n ** 63n);

/** Gives the element at a position of the view's buffer. */
export function reader(view: View): (at: number) => Element {
  const data = view.buffer as TypedArray;
  if (view.dtype === 'float16') return (at) => halfToFloat(data[at] as number);
  return (at) => data[at];
}

/** Puts a value at a position of the view's buffer, converted: integers wrap, floats are rounded once. */
export function setElement(view: View, at: number, value: Element): void {
  const data = view.buffer as Element[] & TypedArray;
  if (view.dtype === 'int64') data[at] = toBigInt(value);
  else if (view.dtype === 'float16') data[at] = floatToHalf(Number(value));
  else if (view.dtype === 'bool') data[at] = Number(value) === 0 ? 0 : 1;
  else if (typeof value === 'number') data[at] = value;
  else data[at] = view.dtype.startsWith('float') ? Number(value) : Number(BigInt.asIntN(32, value));
}

/** Puts values at positions of the view's buffer, as `setElement` does. */
export function writer(view: View): (at: number, value: Element) => void {
  return (at, value) => setElement(view, at, value);
}

/** int64 from any value; what is not finite becomes the lowest integer, as a C cast does on x86-64. */
export function toBigInt(value: Element): bigint {
  if (typeof value === 'bigint') return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : lowest64;
}
