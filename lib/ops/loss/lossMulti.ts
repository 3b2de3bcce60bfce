import { sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { ones } from '../creation/creation.js';
import { spreadAlong, takeAlong } from '../indexing/along.js';
import { checkBounds, type Indices, indexTensor } from '../indexing/indices.js';
import { type LossArguments, type LossOptions, reduced, reductionOf } from './lossReduction.js';

/** (N, C) as it is; (C) and a single number as one row. */
function rows(name: string, input: Tensor): Tensor {
  checkTensor(name, input);
  if (input.shape.length === 2) return input;
  if (input.shape.length < 2) return input.reshape(1, -1);
  throw new ShapeError(`${name}: the input has shape ${showShape(input.shape)}; it needs (C) or (N, C)`);
}

/** What is above zero; the slope at zero is zero. */
const positivePart = (x: Tensor): Tensor => x.where(x.gt(0), 0);

/**
 * Mean over the classes of `max(0, margin - input[target] + input[j])^p`, for all j but the target. Input (N, C) and target (N),
 * or without N. PyTorch: torch.nn.functional.multi_margin_loss.
 */
export const multiMarginLoss: Fn<
  [input: Tensor, target: Tensor | Indices, p?: number, margin?: number, weight?: Tensor | null, ...how: LossArguments],
  LossOptions & { target?: Tensor | Indices; p?: number; margin?: number; weight?: Tensor | null },
  Tensor
> = fn(
  "multiMarginLoss(input, target, p=1, margin=1, weight=null, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, p, margin, weight, sizeAverage, reduce, reduction) => {
    const name = 'multiMarginLoss';
    const x = rows(name, input);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    if (p !== 1 && p !== 2) throw new ValueError(`${name}: p must be 1 or 2, got ${p}`);
    const given = indexTensor(name, target, input);
    const [batch, classes] = x.shape;
    if (given.numel() !== batch || given.shape.length > 1) {
      throw new ShapeError(
        `${name}: the input of shape ${showShape(input.shape)} needs ${batch} targets, got shape ${showShape(given.shape)}`,
      );
    }
    checkBounds(`${name}: target`, given, classes, 1, false);
    const index = given.reshape(batch, 1);
    const above = positivePart(x.sub(takeAlong(x, index, 1)).add(margin));
    const power = p === 1 ? above : above.mul(above);
    const others = spreadAlong(ones(index.shape, { device: x.device }), index, 1, x.shape).eq(0);
    const each = (weight === null ? power : power.mul(takeAlong(weight, index.flatten(), 0).unsqueeze(1))).where(
      others,
      0,
    );
    const losses = each.sum(1).div(classes);
    return reduced(input.shape.length === 2 ? losses : losses.squeeze(0), how);
  },
  {
    samples: (m) => [
      [m(4, 3), m.integers(3, 4)],
      [m(3), 1, { p: 2 }],
      [m(4, 3), [0, 2, 1, 1], 2, 0.5, m.positive(3), null, null, 'none'],
    ],
    errors: (m) => [
      [[m(4, 3), [0, 1, 2, 3]], 'target: index 3 is out of range'],
      [[m(4, 3), [0, 1, 2]], 'needs 4 targets, got shape (3,)'],
      [[m(4, 3), [0, 1, 2, 0], 3], 'p must be 1 or 2, got 3'],
      [[m(2, 2, 2), [0, 1]], 'it needs (C) or (N, C)'],
    ],
  },
);

/**
 * Mean over the classes of `max(0, 1 - (input[k] - input[j]))`, for every target k and every class j that is none. Each row of
 * `target` lists classes up to its first negative entry. PyTorch: torch.nn.functional.multilabel_margin_loss.
 */
export const multilabelMarginLoss: Fn<
  [input: Tensor, target: Tensor | Indices, ...how: LossArguments],
  LossOptions & { target?: Tensor | Indices },
  Tensor
> = fn(
  "multilabelMarginLoss(input, target, sizeAverage=null, reduce=null, reduction='mean')",
  (input, target, sizeAverage, reduce, reduction) => {
    const name = 'multilabelMarginLoss';
    const x = rows(name, input);
    const how = reductionOf(name, sizeAverage, reduce, reduction);
    const given = indexTensor(name, target, input);
    if (!sameShape(given.shape, input.shape)) {
      throw new ShapeError(
        `${name}: the input has shape ${showShape(input.shape)}, the target ${showShape(given.shape)}; they must be equal`,
      );
    }
    const classes = x.shape[1];
    const listed = given.reshape(x.shape);
    const valid = listed.lt(0).to('int32').cumsum(1).eq(0);
    const index = listed.where(valid, 0);
    checkBounds(`${name}: target`, index, classes, 1, false);
    const isTarget = spreadAlong(valid.to(x.dtype), index, 1, x.shape).gt(0);
    const above = positivePart(
      x
        .unsqueeze(1)
        .sub(takeAlong(x, index, 1).unsqueeze(2))
        .add(1),
    );
    const counts = valid.unsqueeze(2).logicalAnd(isTarget.logicalNot().unsqueeze(1));
    const losses = above.where(counts, 0).sum([1, 2]).div(classes);
    return reduced(input.shape.length === 2 ? losses : losses.squeeze(0), how);
  },
  {
    samples: (m) => [
      [
        m(2, 4),
        [
          [3, 0, -1, 1],
          [-1, 0, 0, 0],
        ],
      ],
      [m(3), [1, 2, -1], { reduction: 'none' }],
    ],
    errors: (m) => [
      [
        [
          m(2, 2),
          [
            [0, 2],
            [-1, 0],
          ],
        ],
        'target: index 2 is out of range',
      ],
      [[m(2, 2), [0, 1]], 'the target (2,); they must be equal'],
    ],
  },
);
