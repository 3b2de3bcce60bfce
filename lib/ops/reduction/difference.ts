import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ShapeError, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { cat } from '../shape/combine.js';

type DiffOptions = { n?: number; dim?: number; prepend?: Tensor | null; append?: Tensor | null };

/**
 * Differences of neighbours along `dim`, taken `n` times; `prepend` and `append` are joined to the input before (not where n is 0). Of truth
 * values: whether they differ. PyTorch: torch.diff.
 * @example
 * tg.tensor([1, 4, 9]).diff() // => tensor([3., 5.])
 */
export const diff: Fn<
  [input: Tensor, n?: number, dim?: number, prepend?: Tensor | null, append?: Tensor | null],
  DiffOptions,
  Tensor
> = fn(
  'diff(input, n=1, dim=-1, prepend=null, append=null)',
  (input, n, dim, prepend, append) => {
    checkTensor('diff', input);
    if (input.shape.length === 0) throw new ShapeError('diff: the input has no dimensions; it needs at least one');
    if (!Number.isInteger(n) || n < 0) throw new ValueError(`diff: n is ${n}; it must be an integer, and not negative`);
    const d = wrapDim('diff', dim, input.shape.length);
    if (n === 0) return input.clone();
    const parts = [prepend, input, append].filter((x) => x !== null);
    const joined = parts.length === 1 ? input : cat(parts, d);
    const rounds = Math.min(n, joined.shape[d]);
    let x = joined;
    for (let i = 0; i < rounds; i++) {
      const size = x.shape[d];
      if (size === 0) break;
      const [left, right] = [x.narrow(d, 0, size - 1), x.narrow(d, 1, size - 1)];
      x = x.dtype === 'bool' ? right.logicalXor(left) : right.sub(left);
    }
    return x;
  },
  {
    samples: (m) => [[m(4)], [m(2, 4), 2, 0], [m(2, 3), 2, 1, m(2, 1), m(2, 2)], [m.bools(4)], [m(3), 5]],
    errors: (m) => [
      [[m()], 'the input has no dimensions'],
      [[m(3), -1], 'n is -1'],
    ],
  },
);
