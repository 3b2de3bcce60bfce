import { apply1, type Row, refuseInt64 } from '../../autograd/apply.js';
import type { Run } from '../../autograd/rows.js';
import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { checkSource } from './along.js';
import { type Along, begin, cutSource } from './indices.js';

/** How the elements that meet at one place are joined. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

interface Reducing {
  readonly dim: number;
  readonly reduce: Exclude<ScatterReduction, 'mean'>;
  readonly includeSelf: boolean;
}

/** The kernel's names. */
export const scatterModes = { sum: 'add', prod: 'multiply', amax: 'max', amin: 'min' } as const;

const reduceRow: Row<Reducing> = {
  name: 'scatterReduce',
  infer([x, , source], { reduce }) {
    if (reduce === 'sum' || reduce === 'prod') refuseInt64('scatterReduce', x.dtype);
    checkSource('scatterReduce', x, source);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  kernel(k, [y], [x, index, source], { dim, reduce, includeSelf }) {
    begin(k, y, x);
    // An extreme may begin with any of its elements, a sum with 0, a product with 1.
    const start = reduce === 'sum' ? 0 : reduce === 'prod' ? 1 : source;
    if (!includeSelf) k.scatter(y, dim, index, start, 'set');
    k.scatter(y, dim, index, source, scatterModes[reduce]);
  },
  saves: [0, 1, 2],
  savesResults: [0],
  grad(t, [g], [x, index, source], [y], attributes) {
    const { dim, reduce, includeSelf } = attributes;
    const [toInput, toSource] =
      reduce === 'sum'
        ? [g, t.takeAlong(g, index, dim)]
        : reduce === 'prod'
          ? productGradient(t, g, x, index, source, y, attributes)
          : extremeGradient(t, g, x, index, source, y, attributes);
    return [includeSelf ? toInput : t.scatterNumber(toInput, index, dim, 0), null, toSource];
  },
};

/** A sum's gradient reads no values: its tensor may be changed in place without a copy. */
const sumRow: Row<Reducing> = { ...reduceRow, saves: [1], savesResults: [] };

/** A factor's gradient is the product of the others: by division where it is not zero, by a product without it where it is. */
function productGradient(
  t: Operations,
  g: Tensor,
  x: Tensor,
  index: Tensor,
  source: Tensor,
  y: Tensor,
  attributes: Reducing,
): [Tensor, Tensor] {
  const { dim } = attributes;
  const reduce = (input: Tensor, factors: Tensor): Tensor => apply1(reduceRow, [input, index, factors], attributes);
  const nonzeroInput = x.maskedFill(x.eq(0), 1);
  const toInput = g.mul(reduce(nonzeroInput, source)).div(nonzeroInput);
  const zero = source.eq(0);
  const zeros = t.takeAlong(t.spreadAlong(zero.to(source.dtype), index, dim, x.shape), index, dim);
  const onlyZero = zero.logicalAnd(zeros.eq(1));
  const others = t.takeAlong(g.mul(reduce(x, source.maskedFill(onlyZero, 1))), index, dim);
  const quotient = t.takeAlong(g.mul(y), index, dim).div(source.maskedFill(zero, 1));
  return [toInput, t.where(onlyZero, others, quotient)];
}

/** The elements that equal the extreme share its gradient evenly. */
function extremeGradient(
  t: Operations,
  g: Tensor,
  x: Tensor,
  index: Tensor,
  source: Tensor,
  y: Tensor,
  { dim, includeSelf }: Reducing,
): [Tensor, Tensor] {
  const own = x.eq(y);
  const winners = source.eq(t.takeAlong(y, index, dim));
  const counted = includeSelf ? own : t.scatterNumber(own, index, dim, 0);
  const shares = counted.to(g.dtype).add(t.spreadAlong(winners.to(g.dtype), index, dim, x.shape));
  const share = g.div(shares);
  return [t.where(own, share, 0), t.where(winners, t.takeAlong(share, index, dim), 0)];
}

/** Joins a source into a tensor; all arguments but the source have been checked. */
export function reduceInto(
  run: Run,
  name: string,
  input: Tensor,
  { x, index, dim }: Along,
  source: Tensor,
  reduce: Exclude<ScatterReduction, 'mean'>,
  includeSelf: boolean,
): Tensor {
  const row = reduce === 'sum' ? sumRow : reduceRow;
  const result = run(row, [x, index, cutSource(name, source, index)], { dim, reduce, includeSelf });
  return input.shape.length === 0 ? result.reshape([]) : result;
}
