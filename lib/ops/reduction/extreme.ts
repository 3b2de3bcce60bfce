import { count } from '../../../kernels/view.js';
import { apply, apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Described, type Fn, fn, type Results, results, typed } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { type Dims, reducedShape, wrapDim, wrapDims } from '../../core/shape.js';
import { alias, Tensor } from '../../core/tensor.js';
import { checkNotEmpty, evenly, type Kind, reductions } from './extremes.js';
import type { DimOptions } from './reduce.js';
import { asVector, type Over, reduceKernel } from './reduction.js';

function extremeRow(kind: Kind): Row<Over> {
  const { float, whole } = reductions[kind];
  return {
    name: float.name,
    infer: ([x], { dims, keepdim, dtype }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype }],
    kernel(k, [y], [x], { dims }) {
      if (x.dtype !== 'int64') return reduceKernel(k, isFloat(x.dtype) ? float : whole, y, x, dims);
      // BigInts go through the kernel that moves elements without calculating; it takes one dimension.
      const order = [...x.shape.keys()].sort((a, b) => Number(dims.includes(a)) - Number(dims.includes(b)));
      const lines = x.permute(order).reshape(count(reducedShape(x.shape, dims, false)), -1);
      const shape = [lines.shape[0]];
      const indices = k.allocate('int32', shape[0]);
      const to = { offset: 0, shape, strides: [1] };
      k.argreduce(
        kind,
        { buffer: y.buffer, dtype: y.dtype, ...to },
        { buffer: indices, dtype: 'int32', ...to },
        lines,
        1,
      );
    },
    saves: [0],
    savesResults: [0],
    grad: (t, [g], [x], [y], over) => [evenly(t, g, x, y, over)],
  };
}

const rows = { max: extremeRow('max'), min: extremeRow('min') };

/** A function that folds one, several or all dimensions, with no say in the dtype. */
export type Extreme = Fn<[input: Tensor, dim?: Dims | null, keepdim?: boolean], DimOptions, Tensor>;

function extreme(name: string, kind: Kind, input: Tensor, dim: Dims | null, keepdim: boolean): Tensor {
  checkTensor(name, input);
  const dims = wrapDims(name, dim, input.shape.length);
  checkNotEmpty(name, input, dims);
  return apply1(rows[kind], [input], { dims, keepdim, dtype: input.dtype });
}

function extremeFn(name: string, kind: Kind): Extreme {
  return fn(
    `${name}(input, dim=null, keepdim=false)`,
    (input, dim, keepdim) => extreme(name, kind, input, dim, keepdim),
    {
      samples: (m) => [
        [m(2, 3)],
        [m(2, 3, 4), [0, 2]],
        [m(2, 3), { dim: 1, keepdim: true }],
        [m()],
        [m.integers(9, 4)],
      ],
      errors: (m) => [[[m(2, 0), 1], 'has no elements']],
    },
  );
}

/** Largest element over `dim`; NaN wins, and equal ones share the gradient evenly. PyTorch: torch.amax. */
export const amax: Extreme = extremeFn('amax', 'max');

/** Smallest element over `dim`; NaN wins, and equal ones share the gradient evenly. PyTorch: torch.amin. */
export const amin: Extreme = extremeFn('amin', 'min');

interface Along {
  readonly dim: number;
  readonly keepdim: boolean;
}

function withoutDim(y: Tensor, { dim, keepdim }: Along): Tensor {
  return keepdim ? alias(y, y.offset, y.shape.toSpliced(dim, 1), y.strides.toSpliced(dim, 1)) : y;
}

function alongShape(x: Tensor, { dim, keepdim }: Along): readonly number[] {
  return keepdim ? x.shape.with(dim, 1) : x.shape.toSpliced(dim, 1);
}

function selectingRow(kind: Kind): Row<Along> {
  return {
    name: kind,
    infer: ([x], along) => [
      { shape: alongShape(x, along), dtype: x.dtype },
      { shape: alongShape(x, along), dtype: 'int32' },
    ],
    kernel: (k, [values, indices], [x], along) =>
      k.argreduce(kind, withoutDim(values, along), withoutDim(indices, along), x, along.dim),
    savesResults: [1],
    grad: (t, [g], [x], [, indices], { dim, keepdim }) => {
      const [gradient, index] = keepdim ? [g, indices] : [g.unsqueeze(dim), indices.unsqueeze(dim)];
      return [t.spreadAlong(gradient, index, dim, x.shape)];
    },
  };
}

const selecting = { max: selectingRow('max'), min: selectingRow('min') };

/** Values and indices along one dimension. */
export type ValuesIndices = Results<'values' | 'indices'>;

function select(kind: Kind, input: Tensor, dim: number, keepdim: boolean): ValuesIndices {
  const along = { dim: wrapDim(kind, dim, input.shape.length), keepdim };
  checkNotEmpty(kind, input, [along.dim]);
  return results(
    ['values', 'indices'],
    asVector(input, (x) => apply(selecting[kind], [x], along)),
  );
}

/** The three forms of `max` and `min`. */
export interface MaxMin extends Described {
  (input: Tensor): Tensor;
  (input: Tensor, other: Tensor): Tensor;
  (input: Tensor, dim: number, keepdim?: boolean): ValuesIndices;
  (input: Tensor, options: { dim: number; keepdim?: boolean }): ValuesIndices;
}

function maxMin(kind: Kind): MaxMin {
  return typed<MaxMin>(
    `${kind}(input, dim=null, keepdim=false, *, other=null)`,
    ((input: Tensor, dim: number | Tensor | null, keepdim: boolean, options: { other: Tensor | null }) => {
      checkTensor(kind, input);
      const other = dim instanceof Tensor ? dim : options.other;
      if (other !== null) return kind === 'max' ? input.maximum(other) : input.minimum(other);
      return dim === null ? extreme(kind, kind, input, null, false) : select(kind, input, dim as number, keepdim);
    }) as never,
    {
      samples: (m) => [[m(2, 3)], [m(2, 3), 1], [m(2, 3), { dim: 0, keepdim: true }], [m(), 0], [m(2, 3), m(3)]],
      errors: (m) => [
        [[m(0)], 'has no elements'],
        [[m(2, 0), 1], 'has no elements'],
        [[m(2), 1], 'dimension 1 is out of range'],
      ],
    },
  );
}

/**
 * Largest of all elements; along `dim` an object with values and (int32) indices, the first one on ties; of two tensors the larger of
 * each pair. NaN wins. PyTorch: torch.max.
 * @example
 * tg.max(tg.tensor([[1, 5], [7, 2]]), 1).indices // => tensor([1, 0])
 */
export const max: MaxMin = maxMin('max');

/** Smallest of all elements; with `dim` or another tensor as `max`. PyTorch: torch.min. */
export const min: MaxMin = maxMin('min');

type AminmaxOptions = { dim?: number | null; keepdim?: boolean };

/** Smallest and largest element, of all or along `dim`: an object with min and max. PyTorch: torch.aminmax. */
export const aminmax: Fn<[input: Tensor], AminmaxOptions, Results<'min' | 'max'>> = fn(
  'aminmax(input, *, dim=null, keepdim=false)',
  (input, { dim, keepdim }) => {
    // PyTorch gives this one a dimension where a tensor without any is to keep it.
    const x = input.shape.length === 0 && dim !== null && keepdim ? input.reshape(1) : input;
    return results(
      ['min', 'max'],
      [extreme('aminmax', 'min', x, dim, keepdim), extreme('aminmax', 'max', x, dim, keepdim)],
    );
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3), { dim: 1 }], [m(2, 3), { dim: 0, keepdim: true }]] },
);

const argRows = { max: argRow('max'), min: argRow('min') };

function argRow(kind: Kind): Row<Along> {
  return {
    name: `arg${kind}`,
    infer: ([x], along) => [{ shape: alongShape(x, along), dtype: 'int32' }],
    kernel: (k, [indices], [x], along) => k.argreduce(kind, null, withoutDim(indices, along), x, along.dim),
  };
}

/** Index of an extreme. */
export type ArgExtreme = Fn<
  [input: Tensor, dim?: number | null, keepdim?: boolean],
  { dim?: number | null; keepdim?: boolean },
  Tensor
>;

function argExtreme(kind: Kind): ArgExtreme {
  const name = `arg${kind}`;
  return fn(
    `${name}(input, dim=null, keepdim=false)`,
    (input, dim, keepdim) => {
      checkTensor(name, input);
      const d = dim === null ? 0 : wrapDim(name, dim, input.shape.length);
      checkNotEmpty(name, input, dim === null ? [...input.shape.keys()] : [d].filter(() => input.shape.length > 0));
      if (dim !== null && input.shape.length > 0) return apply1(argRows[kind], [input], { dim: d, keepdim });
      const flat = apply1(argRows[kind], [input.reshape(-1)], { dim: 0, keepdim: false });
      return keepdim ? flat.reshape(input.shape.map(() => 1)) : flat;
    },
    {
      samples: (m) => [[m(2, 3)], [m(2, 3), 1], [m(2, 3), { dim: 0, keepdim: true }], [m()], [m.integers(9, 4), 0]],
      errors: (m) => [[[m(0)], 'has no elements']],
      gradcheck: 'indices',
    },
  );
}

/**
 * Index of the largest element as int32: along `dim`, or among all in row-major order; the first one on ties, NaN wins. PyTorch: torch.argmax.
 * @example
 * tg.tensor([[1, 5], [7, 2]]).argmax(1) // => tensor([1, 0])
 */
export const argmax: ArgExtreme = argExtreme('max');

/** Index of the smallest element as int32; otherwise as `argmax`. PyTorch: torch.argmin. */
export const argmin: ArgExtreme = argExtreme('min');
