import { count } from '../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../core/define.js';
import { isFloat } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape, ValueError } from '../core/errors.js';
import { sameShape } from '../core/shape.js';
import { Tensor } from '../core/tensor.js';
import { full, zeros } from './creation.js';
import { extent } from './extent.js';
import { linspace } from './ranges.js';
import { searchsorted } from './search.js';

const bincountRow: Row<number> = {
  name: 'bincount',
  infer: ([, weights], bins) => [
    { shape: [bins], dtype: weights === undefined ? 'int32' : weights.dtype === 'float32' ? 'float32' : 'float64' },
  ],
  kernel: (k, [y], [x, weights]) => k.bincount(y, x, weights ?? null),
};

/**
 * How often each integer from 0 on occurs in a vector (int32), or the sum of its weights; at least `minlength` entries.
 * PyTorch: torch.bincount.
 */
export const bincount: Fn<
  [input: Tensor, weights?: Tensor | null, minlength?: number],
  { weights?: Tensor | null; minlength?: number },
  Tensor
> = fn(
  'bincount(input, weights=null, minlength=0)',
  (input, weights, minlength) => {
    checkTensor('bincount', input);
    if (input.shape.length !== 1) throw new ShapeError(`bincount: takes a vector, got ${showShape(input.shape)}`);
    if (weights !== null && !sameShape(weights.shape, input.shape)) {
      throw new ShapeError(
        `bincount: weights of shape ${showShape(weights.shape)} for ${showShape(input.shape)}; they must be equal`,
      );
    }
    if (minlength < 0) throw new ValueError(`bincount: minlength must be 0 or more, got ${minlength}`);
    const found = extent('bincount', input);
    const bins = Math.max(minlength, found === null ? 0 : found[1] + 1);
    // Without elements PyTorch forgets the weights.
    const inputs = weights === null || found === null ? [input] : [input, weights.detach()];
    return apply1(bincountRow, inputs, bins);
  },
  {
    samples: (m) => [[m.integers(5, 8)], [m.integers(5, 8), m(8)], [m.integers(3, 4), { minlength: 6 }]],
    errors: (m) => [
      [[m(3)], 'takes integers'],
      [[m.integers(3, 2, 2)], 'takes a vector'],
    ],
    gradcheck: false,
  },
);

function range(name: string, x: Tensor, low: number, high: number): [number, number] {
  let [from, to] = [low, high];
  if (from === to && count(x.shape) > 0) [from, to] = [x.amin().item(), x.amax().item()];
  if (from === to) [from, to] = [from - 1, to + 1];
  if (!(from < to) || !Number.isFinite(from) || !Number.isFinite(to)) {
    throw new ValueError(`${name}: the range from ${from} to ${to} must be finite and grow`);
  }
  return [from, to];
}

type HistcOptions = { bins?: number; min?: number; max?: number };

/** How many elements fall into each of `bins` equal intervals from `min` to `max` (both 0: of the data). PyTorch: torch.histc. */
export const histc: Fn<[input: Tensor, bins?: number, min?: number, max?: number], HistcOptions, Tensor> = fn(
  'histc(input, bins=100, min=0, max=0)',
  (input, bins, min, max) => {
    checkTensor('histc', input);
    checkBins('histc', input, bins);
    const x = input.detach().reshape(-1);
    const [from, to] = range('histc', x, min, max);
    const place = x
      .sub(from)
      .mul(bins / (to - from))
      .floor();
    const inside = x.ge(from).logicalAnd(x.le(to));
    return countInto(place.clamp(0, bins - 1).maskedSelect(inside), bins, input);
  },
  {
    samples: (m) => [
      [m(20), 5],
      [m(20), { bins: 4, min: -1, max: 1 }],
    ],
    errors: (m) => [
      [[m(3), 0], 'at least 1'],
      [[m.integers(3, 2)], 'floating'],
    ],
    gradcheck: false,
  },
);

function checkBins(name: string, input: Tensor, bins: number): void {
  if (!isFloat(input.dtype)) throw new DTypeError(`${name}: takes floating-point numbers, got ${input.dtype}`);
  if (!Number.isInteger(bins) || bins < 1) throw new ValueError(`${name}: bins must be at least 1, got ${bins}`);
}

function countInto(places: Tensor, bins: number, like: Tensor): Tensor {
  return bincount(places.to('int32'), { minlength: bins }).to(like.dtype);
}

type HistogramOptions = {
  bins?: number | Tensor;
  range?: readonly number[] | null;
  weight?: Tensor | null;
  density?: boolean;
};

/**
 * The weight of the elements in each interval, and the intervals' edges: `bins` equal ones over `range` (of the data), or the edges given.
 * PyTorch: torch.histogram.
 */
export const histogram: Fn<[input: Tensor, bins: number | Tensor], HistogramOptions, Results<'hist' | 'binEdges'>> = fn(
  'histogram(input, bins, *, range=null, weight=null, density=false)',
  (input, bins, { range: given, weight, density }) => {
    checkTensor('histogram', input);
    const x = input.detach().reshape(-1);
    let edges: Tensor;
    if (bins instanceof Tensor) edges = bins.detach();
    else {
      checkBins('histogram', input, bins);
      const [from, to] = given === null ? range('histogram', x, 0, 0) : [given[0], given[1]];
      edges = linspace(from, to, bins + 1, { dtype: input.dtype, device: input.device });
    }
    const n = edges.shape[0] - 1;
    const last = edges.select(0, n);
    // The last interval holds its right edge as well.
    const place = searchsorted(edges, x, { right: true })
      .sub(1)
      .maskedFill(x.eq(last), n - 1);
    const inside = place.ge(0).logicalAnd(place.lt(n));
    const weights =
      weight === null ? full(x.shape, 1, { dtype: x.dtype, device: x.device }) : weight.detach().reshape(-1);
    const empty = zeros([n], { dtype: x.dtype, device: x.device });
    let hist = empty.indexAdd(0, place.maskedSelect(inside), weights.maskedSelect(inside));
    if (density) hist = hist.div(hist.sum().mul(edges.narrow(0, 1, n).sub(edges.narrow(0, 0, n))));
    return results(['hist', 'binEdges'], [hist, edges]);
  },
  {
    samples: (m) => [
      [m(20), 5],
      [m(20), m(4).sort().values, { weight: m(20) }],
      [m(20), { bins: 3, range: [-1, 1], density: true }],
    ],
    errors: (m) => [[[m(3), 0], 'at least 1']],
    gradcheck: false,
  },
);
