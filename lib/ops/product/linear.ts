import type { FusedKernels, View } from '../../../kernels/types.js';
import { collapse, count } from '../../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { inverseOrder, memoryOrder } from '../../core/shape.js';
import { emptyBeside, emptyTensor, isDense, type Tensor } from '../../core/tensor.js';
import { product } from './product.js';

/** All dimensions but the last as one; null where they do not lie like one. */
function flattened(x: Tensor): View | null {
  const { buffer, offset, shape, strides, dtype } = x;
  const last = shape.length - 1;
  if (last === 1) return x;
  const columns = shape[last];
  const flat = (rows: number, row: number): View => ({
    ...{ buffer, offset, dtype },
    shape: [rows, columns],
    strides: [row, strides[last]],
  });
  if (isDense(x)) return flat(count(shape.slice(0, last)), columns);
  const rows = collapse(shape.slice(0, last), [strides.slice(0, last)]);
  if (rows.shape.length > 1) return null;
  return flat(rows.shape[0] ?? 1, rows.strides[0][0] ?? 0);
}

/** Inputs: the input, whose dimensions but the last lie like one, the weight, and a bias or none. */
const linearRow: Row<null> = {
  name: 'linear',
  infer: ([x, weight]) => [{ shape: [...x.shape.slice(0, -1), weight.shape[0]], dtype: x.dtype }],
  kernel(k, [y], [x, weight, bias]) {
    (k.fused as FusedKernels).linear(flattened(y) as View, flattened(x) as View, weight, bias ?? null);
  },
  saves: [0, 1],
  grad(t, [g], [x, weight, bias], _y, _attributes, wanted) {
    const [outputs, inputs] = weight.shape;
    if (modes.grad) {
      // A gradient of this gradient is wanted: it goes through products of its own.
      const [rows, features] = [t.reshape(g, -1, outputs), t.reshape(x, -1, inputs)];
      return [
        wanted[0] ? t.matmul(g, weight) : null,
        wanted[1] ? t.matmul(t.transpose(rows, 0, 1), features) : null,
        wanted[2] ? t.sum(rows, 0) : null,
      ];
    }
    const { device, kernels } = weight.storage;
    const toInput = wanted[0] ? emptyTensor(x.shape, x.dtype, device) : null;
    const toWeight = wanted[1] ? emptyBeside(weight, weight.dtype) : null;
    const toBias = wanted[2] ? emptyTensor(bias.shape, bias.dtype, device) : null;
    (kernels.fused as FusedKernels).linearBackward(
      { input: toInput && flattened(toInput), weight: toWeight, bias: toBias },
      flattened(g) ?? (flattened(t.contiguous(g)) as View),
      flattened(x) as View,
      weight,
    );
    return [toInput, toWeight, toBias];
  },
};

/** Whether the device has a kernel for all of it, and the operands are the usual ones. */
function fits(input: Tensor, weight: Tensor, bias: Tensor | null): boolean {
  const { dtype, storage } = input;
  if (storage.kernels.fused === undefined || (dtype !== 'float32' && dtype !== 'float64')) return false;
  if (weight.shape.length !== 2 || weight.dtype !== dtype || input.shape.length < 2) return false;
  return bias === null || (bias.shape.length === 1 && bias.shape[0] === weight.shape[0] && bias.dtype === dtype);
}

const launched = (x: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
  apply1(linearRow, bias === null ? [x, weight] : [x, weight, bias], null);

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
    if (bias !== null) checkTensor('linear', bias);
    if (fits(input, weight, bias)) {
      if (input.shape.length === 2 || flattened(input) !== null) return launched(input, weight, bias);
      // Rows in the order in which they lie.
      const order = [...memoryOrder(input.strides.slice(0, -1)), input.shape.length - 1];
      const x = input.permute(order);
      return launched(flattened(x) === null ? x.contiguous() : x, weight, bias).permute(inverseOrder(order));
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
