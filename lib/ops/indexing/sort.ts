import { apply, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn, type None, type Results, results } from '../../core/define.js';
import { showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';

type Sorted = Results<'values' | 'indices'>;

/** Along which dimension, in which order, and how many of each line if not all. */
interface Order {
  readonly dim: number;
  readonly descending: boolean;
  readonly first?: number;
}

const sortRow: Row<Order> = {
  name: 'sort',
  infer([x], { dim, first }) {
    const shape = first === undefined || x.shape.length === 0 ? x.shape : x.shape.with(dim, first);
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ];
  },
  kernel: (k, [values, indices], [x], { dim, descending }) => k.sort(values, indices, x, dim, descending),
  savesResults: [1],
  grad: (t, [g], [x], [, indices], { dim }) => [t.spreadAlong(g, indices, dim, x.shape)],
};

function ordered(name: string, input: Tensor, dim: number, descending: boolean): Tensor[] {
  checkTensor(name, input);
  return apply(sortRow, [input], { dim: wrapDim(name, dim, input.shape.length), descending });
}

type SortOptions = { dim?: number; descending?: boolean; stable?: boolean };

/**
 * The elements in order along a dimension, with where each came from (int32). Equal elements keep their order; NaN counts as the largest.
 * PyTorch: torch.sort.
 * @example
 * tg.tensor([3, 1, 2]).sort().indices // => tensor([1, 2, 0])
 */
export const sort: Fn<[input: Tensor, dim?: number, descending?: boolean, stable?: boolean], SortOptions, Sorted> = fn(
  'sort(input, dim=-1, descending=false, stable=false)',
  (input, dim, descending) => results(['values', 'indices'], ordered('sort', input, dim, descending)),
  {
    samples: (m) => [[m(3, 4)], [m(3, 4), 0, true], [m(3, 4), { dim: 1, descending: true, stable: true }], [m()]],
    errors: (m) => [[[m(3), 1], 'out of range']],
  },
);

/** Where the elements in order came from; equal elements keep their order. PyTorch: torch.argsort. */
export const argsort: Fn<[input: Tensor, dim?: number, descending?: boolean, stable?: boolean], SortOptions, Tensor> =
  fn(
    'argsort(input, dim=-1, descending=false, stable=false)',
    (input, dim, descending) => ordered('argsort', input.detach(), dim, descending)[1],
    { samples: (m) => [[m(3, 4)], [m(3, 4), 0, true]], gradcheck: false },
  );

/** The elements in ascending order along the first dimension. PyTorch: torch.msort. */
export const msort: Fn<[input: Tensor], None, Tensor> = fn(
  'msort(input)',
  (input) => ordered('msort', input, 0, false)[0],
  {
    samples: (m) => [[m(3, 4)], [m(5)]],
  },
);

type TopkOptions = { k?: number; dim?: number; largest?: boolean; sorted?: boolean };

/**
 * The k largest (or smallest) elements along a dimension, best first, with where they are (int32). ValueError where k is larger than
 * the dimension. PyTorch: torch.topk.
 * @example
 * tg.tensor([3, 1, 2]).topk(2).values // => tensor([3., 2.])
 */
export const topk: Fn<
  [input: Tensor, k: number, dim?: number, largest?: boolean, sorted?: boolean],
  TopkOptions,
  Sorted
> = fn(
  'topk(input, k, dim=-1, largest=true, sorted=true)',
  (input, k, dim, largest) => {
    checkTensor('topk', input);
    const d = wrapDim('topk', dim, input.shape.length);
    const size = input.shape[d] ?? 1;
    if (!Number.isInteger(k) || k < 0 || k > size) {
      throw new ValueError(`topk: k is ${k}; dimension ${d} of ${showShape(input.shape)} allows 0 to ${size}`);
    }
    return results(['values', 'indices'], apply(sortRow, [input], { dim: d, descending: largest, first: k }));
  },
  {
    samples: (m) => [
      [m(3, 4), 2],
      [m(3, 4), 2, 0, false],
      [m(3, 4), { k: 1, sorted: false }],
    ],
    errors: (m) => [[[m(3), 4], 'allows 0 to 3']],
  },
);

type KthOptions = { k?: number; dim?: number; keepdim?: boolean };

/** The k-th smallest element along a dimension (1 is the smallest), with where it is (int32). PyTorch: torch.kthvalue. */
export const kthvalue: Fn<[input: Tensor, k: number, dim?: number, keepdim?: boolean], KthOptions, Sorted> = fn(
  'kthvalue(input, k, dim=-1, keepdim=false)',
  (input, k, dim, keepdim) => {
    const d = wrapDim('kthvalue', dim, input.shape.length);
    const size = input.shape[d] ?? 1;
    if (!Number.isInteger(k) || k < 1 || k > size) {
      throw new ValueError(`kthvalue: k is ${k}; dimension ${d} of ${showShape(input.shape)} allows 1 to ${size}`);
    }
    const parts = ordered('kthvalue', input, dim, false).map((x) => {
      if (x.shape.length === 0) return x;
      const part = x.narrow(d, k - 1, 1);
      return (keepdim ? part : part.squeeze(d)).contiguous();
    });
    return results(['values', 'indices'], parts);
  },
  {
    samples: (m) => [
      [m(3, 4), 2],
      [m(3, 4), 1, 0, true],
    ],
    errors: (m) => [[[m(3), 0], 'allows 1 to 3']],
  },
);
