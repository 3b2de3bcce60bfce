import { type Binary, binary, type Operand, pointwiseBy, type Unary, unary } from '../../autograd/define.js';
import { type PointwiseRow, pointwiseRow } from '../../autograd/pointwise.js';
import { Tensor } from '../../core/tensor.js';
import { floating } from './formulas.js';

/** Whether both are not 0. PyTorch: torch.logical_and. */
export const logicalAnd: Binary = binary('logicalAnd(input, other)', {
  forward: (s, a, b) => s.logicalAnd(a, b),
  result: 'bool',
  exact: true,
});

/** Whether one at least is not 0. PyTorch: torch.logical_or. */
export const logicalOr: Binary = binary('logicalOr(input, other)', {
  forward: (s, a, b) => s.logicalOr(a, b),
  result: 'bool',
  exact: true,
});

/** Whether exactly one is not 0. PyTorch: torch.logical_xor. */
export const logicalXor: Binary = binary('logicalXor(input, other)', {
  forward: (s, a, b) => s.ne(s.eq(a, s.const(0)), s.eq(b, s.const(0))),
  result: 'bool',
  exact: true,
});

/** Whether an element is 0. PyTorch: torch.logical_not. */
export const logicalNot: Unary = unary('logicalNot(input)', {
  forward: (s, x) => s.logicalNot(x),
  result: 'bool',
  exact: true,
});

/** Bits that both have; of truth values, whether both are true. PyTorch: torch.bitwise_and. */
export const bitwiseAnd: Binary = binary('bitwiseAnd(input, other)', {
  forward: (s, a, b) => s.bitwiseAnd(a, b),
  exact: true,
  refuses: floating,
});

/** Bits that one at least has; of truth values, whether one is true. PyTorch: torch.bitwise_or. */
export const bitwiseOr: Binary = binary('bitwiseOr(input, other)', {
  forward: (s, a, b) => s.bitwiseOr(a, b),
  exact: true,
  refuses: floating,
});

/** Bits that exactly one has; of truth values, whether they differ. PyTorch: torch.bitwise_xor. */
export const bitwiseXor: Binary = binary('bitwiseXor(input, other)', {
  forward: (s, a, b) => s.bitwiseXor(a, b),
  exact: true,
  refuses: floating,
});

const invertRow: PointwiseRow = pointwiseRow('bitwiseNot', 1, 0, {
  forward: (s, x) => s.bitwiseXor(x, s.const(-1)),
  exact: true,
  refuses: floating,
});
const invertTruthRow: PointwiseRow = pointwiseRow('bitwiseNot', 1, 0, { forward: (s, x) => s.logicalNot(x) });

/** All bits the other way; of truth values, the other one. PyTorch: torch.bitwise_not. */
export const bitwiseNot: Unary = pointwiseBy('bitwiseNot(input)', (x: Operand) => ({
  row: x instanceof Tensor && x.dtype === 'bool' ? invertTruthRow : invertRow,
  operands: [x],
  numbers: [],
}));
