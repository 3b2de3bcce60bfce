import { sameShape } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { resultType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { full } from '../creation/creation.js';
import { fromValues } from '../creation/values.js';
import { type Indices, indexTensor } from './indices.js';

const searchRow: Row<boolean> = {
  name: 'searchsorted',
  infer: ([, values]) => [{ shape: values.shape, dtype: 'int32' }],
  kernel: (k, [y], [sorted, values], right) => k.searchSorted(y, sorted, values, right),
};

/** A number as a tensor without dimensions beside another. */
function tensorOf(name: string, value: Tensor | number, beside: Tensor): Tensor {
  if (value instanceof Tensor) return value.detach();
  if (typeof value !== 'number') throw new ArgumentError(`${name}: expected a tensor or a number, got ${typeof value}`);
  return fromValues([value], [], resultType([beside, value])).to(beside.device);
}

type Side = 'left' | 'right' | null;

/**
 * Where each value would go into the sorted last dimension so that it stays sorted: before equal elements, or after them with `right`.
 * The sequence is a vector, or has the values' leading sizes; `sorter` is the order that sorts it. int32. PyTorch: torch.searchsorted.
 * @example
 * tg.searchsorted(tg.tensor([1, 3, 5]), tg.tensor([3, 6])) // => tensor([1, 3])
 */
export const searchsorted: Fn<
  [sortedSequence: Tensor, input: Tensor | number],
  {
    input?: Tensor | number;
    values?: Tensor | number;
    outInt32?: boolean;
    right?: boolean;
    side?: Side;
    sorter?: Indices | null;
  },
  Tensor
> = fn(
  'searchsorted(sortedSequence, input=null, *, values=null, outInt32=false, right=false, side=null, sorter=null)',
  (sequence, given, { values, right, side, sorter }) => {
    checkTensor('searchsorted', sequence);
    if (side !== null && side !== 'left' && side !== 'right') {
      throw new ArgumentError(`searchsorted: side is '${String(side)}'; use 'left' or 'right'`);
    }
    const input = tensorOf('searchsorted', given ?? (values as Tensor | number), sequence);
    const rank = sequence.shape.length;
    const fits = rank === 1 || (rank > 1 && sameShape(sequence.shape.slice(0, -1), input.shape.slice(0, -1)));
    if (!fits || (rank > 1 && input.shape.length !== rank)) {
      throw new ShapeError(
        `searchsorted: the sorted sequence of shape ${showShape(sequence.shape)} must be a vector or have all but the last size of the values' shape ${showShape(input.shape)}`,
      );
    }
    const plain = sequence.detach();
    const sorted = sorter === null ? plain : plain.gather(-1, indexTensor('searchsorted', sorter, plain));
    return apply1(searchRow, [sorted, input], right || side === 'right');
  },
  {
    samples: (m) => [
      [m(5).sort().values, m(2, 3)],
      [m(2, 5).sort().values, m(2, 3), { right: true }],
      [m(5).sort().values, 0.5, { side: 'left' }],
    ],
    errors: (m) => [
      [[m(2, 5), m(3)], 'must be a vector'],
      [[m(5), m(3), { side: 'middle' as 'left' }], "use 'left'"],
    ],
    gradcheck: false,
  },
);

/** Which of the intervals between sorted boundaries each value falls into, int32: see `searchsorted`. PyTorch: torch.bucketize. */
export const bucketize: Fn<
  [input: Tensor | number, boundaries: Tensor],
  { boundaries?: Tensor; outInt32?: boolean; right?: boolean },
  Tensor
> = fn(
  'bucketize(input:any, boundaries, *, outInt32=false, right=false)',
  (input, boundaries, { right }) => {
    checkTensor('bucketize', boundaries);
    if (boundaries.shape.length !== 1) {
      throw new ShapeError(`bucketize: the boundaries must be a vector, got ${showShape(boundaries.shape)}`);
    }
    return apply1(searchRow, [boundaries.detach(), tensorOf('bucketize', input, boundaries)], right);
  },
  {
    samples: (m) => [
      [m(2, 3), m(4).sort().values],
      [m(2, 3), m(4).sort().values, { right: true }],
    ],
    errors: (m) => [[[m(3), m(2, 2)], 'must be a vector']],
    gradcheck: false,
  },
);

type Elements = Tensor | number;

/** Whether each element is among the test elements; with `invert` whether it is not. PyTorch: torch.isin. */
export const isin: Fn<
  [elements: Elements, testElements: Elements],
  { testElements?: Elements; assumeUnique?: boolean; invert?: boolean },
  Tensor
> = fn(
  'isin(elements, testElements, *, assumeUnique=false, invert=false)',
  (elements, testElements, { invert }) => {
    const beside = elements instanceof Tensor ? elements : testElements;
    checkTensor('isin', beside);
    const common = resultType([elements, testElements]);
    const [x, tests] = [elements, testElements].map((value) => tensorOf('isin', value, beside).to(common));
    const n = tests.numel();
    if (n === 0) return full(x.shape, invert, { device: x.device });
    const sorted = tests.reshape(-1).sort().values;
    const place = apply1(searchRow, [sorted, x], false).clamp(0, n - 1);
    const found = sorted.take(place);
    return invert ? found.ne(x) : found.eq(x);
  },
  {
    samples: (m) => [
      [m.integers(5, 2, 3), m.integers(5, 4)],
      [m.integers(5, 4), 2, { invert: true }],
    ],
    gradcheck: false,
  },
);
