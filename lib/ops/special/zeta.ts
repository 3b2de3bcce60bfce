import { zeta as value } from '../../../kernels/special.js';
import type { Operand } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { integral } from '../pointwise/formulas.js';
import { type Elementwise, elementwiseRow, runElementwise } from '../product/elementwise.js';

const operation: Elementwise = {
  name: 'zeta',
  value,
  refuses: integral,
  saves: [0, 1],
  grad: (t, [g], [s, q]) => [null, t.neg(t.mul(g, t.mul(s, t.zeta(t.add(s, 1), q))))],
};
const row = elementwiseRow(operation);

/** Hurwitz' zeta function, the sum of `(k + other) ** -input` over k from 0 on; gradient to `other` only. PyTorch: torch.special.zeta. */
export const zeta: Fn<[input: Operand, other: Operand], { other?: Operand }, Tensor> = fn(
  'zeta(input:any, other)',
  (input, other) => runElementwise(operation, row, [input, other]),
  {
    samples: (m) => [[m.positive(2, 3).add(1.5), m.positive(3)]],
    gradcheck: 'the gradient to the first operand is not offered',
  },
);
