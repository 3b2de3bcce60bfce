import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';

type TrapezoidOptions = { x?: Tensor | null; dx?: number | null; dim?: number };

/** Integrates samples `y` at places `x` (or `dx` apart) along `dim`. */
export type Trapezoid = Fn<[y: Tensor, x?: Tensor | null], TrapezoidOptions, Tensor>;

/** The steps between the places, with as many dimensions as `y`. */
function steps(name: string, y: Tensor, x: Tensor, d: number): Tensor {
  const rank = y.shape.length;
  if (x.shape.length === 1 && rank !== 1) {
    if (x.shape[0] !== y.shape[d]) {
      throw new ShapeError(`${name}: ${x.shape[0]} places x do not fit dimension ${d} of y ${showShape(y.shape)}`);
    }
    return steps(name, y, x.reshape(y.shape.map((_, i) => (i === d ? -1 : 1))), d);
  }
  const full = x.reshape([...new Array<number>(Math.max(0, rank - x.shape.length)).fill(1), ...x.shape]);
  const n = full.shape[d];
  return full.narrow(d, 1, n - 1).sub(full.narrow(d, 0, n - 1));
}

/** Twice the areas of the trapezoids between neighbours along `d`. */
function areas(name: string, y: Tensor, x: Tensor | null, dx: number, d: number): Tensor {
  const n = y.shape[d];
  if (n === 0) return y;
  const heights = y.narrow(d, 1, n - 1).add(y.narrow(d, 0, n - 1));
  return heights.mul(x === null ? dx : steps(name, y, x, d));
}

function trapezoidFn(name: string, fold: (areas: Tensor, dim: number) => Tensor): Trapezoid {
  return fn(
    `${name}(y, x=null, *, dx=null, dim=-1)`,
    (y, x, { dx, dim }) => {
      checkTensor(name, y);
      if (y.shape.length === 0) throw new ShapeError(`${name}: y has no dimensions; it needs at least one`);
      const d = wrapDim(name, dim, y.shape.length);
      return fold(areas(name, y, x, dx ?? 1, d), d).div(2);
    },
    {
      samples: (m) => [[m(4)], [m(2, 3), m(3)], [m(2, 3), m(2, 3), { dim: 0 }], [m(2, 3), { dx: 0.5 }], [m(0)]],
      errors: (m) => [
        [[m(2, 3), m(4)], '4 places x do not fit dimension 1 of y (2, 3)'],
        [[m()], 'y has no dimensions'],
      ],
    },
  );
}

/** Integral along `dim` by the trapezoidal rule: samples `y` at places `x`, or `dx` (1) apart. PyTorch: torch.trapezoid. */
export const trapezoid: Trapezoid = trapezoidFn('trapezoid', (x, dim) => x.sum(dim));

/** The older name of `trapezoid`. PyTorch: torch.trapz. */
export const trapz: Trapezoid = trapezoidFn('trapz', (x, dim) => x.sum(dim));

/** Running integrals along `dim`: `trapezoid` up to each place but the first. PyTorch: torch.cumulative_trapezoid. */
export const cumulativeTrapezoid: Trapezoid = trapezoidFn('cumulativeTrapezoid', (x, dim) => x.cumsum(dim));
