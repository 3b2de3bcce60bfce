import { checkTensor } from '../../autograd/apply.js';
import { type Described, typed } from '../../core/define.js';
import { IndexError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { elements } from '../elements.js';

type Elements = ArrayLike<number | bigint>;

/** Which slices stay, which of them each slice equals, and how often each is met. */
interface Groups {
  readonly first: number[];
  readonly inverse: Int32Array;
  readonly counts: number[];
}

/** Compares two slices of `width` elements; NaN is larger than everything, another NaN too. */
function compare(values: Elements, width: number, a: number, b: number): number {
  for (let i = 0; i < width; i++) {
    const [x, y] = [values[a * width + i], values[b * width + i]];
    if (x === y) continue;
    if (x < y) return -1;
    if (x > y) return 1;
    return Number(x !== x) - Number(y !== y) || -1;
  }
  return 0;
}

/** Groups neighbours in the given order that are equal. */
function group(values: Elements, width: number, order: Int32Array): Groups {
  const first: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(order.length);
  order.forEach((slice, i) => {
    if (i === 0 || compare(values, width, order[i - 1], slice) !== 0) {
      first.push(slice);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    inverse[slice] = first.length - 1;
  });
  return { first, inverse, counts };
}

/** The order in which equal slices are neighbours, or as they stand. */
function orderOf(slices: Tensor, sorted: boolean): Int32Array {
  const [n, width] = slices.shape;
  if (sorted && width === 1) return elements(slices.sort(0).indices) as Int32Array;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const values = elements(slices);
  return sorted ? order.sort((a, b) => compare(values, width, a, b) || a - b) : order;
}

function distinct(
  name: string,
  input: Tensor,
  dim: number | null,
  sorted: boolean,
  returnInverse: boolean,
  returnCounts: boolean,
): Tensor | Tensor[] {
  checkTensor(name, input);
  const flat = dim === null;
  if (!flat && input.shape.length === 0) {
    throw new IndexError(`${name}: a tensor without dimensions has no dimension ${dim}; leave dim out`);
  }
  const x = flat ? input.detach().reshape(-1) : input.detach();
  const d = flat ? 0 : wrapDim(name, dim, x.shape.length);
  const n = x.shape[d];
  const slices = x.transpose(d, 0).reshape(n, n === 0 ? 0 : -1);
  const { first, inverse, counts } = group(elements(slices), slices.shape[1], orderOf(slices, sorted));
  const made = (list: ArrayLike<number>, shape: readonly number[]): Tensor => {
    const index = fromValues(list, shape, 'int32');
    return input.device === 'cpu' ? index : index.to(input.device);
  };
  const results = [x.indexSelect(d, made(first, [first.length]))];
  if (returnInverse) results.push(made(inverse, flat ? input.shape : [n]));
  if (returnCounts) results.push(made(counts, [counts.length]));
  return results.length === 1 ? results[0] : results;
}

type ByDim = { dim?: number | null };
type Flags = { sorted?: boolean; returnInverse?: boolean; returnCounts?: boolean };

/** The distinct elements; with `returnInverse` or `returnCounts` a list that begins with them. */
export interface Unique {
  (input: Tensor, options?: ByDim & { sorted?: boolean; returnInverse?: false; returnCounts?: false }): Tensor;
  (input: Tensor, options: ByDim & Flags): Tensor[];
  (
    input: Tensor,
    sorted: boolean,
    returnInverse?: boolean,
    returnCounts?: boolean,
    dim?: number | null,
  ): Tensor | Tensor[];
}

/**
 * The distinct elements (or slices along `dim`) in ascending order; with `returnInverse` or `returnCounts` a list that goes on with where
 * each element went and how often each occurs, int32. Always sorted. The size depends on the data: waits for the device.
 * PyTorch: torch.unique.
 * @example
 * tg.unique(tg.tensor([3, 1, 3])) // => tensor([1., 3.])
 */
export const unique: Unique & Described = typed<Unique>(
  'unique(input, sorted=true, returnInverse=false, returnCounts=false, dim=null)',
  ((input: Tensor, _sorted: boolean, returnInverse: boolean, returnCounts: boolean, dim: number | null) =>
    distinct('unique', input, dim, true, returnInverse, returnCounts)) as never,
  {
    samples: (m) => [[m.integers(3, 6)], [m.integers(2, 4, 2), { returnInverse: true, returnCounts: true, dim: 0 }]],
    errors: (m) => [[[m(2), { dim: 1 }], 'out of range']],
    gradcheck: false,
  },
);

/** The distinct ones among neighbours. */
export interface UniqueConsecutive {
  (input: Tensor, options?: ByDim & { returnInverse?: false; returnCounts?: false }): Tensor;
  (input: Tensor, options: ByDim & { returnInverse?: boolean; returnCounts?: boolean }): Tensor[];
  (input: Tensor, returnInverse: boolean, returnCounts?: boolean, dim?: number | null): Tensor | Tensor[];
}

/** The elements (or slices along `dim`) that differ from the one before; see `unique`. PyTorch: torch.unique_consecutive. */
export const uniqueConsecutive: UniqueConsecutive & Described = typed<UniqueConsecutive>(
  'uniqueConsecutive(input, returnInverse=false, returnCounts=false, dim=null)',
  ((input: Tensor, returnInverse: boolean, returnCounts: boolean, dim: number | null) =>
    distinct('uniqueConsecutive', input, dim, false, returnInverse, returnCounts)) as never,
  {
    samples: (m) => [[m.integers(2, 6)], [m.integers(2, 4, 2), { returnCounts: true, dim: 0 }]],
    errors: (m) => [[[m(2), { dim: 1 }], 'out of range']],
    gradcheck: false,
  },
);
