import { sameShape } from '../../../kernels/view.js';
import { apply1, type Row } from '../../autograd/apply.js';
import { type Described, typed } from '../../core/define.js';
import { resultType } from '../../core/dtype.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { checkList } from './lists.js';

/** Joins tensors along a dimension. */
export interface Join {
  (tensors: readonly Tensor[], dim?: number): Tensor;
  (tensors: readonly Tensor[], options: { dim?: number }): Tensor;
}

const catRow: Row<number> = {
  name: 'cat',
  infer(inputs, dim) {
    const [first] = inputs;
    const { shape } = first;
    for (const x of inputs) {
      if (x.shape.length !== shape.length || !sameShape(x.shape.toSpliced(dim, 1), shape.toSpliced(dim, 1))) {
        throw new ShapeError(
          `cat: ${inputs.map((y) => showShape(y.shape)).join(', ')} along dimension ${dim}: all other sizes must be equal`,
        );
      }
    }
    const total = inputs.reduce((n, x) => n + x.shape[dim], 0);
    return [{ shape: shape.with(dim, total), dtype: resultType(inputs) }];
  },
  kernel(k, [y], inputs, dim) {
    let offset = y.offset;
    for (const x of inputs) {
      if (x.shape.includes(0)) continue;
      k.copy(alias(y, offset, x.shape, y.strides), x);
      offset += x.shape[dim] * y.strides[dim];
    }
  },
  grad(t, [g], inputs, _y, dim, wanted) {
    let start = 0;
    return inputs.map((x, i) => {
      start += x.shape[dim];
      return wanted[i] ? t.narrow(g, dim, start - x.shape[dim], x.shape[dim]) : null;
    });
  },
};

/**
 * Tensors one after another along an existing dimension; all other sizes must be equal (ShapeError), dtypes promote.
 * Tensors of shape (0,) are left out. PyTorch: torch.cat.
 * @example
 * tg.cat([tg.zeros(2, 3), tg.ones(1, 3)]).shape // => [ 3, 3 ]
 */
export const cat: Join & Described = typed<Join>(
  'cat(tensors, dim=0)',
  (tensors: readonly Tensor[], dim: number) => {
    checkList('cat', tensors);
    for (const x of tensors) {
      if (x.shape.length === 0) {
        throw new ShapeError('cat: a tensor without dimensions cannot be joined; use stack, or reshape it to (1,)');
      }
    }
    const full = tensors.filter((x) => x.shape.length !== 1 || x.shape[0] !== 0);
    const [first] = full.length > 0 ? full : tensors;
    const at = wrapDim('cat', dim, first.shape.length);
    // Their dtype counts, their lack of elements does not.
    const skipped = full.length > 0 && full.length < tensors.length ? resultType(tensors) : null;
    const joined = apply1(catRow, full.length > 0 ? full : tensors, at);
    return skipped === null ? joined : joined.to(skipped);
  },
  {
    samples: (m) => [
      [[m(2, 3), m(1, 3)]],
      [[m(2, 3), m(2, 1), m(2, 2)], 1],
      [[m(2, 3), m(2, 0)], { dim: -1 }],
      [[m(0), m(2, 3)]],
    ],
    errors: (m) => [
      [[[]], 'at least one'],
      [[[m(2, 3), m(3, 2)]], 'must be equal'],
      [[[m(), m()]], 'use stack'],
    ],
  },
);

/** The same as `cat`. PyTorch: torch.concat. */
export const concat: Join & Described = cat;

/** The same as `cat`. PyTorch: torch.concatenate. */
export const concatenate: Join & Described = cat;

/**
 * Tensors of one shape along a new dimension; ShapeError where shapes differ. PyTorch: torch.stack.
 * @example
 * tg.stack([tg.zeros(3), tg.ones(3)]).shape // => [ 2, 3 ]
 */
export const stack: Join & Described = typed<Join>(
  'stack(tensors, dim=0)',
  (tensors: readonly Tensor[], dim: number) => {
    checkList('stack', tensors);
    const at = wrapDim('stack', dim, tensors[0].shape.length + 1);
    if (!tensors.every((x) => sameShape(x.shape, tensors[0].shape))) {
      throw new ShapeError(
        `stack: the shapes ${tensors.map((x) => showShape(x.shape)).join(', ')} differ; they must be equal`,
      );
    }
    return apply1(
      catRow,
      tensors.map((x) => x.unsqueeze(at)),
      at,
    );
  },
  {
    samples: (m) => [[[m(2, 3), m(2, 3)]], [[m(2, 3), m(2, 3)], -1], [[m(), m()]], [[m(2)], { dim: 1 }]],
    errors: (m) => [[[[m(2), m(3)]], 'they must be equal']],
  },
);
