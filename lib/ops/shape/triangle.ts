import { checkTensor } from '../../autograd/apply.js';
import type { InplaceForm } from '../../autograd/define.js';
import { bind } from '../../core/bind.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { arange } from '../creation/ranges.js';

type Triangular = Fn<[input: Tensor, diagonal?: number], { diagonal?: number }, Tensor> & InplaceForm;

function triangular(name: string, outside: (columns: Tensor, rows: Tensor) => Tensor): Triangular {
  const mask = (input: Tensor, diagonal: number): Tensor => {
    checkTensor(name, input);
    const { shape } = input;
    if (shape.length < 2) throw new ShapeError(`${name}: needs at least 2 dimensions, got ${showShape(shape)}`);
    const [n, m] = shape.slice(-2);
    const { device } = input;
    return outside(arange(m, { device }), arange(diagonal, n + diagonal, { device }).unsqueeze(1));
  };
  const call = fn<[input: Tensor, diagonal?: number], { diagonal?: number }, Tensor>(
    `${name}(input, diagonal=0)`,
    (input, diagonal) => input.maskedFill(mask(input, diagonal), 0),
    {
      samples: (m) => [[m(3, 4)], [m(2, 4, 3), 1], [m(3, 3), { diagonal: -1 }]],
      errors: (m) => [[[m(3)], 'at least 2']],
    },
  );
  const inplace = (self: Tensor, ...args: unknown[]): Tensor => {
    const [, diagonal] = bind(call.signature, [self, ...args], 1);
    return self.maskedFill_(mask(self, diagonal as number), 0);
  };
  return Object.assign(call, { inplace });
}

/**
 * The lower triangle of matrices, zeros above; `diagonal` moves its edge up. PyTorch: torch.tril.
 * @example
 * tg.ones(2, 2).tril() // => tensor([[1., 0.], [1., 1.]])
 */
export const tril: Triangular = triangular('tril', (columns, rows) => columns.gt(rows));

/** The upper triangle of matrices, zeros below; `diagonal` moves its edge up. PyTorch: torch.triu. */
export const triu: Triangular = triangular('triu', (columns, rows) => columns.lt(rows));
