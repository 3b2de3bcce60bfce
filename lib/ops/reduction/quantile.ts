import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { DTypeError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { full } from '../creation/creation.js';
import { elements } from '../elements.js';
import { checkNotEmpty } from './extremes.js';
import { requireFloat } from './reduction.js';

/** What to give where a quantile lies between two elements. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

interface QuantileOptions {
  q?: number | Tensor;
  dim?: number | null;
  keepdim?: boolean;
  interpolation?: Interpolation;
}

/** Quantiles along one dimension, or of all elements. */
export type Quantile = Fn<
  [input: Tensor, q: number | Tensor, dim?: number | null, keepdim?: boolean],
  QuantileOptions,
  Tensor
>;

function checkedFractions(name: string, input: Tensor, q: number | Tensor): Tensor {
  const fractions = q instanceof Tensor ? q : full([], q, { dtype: input.dtype, device: input.device });
  if (fractions.dtype !== input.dtype) {
    throw new DTypeError(`${name}: q is ${fractions.dtype}, the input ${input.dtype}; they must agree`);
  }
  if (fractions.shape.length > 1) {
    throw new ShapeError(`${name}: q has shape ${showShape(fractions.shape)}; it must be a number or a vector`);
  }
  const bad = Array.from(elements(fractions)).find((value) => !(value >= 0 && value <= 1));
  if (bad !== undefined) throw new ValueError(`${name}: q is ${bad}; it must lie between 0 and 1`);
  return fractions;
}

/** The elements of sorted lines (along the last dimension) at fractional places. */
function between(sorted: Tensor, places: Tensor, interpolation: Interpolation): Tensor {
  const at = (place: Tensor): Tensor => sorted.gather(-1, place.detach().to('int32'));
  if (interpolation === 'lower') return at(places.floor());
  if (interpolation === 'higher') return at(places.ceil());
  if (interpolation === 'nearest') return at(places.round());
  const weight = interpolation === 'midpoint' ? 0.5 : places.sub(places.detach().floor());
  return at(places.floor()).lerp(at(places.ceil()), weight);
}

const interpolations: readonly string[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

function quantileFn(name: string, ignoreNaN: boolean): Quantile {
  return fn(
    `${name}(input, q, dim=null, keepdim=false, *, interpolation='linear')`,
    (input, q, dim, keepdim, { interpolation }) => {
      checkTensor(name, input);
      requireFloat(name, input.dtype);
      if (!interpolations.includes(interpolation)) {
        throw new ValueError(`${name}: interpolation '${interpolation}' is none of ${interpolations.join(', ')}`);
      }
      const fractions = checkedFractions(name, input, q);
      const { shape } = input;
      const d = dim === null ? 0 : wrapDim(name, dim, shape.length);
      const lines = dim === null || shape.length === 0 ? input.reshape(-1) : input.movedim(d, -1);
      checkNotEmpty(name, lines, [lines.shape.length - 1]);
      const sorted = lines.sort(-1).values;
      const nans = lines.detach().isnan().sum(-1, true);
      const last = lines.shape[lines.shape.length - 1] - 1;
      // A line with NaN gives its last element, which is one; or only what comes before its NaN counts.
      const places = ignoreNaN
        ? fractions.reshape(-1).mul(nans.neg().add(last).clampMin(0))
        : fractions.reshape(-1).mul(last).where(nans.eq(0), last);
      const y = between(sorted, places, interpolation);
      const kept = dim === null ? shape.map(() => 1) : shape.map((size, i) => (i === d ? 1 : size));
      const restored = keepdim && shape.length > 0 ? y.movedim(-1, 0).reshape([-1, ...kept]) : y.movedim(-1, 0);
      return fractions.shape.length === 0 ? restored.squeeze(0) : restored;
    },
    {
      samples: (m) => [
        [m(5), 0.3],
        [m(2, 5), 0.5, 1, true],
        [m(2, 4), 0.6, { dim: 0, interpolation: 'midpoint' }],
        [m(4), 0.4, { interpolation: 'nearest' }],
      ],
      errors: (m) => [
        [[m(3), 1.5], 'q is 1.5; it must lie between 0 and 1'],
        [[m(0), 0.5], 'has no elements'],
        [[m.integers(9, 3), 0.5], 'needs floating-point elements'],
        [[m(3), 0.5, { interpolation: 'cubic' }], 'is none of linear, lower'],
      ],
    },
  );
}

/**
 * The element below which a fraction `q` of each line lies (of all elements where `dim` is null); a vector of fractions gives a new first
 * dimension. A line with NaN gives NaN. PyTorch: torch.quantile.
 * @example
 * tg.tensor([1, 2, 3, 4]).quantile(0.5) // => tensor(2.5000)
 */
export const quantile: Quantile = quantileFn('quantile', false);

/** `quantile` that passes over NaN. PyTorch: torch.nanquantile. */
export const nanquantile: Quantile = quantileFn('nanquantile', true);
