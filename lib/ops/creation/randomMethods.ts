import { checkDevices, checkTensor } from '../../autograd/apply.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { DTypeError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { emptyTensor, Tensor } from '../../core/tensor.js';
import { defaultGenerator, type Generator } from '../../random.js';
import {
  affine,
  bernoullis,
  cauchys,
  type Distribution,
  drawn,
  exponentials,
  geometrics,
  logNormals,
  mapped,
  normals,
  overwrite,
  overwriting,
  requireFloating,
  requireWithin,
  stretch,
  uniform,
} from './draws.js';
import { beyond, checkBounds, whole } from './integers.js';

/** From which stream; the default generator unless given. */
export interface Stream {
  generator?: Generator | null;
}

function coins(name: string, x: Tensor, p: Tensor | number, generator: Generator | null): Tensor {
  requireWithin(name, 'the probability', p, 0, 1);
  if (p instanceof Tensor) checkDevices(name, [x, p]);
  return drawn(bernoullis, [p], x.shape, x.dtype, x.device, generator ?? defaultGenerator);
}

/**
 * 1 with the probability that the input holds at each place, else 0, in the input's dtype; with `p` that probability instead. Without
 * gradient. ValueError for a probability outside [0, 1]. PyTorch: torch.bernoulli.
 * @example
 * tg.tensor([0, 1]).bernoulli() // => tensor([0., 1.])
 */
export const bernoulli: Fn<[input: Tensor, p?: number | null], Stream & { p?: number | null }, Tensor> = fn(
  'bernoulli(input, p=null, *, generator=null)',
  (input, p, { generator }) => {
    checkTensor('bernoulli', input);
    if (p === null && !isFloat(input.dtype)) {
      throw new DTypeError(`bernoulli: the probabilities must be floating-point numbers, got ${input.dtype}`);
    }
    return coins('bernoulli', input, p ?? input.detach(), generator ?? null);
  },
  {
    errors: (m) => [
      [[m(2).add(9)], 'must be from 0 to 1'],
      [[m.integers(2, 2)], 'floating-point'],
    ],
  },
);

/**
 * Indices drawn by weight from each row of a vector or matrix of weights, which need not sum to 1; int32. Without replacement none comes
 * twice. ValueError where weights are negative or too few are above 0. PyTorch: torch.multinomial.
 * @example
 * tg.tensor([0, 3, 0]).multinomial(2, true) // => tensor([1, 1])
 */
export const multinomial: Fn<
  [input: Tensor, numSamples: number, replacement?: boolean],
  Stream & { numSamples?: number; replacement?: boolean },
  Tensor
> = fn(
  'multinomial(input, numSamples, replacement=false, *, generator=null)',
  (input, numSamples, replacement, options) => {
    checkTensor('multinomial', input);
    requireFloating('multinomial', input.dtype);
    const { shape } = input;
    if (shape.length < 1 || shape.length > 2 || shape[shape.length - 1] === 0) {
      throw new ShapeError(`multinomial: expected a vector or a matrix of weights, got shape ${showShape(shape)}`);
    }
    if (!Number.isInteger(numSamples) || numSamples < 1) {
      throw new ValueError(`multinomial: numSamples must be an integer of at least 1, got ${numSamples}`);
    }
    const weights = input.detach().to('cpu').to('float64').contiguous();
    requireWithin('multinomial', 'the weights', weights, 0, Number.MAX_VALUE);
    const possible = weights.gt(0).sum(-1);
    const needed = replacement ? 1 : numSamples;
    if (possible.numel() > 0 && possible.amin().item() < needed) {
      throw new ValueError(
        `multinomial: ${needed} of the weights in each row must be above 0, got ${possible.amin().item()}${replacement ? '' : '; draw with replacement?'}`,
      );
    }
    const generator = options.generator ?? defaultGenerator;
    const chosen = replacement ? repeated(weights, numSamples, generator) : distinct(weights, numSamples, generator);
    return chosen.to(input.device);
  },
  {
    errors: (m) => [
      [[m(2, 2, 2).abs(), 1], 'a vector or a matrix'],
      [[m(3).abs(), 4], 'must be above 0'],
      [[m(3).abs().neg(), 1], 'must be at least 0'],
    ],
  },
);

/** Looks uniform numbers up in the running sums of the weights. */
function repeated(weights: Tensor, samples: number, generator: Generator): Tensor {
  const sums = weights.cumsum(-1);
  const last = sums.shape.length - 1;
  const total = sums.narrow(last, sums.shape[last] - 1, 1);
  const points = uniform(sums.shape.with(last, samples), 'float64', 'cpu', generator).mul(total);
  const found = emptyTensor(points.shape, 'int32', 'cpu');
  found.storage.kernels.searchSorted(found, sums, points, true);
  return found;
}

/** The first of exponential clocks that run as fast as the weights are large; those of weight 0 never ring. */
function distinct(weights: Tensor, samples: number, generator: Generator): Tensor {
  const clocks = drawn(exponentials, [weights], weights.shape, 'float64', 'cpu', generator);
  return clocks.argsort(-1).narrow(-1, 0, samples).contiguous();
}

/** Fills in place: `draw` makes as many numbers as the tensor has elements. */
function fill(
  row: ReturnType<typeof overwriting>,
  self: Tensor,
  generator: Generator | null | undefined,
  draw: (stream: Generator) => Tensor,
): Tensor {
  return overwrite(row, self, () => {
    requireFloating(`${row.name}_`, self.dtype);
    return draw(generator ?? defaultGenerator);
  });
}

const by = (d: Distribution, x: Tensor, stream: Generator, ...numbers: number[]): Tensor =>
  drawn(d, numbers, x.shape, x.dtype, x.device, stream);

const rows = {
  uniform: overwriting('uniform'),
  normal: overwriting('normal'),
  logNormal: overwriting('logNormal'),
  exponential: overwriting('exponential'),
  cauchy: overwriting('cauchy'),
  geometric: overwriting('geometric'),
  bernoulli: overwriting('bernoulli'),
  random: overwriting('random'),
};

/**
 * Fills with uniform numbers of [from, to). PyTorch: Tensor.uniform_.
 * @example
 * tg.empty(2).uniform_(3, 3) // => tensor([3., 3.])
 */
export const uniform_: Fn<[self: Tensor, from?: number, to?: number], Stream & { from?: number; to?: number }, Tensor> =
  fn(
    'uniform_(self, from=0, to=1, *, generator=null)',
    (self, from, to, { generator }) => {
      if (!(from <= to)) throw new ValueError(`uniform_: from ${from} must not be above to ${to}`);
      return fill(rows.uniform, self, generator, (stream) =>
        mapped(stretch, uniform(self.shape, self.dtype, self.device, stream), from, to),
      );
    },
    {
      errors: (m) => [
        [[m(2), 2, 1], 'must not be above'],
        [[m.integers(2, 2)], 'makes floating-point numbers'],
      ],
    },
  );

type MeanStd = Fn<[self: Tensor, mean?: number, std?: number], Stream & { mean?: number; std?: number }, Tensor>;

/** Fills with normal numbers of a mean and a standard deviation. PyTorch: Tensor.normal_. */
export const normal_: MeanStd = fn(
  'normal_(self, mean=0, std=1, *, generator=null)',
  (self, mean, std, { generator }) => {
    requireWithin('normal_', 'std', std, 0, Number.POSITIVE_INFINITY);
    return fill(rows.normal, self, generator, (stream) =>
      mapped(affine, normals(self.shape, self.dtype, self.device, stream), mean, std),
    );
  },
  { errors: (m) => [[[m(2), 0, -1], 'std must be at least 0']] },
);

/** Fills with numbers whose logarithm is normal, of that mean and deviation. PyTorch: Tensor.log_normal_. */
export const logNormal_: MeanStd = fn(
  'logNormal_(self, mean=1, std=2, *, generator=null)',
  (self, mean, std, { generator }) => {
    if (!(std > 0)) throw new ValueError(`logNormal_: std must be above 0, got ${std}`);
    return fill(rows.logNormal, self, generator, (stream) =>
      mapped(logNormals, normals(self.shape, self.dtype, self.device, stream), mean, std),
    );
  },
  { errors: (m) => [[[m(2), 0, 0], 'std must be above 0']] },
);

/** Fills with exponential numbers of a rate: their mean is 1 / lambd. PyTorch: Tensor.exponential_. */
export const exponential_: Fn<[self: Tensor, lambd?: number], Stream & { lambd?: number }, Tensor> = fn(
  'exponential_(self, lambd=1, *, generator=null)',
  (self, lambd, { generator }) => {
    if (!(lambd > 0)) throw new ValueError(`exponential_: lambd must be above 0, got ${lambd}`);
    return fill(rows.exponential, self, generator, (stream) => by(exponentials, self, stream, lambd));
  },
  { errors: (m) => [[[m(2), 0], 'lambd must be above 0']] },
);

/** Fills with Cauchy numbers of a median and a scale. PyTorch: Tensor.cauchy_. */
export const cauchy_: Fn<
  [self: Tensor, median?: number, sigma?: number],
  Stream & { median?: number; sigma?: number },
  Tensor
> = fn(
  'cauchy_(self, median=0, sigma=1, *, generator=null)',
  (self, median, sigma, { generator }) => {
    if (!(sigma > 0)) throw new ValueError(`cauchy_: sigma must be above 0, got ${sigma}`);
    return fill(rows.cauchy, self, generator, (stream) => by(cauchys, self, stream, median, sigma));
  },
  { errors: (m) => [[[m(2), 0, 0], 'sigma must be above 0']] },
);

/** Fills with how many trials of probability `p` it takes to the first success, at least 1. Any dtype but bool. PyTorch: Tensor.geometric_. */
export const geometric_: Fn<[self: Tensor, p: number], Stream & { p?: number }, Tensor> = fn(
  'geometric_(self, p, *, generator=null)',
  (self, p, { generator }) => {
    if (!(p > 0 && p < 1)) throw new ValueError(`geometric_: p must be between 0 and 1, got ${p}`);
    return overwrite(rows.geometric, self, () => by(geometrics, self, generator ?? defaultGenerator, p));
  },
  { errors: (m) => [[[m(2), 1], 'p must be between 0 and 1']] },
);

/** Fills with 1 with probability `p` (a number, or a tensor that broadcasts), else 0. Any dtype. PyTorch: Tensor.bernoulli_. */
export const bernoulli_: Fn<[self: Tensor, p?: number | Tensor], Stream & { p?: number | Tensor }, Tensor> = fn(
  'bernoulli_(self, p=0.5, *, generator=null)',
  (self, p, { generator }) => {
    const probability = p instanceof Tensor ? p.detach().expand(self.shape) : p;
    return overwrite(rows.bernoulli, self, () => coins('bernoulli_', self, probability, generator ?? null));
  },
  { errors: (m) => [[[m(2), 1.5], 'must be from 0 to 1']] },
);

type RandomFill = (
  self: Tensor,
  ...rest:
    | [options?: Stream & { from?: number; to?: number }]
    | [to: number, options?: Stream]
    | [from: number, to: number, options?: Stream]
) => Tensor;

/**
 * Fills with integers of [from, to); one bound is the upper one. Without bounds all from 0 that the dtype holds exactly: to 2^24 in
 * float32, 2^53 in float64 and int64, the largest of the other integer dtypes. PyTorch: Tensor.random_.
 */
export const random_: RandomFill & Described = typed<RandomFill>(
  'random_(self, *bounds, from=null, to=null, generator=null)',
  (
    self: Tensor,
    bounds: readonly number[],
    named: { from: number | null; to: number | null; generator: Generator | null },
  ) => {
    checkTensor('random_', self);
    const [first, second] = bounds;
    const low = (second === undefined ? named.from : first) ?? 0;
    const high = second ?? first ?? named.to ?? beyond(self.dtype);
    checkBounds('random_', low, high, self.dtype);
    return overwrite(rows.random, self, () =>
      whole(low, high, self.shape, self.dtype, self.device, named.generator ?? defaultGenerator),
    );
  },
  { errors: (m) => [[[m(2), 3, 3], 'must be below']] },
);
