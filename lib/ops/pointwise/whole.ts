import { type Binary, binary, type InplaceForm, type Operand, withInplace } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import { resultType } from '../../core/dtype.js';
import { Tensor } from '../../core/tensor.js';
import { type Elementwise, elementwiseRow, runElementwise } from '../product/elementwise.js';
import { floating } from './formulas.js';

type OfIntegers = Fn<[input: Operand, other: Operand], { other?: Operand }, Tensor> & InplaceForm;

const refuses = ['bool', ...floating] as const;

const leftShift: Binary = binary('bitwiseLeftShift(input, other)', {
  forward: (s, a, b) => s.mul(a, s.pow(s.const(2), b)),
  refuses,
});
const rightShift: Binary = binary('bitwiseRightShift(input, other)', {
  forward: (s, a, b) => s.floor(s.div(a, s.pow(s.const(2), b))),
  refuses,
});

function elementwise(operation: Elementwise, small: Binary | null): OfIntegers {
  const row = elementwiseRow(operation);
  const act = (a: Operand, b: Operand): Tensor => {
    const operands = [a, b].filter((x) => typeof x === 'number' || x instanceof Tensor);
    const formula = small !== null && operands.length === 2 && resultType(operands) !== 'int64';
    return formula ? small(a, b) : runElementwise(operation, row, [a, b]);
  };
  return withInplace(
    fn<[input: Operand, other: Operand], { other?: Operand }, Tensor>(`${operation.name}(input, other)`, act, {
      samples: (m) => [
        [m.integers(9, 2, 3), m.integers(4, 3)],
        [m.integers(9, 2, 3), 2],
      ],
      errors: (m) => [[[m(2), m(2)], `${operation.name}: does not take float32`]],
    }),
  );
}

/** Bits moved up by `other` places: `input * 2 ** other`. PyTorch: torch.bitwise_left_shift. */
export const bitwiseLeftShift: OfIntegers = elementwise(
  { name: 'bitwiseLeftShift', value: (a, b) => a * 2 ** b, exact: (a, b) => a << b, refuses },
  leftShift,
);

/** Bits moved down by `other` places, the sign kept: `floor(input / 2 ** other)`. PyTorch: torch.bitwise_right_shift. */
export const bitwiseRightShift: OfIntegers = elementwise(
  { name: 'bitwiseRightShift', value: (a, b) => Math.floor(a / 2 ** b), exact: (a, b) => a >> b, refuses },
  rightShift,
);

function divisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

function divisorExact(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The greatest common divisor of integers; of 0 and 0 it is 0. PyTorch: torch.gcd. */
export const gcd: OfIntegers = elementwise({ name: 'gcd', value: divisor, exact: divisorExact, refuses }, null);

/** The least common multiple of integers; 0 where one of them is 0. PyTorch: torch.lcm. */
export const lcm: OfIntegers = elementwise(
  {
    name: 'lcm',
    value: (a, b) => (a === 0 || b === 0 ? 0 : Math.abs((a / divisor(a, b)) * b)),
    exact: (a, b) => {
      const multiple = a === 0n || b === 0n ? 0n : (a / divisorExact(a, b)) * b;
      return multiple < 0n ? -multiple : multiple;
    },
    refuses,
  },
  null,
);
