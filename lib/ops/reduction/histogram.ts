import { count } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type Results, results } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { kindOf } from '../../core/kinds.js';
import { Tensor } from '../../core/tensor.js';
import { onesLike, zeros } from '../creation/creation.js';
import { linspace } from '../creation/ranges.js';
import { searchsorted } from '../indexing/search.js';
import { bincount } from './counting.js';

function range(name: string, x: Tensor, low: number, high: number): [number, number] {
  let [from, to] = [low, high];
  if (from === to && count(x.shape) > 0) [from, to] = [x.amin().item(), x.amax().item()];
  if (from === to) [from, to] = [from - 1, to + 1];
  if (!(from < to) || !Number.isFinite(from) || !Number.isFinite(to)) {
    throw new ValueError(`${name}: the range from ${from} to ${to} must be finite and grow`);
  }
  return [from, to];
}

function checkBins(name: string, input: Tensor, bins: number): void {
  if (!isFloat(input.dtype)) throw new DTypeError(`${name}: takes floating-point numbers, got ${input.dtype}`);
  if (!Number.isInteger(bins) || bins < 1) throw new ValueError(`${name}: bins must be at least 1, got ${bins}`);
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

function countInto(places: Tensor, bins: number, like: Tensor): Tensor {
  return bincount(places.to('int32'), { minlength: bins }).to(like.dtype);
}

/** Which interval between edges each element falls into; the last one holds its right edge as well. */
function intervals(x: Tensor, edges: Tensor): { place: Tensor; inside: Tensor } {
  const n = edges.shape[0] - 1;
  const place = searchsorted(edges, x.contiguous(), { right: true })
    .sub(1)
    .maskedFill(x.eq(edges.select(0, n)), n - 1);
  return { place, inside: place.ge(0).logicalAnd(place.lt(n)) };
}

function edgesOf(name: string, x: Tensor, bins: number | Tensor, from: number, to: number): Tensor {
  if (bins instanceof Tensor) return bins.detach();
  checkBins(name, x, bins);
  const [low, high] = range(name, x, from, to);
  return linspace(low, high, bins + 1, { dtype: x.dtype, device: x.device });
}

const widths = (edges: Tensor): Tensor =>
  edges.narrow(0, 1, edges.shape[0] - 1).sub(edges.narrow(0, 0, edges.shape[0] - 1));

type HistogramOptions = { range?: readonly number[] | null; weight?: Tensor | null; density?: boolean };

/**
 * The weight of the elements in each interval, and the intervals' edges: `bins` equal ones over `range` (of the data), or the edges given.
 * PyTorch: torch.histogram.
 */
export const histogram: Fn<
  [input: Tensor, bins: number | Tensor],
  HistogramOptions & { bins?: number | Tensor },
  Results<'hist' | 'binEdges'>
> = fn(
  'histogram(input, bins, *, range=null, weight=null, density=false)',
  (input, bins, { range: given, weight, density }) => {
    checkTensor('histogram', input);
    const x = input.detach().reshape(-1);
    const edges = edgesOf('histogram', x, bins, given?.[0] ?? 0, given?.[1] ?? 0);
    const { place, inside } = intervals(x, edges);
    const weights = weight === null ? onesLike(x) : weight.detach().reshape(-1);
    const empty = zeros([edges.shape[0] - 1], { dtype: x.dtype, device: x.device });
    const sums = empty.indexAdd(0, place.maskedSelect(inside), weights.maskedSelect(inside));
    const hist = density ? sums.div(sums.sum().mul(widths(edges))) : sums;
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

/** The counts in a grid, and the edges along each of its dimensions; iterates in that order. */
export interface GridHistogram extends Iterable<Tensor | readonly Tensor[]> {
  readonly hist: Tensor;
  readonly binEdges: readonly Tensor[];
}

type Bins = number | readonly (number | Tensor)[];

/** `histogram` of points, one in a row, in as many dimensions as there are columns. PyTorch: torch.histogramdd. */
export const histogramdd: Fn<[input: Tensor, bins: Bins], HistogramOptions & { bins?: Bins }, GridHistogram> = fn(
  'histogramdd(input, bins, *, range=null, weight=null, density=false)',
  (input, bins, { range: given, weight, density }) => {
    checkTensor('histogramdd', input);
    if (input.shape.length < 2) {
      throw new ShapeError(
        `histogramdd: needs at least 2 dimensions (points, coordinates), got ${showShape(input.shape)}`,
      );
    }
    const dimensions = input.shape.at(-1) as number;
    const each = typeof bins === 'number' ? new Array<number>(dimensions).fill(bins) : bins;
    if (!Array.isArray(each)) {
      throw new ArgumentError(
        `histogramdd: bins must be a number, or a list with one for each coordinate, got ${kindOf(bins)}`,
      );
    }
    if (each.length !== dimensions) {
      throw new ArgumentError(
        `histogramdd: ${each.length} bins for ${dimensions} coordinates; give one number, or one for each`,
      );
    }
    const points = input.detach().reshape(-1, dimensions);
    const columns = each.map((_, d) => points.select(1, d));
    const edges = each.map((n, d) =>
      edgesOf('histogramdd', columns[d], n, given?.[2 * d] ?? 0, given?.[2 * d + 1] ?? 0),
    );
    const sizes = edges.map((edge) => edge.shape[0] - 1);
    let place = zeros([points.shape[0]], { dtype: 'int32', device: input.device });
    let inside = place.eq(0);
    columns.forEach((column, d) => {
      const found = intervals(column, edges[d]);
      place = place.mul(sizes[d]).add(found.place);
      inside = inside.logicalAnd(found.inside);
    });
    const weights = weight === null ? onesLike(columns[0]) : weight.detach().reshape(-1);
    const empty = zeros([count(sizes)], { dtype: input.dtype, device: input.device });
    let hist = empty.indexAdd(0, place.maskedSelect(inside), weights.maskedSelect(inside)).reshape(sizes);
    if (density) {
      hist = hist.div(hist.sum());
      edges.forEach((edge, d) => {
        hist = hist.div(widths(edge).reshape(sizes.map((_, i) => (i === d ? -1 : 1))));
      });
    }
    return { hist, binEdges: edges, [Symbol.iterator]: () => [hist, edges][Symbol.iterator]() };
  },
  {
    samples: (m) => [
      [m(20, 2), [3, 2]],
      [m(20, 2), 2, { weight: m(20), density: true }],
    ],
    errors: (m) => [[[m(3, 2), [1]], '1 bins for 2']],
    gradcheck: false,
  },
);
