import { type Formula, formula } from '../../kernels/dag.js';
import type { Scalar } from '../../kernels/scalar.js';
import { count } from '../../kernels/view.js';
import { type Described, type Fn, fn, typed } from '../core/define.js';
import { checkDType, type DType, getDefaultDtype, isFloat } from '../core/dtype.js';
import { DTypeError, ValueError } from '../core/errors.js';
import { checkSizes } from '../core/shape.js';
import { alias, emptyTensor, type Tensor } from '../core/tensor.js';
import { defaultGenerator, type Generator } from '../random.js';
import type { TensorOptions } from './creation.js';
import { requireLeaf } from './values.js';

/** Where and as what a random tensor is made, and from which stream. */
export interface RandomOptions extends TensorOptions {
  /** The stream; the default generator unless given. */
  generator?: Generator | null;
}

const low24 = 0xffffff;
const low21 = 0x1fffff;

/** A word as a number from 0 to 2^32 - 1. */
function unsigned<V>(s: Scalar<V>, w: V): V {
  return s.where(s.lt(w, s.const(0)), s.add(w, s.const(2 ** 32)), w);
}

/** [0, 1) in steps of 2^-24: every value is exact in float32. */
const uniform24: Formula = formula(1, (s, w) => s.mul(s.bitwiseAnd(w, s.const(low24)), s.const(2 ** -24)));

/** [0, 1) in steps of 2^-53. */
const uniform53: Formula = formula(2, (s, a, b) => {
  const high = s.mul(s.bitwiseAnd(a, s.const(low21)), s.const(2 ** 32));
  return s.mul(s.add(high, unsigned(s, b)), s.const(2 ** -53));
});

/** Two standard normal numbers of two words (Box and Muller 1958). */
const boxMuller: Formula = formula(2, (s, a, b) => {
  const u = s.mul(s.add(unsigned(s, a), s.const(1)), s.const(2 ** -32));
  const angle = s.mul(unsigned(s, b), s.const((2 * Math.PI) / 2 ** 32));
  const radius = s.sqrt(s.mul(s.const(-2), s.log(u)));
  return [s.mul(radius, s.cos(angle)), s.mul(radius, s.sin(angle))];
});

/** from + u * (to - from), for u in [0, 1). */
const scale: Formula = formula(3, (s, u, from, range) => s.add(from, s.mul(u, range)));

/** Part `i` of a one-dimensional tensor cut into pieces of `n`. */
const piece = (x: Tensor, i: number, n: number): Tensor => alias(x, x.offset + i * n, [n], [1]);

/** Fills a contiguous floating-point tensor with uniform numbers of [0, 1). */
function fillUniform(x: Tensor, generator: Generator): void {
  const n = count(x.shape);
  const { kernels, device } = x.storage;
  const flat = alias(x, x.offset, [n], [1]);
  if (x.dtype === 'float64') {
    const words = generator.words([2 * n], device);
    kernels.pointwise2(uniform53, 'float64', flat, piece(words, 0, n), piece(words, 1, n));
  } else kernels.pointwise1(uniform24, 'float64', flat, generator.words([n], device));
}

/** Fills a contiguous floating-point tensor with standard normal numbers. */
function fillNormal(x: Tensor, generator: Generator): void {
  const half = Math.ceil(count(x.shape) / 2);
  const { kernels, device } = x.storage;
  const words = generator.words([2 * half], device);
  const pairs = emptyTensor([2 * half], x.dtype, device);
  kernels.pointwise(
    boxMuller,
    'float64',
    [piece(pairs, 0, half), piece(pairs, 1, half)],
    [piece(words, 0, half), piece(words, 1, half)],
  );
  kernels.copy(alias(x, x.offset, [count(x.shape)], [1]), piece(pairs, 0, count(x.shape)));
}

function floatType(name: string, dtype: DType | null | undefined): DType {
  const type = dtype === null || dtype === undefined ? getDefaultDtype() : checkDType(name, dtype);
  if (!isFloat(type))
    throw new DTypeError(`${name}: makes floating-point numbers, not ${type}; use randint for integers`);
  return type;
}

type Sizes =
  | number[]
  | [...size: number[], options: RandomOptions]
  | [size: readonly number[], options?: RandomOptions];
type Random = ((...args: Sizes) => Tensor) & Described;

function maker(name: string, fill: (x: Tensor, generator: Generator) => void): Random {
  return typed<(...args: Sizes) => Tensor>(
    `${name}(*size, dtype=null, device=null, requiresGrad=false, generator=null)`,
    (size: readonly number[], { dtype, device, requiresGrad, generator }: Required<RandomOptions>) => {
      const x = emptyTensor(checkSizes(name, size), floatType(name, dtype), device ?? 'cpu');
      fill(x, generator ?? defaultGenerator);
      return requireLeaf(name, x, requiresGrad);
    },
    {},
    0,
  );
}

/** Uniform numbers of [0, 1): 24 random bits each, 53 in float64. PyTorch: torch.rand. */
export const rand: Random = maker('rand', fillUniform);

/** Standard normal numbers. PyTorch: torch.randn. */
export const randn: Random = maker('randn', fillNormal);

type Like = Fn<[input: Tensor], RandomOptions, Tensor>;

function likeMaker(name: string, fill: (x: Tensor, generator: Generator) => void): Like {
  return fn(`${name}(input, *, dtype=null, device=null, requiresGrad=false, generator=null)`, (input, options) => {
    const { dtype, device, requiresGrad, generator } = options as Required<RandomOptions>;
    const x = emptyTensor(input.shape, floatType(name, dtype ?? input.dtype), device ?? input.device);
    fill(x, generator ?? defaultGenerator);
    return requireLeaf(name, x, requiresGrad);
  });
}

/** Uniform numbers of [0, 1) in another tensor's shape, dtype and device. PyTorch: torch.rand_like. */
export const randLike: Like = likeMaker('randLike', fillUniform);

/** Standard normal numbers in another tensor's shape, dtype and device. PyTorch: torch.randn_like. */
export const randnLike: Like = likeMaker('randnLike', fillNormal);

/** A contiguous tensor of random numbers, in `x`'s shape: what the in-place forms copy from. */
export function draw(name: string, x: Tensor, kind: 'uniform' | 'normal', generator: Generator | null): Tensor {
  const y = emptyTensor(x.shape, floatType(name, x.dtype), x.device);
  (kind === 'uniform' ? fillUniform : fillNormal)(y, generator ?? defaultGenerator);
  return y;
}

/** Scales uniform numbers to [from, to). */
export function stretch(x: Tensor, from: number, to: number): Tensor {
  if (!(from <= to)) throw new ValueError(`uniform_: from ${from} must not be above to ${to}`);
  x.storage.kernels.pointwise(scale, x.dtype, [x], [x, from, to - from]);
  return x;
}
