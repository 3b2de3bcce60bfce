import { checkTensor } from '../../autograd/apply.js';
import { type Described, typed } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { type Dims, wrapDims } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { cat } from '../shape/combine.js';

/** The distance between points, for all dimensions or one for each, or the points' coordinates for each. */
export type Spacing = number | readonly (number | Tensor | readonly number[])[];

type Steps = readonly number[];

/** Weights of three neighbours for the slope at the middle one, steps `a` before and `b` after it. */
const middle = (a: number, b: number): number[] => [-b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b))];

/** The same for the slope at the first of them. */
const first = (a: number, b: number): number[] => [-(2 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b))];

/** The parts of a line from `start` on, weighted by columns of a table of weights and added. */
function weighted(x: Tensor, dim: number, start: number, rows: readonly number[][]): Tensor {
  const parts = rows[0].map((_, j) => {
    const weights = fromValues(
      rows.map((row) => row[j]),
      [rows.length],
      x.dtype,
    ).to(x.device);
    const shape = x.shape.map((_size, d) => (d === dim ? -1 : 1));
    return x.narrow(dim, start + j, rows.length).mul(weights.reshape(shape));
  });
  return parts.reduce((sum, part) => sum.add(part));
}

function slope(x: Tensor, dim: number, h: Steps, edgeOrder: number): Tensor {
  const n = x.shape[dim];
  const inner = h.slice(1).map((after, i) => middle(h[i], after));
  const last = h.length - 1;
  const begin =
    edgeOrder === 1 ? weighted(x, dim, 0, [[-1 / h[0], 1 / h[0]]]) : weighted(x, dim, 0, [first(h[0], h[1])]);
  const end =
    edgeOrder === 1
      ? weighted(x, dim, n - 2, [[-1 / h[last], 1 / h[last]]])
      : weighted(x, dim, n - 3, [
          first(h[last], h[last - 1])
            .map((w) => -w)
            .reverse(),
        ]);
  return cat(inner.length > 0 ? [begin, weighted(x, dim, 0, inner), end] : [begin, end], dim);
}

function stepsOf(spacing: number | Tensor | readonly number[], n: number): Steps {
  if (typeof spacing === 'number') return new Array<number>(n - 1).fill(spacing);
  const points = spacing instanceof Tensor ? (spacing.tolist() as number[]) : spacing;
  if (points.length !== n) {
    throw new ShapeError(`gradient: ${points.length} coordinates for a dimension of ${n}; they must be as many`);
  }
  return points.slice(1).map((point, i) => point - points[i]);
}

type Options = { spacing?: Spacing | null; dim?: Dims | null; edgeOrder?: 1 | 2 };

/**
 * The slope along each dimension (or those in `dim`) by central differences, at the edges by one-sided ones of order 1 or 2; a list.
 * PyTorch: torch.gradient.
 */
export const gradient: ((input: Tensor, options?: Options) => Tensor[]) & Described = typed(
  'gradient(input, *, spacing=1, dim:integers=null, edgeOrder=1)',
  (input: Tensor, { spacing, dim, edgeOrder }: Required<Options>) => {
    checkTensor('gradient', input);
    const dims = dim === null ? wrapDims('gradient', null, input.shape.length) : typeof dim === 'number' ? [dim] : dim;
    const wrapped = dims.map((d) => wrapDims('gradient', d, input.shape.length)[0]);
    const each = spacing === null || typeof spacing === 'number' ? dims.map(() => spacing ?? 1) : spacing;
    if (each.length !== dims.length) {
      throw new ValueError(
        `gradient: ${each.length} spacings for ${dims.length} dimensions; give one number, or one for each`,
      );
    }
    if (edgeOrder !== 1 && edgeOrder !== 2)
      throw new ValueError(`gradient: edgeOrder is ${String(edgeOrder)}; use 1 or 2`);
    return wrapped.map((d, i) => {
      const size = input.shape[d];
      if (!(size > edgeOrder)) {
        throw new ShapeError(
          `gradient: dimension ${d} of ${showShape(input.shape)} needs at least ${edgeOrder + 1} elements for edgeOrder ${edgeOrder}`,
        );
      }
      return slope(input, d, stepsOf(each[i], size), edgeOrder);
    });
  },
  {
    samples: (m) => [
      [m(5)],
      [m(3, 4), { edgeOrder: 2, spacing: 2 }],
      [m(3, 4), { dim: [1, 0], spacing: [[0, 1, 3, 4], 2] }],
    ],
    errors: (m) => [
      [[m(1)], 'at least 2'],
      [[m(3), { spacing: [1, 2] }], '2 spacings for 1'],
    ],
  },
);
