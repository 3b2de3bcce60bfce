import { count } from '../../../kernels/view.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import type { Device } from '../../core/device.js';
import { checkDType, type DType, getDefaultDtype } from '../../core/dtype.js';
import { ArgumentError, ValueError } from '../../core/errors.js';
import { broadcastShapes, checkSizes } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { defaultGenerator, type Generator } from '../../random.js';
import type { TensorOptions } from './creation.js';
import { affine, mapped, normals, requireFloating, requireWithin, uniform } from './draws.js';
import { checkBounds, whole } from './integers.js';
import { poissons } from './poisson.js';
import { fromValues, requireLeaf } from './values.js';

/** Where and as what a random tensor is made, and from which stream. */
export interface RandomOptions extends TensorOptions {
  /** The stream; the default generator unless given. */
  generator?: Generator | null;
}

type Draw = (shape: readonly number[], dtype: DType, device: Device, generator: Generator) => Tensor;

function make(name: string, draw: Draw, shape: readonly number[], like: Tensor | null, options: RandomOptions): Tensor {
  const dtype = options.dtype ?? like?.dtype ?? getDefaultDtype();
  requireFloating(name, checkDType(name, dtype));
  const device = options.device ?? like?.device ?? 'cpu';
  return requireLeaf(name, draw(shape, dtype, device, options.generator ?? defaultGenerator), options.requiresGrad);
}

type Sizes =
  | number[]
  | [...size: number[], options: RandomOptions]
  | [size: readonly number[], options?: RandomOptions];
type Random = ((...args: Sizes) => Tensor) & Described;

function maker(name: string, draw: Draw): Random {
  return typed<(...args: Sizes) => Tensor>(
    `${name}(*size, dtype=null, device=null, requiresGrad=false, generator=null)`,
    (size: readonly number[], options: RandomOptions) => make(name, draw, checkSizes(name, size), null, options),
    {
      errors: () => [
        [[2, { dtype: 'int32' }], 'makes floating-point numbers'],
        [[-1], 'is negative'],
      ],
    },
    0,
  );
}

/**
 * Uniform numbers of [0, 1): 24 random bits each, 53 in float64, 11 in float16. PyTorch: torch.rand.
 * @example
 * tg.manualSeed(0);
 * tg.rand(2, 3).shape // => [ 2, 3 ]
 */
export const rand: Random = maker('rand', uniform);

/** Standard normal numbers. PyTorch: torch.randn. */
export const randn: Random = maker('randn', normals);

type Like = Fn<[input: Tensor], RandomOptions, Tensor>;

function likeMaker(name: string, draw: Draw): Like {
  return fn(`${name}(input, *, dtype=null, device=null, requiresGrad=false, generator=null)`, (input, options) =>
    make(name, draw, input.shape, input, options),
  );
}

/** Uniform numbers of [0, 1) in another tensor's shape, dtype and device. PyTorch: torch.rand_like. */
export const randLike: Like = likeMaker('randLike', uniform);

/** Standard normal numbers in another tensor's shape, dtype and device. PyTorch: torch.randn_like. */
export const randnLike: Like = likeMaker('randnLike', normals);

/** The calls of `randint`: `low` may be left out. */
export interface RandInt {
  (high: number, size: readonly number[], options?: RandomOptions): Tensor;
  (low: number, high: number, size: readonly number[], options?: RandomOptions): Tensor;
  (low: number, high: number, options: RandomOptions & { size: readonly number[] }): Tensor;
  (low: number, options: RandomOptions & { high?: number; size: readonly number[] }): Tensor;
}

/**
 * Integers from `low` (0 unless given) to `high - 1`, all equally likely; int32 unless `dtype` says otherwise. ValueError where a bound
 * does not fit the dtype. PyTorch: torch.randint.
 * @example
 * tg.randint(10, [2, 3]).shape // => [ 2, 3 ]
 */
export const randint: RandInt & Described = typed<RandInt>(
  'randint(low, high=null, size=null, *, dtype=null, device=null, requiresGrad=false, generator=null)',
  (
    first: number,
    second: number | readonly number[] | null,
    third: readonly number[] | null,
    options: RandomOptions,
  ) => {
    const size = typeof second === 'number' ? third : (second ?? third);
    const [low, high] = typeof second === 'number' ? [first, second] : [0, first];
    if (!Array.isArray(size)) throw new ArgumentError('randint: the size is missing, as in randint(10, [2, 3])');
    const dtype = checkDType('randint', options.dtype ?? 'int32');
    checkBounds('randint', low, high, dtype);
    const shape = checkSizes('randint', size);
    const x = whole(low, high, shape, dtype, options.device ?? 'cpu', options.generator ?? defaultGenerator);
    return requireLeaf('randint', x, options.requiresGrad);
  },
  {
    errors: () => [
      [[5, 5, [2]], 'must be below'],
      [[0.5, 3, [2]], 'must be integers'],
      [[3], 'the size is missing'],
      [[0, 300, [2], { dtype: 'uint8' }], 'do not fit'],
    ],
  },
);

type RandIntLike = (
  input: Tensor,
  ...rest:
    | [high: number, options?: RandomOptions]
    | [low: number, high: number, options?: RandomOptions]
    | [options: RandomOptions & { low?: number; high: number }]
) => Tensor;

/** Integers from `low` (0 unless given) to `high - 1` in another tensor's shape, dtype and device. PyTorch: torch.randint_like. */
export const randintLike: RandIntLike & Described = typed<RandIntLike>(
  'randintLike(input, low=0, high=null, *, dtype=null, device=null, requiresGrad=false, generator=null)',
  (input: Tensor, first: number, second: number | null, options: RandomOptions) => {
    const [low, high] = second === null ? [0, first] : [first, second];
    const dtype = checkDType('randintLike', options.dtype ?? input.dtype);
    checkBounds('randintLike', low, high, dtype);
    const device = options.device ?? input.device;
    const x = whole(low, high, input.shape, dtype, device, options.generator ?? defaultGenerator);
    return requireLeaf('randintLike', x, options.requiresGrad);
  },
);

/**
 * The integers from 0 to n - 1 in random order, every order equally likely; int32 unless `dtype` says otherwise. PyTorch: torch.randperm.
 * @example
 * tg.randperm(4).sort().values // => tensor([0, 1, 2, 3])
 */
export const randperm: Fn<[n: number], RandomOptions, Tensor> = fn(
  'randperm(n, *, dtype=null, device=null, requiresGrad=false, generator=null)',
  (n, options) => {
    if (!Number.isInteger(n) || n < 0) throw new ValueError(`randperm: n must be an integer of at least 0, got ${n}`);
    const dtype = checkDType('randperm', options.dtype ?? 'int32');
    if (n > 0) checkBounds('randperm', 0, n, dtype);
    const words = (options.generator ?? defaultGenerator).words([n], 'cpu').buffer as Int32Array;
    const order = Int32Array.from({ length: n }, (_, i) => i);
    // Fisher and Yates, from the end: each place takes one of those not yet placed.
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor((words[i] >>> 0) * 2 ** -32 * (i + 1));
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    const x = fromValues(order, [n], dtype);
    return requireLeaf('randperm', x.to(options.device ?? 'cpu'), options.requiresGrad);
  },
  {
    errors: () => [
      [[-1], 'at least 0'],
      [[300, { dtype: 'uint8' }], 'do not fit'],
    ],
  },
);

/** The calls of `normal`: a tensor for the mean, the deviation or both, or two numbers and a size. */
export interface Normal {
  (mean: Tensor, std?: Tensor | number, options?: { generator?: Generator | null }): Tensor;
  (mean: Tensor, options: { std?: Tensor | number; generator?: Generator | null }): Tensor;
  (mean: number, std: Tensor, options?: { generator?: Generator | null }): Tensor;
  (mean: number, std: number, size: readonly number[], options?: RandomOptions): Tensor;
  (mean: number, options: RandomOptions & { std: number | Tensor; size?: readonly number[] }): Tensor;
}

/**
 * Normal numbers of a mean and a standard deviation (1 unless given); tensors broadcast and give each element its own. Without gradient.
 * ValueError for a deviation below 0. PyTorch: torch.normal.
 * @example
 * tg.normal(5, 0, [2]) // => tensor([5., 5.])
 */
export const normal: Normal & Described = typed<Normal>(
  'normal(mean, std=1, size=null, *, dtype=null, device=null, requiresGrad=false, generator=null)',
  (mean: Tensor | number, std: Tensor | number, size: readonly number[] | null, options: RandomOptions) => {
    const tensors = [mean, std].filter((x) => x instanceof Tensor);
    if ((size === null) !== tensors.length > 0) {
      throw new ArgumentError('normal: takes a size with two numbers, and none with a tensor, whose shape it has');
    }
    requireWithin('normal', 'std', std, 0, Number.POSITIVE_INFINITY);
    const shape =
      size === null ? broadcastShapes('normal', ...tensors.map((x) => x.shape)) : checkSizes('normal', size);
    const z = make('normal', normals, shape, tensors[0] ?? null, options);
    mapped(affine, z, mean, std);
    return z;
  },
  {
    errors: (m) => [
      [[0, -1, [2]], 'std must be at least 0'],
      [[0, 1], 'takes a size'],
      [[m(2), m(2).abs(), [2]], 'takes a size'],
    ],
  },
);

/**
 * Poisson numbers, each with the rate that the input holds at its place, in the input's dtype. ValueError for a rate below 0.
 * PyTorch: torch.poisson.
 */
export const poisson: Fn<[input: Tensor], { generator?: Generator | null }, Tensor> = fn(
  'poisson(input, *, generator=null)',
  (input, { generator }) => {
    requireFloating('poisson', input.dtype);
    requireWithin('poisson', 'the rates', input, 0, Number.POSITIVE_INFINITY);
    const rates = input.detach().to('cpu').to('float64').contiguous();
    const drawn = poissons(rates, count(rates.shape), generator ?? defaultGenerator);
    return fromValues(drawn, input.shape, input.dtype).to(input.device);
  },
  { errors: (m) => [[[m.integers(3, 2)], 'makes floating-point numbers']] },
);
