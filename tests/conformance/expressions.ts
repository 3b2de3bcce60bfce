/** The recorded calls that are not one function, method or attribute: each the same in the library's own calls. */
import type { Library } from './library.js';
import { callMethod, callPath, sliceText } from './naming.js';

type Call = (tg: Library, args: unknown[], kwargs: Record<string, unknown>) => unknown;

export const expressions: Record<string, Call> = {
  fill: (_, [a, value], options) => callMethod(callMethod(a, 'clone'), 'fill_', value ?? options.value),
  slice: (_, [a, ...range], options) => callMethod(a, 'at', ...sliceIndex(range, options)),
  zero_: (_, [a]) => callMethod(callMethod(a, 'clone'), 'zero_'),
  resize_: (_, [a, size]) => callMethod(callMethod(a, 'clone'), 'resize_', size),
  resize_as_: (_, [a, other]) => callMethod(callMethod(a, 'clone'), 'resize_as_', other),
  linalg_lstsq_grad_oriented: (tg, [a, b], options) => first(callPath(tg, 'linalg.lstsq', [a, b, options])),
  linalg_pinv_singular: (tg, [a, b]) => callPath(tg, 'linalg.pinv', [callPath(tg, 'matmul', [a, transposed(b)])]),
};

/** `slice(dim=0, start=None, end=None, step=1)` as the arguments of `x.at`. */
function sliceIndex(range: unknown[], options: Record<string, unknown>): string[] {
  const [dim, start, end, step] = ['dim', 'start', 'end', 'step'].map((name, i) => range[i] ?? options[name]);
  const slice = sliceText(start, end, step);
  const axis = Number(dim ?? 0);
  return axis < 0 ? ['...', slice, ...Array(-1 - axis).fill(':')] : [...Array(axis).fill(':'), slice];
}

function transposed(matrix: unknown): unknown {
  return (matrix as { mT: unknown }).mT;
}

function first(values: unknown): unknown {
  const [value] = values as Iterable<unknown>;
  return value;
}
