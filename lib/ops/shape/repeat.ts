import { apply1, type Row } from '../../autograd/apply.js';
import { type Described, type Fn, fn, type None, typed } from '../../core/define.js';
import { IndexError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { checkSizes, type Dims, wrapDim, wrapDims } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { type Indices, indexTensor } from '../indexing/indices.js';
import { cat } from './combine.js';
import type { Spread } from './view.js';

const flipRow: Row<readonly number[]> = {
  name: 'flip',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel(k, [y], [x], dims) {
    if (x.shape.includes(0)) return;
    const offset = dims.reduce((at, d) => at + (x.shape[d] - 1) * x.strides[d], x.offset);
    const strides = x.strides.map((stride, d) => (dims.includes(d) ? -stride : stride));
    k.copy(y, alias(x, offset, x.shape, strides));
  },
  grad: (t, [g], _x, _y, dims) => [t.flip(g, dims)],
};

/** The elements in reverse order along dimensions; a copy. PyTorch: torch.flip. */
export const flip: ((input: Tensor, ...dims: Spread) => Tensor) & Described = typed(
  'flip(input, *dims)',
  (input: Tensor, dims: number[]) =>
    apply1(flipRow, [input], dims.length === 0 ? [] : wrapDims('flip', dims, input.shape.length)),
  {
    samples: (m) => [
      [m(2, 3), [0, 1]],
      [m(2, 3), -1],
    ],
    errors: (m) => [[[m(2, 3), [0, 0]], 'twice']],
  },
);

type Flip = Fn<[input: Tensor], None, Tensor>;

function flipAlong(name: string, dim: number): Flip {
  return fn(
    `${name}(input)`,
    (input) => {
      if (input.shape.length <= dim) {
        throw new ShapeError(`${name}: needs at least ${dim + 1} dimensions, got ${showShape(input.shape)}`);
      }
      return input.flip(dim);
    },
    { samples: (m) => [[m(2, 3)]], errors: (m) => [[[m()], 'needs at least']] },
  );
}

/** Columns in reverse order. PyTorch: torch.fliplr. */
export const fliplr: Flip = flipAlong('fliplr', 1);

/** Rows in reverse order. PyTorch: torch.flipud. */
export const flipud: Flip = flipAlong('flipud', 0);

/** Turned by `k` quarters in the plane of two dimensions, from the first towards the second. PyTorch: torch.rot90. */
export const rot90: Fn<
  [input: Tensor, k?: number, dims?: readonly number[]],
  { k?: number; dims?: readonly number[] },
  Tensor
> = fn(
  'rot90(input, k=1, dims:list=[0, 1])',
  (input, k, dims) => {
    const [a, b] = dims.map((dim) => wrapDim('rot90', dim, input.shape.length));
    if (dims.length !== 2 || a === b) throw new IndexError(`rot90: dims (${dims.join(', ')}) must be two that differ`);
    const quarters = ((k % 4) + 4) % 4;
    if (quarters === 0) return input.clone();
    if (quarters === 2) return input.flip(a, b);
    return input.flip(quarters === 1 ? b : a).transpose(a, b);
  },
  {
    samples: (m) => [[m(2, 3)], [m(2, 3), 3], [m(2, 3, 4), 2, [1, 2]], [m(2, 3), { k: -4 }]],
    errors: (m) => [[[m(2, 2), 1, [0, 0]], 'differ']],
  },
);

/**
 * The elements moved on along dimensions; what leaves one end comes back at the other. Without `dims` all count as flat.
 * PyTorch: torch.roll.
 */
export const roll: Fn<
  [input: Tensor, shifts: Dims, dims?: Dims | null],
  { shifts?: Dims; dims?: Dims | null },
  Tensor
> = fn(
  'roll(input, shifts, dims:integers=null)',
  (input, shifts, dims) => {
    const by = typeof shifts === 'number' ? [shifts] : shifts;
    const along = dims === null ? [] : typeof dims === 'number' ? [dims] : dims;
    if (along.length === 0 && by.length === 1) return rolled(input.reshape(-1), by[0], 0).reshape(input.shape);
    if (along.length !== by.length) {
      throw new ValueError(`roll: ${by.length} shifts for ${along.length} dimensions; they must be as many`);
    }
    let result = input;
    by.forEach((shift, i) => {
      result = rolled(result, shift, wrapDim('roll', along[i], input.shape.length));
    });
    return result === input ? input.clone() : result;
  },
  {
    samples: (m) => [
      [m(2, 3), 1],
      [m(2, 3), -1, 1],
      [m(2, 3), [1, 2], [0, 1]],
    ],
    errors: (m) => [[[m(2, 3), [1, 2], 0], 'as many']],
  },
);

function rolled(input: Tensor, shift: number, dim: number): Tensor {
  const size = input.shape[dim] ?? 1;
  const by = size === 0 ? 0 : ((shift % size) + size) % size;
  if (by === 0) return input.clone();
  return cat([input.narrow(dim, size - by, by), input.narrow(dim, 0, size - by)], dim);
}

type Repeat = ((input: Tensor, ...sizes: Spread) => Tensor) & Described;

/** Copies of the whole side by side: so many along each dimension, new ones in front. PyTorch: Tensor.repeat. */
export const repeat: Repeat = typed(
  'repeat(input, *repeats)',
  (input: Tensor, repeats: number[]) => {
    checkSizes('repeat', repeats);
    const lead = repeats.length - input.shape.length;
    if (lead < 0) {
      throw new ShapeError(
        `repeat: ${repeats.length} numbers for ${input.shape.length} dimensions of ${showShape(input.shape)}; give at least one for each`,
      );
    }
    const sizes = repeats.map((_, d) => (d < lead ? 1 : input.shape[d - lead]));
    const wide = input
      .reshape(sizes.flatMap((size) => [1, size]))
      .expand(sizes.flatMap((size, d) => [repeats[d], size]))
      .reshape(sizes.map((size, d) => size * repeats[d]));
    return wide.storage === input.storage ? wide.clone() : wide;
  },
  {
    samples: (m) => [
      [m(2, 3), 2, 1],
      [m(2, 3), [2, 1, 2]],
      [m(), 3],
    ],
    errors: (m) => [
      [[m(2, 3), 2], 'at least one for each'],
      [[m(2), -1], 'negative'],
    ],
  },
);

/** `repeat` that takes fewer numbers than dimensions: those of the last ones. PyTorch: torch.tile. */
export const tile: Repeat = typed(
  'tile(input, *dims)',
  (input: Tensor, dims: number[]) =>
    input.repeat([...new Array<number>(Math.max(0, input.shape.length - dims.length)).fill(1), ...dims]),
  {
    samples: (m) => [
      [m(2, 3), 2],
      [m(2, 3), [2, 1, 2]],
    ],
    errors: (m) => [[[m(2), -1], 'negative']],
  },
);

type Repeats = number | Indices;

/**
 * Each element (each slice along `dim`) several times in place: a number for all, or one for each. Without `dim` flat.
 * PyTorch: torch.repeat_interleave.
 */
export const repeatInterleave: Fn<
  [input: Tensor, repeats?: Repeats | null, dim?: number | null],
  { repeats?: Repeats | null; dim?: number | null; outputSize?: number | null },
  Tensor
> = fn(
  'repeatInterleave(input, repeats=null, dim=null, *, outputSize=null)',
  (input, repeats, dim) => {
    if (repeats === null) return places(input, input.device);
    const x = dim === null ? input.reshape(-1) : input;
    const d = wrapDim('repeatInterleave', dim ?? 0, x.shape.length);
    const list = indexTensor('repeatInterleave', repeats, input);
    const size = x.shape[d] ?? 1;
    const each = list.shape.length === 0 || list.shape[0] === 1 ? list.expand([size]) : list;
    if (each.shape.length !== 1 || each.shape[0] !== size) {
      throw new ShapeError(
        `repeatInterleave: repeats of shape ${showShape(list.shape)} for dimension ${d} of ${showShape(x.shape)}; give one number, or one for each`,
      );
    }
    return x.indexSelect(d, places(each, input.device));
  },
  {
    samples: (m) => [
      [m(2, 3), 2],
      [m(2, 3), [1, 2], 0],
      [m(2, 3), { repeats: 2, dim: 1 }],
    ],
    errors: (m) => [[[m(3), [1, 2], 0], 'one for each']],
  },
);

/** The index of each number, as often as the number says. */
function places(repeats: Tensor, device: Tensor['device']): Tensor {
  const counts = repeats.tolist() as number[];
  const found = counts.flatMap((n, i) => {
    if (n < 0) throw new ValueError(`repeatInterleave: repeats must be 0 or more, got ${n}`);
    return new Array<number>(n).fill(i);
  });
  const index = fromValues(found, [found.length], 'int32');
  return device === 'cpu' ? index : index.to(device);
}
