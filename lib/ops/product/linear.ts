import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { product } from './product.js';

/**
 * input @ weight.T + bias over the last dimension; weight has shape (out, in) or (in,), bias (out,) or ().
 * PyTorch: torch.nn.functional.linear.
 */
export const linear: Fn<
  [input: Tensor, weight: Tensor, bias?: Tensor | null],
  { weight?: Tensor; bias?: Tensor | null },
  Tensor
> = fn(
  'linear(input, weight, bias=null)',
  (input, weight, bias) => {
    checkTensor('linear', input);
    checkTensor('linear', weight);
    if (input.shape.length === 0 || input.shape.at(-1) !== weight.shape.at(-1)) {
      throw new ShapeError(
        `linear: input ${showShape(input.shape)}, weight ${showShape(weight.shape)}: the last dimensions must be equal; ` +
          `this weight takes ${weight.shape.at(-1)} features`,
      );
    }
    const y = product('linear', input, weight.shape.length === 2 ? weight.transpose(0, 1) : weight);
    return bias === null ? y : y.add(bias);
  },
  {
    samples: (m) => [
      [m(2, 3), m(4, 3), m(4)],
      [m(3), m(4, 3)],
      [m(2, 3, 3), m(4, 3), m(4)],
      [m(2, 3), m(3)],
    ],
    errors: (m) => [[[m(2, 3), m(4, 5)], 'input (2, 3), weight (4, 5): the last dimensions must be equal']],
  },
);

type BilinearOptions = { input2?: Tensor; weight?: Tensor; bias?: Tensor | null };

/**
 * input1 @ weight[o] @ input2 + bias[o] over the last dimensions; weight has shape (out, in1, in2).
 * PyTorch: torch.nn.functional.bilinear.
 */
export const bilinear: Fn<
  [input1: Tensor, input2: Tensor, weight: Tensor, bias?: Tensor | null],
  BilinearOptions,
  Tensor
> = fn(
  'bilinear(input1, input2, weight, bias=null)',
  (input1, input2, weight, bias) => {
    for (const x of [input1, input2, weight]) checkTensor('bilinear', x);
    const { shape: a } = input1;
    const { shape: b } = input2;
    const fits =
      weight.shape.length === 3 &&
      a.at(-1) === weight.shape[1] &&
      b.at(-1) === weight.shape[2] &&
      a.length === b.length;
    if (!fits || a.slice(0, -1).some((size, d) => size !== b[d])) {
      throw new ShapeError(
        `bilinear: inputs ${showShape(a)} and ${showShape(b)}, weight ${showShape(weight.shape)}: the inputs must agree but for their ` +
          'last dimensions, and those be the last two of the weight',
      );
    }
    const [out, in1, in2] = weight.shape;
    const [x1, x2] = [input1.reshape(-1, in1), input2.reshape(-1, in2)];
    // (rows, in1) @ (in1, out * in2), then one dot product with the second input a row and output.
    const left = product('bilinear', x1, weight.permute(1, 0, 2).reshape(in1, out * in2)).reshape(-1, out, in2);
    const y = product('bilinear', left, x2.unsqueeze(-1)).reshape([...a.slice(0, -1), out]);
    return bias === null ? y : y.add(bias);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 4), m(5, 3, 4), m(5)],
      [m(3), m(4), m(5, 3, 4)],
    ],
    errors: (m) => [[[m(2, 3), m(3, 4), m(5, 3, 4)], 'the inputs must agree but for their last dimensions']],
  },
);
