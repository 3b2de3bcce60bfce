import { count } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Described, type Fn, fn, results, typed } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { arange } from '../creation/ranges.js';
import type { ValuesIndices } from './extreme.js';
import { checkNotEmpty, evenly } from './extremes.js';
import { asVector } from './reduction.js';

/** Where a line's element of a certain rank stands: sorted lines, their NaN at the end, and which place to take. */
function pick(input: Tensor, d: number, keepdim: boolean, place: (x: Tensor, sorted: Tensor) => Tensor): Tensor[] {
  const [sorted, order] = input.detach().sort(d, false, true);
  const indices = order.gather(d, place(input.detach(), sorted));
  const values = input.gather(d, indices);
  return keepdim ? [values, indices] : [values.squeeze(d), indices.squeeze(d)];
}

/** The lower of the two middle places; a line with NaN gives its first NaN, or passes over them. */
function middle(d: number, ignoreNaN: boolean): (x: Tensor) => Tensor {
  return (x) => {
    const n = x.shape[d];
    const nans = x.isnan().sum(d, true);
    if (ignoreNaN)
      return nans
        .neg()
        .add(n - 1)
        .clampMin(0)
        .floorDivide(2);
    return nans
      .neg()
      .add(n)
      .where(nans.gt(0), (n - 1) >> 1);
  };
}

const sharedRow: Row<null> = {
  name: 'median',
  infer: ([, value]) => [{ shape: [], dtype: value.dtype }],
  kernel: (k, [y], [, value]) => k.copy(y, value),
  saves: [0],
  savesResults: [0],
  grad: (t, [g], [x], [y]) => [evenly(t, g, x, y, { dims: [0], keepdim: false }), null],
};

/** The two forms of `median`. */
export interface Median {
  (input: Tensor): Tensor;
  (input: Tensor, dim: number, keepdim?: boolean): ValuesIndices;
  (input: Tensor, options: { dim: number; keepdim?: boolean }): ValuesIndices;
}

function medianFn(name: string, ignoreNaN: boolean): Median & Described {
  return typed<Median>(
    `${name}(input, dim=null, keepdim=false)`,
    ((input: Tensor, dim: number | null, keepdim: boolean) => {
      checkTensor(name, input);
      if (dim === null) {
        const flat = input.reshape(-1);
        if (count(input.shape) === 0 && isFloat(input.dtype)) return flat.sum().div(0);
        checkNotEmpty(name, flat, [0]);
        return apply1(sharedRow, [flat, pick(flat.detach(), 0, false, middle(0, ignoreNaN))[0]], null);
      }
      const d = wrapDim(name, dim, input.shape.length);
      checkNotEmpty(name, input, [d]);
      return results(
        ['values', 'indices'],
        asVector(input, (x) => pick(x, d, keepdim, middle(d, ignoreNaN))),
      );
    }) as never,
    {
      samples: (m) => [[m(2, 3)], [m(2, 4), 1], [m(2, 3), { dim: 0, keepdim: true }], [m(), 0], [m.integers(9, 5), 0]],
      errors: (m) => [[[m(2, 0), 1], 'has no elements']],
    },
  );
}

/**
 * Median of all elements, or along `dim` an object with values and (int32) indices; of an even number the lower of the two in the middle.
 * NaN wins. PyTorch: torch.median.
 * @example
 * tg.tensor([3, 1, 2, 4]).median() // => tensor(2.)
 */
export const median: Median & Described = medianFn('median', false);

/** `median` that passes over NaN. PyTorch: torch.nanmedian. */
export const nanmedian: Median & Described = medianFn('nanmedian', true);

/** The end of the longest run in each sorted line; of equally long ones the first. */
function longestRun(d: number): (x: Tensor, sorted: Tensor) => Tensor {
  return (x, sorted) => {
    const n = x.shape[d];
    const places = arange(n, { device: x.device }).reshape(x.shape.map((_, i) => (i === d ? n : 1)));
    const starts = places.expand(x.shape).clone();
    starts.narrow(d, 1, n - 1).mul_(sorted.narrow(d, 1, n - 1).ne(sorted.narrow(d, 0, n - 1)));
    return places.sub(starts.cummax(d).values).argmax(d, true);
  };
}

/** Most frequent element along `dim`, the smallest of equally frequent ones, with an index of it (int32). PyTorch: torch.mode. */
export const mode: Fn<
  [input: Tensor, dim?: number, keepdim?: boolean],
  { dim?: number; keepdim?: boolean },
  ValuesIndices
> = fn(
  'mode(input, dim=-1, keepdim=false)',
  (input, dim, keepdim) => {
    checkTensor('mode', input);
    const d = wrapDim('mode', dim, input.shape.length);
    checkNotEmpty('mode', input, [d]);
    return results(
      ['values', 'indices'],
      asVector(input, (x) => pick(x, d, keepdim, longestRun(d))),
    );
  },
  {
    samples: (m) => [[m(5)], [m.integers(3, 2, 7), 1], [m.integers(3, 4, 2), { dim: 0, keepdim: true }], [m(), 0]],
    errors: (m) => [[[m(0)], 'has no elements']],
  },
);
