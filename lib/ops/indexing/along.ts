import { apply1, type Row, refuseInt64 } from '../../autograd/apply.js';
import { DTypeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { begin } from './indices.js';

const gatherRow: Row<number> = {
  name: 'gather',
  infer: ([x, index]) => [{ shape: index.shape, dtype: x.dtype }],
  kernel: (k, [y], [x, index], dim) => k.gather(y, x, dim, index),
  saves: [1],
  grad: (t, [g], [x, index], _y, dim) => [t.spreadAlong(g, index, dim, x.shape), null],
};

const spreadRow: Row<{ dim: number; shape: readonly number[] }> = {
  name: 'gatherBackward',
  infer: ([g], { shape }) => [{ shape, dtype: g.dtype }],
  kernel(k, [y], [g, index], { dim }) {
    k.fill(y, 0);
    k.scatter(y, dim, index, g, 'add');
  },
  saves: [1],
  grad: (t, [g], [, index], _y, { dim }) => [t.takeAlong(g, index, dim), null],
};

/** `gather` of what has been checked. */
export function takeAlong(x: Tensor, index: Tensor, dim: number): Tensor {
  return apply1(gatherRow, [x, index], dim);
}

/** Zeros of a shape with `g` added along a dimension: the gradient of `takeAlong`. */
export function spreadAlong(g: Tensor, index: Tensor, dim: number, shape: readonly number[]): Tensor {
  return apply1(spreadRow, [g, index], { dim, shape });
}

/** How values meet what is there, along which dimension; `value` stands for a source of one number. */
export interface Scatter {
  readonly dim: number;
  readonly mode: 'set' | 'add';
  readonly value: number;
}

/** The row of `scatter`: the source, where there is one, has the index's shape. */
export const scatterRow: Row<Scatter> = {
  name: 'scatter',
  infer([x, , source], { mode }) {
    if (mode === 'add') refuseInt64('scatterAdd', x.dtype);
    if (source !== undefined) checkSource('scatter', x, source);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  kernel(k, [y], [x, index, source], { dim, mode, value }) {
    begin(k, y, x);
    k.scatter(y, dim, index, source ?? value, mode);
  },
  saves: [1],
  grad: (t, [g], [, index, source], _y, { dim, mode }, wanted) => [
    wanted[0] && mode === 'set' ? t.scatterNumber(g, index, dim, 0) : g,
    null,
    ...(source === undefined ? [] : [wanted[2] ? t.takeAlong(g, index, dim) : null]),
  ],
};

/** One number at the places that an index names. */
export function scatterNumber(x: Tensor, index: Tensor, dim: number, value: number): Tensor {
  return apply1(scatterRow, [x, index], { dim, mode: 'set', value });
}

/** Throws where values and what they are put into differ in dtype. */
export function checkSource(name: string, x: Tensor, source: Tensor): void {
  if (source.dtype === x.dtype) return;
  throw new DTypeError(
    `${name}: the source of shape ${showShape(source.shape)} is ${source.dtype}, the tensor of shape ${showShape(x.shape)} ${x.dtype}; they must agree. Convert one with to(dtype)`,
  );
}
