import { type Formula, formula } from '../../../kernels/dag.js';
import type { Scalar } from '../../../kernels/scalar.js';
import type { DType, Operand } from '../../../kernels/types.js';
import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { checkInplace } from '../../autograd/inplace.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import type { Device } from '../../core/device.js';
import { isFloat } from '../../core/dtype.js';
import { DTypeError, ValueError } from '../../core/errors.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import type { Generator } from '../../random.js';

/** A distribution: a formula over some random words for each element, then numbers. */
export interface Distribution {
  readonly words: number;
  readonly formula: Formula;
}

/** Words are integers that meet fractions: the CPU computes in float64, a GPU, which has none, keeps each operand's own kind. */
const computeOn = (device: Device): DType => (device === 'cpu' ? 'float64' : 'int32');

/** A word as a number from 0 to 2^32 - 1. */
function unsigned<V>(s: Scalar<V>, w: V): V {
  return s.where(s.lt(w, s.const(0)), s.add(w, s.const(2 ** 32)), w);
}

/** A word as a number between 0 and 1, neither of them reached. */
function between<V>(s: Scalar<V>, w: V): V {
  return s.mul(s.add(unsigned(s, w), s.const(0.5)), s.const(2 ** -32));
}

/** The lower `bits` bits of a word as a number of [0, 1). */
function fraction<V>(s: Scalar<V>, w: V, bits: number): V {
  return s.mul(s.bitwiseAnd(w, s.const(2 ** bits - 1)), s.const(2 ** -bits));
}

/** Two words as a number of [0, 1) in steps of 2^-53. */
function fraction53<V>(s: Scalar<V>, a: V, b: V): V {
  const high = s.mul(s.bitwiseAnd(a, s.const(2 ** 21 - 1)), s.const(2 ** 32));
  return s.mul(s.add(high, unsigned(s, b)), s.const(2 ** -53));
}

/** A word as an integer of [0, range); those below 2^31 modulo the range come up more often. */
function below<V>(s: Scalar<V>, w: V, range: V): V {
  return s.fmod(s.bitwiseAnd(w, s.const(0x7fffffff)), range);
}

/** Two standard normal numbers of two words (Box and Muller 1958). */
const boxMuller: Formula = formula(2, (s, a, b) => {
  const angle = s.mul(unsigned(s, b), s.const((2 * Math.PI) / 2 ** 32));
  const radius = s.sqrt(s.mul(s.const(-2), s.log(between(s, a))));
  return [s.mul(radius, s.cos(angle)), s.mul(radius, s.sin(angle))];
});

/** [0, 1) in as many steps as the dtype holds exactly: 2^11, 2^24 or 2^53. */
const uniforms: Readonly<Partial<Record<DType, Distribution>>> = {
  float16: { words: 1, formula: formula(1, (s, w) => fraction(s, w, 11)) },
  float32: { words: 1, formula: formula(1, (s, w) => fraction(s, w, 24)) },
  float64: { words: 2, formula: formula(2, (s, a, b) => fraction53(s, a, b)) },
};

/** low, range up to 2^20. The sum of two words, modulo the range: what one alone prefers, the other evens out (to less than 2^-22). */
export const integers: Distribution = {
  words: 2,
  formula: formula(4, (s, a, b, low, range) =>
    s.add(low, s.fmod(s.add(below(s, a, range), below(s, b, range)), range)),
  ),
};

/** low, range up to 2^53: for the CPU, which has float64. */
export const wideIntegers: Distribution = {
  words: 2,
  formula: formula(4, (s, a, b, low, range) => s.add(low, s.floor(s.mul(fraction53(s, a, b), range)))),
};

/** probability */
export const bernoullis: Distribution = { words: 1, formula: formula(2, (s, w, p) => s.lt(fraction(s, w, 24), p)) };

/** rate */
export const exponentials: Distribution = {
  words: 1,
  formula: formula(2, (s, w, rate) => s.div(s.neg(s.log(between(s, w))), rate)),
};

/** median, scale */
export const cauchys: Distribution = {
  words: 1,
  formula: formula(3, (s, w, median, scale) => {
    const angle = s.mul(s.sub(between(s, w), s.const(0.5)), s.const(Math.PI));
    return s.add(median, s.mul(scale, s.tan(angle)));
  }),
};

/** probability: trials until the first success */
export const geometrics: Distribution = {
  words: 1,
  formula: formula(2, (s, w, p) => s.ceil(s.div(s.log(between(s, w)), s.log1p(s.neg(p))))),
};

const flat = (x: Tensor): Tensor => alias(x, x.offset, [count(x.shape)], [1]);

/** Part `i` of a one-dimensional tensor cut into pieces of `n`. */
const piece = (x: Tensor, i: number, n: number): Tensor => alias(x, x.offset + i * n, [n], [1]);

/** A new tensor of a distribution; operands beside the words broadcast to its shape. */
export function drawn(
  d: Distribution,
  operands: readonly Operand[],
  shape: readonly number[],
  dtype: DType,
  device: Device,
  generator: Generator,
): Tensor {
  const x = emptyTensor(shape, dtype, device);
  const n = count(shape);
  if (n === 0) return x;
  const words = generator.words([d.words * n], device);
  const inputs = Array.from({ length: d.words }, (_, i) => alias(words, i * n, shape, x.strides));
  x.storage.kernels.pointwise(d.formula, computeOn(device), [x], [...inputs, ...operands]);
  return x;
}

/** Uniform numbers of [0, 1) in a new tensor of a floating-point dtype. */
export function uniform(shape: readonly number[], dtype: DType, device: Device, generator: Generator): Tensor {
  return drawn(uniforms[dtype] as Distribution, [], shape, dtype, device, generator);
}

/** Standard normal numbers in a new tensor of a floating-point dtype. */
export function normals(shape: readonly number[], dtype: DType, device: Device, generator: Generator): Tensor {
  const n = count(shape);
  const half = Math.ceil(n / 2);
  const x = emptyTensor(shape, dtype, device);
  if (n === 0) return x;
  const words = generator.words([2 * half], device);
  const pairs = n === 2 * half ? x : emptyTensor([2 * half], dtype, device);
  const { kernels } = x.storage;
  kernels.pointwise(
    boxMuller,
    computeOn(device),
    [piece(pairs, 0, half), piece(pairs, 1, half)],
    [piece(words, 0, half), piece(words, 1, half)],
  );
  if (pairs !== x) kernels.copy(flat(x), piece(pairs, 0, n));
  return x;
}

/** from, to: from + u (to - from) */
export const stretch: Formula = formula(3, (s, u, from, to) => s.add(from, s.mul(u, s.sub(to, from))));

/** mean, std */
export const affine: Formula = formula(3, (s, z, mean, std) => s.add(mean, s.mul(std, z)));

/** mean, std of the logarithm */
export const logNormals: Formula = formula(3, (s, z, mean, std) => s.exp(s.add(mean, s.mul(std, z))));

/** Writes formula(x, ...operands) into a new tensor's own memory; operands broadcast to it. */
export function mapped(f: Formula, x: Tensor, ...operands: Operand[]): Tensor {
  x.storage.kernels.pointwise(f, x.dtype, [x], [x, ...operands]);
  return x;
}

/** Throws where a distribution of fractions is asked of another dtype. */
export function requireFloating(name: string, dtype: DType): void {
  if (isFloat(dtype)) return;
  throw new DTypeError(`${name}: makes floating-point numbers, not ${dtype}; convert with to('float32')`);
}

/** Throws unless all numbers, or a tensor's elements where the CPU holds them, lie in [low, high]. */
export function requireWithin(name: string, argument: string, x: Tensor | number, low: number, high: number): void {
  const rule =
    high === Number.POSITIVE_INFINITY
      ? `at least ${low}`
      : high === Number.MAX_VALUE
        ? `at least ${low} and finite`
        : `from ${low} to ${high}`;
  if (typeof x === 'number') {
    if (x >= low && x <= high) return;
    throw new ValueError(`${name}: ${argument} must be ${rule}, got ${x}`);
  }
  checkTensor(name, x);
  // Elsewhere the check would wait for the device.
  if (x.device !== 'cpu' || count(x.shape) === 0) return;
  const values = x.detach();
  const [least, most] = [values.amin().item(), values.amax().item()];
  if (least >= low && most <= high) return;
  throw new ValueError(`${name}: ${argument} must be ${rule}, got values from ${least} to ${most}`);
}

/** A row for each in-place form: it hands new numbers on, and no gradient back to the old ones. */
export function overwriting(name: string): PointwiseRow {
  return pointwiseRow(name, 1, 0, { forward: (_s, x) => x, grad: (_s, g) => g, exact: true });
}

/** Fills a tensor with what `make` draws in its shape; refuses before the generator moves. */
export function overwrite(row: PointwiseRow, self: Tensor, make: () => Tensor): Tensor {
  checkTensor(`${row.name}_`, self);
  checkInplace(`${row.name}_`, self, false);
  return pointwise(row, [make()], [], self);
}
