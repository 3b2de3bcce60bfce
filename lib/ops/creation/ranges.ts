import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { checkDType, type DType, getDefaultDtype } from '../../core/dtype.js';
import { ArgumentError, ValueError } from '../../core/errors.js';
import { checkSizes } from '../../core/shape.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import type { TensorOptions } from './creation.js';
import { fromValues, requireLeaf } from './values.js';

/** `n` values of a formula, made on the CPU. */
function sequence(
  name: string,
  n: number,
  valueAt: (i: number) => number,
  natural: DType,
  { dtype, device, requiresGrad }: TensorOptions,
): Tensor {
  const type = dtype === null || dtype === undefined ? natural : checkDType(name, dtype);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = valueAt(i);
  const x = fromValues(values, [n], type);
  return requireLeaf(name, device === 'cpu' || !device ? x : x.to(device), requiresGrad);
}

/** The arguments of `arange`: the end; start and end; start, end and step. */
export interface Arange {
  (end: number, options?: TensorOptions & { step?: number }): Tensor;
  (start: number, end: number, options?: TensorOptions & { step?: number }): Tensor;
  (start: number, end: number, step: number, options?: TensorOptions): Tensor;
  (start: number, options: TensorOptions & { end: number; step?: number }): Tensor;
  (options: TensorOptions & { start?: number; end: number; step?: number }): Tensor;
}

/**
 * The numbers from `start` (default 0) to `end` (not included) in steps: int32 where all three are integers, else the default dtype.
 * PyTorch: torch.arange.
 * @example
 * tg.arange(0, 1, 0.25) // => tensor([0.0000, 0.2500, 0.5000, 0.7500])
 */
export const arange: Arange & Described = typed<Arange>(
  'arange(start=null, end=null, step=1, *, dtype=null, device=null, requiresGrad=false)',
  (first: number | null, last: number | null, step: number, options: TensorOptions) => {
    const [start, end] = last === null ? [0, first] : [first ?? 0, last];
    if (typeof start !== 'number' || typeof end !== 'number' || typeof step !== 'number') {
      throw new ArgumentError('arange: start, end and step must be numbers');
    }
    const n = Math.ceil((end - start) / step);
    if (step === 0 || !Number.isFinite(n) || (end - start) * step < 0) {
      throw new ValueError(`arange: steps of ${step} do not lead from ${start} to ${end}`);
    }
    const natural = [start, end, step].every(Number.isInteger) ? 'int32' : getDefaultDtype();
    return sequence('arange', n, (i) => start + i * step, natural, options);
  },
  {
    samples: () => [[5], [2, 5], [1, 2, 0.25], [0, { end: 3 }], [5, 0, -2, { dtype: 'float32' }]],
    errors: () => [
      [[0, 5, 0], 'do not lead'],
      [[0, 5, -1], 'do not lead'],
    ],
    gradcheck: false,
  },
  0,
);

function spaced(name: string, start: number, end: number, steps: number): (i: number) => number {
  if (!Number.isInteger(steps) || steps < 0) throw new ValueError(`${name}: steps must be 0 or more, got ${steps}`);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // From both ends, so that the last one is `end` exactly.
  return (i) => (i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step);
}

type Spaced = TensorOptions & { end?: number; steps?: number };

/** `steps` numbers in equal steps from `start` to `end`, both included. PyTorch: torch.linspace. */
export const linspace: Fn<[start: number, end: number, steps: number], Spaced, Tensor> = fn(
  'linspace(start, end, steps, *, dtype=null, device=null, requiresGrad=false)',
  (start, end, steps, options) =>
    sequence('linspace', steps, spaced('linspace', start, end, steps), getDefaultDtype(), options),
  {
    samples: () => [
      [0, 1, 5],
      [3, -3, 2],
      [2, 7, 1],
    ],
    errors: () => [[[0, 1, -1], '0 or more']],
    gradcheck: false,
  },
);

/** `base` to the powers of `linspace`. PyTorch: torch.logspace. */
export const logspace: Fn<
  [start: number, end: number, steps: number, base?: number],
  Spaced & { base?: number },
  Tensor
> = fn(
  'logspace(start, end, steps, base=10, *, dtype=null, device=null, requiresGrad=false)',
  (start, end, steps, base, options) => {
    const exponent = spaced('logspace', start, end, steps);
    return sequence('logspace', steps, (i) => base ** exponent(i), getDefaultDtype(), options);
  },
  {
    samples: () => [
      [0, 3, 4],
      [0, 1, 3, { base: 2 }],
    ],
    errors: () => [[[0, 1, -1], '0 or more']],
    gradcheck: false,
  },
);

/** Ones on the diagonal, zeros elsewhere: `n` rows, `m` columns (default `n`). PyTorch: torch.eye. */
export const eye: Fn<[n: number, m?: number | null], TensorOptions & { m?: number | null }, Tensor> = fn(
  'eye(n, m=null, *, dtype=null, device=null, requiresGrad=false)',
  (n, m, { dtype, device, requiresGrad }) => {
    const shape = checkSizes('eye', [n, m ?? n]);
    const type = dtype === null || dtype === undefined ? getDefaultDtype() : checkDType('eye', dtype);
    const x = emptyTensor(shape, type, device ?? 'cpu');
    const { kernels } = x.storage;
    kernels.fill(x, 0);
    const length = Math.min(...shape);
    if (length > 0) kernels.fill(alias(x, 0, [length], [shape[1] + 1]), 1);
    return requireLeaf('eye', x, requiresGrad);
  },
  { samples: () => [[3], [2, 3], [3, { m: 1 }]], errors: () => [[[-1], 'negative']], gradcheck: false },
);

type Triangle = Fn<
  [row: number, col: number, offset?: number],
  TensorOptions & { col?: number; offset?: number },
  Tensor
>;

function triangle(name: string, inside: (column: number, row: number, offset: number) => boolean): Triangle {
  return fn(
    `${name}(row, col, offset=0, *, dtype='int32', device=null)`,
    (row, col, offset, { dtype, device }) => {
      const [n, m] = checkSizes(name, [row, col]);
      const rows: number[] = [];
      const columns: number[] = [];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) {
          if (!inside(j, i, offset)) continue;
          rows.push(i);
          columns.push(j);
        }
      }
      const x = fromValues([...rows, ...columns], [2, rows.length], checkDType(name, dtype ?? 'int32'));
      return device === 'cpu' || !device ? x : x.to(device);
    },
    {
      samples: () => [
        [3, 4],
        [3, 3, -1],
      ],
      errors: () => [[[-1, 2], 'negative']],
      gradcheck: false,
    },
  );
}

/** Rows and columns of the lower triangle's elements, row-major: int32 of shape (2, n). PyTorch: torch.tril_indices. */
export const trilIndices: Triangle = triangle('trilIndices', (column, row, offset) => column <= row + offset);

/** Rows and columns of the upper triangle's elements, row-major: int32 of shape (2, n). PyTorch: torch.triu_indices. */
export const triuIndices: Triangle = triangle('triuIndices', (column, row, offset) => column >= row + offset);
