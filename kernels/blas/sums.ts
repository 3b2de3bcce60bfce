import { isFlat, isOne } from '../cpu/layout.js';
import { type Formula, slots } from '../dag.js';
import type { DType, Operand, TypedArray, View } from '../types.js';
import { count } from '../view.js';
import { blasFor, largest, policy } from './gemm.js';

/** What the second operand is multiplied with in a formula that adds or subtracts two: 1 or -1, and 0 for all other formulas. */
function signOf(f: Formula): number {
  f.compiled[slots.sums] ??= findSign(f);
  return f.compiled[slots.sums] as number;
}

function findSign({ outputs: [output, ...others], arity }: Formula): number {
  if (arity !== 2 || others.length > 0 || (output.name !== 'add' && output.name !== 'sub')) return 0;
  const [a, b] = output.arguments;
  const ofInputs = a.name === 'input' && b.name === 'input' && a.value === 0 && b.value === 1;
  return ofInputs ? (output.name === 'add' ? 1 : -1) : 0;
}

/** Whether an operand's elements lie like those of a dense result: one dtype, one shape, one after another. */
function liesLike(x: Operand, compute: DType, shape: readonly number[]): x is View {
  return typeof x !== 'number' && x.dtype === compute && isFlat(x, shape) && !isOne(x, shape);
}

function window({ buffer, offset }: View, n: number): Float32Array {
  const array = buffer as TypedArray as Float32Array;
  return array.length === n ? array : array.subarray(offset, offset + n);
}

/**
 * The sum or difference of two operands that lie one after another, through the system's BLAS, which adds to a result in place: nothing goes
 * through the heap. To the same bits as any other way: multiplying by 1 or -1 rounds nothing. False, and nothing done, where that is not the way.
 */
export function sumThroughBlas(f: Formula, compute: DType, output: View, a: Operand, b: Operand): boolean {
  const sign = signOf(f);
  const { shape } = output;
  if (sign === 0 || (compute !== 'float32' && compute !== 'float64')) return false;
  const n = count(shape);
  if (!(n >= policy.sums) || n > largest || !liesLike(output, compute, shape)) return false;
  if (!liesLike(a, compute, shape) || !liesLike(b, compute, shape)) return false;
  const [to, first, second] = [output, a, b].map((x) => window(x, n));
  const blas = blasFor(to, first, second);
  if (blas === null) return false;
  const { axpy } = compute === 'float32' ? blas.single : blas.double;
  const inPlace = (x: View): boolean => x.buffer === output.buffer && x.offset === output.offset;
  if (inPlace(a)) axpy(n, sign, second, 1, to, 1);
  else if (inPlace(b) && sign === 1) axpy(n, 1, first, 1, to, 1);
  else if (a.buffer === output.buffer || b.buffer === output.buffer) return false;
  else {
    to.set(first);
    axpy(n, sign, second, 1, to, 1);
  }
  return true;
}
