import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { takeIndexed } from '../indexing/advanced.js';

/** How many elements stand before and after each dimension. */
interface Border {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

const padRow: Row<Border> = {
  name: 'pad',
  infer: ([x], { before, after }) => [{ shape: x.shape.map((size, d) => size + before[d] + after[d]), dtype: x.dtype }],
  kernel(k, [y], [x], { before, value }) {
    k.fill(y, value);
    if (x.shape.includes(0)) return;
    const offset = before.reduce((at, n, d) => at + n * y.strides[d], 0);
    k.copy(alias(y, offset, x.shape, y.strides), x);
  },
  grad: (t, [g], [x], _y, { before }) => [
    before.reduce((part, n, d) => (x.shape[d] === part.shape[d] ? part : t.narrow(part, d, n, x.shape[d])), g),
  ],
};

/** Pairs from the last dimension on, as one pair for each dimension from the first. */
function pairs(name: string, x: Tensor, pad: readonly number[]): [number, number][] {
  checkTensor(name, x);
  if (!Array.isArray(pad)) throw new ArgumentError(`${name}: pad must be a list of integers, got ${String(pad)}`);
  if (!pad.every(Number.isInteger) || pad.length % 2 !== 0 || pad.length > 2 * x.shape.length) {
    throw new ValueError(
      `${name}: pad (${pad.join(', ')}) must be integers, two for each dimension from the last one on, for at most the ${x.shape.length} dimensions of ${showShape(x.shape)}`,
    );
  }
  return x.shape.map((size, d) => {
    const i = 2 * (x.shape.length - 1 - d);
    const [before, after] = [pad[i] ?? 0, pad[i + 1] ?? 0];
    if (size + before + after < 0) {
      throw new ShapeError(
        `${name}: pad ${before}, ${after} leaves less than nothing of dimension ${d} of ${showShape(x.shape)}`,
      );
    }
    return [before, after];
  });
}

function padConstant(name: string, input: Tensor, pad: readonly number[], value: number): Tensor {
  const border = pairs(name, input, pad);
  let x = input;
  // What is negative is cut off first.
  border.forEach(([before, after], d) => {
    if (before >= 0 && after >= 0) return;
    const start = Math.max(0, -before);
    x = x.narrow(d, start, x.shape[d] - start - Math.max(0, -after));
  });
  const [before, after] = [0, 1].map((side) => border.map((pair) => Math.max(0, pair[side])));
  return apply1(padRow, [x], { before, after, value });
}

/** Where an element beside the edge comes from, by mode. */
const sources: Readonly<Record<string, (i: number, size: number) => number>> = {
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => (i + size) % size,
};

function padFrom(mode: keyof typeof sources, input: Tensor, pad: readonly number[]): Tensor {
  const border = pairs('pad', input, pad);
  let x = input;
  border.forEach(([before, after], d) => {
    if (before === 0 && after === 0) return;
    const size = x.shape[d];
    const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : size === 0 ? 0 : Infinity;
    if (before > most || after > most) {
      throw new ShapeError(
        `pad: mode '${mode}' takes at most ${most} on either side of dimension ${d} of ${showShape(input.shape)}, got ${before} and ${after}`,
      );
    }
    const from = Array.from({ length: size + before + after }, (_, i) => sources[mode](i - before, size));
    const index = fromValues(from, [from.length], 'int32').to(x.device);
    x = takeIndexed(x, [index], { dims: [d], position: d });
  });
  return x === input ? x.clone() : x;
}

/** How the border is filled. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/**
 * A border around the last dimensions: two numbers for each, from the last one on; negative ones cut. `mode` says what the border holds: one
 * value, the elements mirrored (without the edge), the edge repeated, or the other side's. PyTorch: torch.nn.functional.pad.
 * @example
 * tg.nn.functional.pad(tg.tensor([1, 2]), [1, 2]) // => tensor([0., 1., 2., 0., 0.])
 */
export const pad: Fn<
  [input: Tensor, pad: readonly number[], mode?: PadMode, value?: number | null],
  { pad?: readonly number[]; mode?: PadMode; value?: number | null },
  Tensor
> = fn(
  "pad(input, pad, mode='constant', value=null)",
  (input, border, mode, value) => {
    if (mode === 'constant') return padConstant('pad', input, border, value ?? 0);
    if (!Object.hasOwn(sources, mode)) {
      throw new ValueError(`pad: mode is '${String(mode)}'; use constant, ${Object.keys(sources).join(', ')}`);
    }
    return padFrom(mode, input, border);
  },
  {
    samples: (m) => [
      [m(2, 3), [1, 2]],
      [m(2, 3), [1, -1, 2, 0], 'constant', 5],
      [m(1, 2, 4), [2, 1], 'reflect'],
      [m(1, 1, 3, 4), [2, 1, 0, 3], 'replicate'],
      [m(1, 2, 4), { pad: [2, 4], mode: 'circular' }],
    ],
    errors: (m) => [
      [[m(2), [1]], 'two for each'],
      [[m(1, 2, 3), [3, 0], 'reflect'], 'at most 2'],
      [[m(2), [1, 1], 'mirror' as 'reflect'], 'use constant'],
      [[m(2), [-2, -1]], 'less than nothing'],
    ],
  },
);

/** A border of one value; see `pad`. PyTorch: torch.constant_pad_nd. */
export const constantPadNd: Fn<
  [input: Tensor, pad: readonly number[], value?: number],
  { pad?: readonly number[]; value?: number },
  Tensor
> = fn(
  'constantPadNd(input, pad, value=0)',
  (input, border, value) => padConstant('constantPadNd', input, border, value),
  {
    samples: (m) => [[m(2, 3), [1, 2]]],
    errors: (m) => [[[m(2), [1]], 'two for each']],
  },
);
