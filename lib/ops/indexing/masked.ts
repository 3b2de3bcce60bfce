import { checkTensor } from '../../autograd/apply.js';
import { type InplaceForm, type PointwiseFn, pointwiseBy, withInplace } from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { broadcastShapes } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { putIndexed, takeIndexed } from './advanced.js';
import { checkSource } from './along.js';
import { coordinates } from './coordinates.js';

const maskedFillRow: PointwiseRow = pointwiseRow('maskedFill', 3, 0, {
  forward: (s, x, mask, value) => s.where(mask, value, x),
  grad: [(s, g, _x, mask) => s.where(mask, s.const(0), g), null, (s, g, _x, mask) => s.where(mask, g, s.const(0))],
  exact: true,
});

/** Throws where a mask is not of truth values. */
function checkMask(name: string, mask: Tensor): void {
  checkTensor(name, mask);
  if (mask.dtype === 'bool') return;
  throw new DTypeError(
    `${name}: the mask of shape ${showShape(mask.shape)} is ${mask.dtype}; it must be bool. Compare first, as in mask.ne(0)`,
  );
}

function checkValue(input: Tensor, value: unknown): number | Tensor {
  if (value instanceof Tensor) {
    if (value.shape.length > 0) {
      throw new ShapeError(
        `maskedFill: the value must be a number or a tensor without dimensions, got ${showShape(value.shape)}; use where`,
      );
    }
    return value.to(input.device, input.dtype);
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new ArgumentError(
      `maskedFill: the value must be a number or a tensor without dimensions, got ${typeof value}`,
    );
  }
  const number = Number(value);
  if (!Number.isInteger(number) && !isFloat(input.dtype)) {
    throw new DTypeError(
      `maskedFill: ${number} cannot be stored in a tensor of ${input.dtype}; convert the tensor first`,
    );
  }
  // A number would make integers of truth values.
  return input.dtype === 'bool' ? numberLike(number, input) : number;
}

type Value = number | boolean | Tensor;

/**
 * One value (a number, or a tensor without dimensions) where the mask is true; mask and tensor broadcast.
 * PyTorch: torch.masked_fill.
 * @example
 * tg.tensor([1, 2, 3]).maskedFill(tg.tensor([true, false, true]), 0) // => tensor([0., 2., 0.])
 */
export const maskedFill: PointwiseFn<[input: Tensor, mask: Tensor, value: Value], { mask?: Tensor; value?: Value }> =
  pointwiseBy(
    'maskedFill(input, mask, value)',
    (input: Tensor, mask: Tensor, value: Value) => {
      checkTensor('maskedFill', input);
      checkMask('maskedFill', mask);
      return { row: maskedFillRow, operands: [input, mask, checkValue(input, value)], numbers: [] };
    },
    {
      samples: (m) => [
        [m(2, 3), m.bools(2, 3), 2],
        [m(2, 3), m.bools(3), m()],
        [m(3), { mask: m.bools(2, 3), value: -1 }],
      ],
      errors: (m) => [
        [[m(3), m(3), 0], 'must be bool'],
        [[m(3), m.bools(3), m(3)], 'without dimensions'],
        [[m.integers(3, 3), m.bools(3), 0.5], 'cannot be stored'],
      ],
    },
  );

/** The elements where the mask is true, in row-major order; mask and tensor broadcast. PyTorch: torch.masked_select. */
export const maskedSelect: Fn<[input: Tensor, mask: Tensor], { mask?: Tensor }, Tensor> = fn(
  'maskedSelect(input, mask)',
  (input, mask) => {
    checkTensor('maskedSelect', input);
    checkMask('maskedSelect', mask);
    const shape = broadcastShapes('maskedSelect', input.shape, mask.shape);
    const [index] = coordinates(mask.expand(shape).reshape(-1));
    return takeIndexed(input.expand(shape).reshape(-1), [index], { dims: [0], position: 0 });
  },
  {
    samples: (m) => [
      [m(2, 3), m.bools(2, 3)],
      [m(3), m.bools(2, 3)],
    ],
    errors: (m) => [[[m(3), m(3)], 'must be bool']],
  },
);

/**
 * A source's elements, one after another, where the mask is true; ShapeError where it has too few. The mask broadcasts.
 * PyTorch: torch.masked_scatter.
 */
export const maskedScatter: Fn<
  [input: Tensor, mask: Tensor, source: Tensor],
  { mask?: Tensor; source?: Tensor },
  Tensor
> &
  InplaceForm = withInplace(
  fn(
    'maskedScatter(input, mask, source:tensor)',
    (input, mask, source) => {
      checkTensor('maskedScatter', input);
      checkMask('maskedScatter', mask);
      checkSource('maskedScatter', input, source);
      const shape = broadcastShapes('maskedScatter', input.shape, mask.shape);
      const [index] = coordinates(mask.expand(shape).reshape(-1));
      const [needed] = index.shape;
      if (source.numel() < needed) {
        throw new ShapeError(
          `maskedScatter: the mask of shape ${showShape(mask.shape)} is true at ${needed} places, the source of shape ${showShape(source.shape)} has ${source.numel()} elements; it needs as many`,
        );
      }
      const values = source.reshape(-1).narrow(0, 0, needed);
      const flat = input.expand(shape).reshape(-1);
      return putIndexed(flat, values, [index], { dims: [0], position: 0, accumulate: false }).reshape(shape);
    },
    {
      samples: (m) => [
        [m(2, 3), m.bools(2, 3), m(6)],
        [m(2, 3), m.bools(3), m(2, 3)],
      ],
      errors: (m) => [
        [[m(3), m(3), m(3)], 'must be bool'],
        [[m(2, 3), m(2, 3).isfinite(), m(2)], 'needs as many'],
      ],
    },
  ),
);
