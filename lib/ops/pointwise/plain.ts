import { checkTensor } from '../../autograd/apply.js';
import { type OutOfPlace, outOfPlace, type Unary, unary } from '../../autograd/define.js';
import { type Fn, fn, type None } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { flat } from './formulas.js';

type Same = Fn<[input: Tensor], None, Tensor>;

function same(name: string): Same {
  return fn(
    `${name}(input)`,
    (input) => {
      checkTensor(name, input);
      return input;
    },
    { samples: (m) => [[m(2, 3)]] },
  );
}

/** The complex conjugate: of real numbers the tensor itself. PyTorch: torch.conj. */
export const conj: Same = same('conj');

/** The complex conjugate: of real numbers the tensor itself. PyTorch: torch.conj_physical. */
export const conjPhysical: Same = same('conjPhysical');

/** The tensor with a lazy conjugation carried out: itself. PyTorch: torch.resolve_conj. */
export const resolveConj: Same = same('resolveConj');

/** The tensor with a lazy negation carried out: itself. PyTorch: torch.resolve_neg. */
export const resolveNeg: Same = same('resolveNeg');

/** The angle in the complex plane: pi for negative numbers, 0 for others, NaN for NaN. PyTorch: torch.angle. */
export const angle: OutOfPlace<Unary> = outOfPlace(
  unary('angle(input)', {
    forward: (s, x) => s.where(s.ne(x, x), x, s.where(s.lt(x, s.const(0)), s.const(Math.PI), s.const(0))),
    grad: flat,
    result: 'float',
    domain: [0.1, 3],
  }),
);
