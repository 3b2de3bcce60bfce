import type { InplaceForm } from '../../autograd/define.js';
import { fnInplace, type Run } from '../../autograd/rows.js';
import type { Fn } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { scatterRow } from './along.js';
import { checkAlong, cutSource, type Indices } from './indices.js';
import { reduceInto } from './scatterJoin.js';

/** How `scatter` joins what is there and what comes. */
export type ScatterJoin = 'add' | 'multiply';

type ScatterOptions = {
  dim?: number;
  index?: Indices;
  src?: Tensor | number;
  value?: number;
  reduce?: ScatterJoin | null;
};

function scattered(
  run: Run,
  name: string,
  input: Tensor,
  dim: number,
  given: Indices,
  source: Tensor | number,
  mode: 'set' | 'add',
): Tensor {
  const { x, index, dim: d } = checkAlong(name, input, given, dim);
  const number = typeof source === 'number';
  const inputs = number ? [x, index] : [x, index, cutSource(name, source, index)];
  const result = run(scatterRow, inputs, { dim: d, mode, value: number ? source : 0 });
  return input.shape.length === 0 ? result.reshape([]) : result;
}

/**
 * Writes a tensor's elements, or one number, at the places that an index names along a dimension: `out[index[i][j]][j] = src[i][j]`
 * for `dim` 0. `reduce` adds or multiplies instead; where an index repeats, one of its values stays. PyTorch: torch.scatter.
 * @example
 * tg.zeros(2, 3).scatter(1, [[2], [0]], 1) // => tensor([[0., 0., 1.], [1., 0., 0.]])
 */
export const scatter: Fn<[input: Tensor, dim: number, index: Indices, src: Tensor | number], ScatterOptions, Tensor> &
  InplaceForm = fnInplace(
  'scatter(input, dim, index, src=null, *, value=null, reduce=null)',
  (run, input, dim, index, src, { value, reduce }) => {
    const source = src ?? value;
    if (!(source instanceof Tensor) && typeof source !== 'number') {
      throw new ValueError('scatter: give src, a tensor or a number, or value, a number');
    }
    if (reduce === null) return scattered(run, 'scatter', input, dim, index, source, 'set');
    if (reduce !== 'add' && reduce !== 'multiply') {
      throw new ValueError(`scatter: reduce is '${String(reduce)}'; use 'add' or 'multiply'`);
    }
    const along = checkAlong('scatter', input, index, dim);
    const values = source instanceof Tensor ? source : numberLike(source, input).expand(along.index.shape);
    if (reduce === 'add') return scattered(run, 'scatter', input, dim, index, values, 'add');
    return reduceInto(run, 'scatter', input, along, values, 'prod', true);
  },
  {
    samples: (m) => [
      [
        m(3, 4),
        1,
        [
          [0, 1],
          [3, 2],
        ],
        m(2, 2),
      ],
      [m(3, 4), 0, [[0, 1, 2, 0]], 2],
      [m(3, 4), { dim: 0, index: [[1, 1]], src: m(2, 3), reduce: 'add' }],
      [m(3), 0, [1, 1], m(2), { reduce: 'multiply' }],
    ],
    errors: (m) => [
      [[m(3), 0, [3], 1], 'out of range'],
      [[m(3), 0, [0, 1], m(1)], 'smaller than the index'],
      [[m(3), 0, [0], m(1), { reduce: 'max' as 'add' }], "use 'add'"],
    ],
  },
);

/** Adds a tensor's elements at the places that an index names along a dimension. PyTorch: torch.scatter_add. */
export const scatterAdd: Fn<
  [input: Tensor, dim: number, index: Indices, src: Tensor],
  { dim?: number; index?: Indices; src?: Tensor },
  Tensor
> &
  InplaceForm = fnInplace(
  'scatterAdd(input, dim, index, src:operand)',
  (run, input, dim, index, src) => scattered(run, 'scatterAdd', input, dim, index, src, 'add'),
  {
    samples: (m) => [
      [
        m(3, 4),
        1,
        [
          [0, 0],
          [3, 2],
        ],
        m(2, 2),
      ],
      [m(3), 0, [1, 1, 1, 0], m(4)],
    ],
    errors: (m) => [[[m(3), 0, [0], m.integers(3, 1)], 'must agree']],
  },
);
