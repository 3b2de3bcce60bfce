import { checkTensor } from '../../autograd/apply.js';
import { parseSignature } from '../../core/bind.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import { broadcastShapes as broadcast, checkSizes } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { takeIndexed } from '../indexing/advanced.js';
import { stack } from './combine.js';
import { checkList } from './lists.js';
import type { Several } from './stacking.js';

/** Tensors expanded to the shape they broadcast to together; views. PyTorch: torch.broadcast_tensors. */
export const broadcastTensors: Several<Tensor[]> & Described = typed<Several<Tensor[]>>(
  'broadcastTensors(*tensors)',
  ((tensors: readonly Tensor[]) => {
    for (const x of tensors) checkTensor('broadcastTensors', x);
    const shape = broadcast('broadcastTensors', ...tensors.map((x) => x.shape));
    return tensors.map((x) => x.expand(shape));
  }) as never,
  { samples: (m) => [[m(2, 1), m(3)]], errors: (m) => [[[m(2), m(3)], 'do not broadcast']] },
  0,
);

/** The shape that shapes broadcast to together; a number is a shape of one size. PyTorch: torch.broadcast_shapes. */
export const broadcastShapes: ((...shapes: readonly (number | readonly number[])[]) => number[]) & Described =
  Object.assign(
    (...shapes: readonly (number | readonly number[])[]): number[] => [
      ...broadcast(
        'broadcastShapes',
        ...shapes.map((shape) => checkSizes('broadcastShapes', typeof shape === 'number' ? [shape] : shape)),
      ),
    ],
    { signature: parseSignature('broadcastShapes(*shapes)'), facts: {} },
  );

/** Vectors as a list or spread, then the order of the axes. */
export interface Meshgrid {
  (...tensors: readonly Tensor[]): Tensor[];
  (...args: [...tensors: Tensor[], options: { indexing?: 'ij' | 'xy' | null }]): Tensor[];
  (tensors: readonly Tensor[], options?: { indexing?: 'ij' | 'xy' | null }): Tensor[];
}

/**
 * The coordinates of a grid: one tensor for each vector, all of the grid's shape. 'ij' has the vectors' own order of axes, 'xy'
 * exchanges the first two. Views. PyTorch: torch.meshgrid.
 */
export const meshgrid: Meshgrid & Described = typed<Meshgrid>(
  "meshgrid(*tensors, indexing='ij')",
  ((tensors: readonly Tensor[], { indexing }: { indexing: string | null }) => {
    checkList('meshgrid', tensors);
    for (const x of tensors) {
      if (x.shape.length > 1) {
        throw new ShapeError(`meshgrid: takes vectors, got ${showShape(x.shape)}`);
      }
    }
    if (indexing !== 'ij' && indexing !== 'xy' && indexing !== null) {
      throw new ValueError(`meshgrid: indexing is '${indexing}'; use 'ij' or 'xy'`);
    }
    const shape = tensors.map((x) => x.shape[0] ?? 1);
    const grids = tensors.map((x, d) => x.reshape(shape.map((_, i) => (i === d ? -1 : 1))).expand(shape));
    return indexing === 'xy' && tensors.length > 1 ? grids.map((grid) => grid.transpose(0, 1)) : grids;
  }) as never,
  {
    samples: (m) => [[m(2), m(3)], [m(2), m(3), { indexing: 'xy' }], [[m(2), m()]]],
    errors: (m) => [[[m(2, 2)], 'takes vectors']],
  },
  0,
);

/** All combinations of one element from each vector, one in a row. PyTorch: torch.cartesian_prod. */
export const cartesianProd: Several<Tensor> & Described = typed<Several<Tensor>>(
  'cartesianProd(*tensors)',
  ((tensors: readonly Tensor[]) => {
    checkList('cartesianProd', tensors);
    if (tensors.length === 1) return tensors[0];
    return stack(
      meshgrid(tensors).map((grid) => grid.reshape(-1)),
      1,
    );
  }) as never,
  { samples: (m) => [[m(2), m(3)], [m(2)]], errors: (m) => [[[m(2), m(2, 2)], 'takes vectors']] },
  0,
);

/** Every increasing choice of `r` indices below `n`, row after row. */
function choices(n: number, r: number, repeating: boolean): number[] {
  const rows: number[] = [];
  const chosen: number[] = [];
  const choose = (from: number): void => {
    if (chosen.length === r) {
      rows.push(...chosen);
      return;
    }
    for (let i = from; i < n; i++) {
      chosen.push(i);
      choose(repeating ? i : i + 1);
      chosen.pop();
    }
  };
  choose(0);
  return rows;
}

/** All choices of `r` elements of a vector, one in a row, in the vector's order. PyTorch: torch.combinations. */
export const combinations: Fn<
  [input: Tensor, r?: number, withReplacement?: boolean],
  { r?: number; withReplacement?: boolean },
  Tensor
> = fn(
  'combinations(input, r=2, withReplacement=false)',
  (input, r, withReplacement) => {
    checkTensor('combinations', input);
    if (input.shape.length !== 1) throw new ShapeError(`combinations: takes a vector, got ${showShape(input.shape)}`);
    if (!Number.isInteger(r) || r < 0) throw new ValueError(`combinations: r must be 0 or more, got ${r}`);
    if (r === 0) return input.narrow(0, 0, 0).clone();
    const rows = choices(input.shape[0], r, withReplacement);
    const index = fromValues(rows, [rows.length / r, r], 'int32').to(input.device);
    return takeIndexed(input, [index], { dims: [0], position: 0 });
  },
  {
    samples: (m) => [[m(4)], [m(3), 3, true], [m(2), { r: 3 }]],
    errors: (m) => [[[m(2, 2)], 'takes a vector']],
  },
);
