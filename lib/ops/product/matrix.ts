import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn, type None } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { crossProduct } from './cross.js';

type Pair = Fn<[input: Tensor, other: Tensor], { other?: Tensor }, Tensor>;

/** Kronecker product: every element of the first times all of the second, as blocks. PyTorch: torch.kron. */
export const kron: Pair = fn(
  'kron(input, other)',
  (input, other) => {
    checkTensor('kron', input);
    checkTensor('kron', other);
    const rank = Math.max(input.shape.length, other.shape.length);
    const padded = (x: Tensor): number[] => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
    const [a, b] = [padded(input), padded(other)];
    const left = input.reshape(a.flatMap((size) => [size, 1]));
    const right = other.reshape(b.flatMap((size) => [1, size]));
    return left.mul(right).reshape(a.map((size, d) => size * b[d]));
  },
  {
    samples: (m) => [
      [m(2, 3), m(3, 2)],
      [m(2), m(2, 2)],
      [m(), m(3)],
    ],
  },
);

/** Sum of the diagonal of a matrix; of integers as int32. PyTorch: torch.trace. */
export const trace: Fn<[input: Tensor], None, Tensor> = fn(
  'trace(input)',
  (input) => {
    checkTensor('trace', input);
    if (input.shape.length !== 2) {
      throw new ShapeError(`trace: ${showShape(input.shape)} is not a matrix; sum diagonal(0, -2, -1) of a batch`);
    }
    return input.diagonal().sum();
  },
  { samples: (m) => [[m(3, 3)], [m(2, 4)], [m.integers(5, 3, 3)]], errors: (m) => [[[m(3)], '(3,) is not a matrix']] },
);

type CrossOptions = { other?: Tensor; dim?: number | null };

/** Cross product of vectors of three along `dim`: the first dimension of size 3 unless given. PyTorch: torch.cross. */
export const cross: Fn<[input: Tensor, other: Tensor, dim?: number | null], CrossOptions, Tensor> = fn(
  'cross(input, other, dim=null)',
  (input, other, dim) => {
    const found = dim ?? input.shape.indexOf(3);
    if (found < 0 && dim === null) throw new ShapeError(`cross: no dimension of ${showShape(input.shape)} has size 3`);
    return crossProduct('cross', input, other, found);
  },
  {
    samples: (m) => [
      [m(2, 3), m(2, 3)],
      [m(3, 2), m(3, 2), 0],
    ],
    errors: (m) => [
      [[m(2), m(2)], 'no dimension of (2,) has size 3'],
      [[m(2, 3), m(2, 3), 0], 'dimension 0 has size 2'],
    ],
  },
);
