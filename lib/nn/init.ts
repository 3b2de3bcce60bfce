import { erf } from '../../kernels/special.js';
import { noGrad } from '../autograd/modes.js';
import { type Fn, fn } from '../core/define.js';
import { ShapeError, showShape, ValueError } from '../core/errors.js';
import { randn, randperm } from '../ops/creation/random.js';
import { eye } from '../ops/creation/ranges.js';
import type { Generator } from '../random.js';
import type { Tensor } from '../tensor.js';

/** The stream that random numbers are taken from; the default generator unless given. */
export interface InitStream {
  generator?: Generator | null;
}

/** Fills a tensor in place with one value per name, and returns it. */
export type Fill = Fn<[tensor: Tensor], Record<never, never>, Tensor>;

/** What follows the layer, for the gain of its weights. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

/** Whose variance is kept: the forward pass's ('fan_in') or the gradients' ('fan_out'). */
export type FanMode = 'fan_in' | 'fan_out';

/** Runs an in-place fill off the tape. */
const fill = (run: () => Tensor): Tensor => noGrad(run);

/** How many inputs and outputs meet in one weight: sizes 1 and 0, each times what lies in one kernel. */
export function fans(name: string, { shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(`${name}: a weight has at least 2 dimensions (outputs, inputs, ...), got ${showShape(shape)}`);
  }
  const kernel = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

/**
 * The factor by which a nonlinearity's weights are scaled so that variances last: 1, tanh 5/3, relu sqrt 2, leaky_relu
 * sqrt(2 / (1 + param^2)) (param: its slope, 0.01), selu 3/4. ValueError for others. PyTorch: torch.nn.init.calculate_gain.
 * @example
 * tg.nn.init.calculateGain('leaky_relu', 1) // => 1
 */
export const calculateGain: Fn<[nonlinearity: Nonlinearity, param?: number | null], { param?: number | null }, number> =
  fn('calculateGain(nonlinearity, param=null)', (nonlinearity, param) => {
    if (/^(linear|sigmoid|conv(_transpose)?[123]d)$/.test(nonlinearity)) return 1;
    if (nonlinearity === 'tanh') return 5 / 3;
    if (nonlinearity === 'relu') return Math.SQRT2;
    if (nonlinearity === 'leaky_relu') return Math.sqrt(2 / (1 + (param ?? 0.01) ** 2));
    if (nonlinearity === 'selu') return 3 / 4;
    throw new ValueError(
      `calculateGain: unknown nonlinearity '${String(nonlinearity)}'; known: linear, conv1d to conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu`,
    );
  });

/** Fills with uniform numbers of [a, b). PyTorch: torch.nn.init.uniform_. */
export const uniform_: Fn<[tensor: Tensor, a?: number, b?: number], InitStream & { a?: number; b?: number }, Tensor> =
  fn('uniform_(tensor, a:number=0, b:number=1, *, generator=null)', (tensor, a, b, { generator }) =>
    fill(() => tensor.uniform_(a, b, { generator })),
  );

/** Fills with normal numbers. PyTorch: torch.nn.init.normal_. */
export const normal_: Fn<
  [tensor: Tensor, mean?: number, std?: number],
  InitStream & { mean?: number; std?: number },
  Tensor
> = fn('normal_(tensor, mean:number=0, std:number=1, *, generator=null)', (tensor, mean, std, { generator }) =>
  fill(() => tensor.normal_(mean, std, { generator })),
);

/** Fills with one value. PyTorch: torch.nn.init.constant_. */
export const constant_: Fn<[tensor: Tensor, val: number], { val?: number }, Tensor> = fn(
  'constant_(tensor, val)',
  (tensor, val) => fill(() => tensor.fill_(val)),
);

/** Fills with ones. PyTorch: torch.nn.init.ones_. */
export const ones_: Fill = fn('ones_(tensor)', (tensor) => fill(() => tensor.fill_(1)));

/** Fills with zeros. PyTorch: torch.nn.init.zeros_. */
export const zeros_: Fill = fn('zeros_(tensor)', (tensor) => fill(() => tensor.fill_(0)));

/** The identity matrix; ShapeError for other than 2 dimensions. PyTorch: torch.nn.init.eye_. */
export const eye_: Fill = fn(
  'eye_(tensor)',
  (tensor) => {
    const { shape, dtype, device } = tensor;
    if (shape.length !== 2) throw new ShapeError(`eye_: expected a matrix, got shape ${showShape(shape)}`);
    return fill(() => tensor.copy_(eye(shape[0], shape[1], { dtype, device })));
  },
  { errors: (m) => [[[m(2, 2, 2)], 'expected a matrix']] },
);

/**
 * Convolution kernels that pass each channel on as it is, as far as there are as many outputs, in each group. ShapeError for other
 * than 3 to 5 dimensions or where the outputs do not divide into the groups. PyTorch: torch.nn.init.dirac_.
 */
export const dirac_: Fn<[tensor: Tensor, groups?: number], { groups?: number }, Tensor> = fn(
  'dirac_(tensor, groups=1)',
  (tensor, groups) => {
    const { shape } = tensor;
    if (shape.length < 3 || shape.length > 5 || shape[0] % groups !== 0) {
      throw new ShapeError(
        `dirac_: expected kernels of 3 to 5 dimensions whose first divides into ${groups} groups, got ${showShape(shape)}`,
      );
    }
    const outputs = shape[0] / groups;
    const middle = shape.slice(2).map((size) => Math.floor(size / 2));
    return fill(() => {
      tensor.fill_(0);
      for (let group = 0; group < groups; group++) {
        for (let d = 0; d < Math.min(outputs, shape[1]); d++) tensor.at_([group * outputs + d, d, ...middle], 1);
      }
      return tensor;
    });
  },
  { errors: (m) => [[[m(2, 2)], 'expected kernels of 3 to 5 dimensions']] },
);

/**
 * Normal numbers within [a, b], by the inverse of the distribution. ValueError where a is above b.
 * PyTorch: torch.nn.init.trunc_normal_.
 */
export const truncNormal_: Fn<
  [tensor: Tensor, mean?: number, std?: number, a?: number, b?: number],
  InitStream & { mean?: number; std?: number; a?: number; b?: number },
  Tensor
> = fn(
  'truncNormal_(tensor, mean:number=0, std:number=1, a=-2, b=2, *, generator=null)',
  (tensor, mean, std, a, b, { generator }) => {
    if (!(a <= b)) throw new ValueError(`truncNormal_: a ${a} must not be above b ${b}`);
    const [low, high] = [a, b].map((bound) => erf((bound - mean) / std / Math.SQRT2));
    return fill(() => {
      tensor.uniform_(low, high, { generator });
      return tensor.copy_(
        tensor
          .erfinv()
          .mul(std * Math.SQRT2)
          .add(mean)
          .clamp(a, b),
      );
    });
  },
  { errors: (m) => [[[m(2), 0, 1, 2, -2], 'must not be above']] },
);

type Gain = Fn<[tensor: Tensor, gain?: number], InitStream & { gain?: number }, Tensor>;

/** Uniform within +-gain sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). PyTorch: torch.nn.init.xavier_uniform_. */
export const xavierUniform_: Gain = fn(
  'xavierUniform_(tensor, gain=1, *, generator=null)',
  (tensor, gain, { generator }) => {
    const { fanIn, fanOut } = fans('xavierUniform_', tensor);
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
    return fill(() => tensor.uniform_(-bound, bound, { generator }));
  },
  { errors: (m) => [[[m(2)], 'at least 2 dimensions']] },
);

/** Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)) (Glorot and Bengio 2010). PyTorch: torch.nn.init.xavier_normal_. */
export const xavierNormal_: Gain = fn(
  'xavierNormal_(tensor, gain=1, *, generator=null)',
  (tensor, gain, { generator }) => {
    const { fanIn, fanOut } = fans('xavierNormal_', tensor);
    return fill(() => tensor.normal_(0, gain * Math.sqrt(2 / (fanIn + fanOut)), { generator }));
  },
  { errors: (m) => [[[m(2)], 'at least 2 dimensions']] },
);

type KaimingOptions = InitStream & { a?: number; mode?: FanMode; nonlinearity?: Nonlinearity };
type Kaiming = Fn<[tensor: Tensor, a?: number, mode?: FanMode, nonlinearity?: Nonlinearity], KaimingOptions, Tensor>;

/** gain / sqrt(fan): the standard deviation of He et al. 2015. */
function kaimingStd(name: string, tensor: Tensor, a: number, mode: FanMode, nonlinearity: Nonlinearity): number {
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw new ValueError(`${name}: unknown mode '${String(mode)}'; use 'fan_in' or 'fan_out'`);
  }
  const { fanIn, fanOut } = fans(name, tensor);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/**
 * Uniform within +-sqrt(3) gain / sqrt(fan) (He et al. 2015); `a` is the slope of leaky_relu. A tensor without elements is left as it is.
 * PyTorch: torch.nn.init.kaiming_uniform_.
 * @example
 * tg.nn.init.kaimingUniform_(tg.empty(8, 3, 5, 5), { nonlinearity: 'relu' }).shape // => [ 8, 3, 5, 5 ]
 */
export const kaimingUniform_: Kaiming = fn(
  "kaimingUniform_(tensor, a=0, mode='fan_in', nonlinearity='leaky_relu', *, generator=null)",
  (tensor, a, mode, nonlinearity, { generator }) => {
    if (tensor.numel() === 0) return tensor;
    const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', tensor, a, mode, nonlinearity);
    return fill(() => tensor.uniform_(-bound, bound, { generator }));
  },
  {
    errors: (m) => [
      [[m(2)], 'at least 2 dimensions'],
      [[m(2, 2), { mode: 'fan' }], "unknown mode 'fan'"],
      [[m(2, 2), { nonlinearity: 'gelu' }], "unknown nonlinearity 'gelu'"],
    ],
  },
);

/** Normal with standard deviation gain / sqrt(fan) (He et al. 2015); `a` is the slope of leaky_relu. PyTorch: torch.nn.init.kaiming_normal_. */
export const kaimingNormal_: Kaiming = fn(
  "kaimingNormal_(tensor, a=0, mode='fan_in', nonlinearity='leaky_relu', *, generator=null)",
  (tensor, a, mode, nonlinearity, { generator }) => {
    if (tensor.numel() === 0) return tensor;
    const std = kaimingStd('kaimingNormal_', tensor, a, mode, nonlinearity);
    return fill(() => tensor.normal_(0, std, { generator }));
  },
  { errors: (m) => [[[m(2)], 'at least 2 dimensions']] },
);

/** Rows made orthonormal one after the other; twice each, because once is not enough in floating point (Gram and Schmidt). */
function orthonormalRows(rows: Tensor): Tensor {
  for (let i = 0; i < rows.shape[0]; i++) {
    const row = rows.select(0, i);
    const above = rows.narrow(0, 0, i);
    for (let round = 0; round < 2; round++) row.copy_(row.sub(above.mv(row).matmul(above)));
    row.div_(row.mul(row).sum().sqrt());
  }
  return rows;
}

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`; further dimensions count as columns
 * (Saxe et al. 2013). PyTorch: torch.nn.init.orthogonal_.
 */
export const orthogonal_: Gain = fn(
  'orthogonal_(tensor, gain=1, *, generator=null)',
  (tensor, gain, { generator }) => {
    const { shape } = tensor;
    if (shape.length < 2) {
      throw new ShapeError(`orthogonal_: expected at least 2 dimensions, got ${showShape(shape)}`);
    }
    if (tensor.numel() === 0) return tensor;
    const rows = shape[0];
    const columns = tensor.numel() / rows;
    return fill(() => {
      const size = [Math.min(rows, columns), Math.max(rows, columns)];
      const made = orthonormalRows(randn(size, { dtype: 'float64', generator }));
      return tensor.copy_((rows > columns ? made.transpose(0, 1) : made).mul(gain).reshape(shape));
    });
  },
  { errors: (m) => [[[m(2)], 'at least 2 dimensions']] },
);

/**
 * Normal numbers, of which the fraction `sparsity` in each column is zero (Martens 2010). ShapeError for other than 2 dimensions.
 * PyTorch: torch.nn.init.sparse_.
 */
export const sparse_: Fn<
  [tensor: Tensor, sparsity: number, std?: number],
  InitStream & { sparsity?: number; std?: number },
  Tensor
> = fn(
  'sparse_(tensor, sparsity, std=0.01, *, generator=null)',
  (tensor, sparsity, std, { generator }) => {
    if (tensor.shape.length !== 2) {
      throw new ShapeError(`sparse_: expected a matrix, got shape ${showShape(tensor.shape)}`);
    }
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new ValueError(`sparse_: sparsity must be from 0 to 1, got ${sparsity}`);
    }
    const [rows, columns] = tensor.shape;
    const zero = Math.ceil(sparsity * rows);
    return fill(() => {
      tensor.normal_(0, std, { generator });
      for (let column = 0; column < columns; column++) {
        const chosen = randperm(rows, { device: tensor.device, generator }).narrow(0, 0, zero);
        tensor.select(1, column).indexFill_(0, chosen, 0);
      }
      return tensor;
    });
  },
  {
    errors: (m) => [
      [[m(2), 0.5], 'expected a matrix'],
      [[m(2, 2), 2], 'sparsity must be from 0 to 1'],
    ],
  },
);
